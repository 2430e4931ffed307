//! [`Clock`]: the time of a cache, in milliseconds.
//!
//! A hit must not ask the system for the time. So readers compare with a *coarse* time, an atomic number, which the
//! process's publisher thread advances whenever an entry is due. Writers ask the system.
//!
//! # Orderings
//! - **C1** None are needed. The coarse time only decides whether an entry is shown, and a reader that sees an older one
//!   shows the entry a moment longer.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use left_right::background::Background;

/// The time that never comes.
pub(super) const NEVER: u64 = u64::MAX;
/// Nanoseconds in a millisecond.
const NANOS: u128 = 1_000_000;
/// The number of ticks of a time to idle, if it is long enough for ticks of a millisecond or more.
const TICKS: u64 = 64;

/// A clock that stands still until it is advanced, for tests of programs that use a cache.
///
/// A clone is another handle of the same clock. Several caches may share one.
/// With it, an entry expires as soon as the clock has reached its time. No thread comes to remove it then: the next write
/// does, or [`run_pending_tasks`](super::Cache::run_pending_tasks), or a background thread that comes to the cache for
/// another reason, such as a removed value.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use evmap_core::cache::{Cache, ManualClock};
///
/// let clock = ManualClock::new();
/// let cache = Cache::builder().time_to_live(Duration::from_secs(60)).clock(&clock).build();
/// cache.insert("a", 1);
/// clock.advance(Duration::from_secs(59));
/// println!("{:?}", cache.get("a")); // Some(1)
/// # assert_eq!(cache.get("a"), Some(1));
/// clock.advance(Duration::from_secs(1));
/// println!("{:?}", cache.get("a")); // None
/// # assert_eq!(cache.get("a"), None);
/// ```
#[derive(Clone, Debug, Default)]
pub struct ManualClock {
    now: Arc<AtomicU64>,
}

impl ManualClock {
    /// A clock at its beginning.
    pub fn new() -> Self {
        ManualClock::default()
    }

    /// Advances the clock. Time below a millisecond is cut off.
    pub fn advance(&self, time: Duration) {
        let millis = u64::try_from(time.as_millis()).unwrap_or(NEVER);
        let advanced = |now: u64| Some(now.saturating_add(millis).min(NEVER - 1));
        // ORDER: C1, for both.
        let (set, fetch) = (Ordering::Relaxed, Ordering::Relaxed);
        _ = self.now.fetch_update(set, fetch, advanced);
    }
}

/// The time of one cache.
#[derive(Debug)]
pub(super) struct Clock {
    /// When it began. `None`: it is advanced by hand.
    began: Option<Instant>,
    /// The coarse time, in milliseconds since it began.
    coarse: Arc<AtomicU64>,
    idle: Option<Idle>,
    /// The process whose publisher advances it.
    process: AtomicU64,
}

/// The ticks by which the time since an entry's last read is measured.
#[derive(Debug)]
struct Idle {
    /// The length of a tick, in milliseconds.
    tick: u64,
    /// An entry is idle at this many ticks after the one in which it was read.
    limit: u64,
}

impl Clock {
    pub(super) fn new(manual: Option<&ManualClock>, time_to_idle: Option<Duration>) -> Self {
        let idle = time_to_idle.map(|time| {
            let millis = u64::try_from(time.as_nanos().div_ceil(NANOS)).unwrap_or(NEVER);
            let tick = (millis / TICKS).max(1);
            // One more, since the read may have been at the end of its tick.
            let limit = millis.max(1).div_ceil(tick) + 1;
            Idle { tick, limit }
        });
        let clock = Clock {
            began: manual.is_none().then(Instant::now),
            coarse: manual.map_or_else(Arc::default, |manual| Arc::clone(&manual.now)),
            idle,
            process: AtomicU64::new(0),
        };
        clock.advance();
        clock
    }

    /// The time by the system's clock. Advances the coarse time to it.
    pub(super) fn advance(&self) -> u64 {
        let now = self.now();
        // It is seldom behind, and a store would take its line from all readers.
        if self.coarse() < now {
            // ORDER: C1.
            self.coarse.fetch_max(now, Ordering::Relaxed);
        }
        now
    }

    /// The time by the system's clock.
    pub(super) fn now(&self) -> u64 {
        match self.began {
            Some(began) => u64::try_from(began.elapsed().as_millis()).unwrap_or(NEVER - 1),
            None => self.coarse(),
        }
    }

    /// The first time that is not before this much time from now, or [`NEVER`].
    pub(super) fn after(&self, time: Duration) -> u64 {
        let now = match self.began {
            Some(began) => began.elapsed().as_nanos(),
            None => u128::from(self.coarse()) * NANOS,
        };
        let then = now.saturating_add(time.as_nanos()).div_ceil(NANOS);
        u64::try_from(then).unwrap_or(NEVER)
    }

    /// The coarse time.
    #[inline(always)]
    pub(super) fn coarse(&self) -> u64 {
        // ORDER: C1.
        self.coarse.load(Ordering::Relaxed)
    }

    pub(super) fn is_manual(&self) -> bool {
        self.began.is_none()
    }

    /// This time in ticks, if the cache has a time to idle.
    pub(super) fn tick(&self, now: u64) -> Option<u64> {
        self.idle.as_ref().map(|idle| now / idle.tick)
    }

    /// The time at which the next tick begins, or [`NEVER`] if the cache has no time to idle.
    pub(super) fn next_tick(&self, now: u64) -> u64 {
        self.idle.as_ref().map_or(NEVER, |idle| {
            (now / idle.tick)
                .saturating_add(1)
                .saturating_mul(idle.tick)
        })
    }

    /// The time at which an entry that was read at this tick is idle, or [`NEVER`].
    pub(super) fn idle_from(&self, read_at: u64) -> u64 {
        self.idle.as_ref().map_or(NEVER, |idle| {
            read_at.saturating_add(idle.limit).saturating_mul(idle.tick)
        })
    }

    /// The time at which an entry with this expiry, which was read at this tick, is over, or [`NEVER`].
    pub(super) fn end_of(&self, expires: u64, read_at: u64) -> u64 {
        expires.min(self.idle_from(read_at))
    }

    /// Whether the publisher of this process advances it. A forked child has none at first.
    #[inline(always)]
    pub(super) fn is_kept(&self) -> bool {
        // ORDER: C1. A child has no other threads.
        self.process.load(Ordering::Relaxed) == Background::process()
    }

    /// Notes that nothing advances it.
    pub(super) fn keep_no_more(&self) {
        // ORDER: C1.
        self.process.store(0, Ordering::Relaxed);
    }

    /// Notes that the publisher of this process advances it.
    pub(super) fn keep(&self) {
        // ORDER: C1.
        self.process.store(Background::process(), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Another thread may have read the entry by a later time than this one knows. The difference once wrapped around, and
    /// such an entry looked like one that nobody has read for long.
    #[test]
    fn an_entry_that_was_read_at_a_later_tick_is_not_idle() {
        let clock = Clock::new(None, Some(Duration::from_secs(3600)));
        let now = clock.coarse();
        let tick = clock.tick(now).expect("it has a time to idle");
        for read_at in [tick, tick + 5, NEVER] {
            assert!(clock.idle_from(read_at) > now);
        }
    }
}
