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
/// The number of ticks of a time to idle, if it is long enough for ticks of a millisecond or more.
const TICKS: u64 = 64;

/// A clock that stands still until it is advanced, for tests of programs that use a cache.
///
/// A clone is another handle of the same clock. Several caches may share one.
/// With it, an entry expires as soon as the clock has reached its time, and no thread removes it: the next write or
/// [`run_pending_tasks`](super::Cache::run_pending_tasks) does.
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
    limit: u32,
    /// The coarse time, in ticks. It never goes back: a tick before that of a read would look like one long after it.
    now: AtomicU64,
}

impl Idle {
    /// Advances the ticks to this time, unless another thread has advanced them further.
    fn reach(&self, time: u64) {
        let tick = time / self.tick;
        // ORDER: C1, for both.
        if self.now.load(Ordering::Relaxed) < tick {
            self.now.fetch_max(tick, Ordering::Relaxed);
        }
    }
}

impl Idle {
    fn tick(&self, clock: &Clock) -> u32 {
        if clock.is_manual() {
            return (clock.coarse() / self.tick) as u32;
        }
        // ORDER: C1.
        self.now.load(Ordering::Relaxed)
    }
}

impl Clock {
    pub(super) fn new(manual: Option<&ManualClock>, time_to_idle: Option<Duration>) -> Self {
        let idle = time_to_idle.map(|time| {
            let millis = to_millis(time).max(1);
            let tick = (millis / TICKS).max(1);
            // One more, since the read may have been at the end of its tick.
            let limit = millis.div_ceil(tick) + 1;
            Idle {
                tick,
                limit: u32::try_from(limit).unwrap_or(u32::MAX / 2),
                now: AtomicU64::new(0),
            }
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
        // ORDER: C1, for all of them.
        let now = match self.began {
            None => self.coarse.load(Ordering::Relaxed),
            Some(_) => {
                let now = self.now();
                self.coarse.fetch_max(now, Ordering::Relaxed).max(now)
            }
        };
        if let Some(idle) = &self.idle {
            idle.reach(now);
        }
        now
    }

    /// The time by the system's clock.
    pub(super) fn now(&self) -> u64 {
        match self.began {
            Some(began) => u64::try_from(began.elapsed().as_millis()).unwrap_or(NEVER - 1),
            // ORDER: C1.
            None => self.coarse.load(Ordering::Relaxed),
        }
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

    /// The coarse time in ticks, if the cache has a time to idle.
    pub(super) fn tick(&self) -> Option<u32> {
        self.idle.as_ref().map(|idle| idle.tick(self))
    }

    /// The time at which the next tick begins, or [`NEVER`] if the cache has no time to idle.
    pub(super) fn next_tick(&self, now: u64) -> u64 {
        self.idle.as_ref().map_or(NEVER, |idle| {
            (now / idle.tick)
                .saturating_add(1)
                .saturating_mul(idle.tick)
        })
    }

    /// Whether an entry that was read at this tick is idle now.
    pub(super) fn is_idle(&self, read_at: u32) -> bool {
        self.idle
            .as_ref()
            .is_some_and(|idle| idle.tick(self).wrapping_sub(read_at) >= idle.limit)
    }

    /// The time at which an entry that was read at this tick is idle, or [`NEVER`].
    pub(super) fn idle_from(&self, read_at: u32) -> u64 {
        let Some(idle) = &self.idle else { return NEVER };
        let now = self.coarse();
        let age = idle.tick(self).wrapping_sub(read_at);
        let left = u64::from(idle.limit.saturating_sub(age));
        // From the beginning of the current tick.
        (now / idle.tick)
            .saturating_add(left)
            .saturating_mul(idle.tick)
    }

    /// Whether the publisher of this process advances it. A forked child has none at first.
    #[inline(always)]
    pub(super) fn is_kept(&self) -> bool {
        // ORDER: C1. A child has no other threads.
        self.process.load(Ordering::Relaxed) == Background::process()
    }

    /// Notes that the publisher of this process advances it.
    pub(super) fn keep(&self) {
        // ORDER: C1.
        self.process.store(Background::process(), Ordering::Relaxed);
    }
}

/// A duration in milliseconds, rounded up.
pub(super) fn to_millis(time: Duration) -> u64 {
    u64::try_from(time.as_nanos().div_ceil(1_000_000)).unwrap_or(NEVER)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A thread that had asked for the time and then paused once set the ticks back. An entry that was read meanwhile looked
    /// like one that was read almost 2^32 ticks ago.
    #[test]
    fn ticks_never_go_back() {
        let clock = Clock::new(None, Some(Duration::from_secs(3600)));
        let idle = clock.idle.as_ref().expect("it has a time to idle");
        idle.reach(5 * idle.tick);
        let read_at = clock.tick();
        idle.reach(4 * idle.tick);
        assert_eq!((clock.tick(), clock.is_idle(read_at)), (5, false));
    }
}
