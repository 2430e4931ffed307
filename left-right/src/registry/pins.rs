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
/// elsewhere is done with it.
#[derive(Clone, Default)]
pub(crate) struct Pins {
    readers: Vec<Pin>,
    /// When the copy was swapped out; asked of the clock only if somebody was inside.
    since: Option<Instant>,
}

/// One of them.
struct Pin {
    slot: Arc<Slot>,
    /// Whether somebody who only asks has seen it elsewhere already.
    has_left: AtomicBool,
}

impl Pins {
    pub(crate) fn collect<'a>(old: *mut (), slots: impl Iterator<Item = &'a Arc<Slot>>) -> Self {
        let readers: Vec<_> = slots
            .filter(|slot| may_be_in(old, slot))
            .map(|slot| Pin::new(Arc::clone(slot)))
            .collect();
        let since = (!readers.is_empty()).then(Instant::now);
        Pins { readers, since }
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
    fn new(slot: Arc<Slot>) -> Self {
        Pin {
            slot,
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
        if has_left {
            // ORDER: O2, handed on to whoever looks next, on whichever thread.
            self.has_left.store(true, Ordering::Release);
        }
        has_left
    }

    fn may_be_in(&self, old: *mut ()) -> bool {
        // ORDER: O2: with what `looks_away` has stored.
        !self.has_left.load(Ordering::Acquire) && may_be_in(old, &self.slot)
    }
}

impl Clone for Pin {
    fn clone(&self) -> Self {
        Pin::new(Arc::clone(&self.slot))
    }
}

/// Whether the reader is in the copy at `old`, or may be about to be.
fn may_be_in(old: *mut (), slot: &Slot) -> bool {
    match slot.place() {
        Place::Out => false,
        Place::Entering => !planted("entering-ignored"),
        Place::In(buffer) => buffer == old,
    }
}
