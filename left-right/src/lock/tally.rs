//! [`Tally`]: counts how long the front of the queue has waited. The threads that unlock meanwhile do the counting.

// Std's atomics, not the model checker's: numbers that are compared, and order nothing.
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::fault::planted;
use crate::sync::{Clock, MODELLED};

/// The clock is read when a group of critical sections has ended. A group is small at first, and large after a group
/// of short sections, since reading the clock takes as long as a short section.
const SMALL_GROUP: u64 = if MODELLED { 1 } else { 4 };
const LARGE_GROUP: u64 = if MODELLED { 1 } else { 12 };
/// The time from which on a critical section is long. A group has at most as many long ones as this fits into its time.
const LONG: Duration = Duration::from_micros(20);
/// A waiter is overdue after this many long critical sections.
///
/// This is noticed at the end of a group, and the first section of the group that it finds may have been half over.
/// In the worst case a large group begins then, or eight more of a group are to come, of which seven count, and a
/// small group follows. That makes twelve critical sections.
const LONG_SECTIONS: u64 = 8;
/// The front is overdue after this time, however short the critical sections are. It wakes much earlier, unless the
/// system has no processor for it.
pub(super) const LONGEST_RUN: Duration = if MODELLED {
    Duration::ZERO
} else {
    Duration::from_micros(400)
};

/// A task is stalled if it is not run for this long after it was woken.
pub(super) const STALLED: Duration = if MODELLED {
    Duration::ZERO
} else {
    Duration::from_millis(10)
};

/// Counts critical sections that end while the queue is not empty.
///
/// The owner of the lock counts. A waiter that becomes the front sets the limits, under the queue's mutex.
/// All accesses are relaxed: a critical section that begins after a `set` or `clear` of the word's bits sees the
/// stores before it (Q3), and one that begins earlier counts one more or less.
pub(super) struct Tally {
    clock: Clock,
    group: AtomicU64,
    /// How many critical sections of this group have not ended.
    left: AtomicU64,
    group_began: AtomicU64,
    long_sections: AtomicU64,
    /// The front is overdue from this number of long sections on, and from the time `latest` on.
    most_sections: AtomicU64,
    latest: AtomicU64,
}

impl Tally {
    pub(super) fn new() -> Self {
        Tally {
            clock: Clock::new(),
            group: AtomicU64::new(SMALL_GROUP),
            left: AtomicU64::new(SMALL_GROUP),
            group_began: AtomicU64::new(0),
            long_sections: AtomicU64::new(0),
            most_sections: AtomicU64::new(0),
            latest: AtomicU64::new(0),
        }
    }

    /// Counts a critical section that is about to end. Returns whether the front is overdue.
    ///
    /// For the owner of the lock only.
    #[inline]
    pub(super) fn count(&self) -> bool {
        // ORDER: none needed, for all: see `Tally`.
        let left = self.left.load(Ordering::Relaxed).saturating_sub(1);
        self.left.store(left, Ordering::Relaxed);
        left == 0 && self.end_group()
    }

    #[inline(never)]
    fn end_group(&self) -> bool {
        let now = self.clock.nanos();
        // ORDER: none needed, for all: see `Tally`.
        let began = self.group_began.load(Ordering::Relaxed);
        let sections = self.group.load(Ordering::Relaxed);
        let long = sections.min(now.saturating_sub(began) / nanos(LONG));
        if long > 0 {
            let before = self.long_sections.load(Ordering::Relaxed);
            self.long_sections.store(before + long, Ordering::Relaxed);
        }
        let next = if long > 0 { SMALL_GROUP } else { LARGE_GROUP };
        self.group.store(next, Ordering::Relaxed);
        self.left.store(next, Ordering::Relaxed);
        self.group_began.store(now, Ordering::Relaxed);
        let is_late = now >= self.latest.load(Ordering::Relaxed);
        let has_seen_enough = self.is_reached(self.most_sections.load(Ordering::Relaxed));
        (is_late && !planted("short-sections-untimed"))
            || (has_seen_enough && !planted("long-sections-uncounted"))
    }

    /// Returns the number of long sections after which a waiter that joins now is overdue.
    pub(super) fn next_limit(&self) -> u64 {
        // ORDER: none needed: see `Tally`.
        self.long_sections.load(Ordering::Relaxed) + LONG_SECTIONS
    }

    pub(super) fn is_reached(&self, limit: u64) -> bool {
        // ORDER: none needed: see `Tally`.
        self.long_sections.load(Ordering::Relaxed) >= limit
    }

    /// Sets the limits of a waiter that becomes the front.
    pub(super) fn start_run(&self, limit: u64) {
        let now = self.clock.nanos();
        // ORDER: none needed, for both: see `Tally`.
        self.most_sections.store(limit, Ordering::Relaxed);
        self.latest
            .store(now + nanos(LONGEST_RUN), Ordering::Relaxed);
    }

    /// Returns the time.
    pub(super) fn now(&self) -> u64 {
        self.clock.nanos()
    }

    /// Returns whether a task that was woken at this time, and has not been run since, is stalled.
    pub(super) fn is_stalled_since(&self, woken_at: u64) -> bool {
        self.now().saturating_sub(woken_at) >= nanos(STALLED)
    }

    /// Begins a group, when the first waiter joins.
    pub(super) fn start_group(&self) {
        // ORDER: none needed, for all: see `Tally`.
        self.group.store(SMALL_GROUP, Ordering::Relaxed);
        self.left.store(SMALL_GROUP, Ordering::Relaxed);
        self.group_began
            .store(self.clock.nanos(), Ordering::Relaxed);
    }
}

const fn nanos(duration: Duration) -> u64 {
    duration.as_nanos() as u64
}
