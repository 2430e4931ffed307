//! [`Pins`]: the readers that a swapped-out copy must wait for.

use std::time::Instant;

use super::{Place, Slot};
use crate::mutant::planted;
use crate::stall::ReadersBusy;
use crate::sync::{Arc, AtomicBool, Ordering, TRY_LOOKS, spin};
use crate::wait::{Deadline, wait_until};

/// The readers that were in a copy, or about to enter some copy, when it was swapped out.
///
/// A copy that is not published cannot be entered again, so a reader that has once been seen
/// elsewhere is done with it. Elsewhere is also another entry than the one in which it was met.
#[derive(Clone, Default)]
pub(crate) struct Pins {
    readers: Vec<Pin>,
    /// When the copy was swapped out; asked of the clock only if somebody was inside.
    since: Option<Instant>,
    /// Whether the scan met a reader in any copy.
    met_any: bool,
}

/// One of them.
struct Pin {
    slot: Arc<Slot>,
    /// The number of the entry in which it was about to fence.
    fencing: Option<usize>,
    /// Whether somebody who only asks has seen it elsewhere already.
    has_left: AtomicBool,
}

impl Pins {
    /// Those of these slots.
    #[inline]
    pub(crate) fn collect(old: *mut (), slots: &[Arc<Slot>]) -> Self {
        let mut readers = Vec::new();
        let met_any = for_each_in(old, slots, |slot, place| {
            readers.push(Pin::new(slot, place))
        });
        let since = (!readers.is_empty()).then(Instant::now);
        Pins {
            readers,
            since,
            met_any,
        }
    }

    /// No readers, with capacity for so many.
    pub(super) fn with_capacity(capacity: usize) -> Self {
        Pins {
            readers: Vec::with_capacity(capacity),
            ..Pins::default()
        }
    }

    /// Collects those of these slots, and neither allocates nor frees.
    ///
    /// Without the capacity for all of them: how many there are. Then another look is needed, into new pins.
    pub(super) fn try_collect(&mut self, old: *mut (), slots: &[Arc<Slot>]) -> Result<(), usize> {
        let readers = &mut self.readers;
        let mut needed = 0;
        self.met_any = for_each_in(old, slots, |slot, place| {
            needed += 1;
            if readers.len() < readers.capacity() {
                readers.push(Pin::new(slot, place));
            }
        });
        if needed == readers.len() || (planted("scan-truncated") && readers.capacity() > 0) {
            Ok(())
        } else {
            Err(needed)
        }
    }

    /// They are waited for from now on.
    pub(super) fn begin_wait(&mut self) {
        self.since = (!self.readers.is_empty()).then(Instant::now);
    }

    pub(super) fn len(&self) -> usize {
        self.readers.len()
    }

    /// Whether anybody was reading just then, in whichever copy.
    pub(crate) fn met_any(&self) -> bool {
        self.met_any
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.readers.is_empty()
    }

    /// Whether all have left the copy at `old`, by a bounded number of looks at each.
    ///
    /// At each by itself, and who has been seen elsewhere is not looked at again: to have been so once is
    /// enough, and busy readers are seldom all between two reads at the same time.
    pub(crate) fn have_left(&self, old: *mut ()) -> bool {
        let there = self.readers.iter().filter(|pin| !pin.looks_away(old));
        // All are looked at, though the first may be there: each look may be the one that counts.
        there.count() == 0
    }

    /// Whether the last of them is still in the copy at `old`, by one look at it.
    #[inline]
    pub(crate) fn are_held(&self, old: *mut ()) -> bool {
        self.readers.last().is_some_and(|pin| pin.may_be_in(old))
    }

    /// Forgets those that have left the copy at `old`: whether nobody remains, by one look at each.
    pub(crate) fn let_go(&mut self, old: *mut ()) -> bool {
        if planted("wait-skipped") {
            self.readers.clear();
        }
        self.readers.retain(|pin| pin.may_be_in(old));
        self.readers.is_empty()
    }

    /// Looks a bounded number of times.
    pub(crate) fn try_clear(&mut self, old: *mut ()) -> Result<(), ReadersBusy> {
        for look in 0..TRY_LOOKS {
            if look > 0 {
                spin(1);
            }
            if self.let_go(old) {
                return Ok(());
            }
        }
        Err(self.describe())
    }

    /// Waits until all have left, or until the deadline.
    pub(crate) fn clear(&mut self, old: *mut (), deadline: Deadline) -> Result<(), ReadersBusy> {
        if wait_until(deadline, || self.let_go(old)) {
            Ok(())
        } else {
            Err(self.describe())
        }
    }

    /// Who they are, and for how long they have been waited for.
    pub(crate) fn describe(&self) -> ReadersBusy {
        let waited = self.since.map(|since| since.elapsed()).unwrap_or_default();
        ReadersBusy {
            readers: self
                .readers
                .iter()
                .map(|pin| pin.slot.describe(waited))
                .collect(),
        }
    }
}

impl Pin {
    /// Of the reader of this slot, which is at this place.
    fn new(slot: &Arc<Slot>, place: Place) -> Self {
        Pin {
            slot: Arc::clone(slot),
            fencing: match place {
                Place::Fencing(number) => Some(number),
                _ => None,
            },
            has_left: AtomicBool::new(false),
        }
    }

    /// Whether the reader has been seen elsewhere, by a bounded number of looks.
    fn looks_away(&self, old: *mut ()) -> bool {
        let has_left = (0..TRY_LOOKS).any(|look| {
            if look > 0 {
                spin(1);
            }
            !self.may_be_in(old)
        });
        if has_left && !planted("has-left-not-stored") {
            // ORDER: O2, handed on by `may_be_in` to whoever looks next, on whichever thread.
            self.has_left.store(true, Ordering::Release);
        }
        has_left
    }

    fn may_be_in(&self, old: *mut ()) -> bool {
        // ORDER: O2, with what `looks_away` has stored.
        !self.has_left.load(Ordering::Acquire)
            && match self.slot.place() {
                // An entry that the scan did not meet is to a later copy (O1), and the earlier ones are
                // over (O2). Should its number be that of the one met, one more look is needed.
                Place::Fencing(number) => {
                    self.fencing == Some(number) && !planted("number-ignored")
                }
                place => may_be_in(old, place),
            }
    }
}

impl Clone for Pin {
    fn clone(&self) -> Self {
        Pin {
            slot: Arc::clone(&self.slot),
            fencing: self.fencing,
            has_left: AtomicBool::new(false),
        }
    }
}

/// Looks at each slot once, and calls `pin` with those whose readers are in the copy at `old` or may be about
/// to be. Whether any reader was in a copy at all.
#[inline(always)]
fn for_each_in(old: *mut (), slots: &[Arc<Slot>], mut pin: impl FnMut(&Arc<Slot>, Place)) -> bool {
    let mut met_any = false;
    for slot in slots {
        let place = slot.place();
        // Mostly they are.
        if place == Place::Out {
            continue;
        }
        met_any = true;
        if may_be_in(old, place) {
            pin(slot, place);
        }
    }
    met_any
}

/// Whether a reader there is in the copy at `old`, or may be about to be.
fn may_be_in(old: *mut (), place: Place) -> bool {
    match place {
        Place::Out => false,
        Place::Entering | Place::Fencing(_) => !planted("entering-ignored"),
        Place::In(buffer) => buffer == old,
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::ptr;

    use super::*;

    const OLD: *mut () = ptr::without_provenance_mut(8);
    const NEW: *mut () = ptr::without_provenance_mut(16);

    fn pins(slot: &Arc<Slot>) -> Pins {
        Pins::collect(OLD, std::slice::from_ref(slot))
    }

    /// A busy reader that fences is about to enter at most looks: this is how it is seen elsewhere.
    #[test]
    fn the_next_entry_of_a_reader_that_fences_is_not_waited_for() {
        let slot = Arc::new(Slot::new());
        slot.announce();
        slot.announce_fence();
        let mut pins = pins(&slot);
        let asked = pins.clone();
        for pins in [&pins, &asked] {
            assert!(pins.are_held(OLD) && !pins.have_left(OLD));
        }
        slot.settle(OLD);
        assert!(pins.are_held(OLD));
        slot.leave_for_good();
        slot.announce();
        assert!(pins.are_held(OLD), "which entry this is cannot be told");
        slot.announce_fence();
        assert!(asked.have_left(OLD) && !asked.are_held(OLD));
        assert!(pins.let_go(OLD));
    }

    /// A reader that is about to enter again, like any, may be about to enter the old copy for all its word
    /// says.
    #[test]
    fn who_has_once_been_seen_elsewhere_is_not_asked_again() {
        let slots = [(); 2].map(|()| Arc::new(Slot::new()));
        slots.iter().for_each(|slot| slot.settle(OLD));
        let pins = Pins::collect(OLD, &slots);
        slots[0].leave_for_good();
        assert!(!pins.have_left(OLD), "the other is there");
        slots[0].announce();
        slots[1].leave_for_good();
        assert!(pins.have_left(OLD), "each has been seen elsewhere");
        slots[1].announce();
        assert!(pins.have_left(OLD));
    }

    #[test]
    fn whoever_reads_is_met_and_only_who_may_be_in_the_old_copy_is_waited_for() {
        let slot = Arc::new(Slot::new());
        assert!(!pins(&slot).met_any());
        slot.settle(NEW);
        assert!(pins(&slot).met_any() && pins(&slot).is_empty());
        slot.settle(OLD);
        assert!(pins(&slot).met_any() && !pins(&slot).is_empty());
        slot.announce();
        assert!(pins(&slot).met_any() && !pins(&slot).is_empty());
    }
}
