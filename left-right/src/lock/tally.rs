//! [`Tally`]: how long the front of the queue has waited, counted by those who go before it.

// Not the model checker's: numbers that are compared, and order nothing.
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::sync::{Clock, MODELLED};

/// The clock is read at the end of every so manyth critical section, and how long so many take together is
/// what makes them long.
const GROUP: u64 = if MODELLED { 1 } else { 4 };
const LONG_GROUP: Duration = Duration::from_micros(20);
/// A waiter is overdue after so many long critical sections.
const LONG_SECTIONS: u64 = 12;
/// The front is overdue after so long, however short the critical sections are. It is awake much earlier,
/// unless the system has no processor for it.
const LONGEST_ROW: Duration = if MODELLED {
    Duration::ZERO
} else {
    Duration::from_micros(400)
};

/// Counts critical sections that end while the queue is not empty.
///
/// The owner of the lock counts; a waiter that becomes the front sets the limits, under the queue's mutex.
/// All is relaxed: a critical section that begins after a `set` or `clear` of the word's bits sees what was
/// stored before (Q3), and one that does not counts one more or less.
pub(super) struct Tally {
    clock: Clock,
    sections: AtomicU64,
    group_began: AtomicU64,
    long_sections: AtomicU64,
    /// The front is overdue from this number of long sections on, and from this time on.
    most_sections: AtomicU64,
    latest: AtomicU64,
}

impl Tally {
    pub(super) fn new() -> Self {
        Tally {
            clock: Clock::new(),
            sections: AtomicU64::new(0),
            group_began: AtomicU64::new(0),
            long_sections: AtomicU64::new(0),
            most_sections: AtomicU64::new(0),
            latest: AtomicU64::new(0),
        }
    }

    /// Counts a critical section that is about to end. Returns whether the front is overdue.
    ///
    /// For the owner of the lock only.
    pub(super) fn count(&self) -> bool {
        // ORDER: none needed, for all: see `Tally`.
        let sections = self.sections.load(Ordering::Relaxed) + 1;
        self.sections.store(sections, Ordering::Relaxed);
        sections.is_multiple_of(GROUP) && self.end_group()
    }

    fn end_group(&self) -> bool {
        let now = self.clock.nanos();
        // ORDER: none needed, for all: see `Tally`.
        let began = self.group_began.load(Ordering::Relaxed);
        self.group_began.store(now, Ordering::Relaxed);
        if now.saturating_sub(began) >= nanos(LONG_GROUP) {
            let long = self.long_sections.load(Ordering::Relaxed) + GROUP;
            self.long_sections.store(long, Ordering::Relaxed);
        }
        now >= self.latest.load(Ordering::Relaxed)
            || self.is_reached(self.most_sections.load(Ordering::Relaxed))
    }

    /// The number of long sections after which a waiter that comes now is overdue.
    pub(super) fn next_limit(&self) -> u64 {
        // ORDER: none needed: see `Tally`.
        self.long_sections.load(Ordering::Relaxed) + LONG_SECTIONS
    }

    pub(super) fn is_reached(&self, limit: u64) -> bool {
        // ORDER: none needed: see `Tally`.
        self.long_sections.load(Ordering::Relaxed) >= limit
    }

    /// A waiter with this limit becomes the front.
    pub(super) fn start_row(&self, limit: u64) {
        let now = self.clock.nanos();
        // ORDER: none needed, for both: see `Tally`.
        self.most_sections.store(limit, Ordering::Relaxed);
        self.latest
            .store(now + nanos(LONGEST_ROW), Ordering::Relaxed);
    }

    /// The first waiter comes: what was counted before it is over.
    pub(super) fn start_group(&self) {
        // ORDER: none needed, for both: see `Tally`.
        self.sections.store(0, Ordering::Relaxed);
        self.group_began
            .store(self.clock.nanos(), Ordering::Relaxed);
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
