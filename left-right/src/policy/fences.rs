//! [`Fences`]: whether the next published pointer sends its readers through a fence of their own.
//!
//! In [`FenceMode::Auto`] the observed interval between swaps decides.
//! A barrier costs the writer a few microseconds for each swap, and more where more processors are busy with
//! readers; fences cost each read a few nanoseconds.
//! So a writer that swaps all the time is better off with fences, and one that seldom swaps leaves
//! the readers undisturbed: where the line is follows from what either costs here, and from whether
//! anybody reads (see [`Adaptive`]).
//!
//! A swap may switch either way, since the protocol looks at the pointer swapped out.
//! Between swaps a pointer may only lose its tag: the next swap then runs the barrier, which is
//! enough for readers with a fence of their own too.
//! The writer takes the tag off when it finds nothing to publish after a pause, and when it is dropped.
//! A reader takes it off after many entries at one version, so a burst of swaps leaves no fences behind even
//! if the writer never comes back. (Readers that end after fewer entries leave it to others.)
//! The next swap learns it from the pointer that it returns.
//!
//! After the system has refused a barrier to any structure of the process, every pointer is published with a tag, and
//! neither its writer nor its readers remove it while the writer lives. (A reader that takes a tag off at
//! the moment of the refusal costs a leaked copy: `own.rs` W3.)

use std::time::Instant;

use super::adaptive::Adaptive;
use super::{FenceMode, fence_cost};
use crate::fault::planted;
use crate::protocol::fence;
use crate::sync::MODELLED;

/// Decides for each swap how its readers and the next swap are ordered.
pub(super) struct Fences {
    /// Whether the last pointer was published with a tag; no longer after a rest.
    is_tagged: bool,
    /// The same of the pointer before it.
    was_tagged: bool,
    /// Only in `FenceMode::Auto`, where the system has the barrier.
    adaptive: Option<Adaptive>,
}

impl Fences {
    pub(super) fn new(mode: FenceMode) -> Self {
        let has_barrier = mode != FenceMode::SeqCst && fence::is_asymmetric();
        Fences {
            is_tagged: !has_barrier,
            was_tagged: !has_barrier,
            adaptive: (has_barrier && mode == FenceMode::Auto).then(Adaptive::new),
        }
    }

    pub(super) fn is_tagged(&self) -> bool {
        self.is_tagged
    }

    pub(super) fn is_adaptive(&self) -> bool {
        self.adaptive.is_some()
    }

    /// Whether the pointer to be published next is tagged. To be asked once for each swap.
    #[inline]
    pub(super) fn next(&mut self) -> bool {
        self.was_tagged = self.is_tagged;
        if let Some(adaptive) = &mut self.adaptive {
            self.is_tagged = if MODELLED {
                // A model has no clock: it switches with every swap.
                !self.is_tagged
            } else {
                if adaptive.skips() && self.is_tagged {
                    return true;
                }
                let now = Instant::now();
                adaptive.tick(now);
                adaptive.wants_fences(self.is_tagged, now)
            };
        }
        if !self.is_tagged && !fence::is_asymmetric() {
            self.refuse();
        }
        self.is_tagged
    }

    /// Records what the last swap returned. If the pointer had no tag, the barrier has finished.
    #[inline]
    pub(super) fn swapped(&mut self, was_tagged: bool) {
        let Some(adaptive) = &mut self.adaptive else {
            return;
        };
        if was_tagged || MODELLED {
            return;
        }
        if self.was_tagged && !planted("lost-tag-timed") {
            // Readers took it off, so no swap came for long: a rest. The clock may not have been looked at before
            // the barrier, so this one is not timed.
            adaptive.forget();
            self.is_tagged = false;
        } else {
            adaptive.barrier_done(Instant::now(), fence_cost::of_full());
        }
    }

    /// Records whether the scan of the last swap has met a reader.
    pub(super) fn scanned(&mut self, met_any: bool) {
        if let Some(adaptive) = &mut self.adaptive {
            adaptive.scanned(met_any);
        }
    }

    /// Whether the published pointer should lose its tag, since no swap has come for long.
    pub(super) fn rest(&mut self) -> bool {
        let Some(adaptive) = &mut self.adaptive else {
            return false;
        };
        if !(adaptive.has_rested() || MODELLED) {
            return false;
        }
        if !fence::is_asymmetric() {
            self.refuse();
            return false;
        }
        adaptive.forget();
        self.is_tagged = false;
        true
    }

    /// The system refuses the barrier from now on.
    pub(super) fn refuse(&mut self) {
        self.is_tagged = true;
        self.adaptive = None;
    }

    /// How many swaps in a row have met nobody, where that is counted.
    #[cfg(all(test, not(loom)))]
    pub(super) fn idle_streak(&self) -> Option<u32> {
        self.adaptive.as_ref().map(Adaptive::idle_streak)
    }

    /// A mode for the next swap, whatever was observed.
    #[cfg(all(test, not(loom)))]
    pub(super) fn force(&mut self, is_tagged: bool) {
        self.is_tagged = is_tagged;
        self.adaptive = None;
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::thread;
    use std::time::Duration;

    use super::*;

    /// Swaps as fast as the clock allows, until readers are to fence. `None` where the system has no barrier.
    fn tagging() -> Option<Fences> {
        let mut fences = Fences::new(FenceMode::Auto);
        if fences.is_tagged() {
            return None;
        }
        while !fences.next() {
            // As if a barrier took that long.
            thread::sleep(Duration::from_micros(100));
            fences.swapped(false);
        }
        Some(fences)
    }

    #[test]
    fn a_tag_that_readers_took_off_counts_as_a_rest_and_times_no_barrier() {
        let Some(mut fences) = tagging() else { return };
        let known = |fences: &Fences| fences.adaptive.as_ref().map(Adaptive::break_even);
        let before = known(&fences);
        fences.next();
        // The pause is no barrier.
        thread::sleep(Duration::from_millis(20));
        fences.swapped(false);
        assert_eq!(known(&fences), before);
        assert!(!fences.is_tagged());
        assert!(!fences.next(), "it begins anew, as after a pause");
    }

    /// Also where the pause was too short for the clock to tell.
    #[test]
    fn a_tag_that_readers_took_off_makes_the_interval_as_long_as_after_a_pause() {
        let Some(mut fences) = tagging() else { return };
        fences.next();
        let is_longest = |fences: &Fences| fences.adaptive.as_ref().map(Adaptive::is_forgotten);
        if let Some(adaptive) = &mut fences.adaptive {
            adaptive.set_interval(Duration::from_nanos(1));
        }
        assert_eq!(is_longest(&fences), Some(false));
        fences.swapped(false);
        assert_eq!(is_longest(&fences), Some(true));
    }

    #[test]
    fn a_tag_that_is_still_there_is_no_rest() {
        let Some(mut fences) = tagging() else { return };
        fences.next();
        fences.swapped(true);
        assert!(fences.is_tagged() && fences.next());
    }
}
