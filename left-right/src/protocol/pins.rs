//! [`Pins`]: the readers that a swapped-out copy must wait for.

use std::time::Instant;

use super::{Slot, Word};
use crate::fault::planted;
use crate::stall::ReadersBusy;
use crate::sync::{Arc, AtomicBool, MODELLED, Ordering, spin};

/// How often a call that does not wait looks at a reader: right after a swap, one look would catch a
/// reader in the middle of a lookup one time in five. In a model, more looks are only more interleavings
/// that differ in nothing.
pub(crate) const TRY_LOOKS: usize = if MODELLED { 2 } else { 64 };

/// The readers that were in a copy, or about to enter some copy, when it was swapped out.
#[derive(Clone, Default)]
pub(crate) struct Pins {
    readers: Vec<Pin>,
    /// The address of the copy.
    copy: usize,
    /// When the copy was swapped out; asked of the clock only if somebody was inside.
    since: Option<Instant>,
    /// Whether the scan met a reader in any copy.
    met_any: bool,
}

/// One of them.
struct Pin {
    slot: Arc<Slot>,
    /// Its word, as the scan has met it, by address: it is only compared.
    met: usize,
    /// Whether a call that only asks has seen it elsewhere already.
    has_left: AtomicBool,
}

/// Whether the scan for the copy at this address remembers a reader with this word.
#[inline(always)]
pub(super) fn is_remembered(word: Word, copy: usize) -> bool {
    word.address() == copy || (word.is_entering() && !planted("entering-ignored"))
}

/// Whether a reader that the scan has met with one word may still be in the copy at this address, now that it has
/// another.
#[inline(always)]
pub(super) fn is_held(met: usize, now: Word, copy: usize) -> bool {
    if now.is_fencing() {
        // mod.rs C5.
        now.address() == met && !planted("number-ignored")
    } else {
        is_remembered(now, copy)
    }
}

impl Pins {
    /// Those of these slots.
    #[inline]
    pub(super) fn collect(old: Word, slots: &[Arc<Slot>]) -> Self {
        let copy = old.address();
        let mut readers = Vec::new();
        let met_any = for_each_in(copy, slots, |slot, met| {
            readers.push(Pin::new(slot, met.address()));
        });
        let since = (!readers.is_empty()).then(Instant::now);
        Pins {
            readers,
            copy,
            since,
            met_any,
        }
    }

    /// No readers of this copy, with capacity for this many.
    pub(super) fn with_capacity(old: Word, capacity: usize) -> Self {
        Pins {
            readers: Vec::with_capacity(capacity),
            copy: old.address(),
            ..Pins::default()
        }
    }

    /// Collects those of these slots, and neither allocates nor frees.
    ///
    /// Without the capacity for all of them, returns how many there are. Then another look is needed, into new pins.
    pub(super) fn try_collect(&mut self, slots: &[Arc<Slot>]) -> Result<(), usize> {
        let readers = &mut self.readers;
        let mut needed = 0;
        self.met_any = for_each_in(self.copy, slots, |slot, met| {
            needed += 1;
            if readers.len() < readers.capacity() {
                readers.push(Pin::new(slot, met.address()));
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
    pub(super) fn met_any(&self) -> bool {
        self.met_any
    }

    pub(super) fn is_empty(&self) -> bool {
        self.readers.is_empty()
    }

    /// The address of the copy that they were in.
    pub(crate) fn copy(&self) -> usize {
        self.copy
    }

    /// Whether all have left the copy, by a bounded number of looks at each.
    ///
    /// At each by itself, and one that has been seen elsewhere is not looked at again (mod.rs C4): busy readers are seldom
    /// all between two reads at the same time.
    pub(crate) fn have_left(&self) -> bool {
        let there = self.readers.iter().filter(|pin| !pin.looks_away(self.copy));
        // All are looked at, though the first may be there: each look may be the one that counts.
        there.count() == 0
    }

    /// Whether the last of them is still in the copy, by one look at it.
    #[inline]
    pub(crate) fn are_held(&self) -> bool {
        self.readers
            .last()
            .is_some_and(|pin| pin.is_held(self.copy))
    }

    /// Forgets those that have left the copy, by one look at each. Returns whether nobody remains.
    pub(crate) fn let_go(&mut self) -> bool {
        if planted("wait-skipped") {
            self.readers.clear();
        }
        self.readers.retain(|pin| pin.is_held(self.copy));
        self.readers.is_empty()
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
    /// The pin of this slot's reader, which the scan has met with this word.
    fn new(slot: &Arc<Slot>, met: usize) -> Self {
        Pin {
            slot: Arc::clone(slot),
            met,
            has_left: AtomicBool::new(false),
        }
    }

    /// Whether the reader has been seen elsewhere, by a bounded number of looks.
    fn looks_away(&self, copy: usize) -> bool {
        let has_left = (0..TRY_LOOKS).any(|look| {
            if look > 0 {
                spin(1);
            }
            !self.is_held(copy)
        });
        if has_left && !planted("has-left-not-stored") {
            // ORDER: O2 (registry.rs), handed on by `is_held` to the next look, on whichever thread.
            self.has_left.store(true, Ordering::Release);
        }
        has_left
    }

    fn is_held(&self, copy: usize) -> bool {
        // ORDER: O2 (registry.rs), with what `looks_away` has stored.
        !self.has_left.load(Ordering::Acquire) && is_held(self.met, self.slot.look(), copy)
    }
}

impl Clone for Pin {
    fn clone(&self) -> Self {
        Pin::new(&self.slot, self.met)
    }
}

/// Looks at each slot once, and calls `pin` with those whose readers are in the copy at this address or may be about
/// to be. Returns whether any reader was in a copy at all.
#[inline(always)]
fn for_each_in(copy: usize, slots: &[Arc<Slot>], mut pin: impl FnMut(&Arc<Slot>, Word)) -> bool {
    let mut met_any = false;
    for slot in slots {
        let word = slot.look();
        // Mostly they are.
        if word.is_out() {
            continue;
        }
        met_any = true;
        if is_remembered(word, copy) {
            pin(slot, word);
        }
    }
    met_any
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::super::enter::OwnWord;
    use super::super::leave;
    use super::*;

    const OLD: Word = Word::made_up(8);
    const NEW: Word = Word::made_up(16);

    fn pins(slot: &Arc<Slot>) -> Pins {
        Pins::collect(OLD, std::slice::from_ref(slot))
    }

    fn set_fencing(slot: &Slot) {
        set(slot, Word::fencing(slot.next_entry()));
    }

    fn set(slot: &Slot, word: Word) {
        slot.store(word, Ordering::Release);
    }

    /// A busy reader that fences is about to enter at most looks: this is how it is seen elsewhere.
    #[test]
    fn the_next_entry_of_a_reader_that_fences_is_not_waited_for() {
        let slot = Arc::new(Slot::new());
        set(&slot, Word::ENTERING);
        set_fencing(&slot);
        let mut pins = pins(&slot);
        let asked = pins.clone();
        for pins in [&pins, &asked] {
            assert!(pins.are_held() && !pins.have_left());
        }
        set(&slot, OLD);
        assert!(pins.are_held());
        leave(&*slot);
        set(&slot, Word::ENTERING);
        assert!(pins.are_held(), "which entry this is cannot be told");
        set_fencing(&slot);
        assert!(asked.have_left() && !asked.are_held());
        assert!(pins.let_go());
    }

    /// `ENTERING` does not say which copy the reader will enter. It may be the old one.
    #[test]
    fn a_reader_that_has_once_been_seen_elsewhere_is_not_asked_again() {
        let slots = [(); 2].map(|()| Arc::new(Slot::new()));
        slots.iter().for_each(|slot| set(slot, OLD));
        let pins = Pins::collect(OLD, &slots);
        leave(&*slots[0]);
        assert!(!pins.have_left(), "the other is there");
        set(&slots[0], Word::ENTERING);
        leave(&*slots[1]);
        assert!(pins.have_left(), "each has been seen elsewhere");
        set(&slots[1], Word::ENTERING);
        assert!(pins.have_left());
    }

    #[test]
    fn every_reader_is_met_and_only_one_that_may_be_in_the_old_copy_is_waited_for() {
        let slot = Arc::new(Slot::new());
        assert!(!pins(&slot).met_any());
        for (word, is_pinned) in [(NEW, false), (OLD, true), (Word::ENTERING, true)] {
            set(&slot, word);
            assert!(pins(&slot).met_any());
            assert_eq!(pins(&slot).is_empty(), !is_pinned, "{word:?}");
        }
    }
}
