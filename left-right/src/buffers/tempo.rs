//! [`Tempo`]: how often a writer swaps, and what its barriers cost.

use std::time::{Duration, Instant};

/// Swaps further apart than this have nothing to do with each other.
const LONGEST: Duration = Duration::from_millis(1);
/// No interval counts for more than so many times the break-even point, so that one pause alone decides
/// nothing.
const LONG: u32 = 4;
/// So old may be what is known of barriers while none is run: then one is.
const STALE: Duration = Duration::from_millis(100);
/// The share that the latest of several has in their average.
const WEIGHT: u32 = 8;
/// What the shortest reads take without a fence, which are those that it slows down most: one that looks
/// at something in the nearest cache.
const READ: Duration = Duration::from_nanos(1);

/// After so many swaps in a row that met nobody reading, readers are thought to spend no more than one part
/// in [`SELDOM`] of their time in a copy.
const ALONE: u32 = 16;
const SELDOM: u32 = 8;

/// While readers fence for themselves, a swap costs little more than a look at the clock: so only every so
/// many swaps look, and fewer at a tempo so many times as fast as at the break-even point while nobody reads.
const LOOK_EVERY: u32 = 8;
const HURRIED: u32 = 4;
const HURRIED_LOOK_EVERY: u32 = 32;

/// How often swaps come, what barriers cost, and whether anybody reads.
pub(super) struct Tempo {
    last: Option<Instant>,
    /// Swaps since the last look at the clock, and how many of them there may be.
    unseen: u32,
    look_every: u32,
    /// The moving average of the intervals.
    interval: Duration,
    /// Unknown before the first barrier.
    even: Option<BreakEven>,
    /// Swaps since one met somebody reading.
    alone: u32,
}

/// The interval at which it makes no difference who pays, beside a reader that does nothing but read, by
/// the barriers that this writer has run.
///
/// Its own ones, since a barrier costs as much as there are busy readers to interrupt.
#[derive(Clone, Copy)]
struct BreakEven {
    /// The moving average of what each barrier said.
    interval: Duration,
    /// When the last of them was over.
    since: Instant,
}

impl Tempo {
    pub(super) fn new() -> Self {
        Tempo {
            last: None,
            unseen: 0,
            look_every: LOOK_EVERY,
            interval: LONGEST,
            even: None,
            alone: 0,
        }
    }

    /// One swap more: whether it does without a look at the clock, if readers fence for themselves.
    pub(super) fn skips(&mut self) -> bool {
        self.unseen += 1;
        self.unseen < self.look_every
    }

    /// Looks at the clock, before the last of the swaps since it did.
    pub(super) fn tick(&mut self, now: Instant) {
        if let Some(last) = self.last {
            let latest = now.saturating_duration_since(last) / self.unseen.max(1);
            if self.unseen > 1 && latest >= LONGEST {
                // No one pause, but a slow tempo, or one that was longer than many swaps.
                self.forget();
            } else {
                self.interval = average(self.interval, latest.min(self.longest()));
            }
        }
        let is_hurried = |even: BreakEven| self.interval * HURRIED < even.interval;
        self.look_every = if self.alone >= ALONE && self.even.is_some_and(is_hurried) {
            HURRIED_LOOK_EVERY
        } else {
            LOOK_EVERY
        };
        self.last = Some(now);
        self.unseen = 0;
    }

    /// The barrier of the swap that the last look at the clock was for is over. A reader's own fence
    /// would cost so much.
    pub(super) fn barrier_done(&mut self, now: Instant, fence: Duration) {
        if let Some(last) = self.last {
            // A coarse clock may say that it took no time, and averages would stay at that.
            let latest = now.saturating_duration_since(last).max(fence);
            let latest = break_even(latest, fence);
            let interval = match self.even.map(|even| even.interval) {
                None => latest,
                // One may have been slow because its thread was interrupted; none is fast by accident.
                Some(before) if latest < before => (before + latest) / 2,
                Some(before) => average(before, latest.min(before * LONG)),
            };
            self.even = Some(BreakEven {
                interval,
                since: now,
            });
        }
    }

    /// A swap has looked at all readers: whether any was in a copy, or about to be.
    pub(super) fn scanned(&mut self, met_any: bool) {
        if !met_any {
            self.alone = self.alone.saturating_add(1);
            return;
        }
        if self.alone >= ALONE {
            // The first for a while: the next swap sees at once what is best beside it.
            self.look_every = 0;
        }
        self.alone = 0;
    }

    /// How many swaps in a row have met nobody.
    #[cfg(test)]
    pub(super) fn alone(&self) -> u32 {
        self.alone
    }

    /// Whether so few swaps came of late that the next is not to be counted with those before.
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
        let Some(even) = self.even else {
            return false;
        };
        let even_here = self.even_here(even);
        // A switch has to be worth it: around that point both ways cost the same.
        let limit = if has_fences {
            even_here * 3 / 2
        } else {
            even_here
        };
        let is_stale = now.saturating_duration_since(even.since) >= STALE;
        self.interval < limit && !(has_fences && is_stale)
    }

    /// What an interval counts for at most.
    fn longest(&self) -> Duration {
        self.even
            .map_or(LONGEST, |even| self.even_here(even) * LONG)
    }

    /// The break-even point beside the readers that there are: fences cost those who read, and no longer
    /// than they read.
    fn even_here(&self, even: BreakEven) -> Duration {
        if self.alone < ALONE {
            even.interval
        } else {
            (even.interval * SELDOM).min(LONGEST)
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
mod tests {
    use super::*;

    const FENCE: Duration = Duration::from_nanos(5);

    fn micros(micros: u64) -> Duration {
        Duration::from_micros(micros)
    }

    /// Swaps at these intervals, with barriers that take so long: whether readers fence for themselves
    /// after them.
    fn after(
        tempo: &mut Tempo,
        mut has_fences: bool,
        barrier: Duration,
        intervals: &[(u32, Duration)],
    ) -> bool {
        let mut now = tempo.last.unwrap_or_else(Instant::now);
        for &(count, interval) in intervals {
            for _ in 0..count {
                now += interval;
                tempo.skips();
                tempo.tick(now);
                if !has_fences {
                    tempo.barrier_done(now + barrier, FENCE);
                }
                has_fences = tempo.wants_fences(has_fences, now);
            }
        }
        has_fences
    }

    #[test]
    fn the_mode_follows_the_tempo_with_hysteresis() {
        let mut tempo = Tempo::new();
        // Break-even is at (1 + 5) / 5 barriers: 14.4 µs, and 21.6 µs for the way back.
        let mut fences =
            |has_fences, intervals: &[_]| after(&mut tempo, has_fences, micros(12), intervals);
        assert!(!fences(false, &[(1000, micros(1000))]), "seldom: barrier");
        assert!(!fences(false, &[(1000, micros(18))]), "as it was");
        assert!(fences(false, &[(100, micros(10))]), "often: fences");
        assert!(fences(true, &[(1000, micros(18))]), "as it was");
        // After so long a barrier is due, to see what they cost by now.
        let one_pause = [(100, micros(5)), (1, micros(1_000_000)), (1, micros(5))];
        assert!(fences(true, &one_pause), "one pause decides nothing");
        assert!(!fences(true, &[(100, micros(30))]), "seldom: barrier");
        assert!(fences(true, &[(100, micros(5))]), "often again: fences");
    }

    #[test]
    fn cheap_barriers_are_kept_at_a_tempo_that_dear_ones_are_not() {
        for (barrier, wanted) in [(micros(1), false), (micros(12), true)] {
            let mut tempo = Tempo::new();
            let fences = after(&mut tempo, false, barrier, &[(200, micros(10))]);
            assert_eq!(fences, wanted, "barriers of {barrier:?}");
        }
    }

    #[test]
    fn barriers_that_grow_dear_are_noticed() {
        let mut tempo = Tempo::new();
        let idle = after(&mut tempo, false, micros(1), &[(200, micros(10))]);
        assert!(!idle);
        assert!(after(&mut tempo, idle, micros(12), &[(100, micros(10))]));
    }

    #[test]
    fn barriers_that_grow_cheap_again_are_noticed_though_none_is_run() {
        let mut tempo = Tempo::new();
        let fences = after(&mut tempo, false, micros(12), &[(200, micros(10))]);
        assert!(fences);
        // A second of swaps at the same tempo, while the readers rest.
        assert!(!after(
            &mut tempo,
            fences,
            micros(1),
            &[(100_000, micros(10))]
        ));
    }

    #[test]
    fn fences_that_nobody_pays_are_cheap_until_somebody_does() {
        let mut tempo = Tempo::new();
        let mut fences = |fences, has_reader, barrier, count| {
            tempo.scanned(has_reader);
            (0..ALONE).for_each(|_| tempo.scanned(has_reader));
            after(&mut tempo, fences, barrier, &[(count, micros(4))])
        };
        // Break-even is at 1.2 µs, and with nobody there at 9.6 µs.
        assert!(!fences(false, true, micros(1), 100));
        assert!(fences(false, false, micros(1), 100));
        assert!(!fences(true, true, micros(1), 100));
    }

    #[test]
    fn a_writer_without_readers_that_pauses_has_barriers() {
        let mut tempo = Tempo::new();
        (0..ALONE).for_each(|_| tempo.scanned(false));
        assert!(after(&mut tempo, false, micros(1), &[(100, micros(4))]));
        assert!(!after(&mut tempo, true, micros(1), &[(100, micros(100))]));
    }

    /// As [`after`], but as `Fences` does it: most swaps do without a look. How many swaps had fences.
    fn fenced(tempo: &mut Tempo, barrier: Duration, interval: Duration, most: u32) -> u32 {
        let mut now = tempo.last.unwrap_or_else(Instant::now);
        for count in 0..most {
            now += interval;
            if tempo.skips() {
                continue;
            }
            tempo.tick(now);
            if !tempo.wants_fences(true, now) {
                tempo.barrier_done(now + barrier, FENCE);
                return count;
            }
        }
        most
    }

    #[test]
    fn a_writer_that_grows_slow_looks_at_the_clock_soon() {
        for (is_alone, most) in [(false, 8), (true, 32)] {
            let mut tempo = Tempo::new();
            if is_alone {
                (0..ALONE).for_each(|_| tempo.scanned(false));
            }
            assert!(after(&mut tempo, false, micros(1), &[(100, micros(0))]));
            let swaps = fenced(&mut tempo, micros(1), micros(1_000_000), 1000);
            assert!(swaps <= most, "{swaps}");
        }
    }

    #[test]
    fn a_hurried_writer_that_meets_a_reader_looks_at_the_next_swap() {
        let mut tempo = Tempo::new();
        (0..ALONE).for_each(|_| tempo.scanned(false));
        assert!(after(&mut tempo, false, micros(1), &[(100, micros(0))]));
        assert!(tempo.skips() && tempo.skips());
        tempo.scanned(true);
        assert_eq!(fenced(&mut tempo, micros(1), micros(1_000_000), 1000), 0);
    }

    #[test]
    fn a_clock_that_shows_no_barrier_decides_nothing_for_good() {
        let mut tempo = Tempo::new();
        let fences = after(&mut tempo, false, micros(0), &[(1, micros(5))]);
        assert!(after(&mut tempo, fences, micros(12), &[(1000, micros(5))]));
    }

    #[test]
    fn one_slow_barrier_decides_nothing_for_long() {
        for first in [micros(12), micros(2000)] {
            let mut tempo = Tempo::new();
            let fences = after(&mut tempo, false, first, &[(1, micros(100))]);
            let fences = after(&mut tempo, fences, micros(2000), &[(1, micros(100))]);
            assert!(!after(
                &mut tempo,
                fences,
                micros(12),
                &[(20_000, micros(100))]
            ));
        }
    }

    #[test]
    fn there_is_a_way_back_however_dear_barriers_are() {
        let mut tempo = Tempo::new();
        let fences = after(&mut tempo, false, micros(900), &[(100, micros(100))]);
        assert!(fences);
        assert!(!after(
            &mut tempo,
            fences,
            micros(900),
            &[(100, micros(2000))]
        ));
    }

    #[test]
    fn without_a_barrier_nothing_is_decided() {
        let mut tempo = Tempo::new();
        let now = Instant::now();
        for n in 0..100 {
            tempo.skips();
            tempo.tick(now + micros(n));
            assert!(!tempo.wants_fences(false, now + micros(n)));
        }
    }
}
