//! [`Fences`]: whether the next published pointer sends its readers through a fence of their own.
//!
//! In [`FenceMode::Auto`] the observed interval between swaps decides.
//! A barrier costs the writer some 10 microseconds for each swap while other cores are busy; fences
//! cost each read some nanoseconds.
//! So a writer that swaps all the time is better off with fences, and one that seldom swaps leaves
//! the readers undisturbed.
//!
//! A swap may switch either way, since the rule looks at the pointer swapped out.
//! Between swaps a pointer may only lose its tag: the next swap then runs the barrier, which is
//! enough for readers with a fence of their own too.

use std::time::{Duration, Instant};

use crate::fence::{self, FenceMode};
use crate::sync::MODELLED;

/// Where swaps come more often than this, readers fence for themselves.
const OFTEN: Duration = Duration::from_micros(50);
/// Where they come more seldom than this, the writer runs the barrier. In between, all stays as it
/// is.
const SELDOM: Duration = Duration::from_micros(200);
/// No pause counts for more than this, so that one alone decides nothing.
const LONGEST: Duration = Duration::from_millis(1);
/// The share that the latest interval has in the average.
const WEIGHT: u32 = 8;
/// While readers fence for themselves, a swap costs little more than a look at the clock: so only
/// every so many swaps look.
const LOOK_EVERY: u32 = 8;

/// Decides for each swap how its readers and the next swap are ordered.
pub(super) struct Fences {
    is_tagged: bool,
    /// Only in `FenceMode::Auto`, where the system has the barrier.
    tempo: Option<Tempo>,
}

/// How often swaps come.
struct Tempo {
    last: Option<Instant>,
    /// Swaps since the last look at the clock.
    unseen: u32,
    /// The moving average of the intervals.
    interval: Duration,
}

impl Fences {
    pub(super) fn new(mode: FenceMode) -> Self {
        let has_barrier = mode != FenceMode::SeqCst && fence::is_asymmetric();
        Fences {
            is_tagged: !has_barrier,
            tempo: (has_barrier && mode == FenceMode::Auto).then_some(Tempo {
                last: None,
                unseen: 0,
                interval: LONGEST,
            }),
        }
    }

    /// Whether the pointers published now are tagged.
    pub(super) fn is_tagged(&self) -> bool {
        self.is_tagged
    }

    /// Whether the pointer to be published next is tagged. To be asked once for each swap.
    pub(super) fn next(&mut self) -> bool {
        if let Some(tempo) = &mut self.tempo {
            self.is_tagged = if MODELLED {
                // A model has no clock: it switches with every swap.
                !self.is_tagged
            } else {
                tempo.unseen += 1;
                if self.is_tagged && tempo.unseen < LOOK_EVERY {
                    return true;
                }
                tempo.tick(Instant::now());
                tempo.wants_fences(self.is_tagged)
            };
        }
        self.is_tagged
    }

    /// Whether the published pointer should lose its tag, since no swap has come for long.
    pub(super) fn rest(&mut self) -> bool {
        let Some(tempo) = &mut self.tempo else {
            return false;
        };
        // The last look may be some swaps old, which took as long as swaps do.
        let has_rested = tempo
            .last
            .is_some_and(|last| last.elapsed() >= LONGEST + tempo.interval * tempo.unseen);
        if !self.is_tagged || !(has_rested || MODELLED) {
            return false;
        }
        tempo.interval = LONGEST;
        self.is_tagged = false;
        true
    }

    /// The system refuses the barrier from now on.
    pub(super) fn refuse(&mut self) {
        self.is_tagged = true;
        self.tempo = None;
    }

    /// A mode for the next swap, whatever the tempo.
    #[cfg(test)]
    pub(super) fn force(&mut self, is_tagged: bool) {
        self.is_tagged = is_tagged;
        self.tempo = None;
    }
}

impl Tempo {
    fn tick(&mut self, now: Instant) {
        if let Some(last) = self.last {
            let latest = now.saturating_duration_since(last) / self.unseen.max(1);
            let latest = latest.min(LONGEST);
            self.interval = self.interval - self.interval / WEIGHT + latest / WEIGHT;
        }
        self.last = Some(now);
        self.unseen = 0;
    }

    fn wants_fences(&self, has_fences: bool) -> bool {
        if has_fences {
            self.interval <= SELDOM
        } else {
            self.interval < OFTEN
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether readers fence for themselves after swaps at these intervals.
    fn after(tempo: &mut Tempo, mut has_fences: bool, intervals: &[(u32, Duration)]) -> bool {
        let mut now = tempo.last.unwrap_or_else(Instant::now);
        for &(count, interval) in intervals {
            for _ in 0..count {
                now += interval;
                tempo.unseen += 1;
                tempo.tick(now);
                has_fences = tempo.wants_fences(has_fences);
            }
        }
        has_fences
    }

    #[test]
    fn the_mode_follows_the_tempo_with_hysteresis() {
        let micros = Duration::from_micros;
        let mut tempo = Tempo {
            last: None,
            unseen: 0,
            interval: LONGEST,
        };
        let mut fences = |has_fences, intervals: &[_]| after(&mut tempo, has_fences, intervals);
        assert!(!fences(false, &[(1000, micros(1000))]), "seldom: barrier");
        assert!(
            !fences(false, &[(1000, micros(100))]),
            "in between: as it was"
        );
        assert!(fences(false, &[(100, micros(5))]), "often: fences");
        assert!(
            fences(true, &[(1000, micros(100))]),
            "in between: as it was"
        );
        let one_pause = [(100, micros(5)), (1, micros(1_000_000)), (5, micros(5))];
        assert!(fences(true, &one_pause), "one pause decides nothing");
        assert!(!fences(true, &[(100, micros(1000))]), "seldom: barrier");
    }
}
