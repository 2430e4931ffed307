//! [`Adaptive`]: how often a writer swaps, what its barriers cost, and which fence is cheaper then.

use std::time::{Duration, Instant};

/// Swaps further apart than this have nothing to do with each other.
const LONGEST: Duration = Duration::from_millis(1);
/// No interval counts for more than this many times the break-even point, so that a single pause decides
/// nothing.
const LONG: u32 = 4;
/// While no barrier is run, what is known of barriers may be this old. Then one is run.
const STALE: Duration = Duration::from_millis(100);
/// A new sample has a weight of one in this many in the moving average.
const WEIGHT: u32 = 8;
/// What the shortest reads take without a fence: one that looks at something in the nearest cache. A fence slows
/// these down most.
const READ: Duration = Duration::from_nanos(1);

/// After a streak of this many swaps that met nobody reading, readers are thought to spend at most one part
/// in [`SELDOM`] of their time in a copy.
const IDLE_STREAK: u32 = 16;
const SELDOM: u32 = 8;

/// While readers fence for themselves, a swap costs little more than a look at the clock. So only one swap in this
/// many looks.
const LOOK_EVERY: u32 = 8;
/// In an idle streak, a writer is fast if its swaps come this many times faster than at the break-even point. Then
/// fewer swaps look.
const FAST: u32 = 4;
const FAST_LOOK_EVERY: u32 = 32;

/// How often swaps come, what barriers cost, and whether anybody reads.
pub(super) struct Adaptive {
    last: Option<Instant>,
    /// Swaps since the last look at the clock, and the limit to them.
    unseen: u32,
    look_every: u32,
    /// The moving average of the intervals.
    interval: Duration,
    /// Unknown before the first barrier.
    break_even: Option<BreakEven>,
    /// Swaps since one met somebody reading.
    idle_streak: u32,
}

/// The interval at which both fences cost the same beside a reader that does nothing but read, by
/// the barriers that this writer has run.
///
/// Only its own barriers count, since a barrier costs as much as there are busy readers to interrupt.
#[derive(Clone, Copy)]
struct BreakEven {
    /// The moving average of what each barrier said.
    interval: Duration,
    /// When the last of them was over.
    since: Instant,
}

impl Adaptive {
    pub(super) fn new() -> Self {
        Adaptive {
            last: None,
            unseen: 0,
            look_every: LOOK_EVERY,
            interval: LONGEST,
            break_even: None,
            idle_streak: 0,
        }
    }

    /// Counts one more swap. Returns whether it needs no look at the clock, if readers fence for themselves.
    pub(super) fn skips(&mut self) -> bool {
        self.unseen += 1;
        self.unseen < self.look_every
    }

    /// Looks at the clock, before the last of the swaps since the last look.
    pub(super) fn tick(&mut self, now: Instant) {
        if let Some(last) = self.last {
            let latest = now.saturating_duration_since(last) / self.unseen.max(1);
            if self.unseen > 1 && latest >= LONGEST {
                // Not one pause: swaps come slowly, or there was a pause that was longer than many swaps.
                self.forget();
            } else {
                self.interval = average(self.interval, latest.min(self.longest()));
            }
        }
        let is_idle = self.idle_streak >= IDLE_STREAK;
        let is_fast = self
            .break_even
            .is_some_and(|known| self.interval * FAST < known.interval);
        self.look_every = if is_idle && is_fast {
            FAST_LOOK_EVERY
        } else {
            LOOK_EVERY
        };
        self.last = Some(now);
        self.unseen = 0;
    }

    /// Learns from a barrier: that of the swap for which the clock was last looked at, and it is over now. A
    /// reader's own fence would cost `fence`.
    pub(super) fn barrier_done(&mut self, now: Instant, fence: Duration) {
        if let Some(last) = self.last {
            // A coarse clock may say that it took no time, and averages would stay at that.
            let latest = now.saturating_duration_since(last).max(fence);
            let latest = break_even(latest, fence);
            let interval = match self.break_even.map(|known| known.interval) {
                None => latest,
                // One may have been slow because its thread was interrupted; none is fast by accident.
                Some(before) if latest < before => (before + latest) / 2,
                Some(before) => average(before, latest.min(before * LONG)),
            };
            self.break_even = Some(BreakEven {
                interval,
                since: now,
            });
        }
    }

    /// Learns from a swap that has looked at all readers: it met one in a copy, or about to enter, or none.
    pub(super) fn scanned(&mut self, met_any: bool) {
        if !met_any {
            self.idle_streak = self.idle_streak.saturating_add(1);
            return;
        }
        if self.idle_streak >= IDLE_STREAK {
            // The first for a while: the next swap sees at once what is best beside it.
            self.look_every = 0;
        }
        self.idle_streak = 0;
    }

    /// How many swaps in a row have met nobody.
    #[cfg(all(test, not(loom)))]
    pub(super) fn idle_streak(&self) -> u32 {
        self.idle_streak
    }

    #[cfg(all(test, not(loom)))]
    pub(super) fn set_interval(&mut self, interval: Duration) {
        self.interval = interval;
    }

    /// Whether it has begun anew.
    #[cfg(all(test, not(loom)))]
    pub(super) fn is_forgotten(&self) -> bool {
        self.interval == self.longest()
    }

    /// The break-even point, if a barrier was run yet.
    #[cfg(all(test, not(loom)))]
    pub(super) fn break_even(&self) -> Option<Duration> {
        self.break_even.map(|known| known.interval)
    }

    /// Whether the last swap is so long ago that the next is not to be counted with those before.
    pub(super) fn has_rested(&self) -> bool {
        // The last look may be some swaps old, which took as long as swaps do.
        self.last
            .is_some_and(|last| last.elapsed() >= LONGEST + self.interval * self.unseen)
    }

    /// Begins anew, as after a long pause.
    pub(super) fn forget(&mut self) {
        self.interval = self.longest();
    }

    /// Whether readers should fence for themselves.
    ///
    /// Now and then they are told not to, since only a barrier shows what barriers cost by now.
    pub(super) fn wants_fences(&self, has_fences: bool, now: Instant) -> bool {
        let Some(known) = self.break_even else {
            return false;
        };
        let here = self.break_even_here(known);
        // A switch has to be worth it: around that point both ways cost the same.
        let limit = if has_fences { here * 3 / 2 } else { here };
        let is_stale = now.saturating_duration_since(known.since) >= STALE;
        self.interval < limit && !(has_fences && is_stale)
    }

    /// The most that an interval counts for.
    fn longest(&self) -> Duration {
        self.break_even
            .map_or(LONGEST, |known| self.break_even_here(known) * LONG)
    }

    /// The break-even point beside the readers that there are: a fence costs only while somebody reads.
    fn break_even_here(&self, known: BreakEven) -> Duration {
        if self.idle_streak < IDLE_STREAK {
            known.interval
        } else {
            (known.interval * SELDOM).min(LONGEST)
        }
    }
}

/// The interval at which a barrier for each swap takes as much of the writer's time as fences take of the
/// time of a reader that does nothing but read.
fn break_even(barrier: Duration, fence: Duration) -> Duration {
    let reads = (READ + fence).as_secs_f64() / fence.as_secs_f64();
    barrier.mul_f64(reads).min(LONGEST)
}

fn average(before: Duration, latest: Duration) -> Duration {
    before - before / WEIGHT + latest / WEIGHT
}

#[cfg(test)]
mod tests;
