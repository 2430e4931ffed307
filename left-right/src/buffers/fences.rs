//! [`Fences`]: whether the next published pointer sends its readers through a fence of their own.
//!
//! In [`FenceMode::Auto`] the observed interval between swaps decides.
//! A barrier costs the writer some microseconds for each swap, the more the more processors are busy with
//! readers; fences cost each read some nanoseconds.
//! So a writer that swaps all the time is better off with fences, and one that seldom swaps leaves
//! the readers undisturbed: where the line is follows from what either costs here, and from whether
//! anybody reads (see [`Tempo`]).
//!
//! A swap may switch either way, since the rule looks at the pointer swapped out.
//! Between swaps a pointer may only lose its tag: the next swap then runs the barrier, which is
//! enough for readers with a fence of their own too.
//!
//! Once the system has refused the barrier, to whichever structure of the process, no pointer is published
//! without a tag and none loses its own while its writer lives.

use std::time::Instant;

use super::tempo::Tempo;
use crate::fence::{self, FenceMode};
use crate::sync::MODELLED;

/// Decides for each swap how its readers and the next swap are ordered.
pub(super) struct Fences {
    is_tagged: bool,
    /// Only in `FenceMode::Auto`, where the system has the barrier.
    tempo: Option<Tempo>,
}

impl Fences {
    pub(super) fn new(mode: FenceMode) -> Self {
        let has_barrier = mode != FenceMode::SeqCst && fence::is_asymmetric();
        Fences {
            is_tagged: !has_barrier,
            tempo: (has_barrier && mode == FenceMode::Auto).then(Tempo::new),
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
                if tempo.skips() && self.is_tagged {
                    return true;
                }
                let now = Instant::now();
                tempo.tick(now);
                tempo.wants_fences(self.is_tagged, now)
            };
        }
        if !self.is_tagged && !fence::is_asymmetric() {
            self.refuse();
        }
        self.is_tagged
    }

    /// The barrier of the swap that was last asked for is over.
    pub(super) fn barrier_done(&mut self) {
        if let (Some(tempo), false) = (&mut self.tempo, MODELLED) {
            tempo.barrier_done(Instant::now(), fence::cost::of_full());
        }
    }

    /// The swap that was last asked for has looked at all readers: whether any was reading just then.
    pub(super) fn scanned(&mut self, met_any: bool) {
        if let Some(tempo) = &mut self.tempo {
            tempo.scanned(met_any);
        }
    }

    /// Whether the published pointer should lose its tag, since no swap has come for long.
    pub(super) fn rest(&mut self) -> bool {
        let Some(tempo) = &mut self.tempo else {
            return false;
        };
        if !self.is_tagged || !(tempo.has_rested() || MODELLED) {
            return false;
        }
        if !fence::is_asymmetric() {
            self.refuse();
            return false;
        }
        tempo.forget();
        self.is_tagged = false;
        true
    }

    /// The system refuses the barrier from now on.
    pub(super) fn refuse(&mut self) {
        self.is_tagged = true;
        self.tempo = None;
    }

    /// How many swaps in a row have met nobody, where that is counted.
    #[cfg(test)]
    pub(super) fn alone(&self) -> Option<u32> {
        self.tempo.as_ref().map(Tempo::alone)
    }

    /// A mode for the next swap, whatever the tempo.
    #[cfg(test)]
    pub(super) fn force(&mut self, is_tagged: bool) {
        self.is_tagged = is_tagged;
        self.tempo = None;
    }
}
