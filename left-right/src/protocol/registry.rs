//! [`Registry`]: the readers of one structure, and a look at where each of them is.
//!
//! # Invariants
//! - **R1** Only the owning reader stores to its slot's word and to its two counters, and only it uses the slot's other
//!   counts. The owner is one thread at a time. Where another thread takes over, with a handle or a snapshot that is
//!   sent or at the structure's end, the hand-over orders the two threads.
//! - **R2** A slot is in the registry from before its reader first enters until after it last left.
//! - **R3** The lock is held for a push, a removal or one look at each slot, never while waiting. No
//!   user code runs and no user data is dropped under it. No memory is allocated or freed under it, nor under
//!   the lock of a slot's owner, since a global allocator may read: a first read of a thread takes the
//!   registry's lock, and the last guard of a detached reader takes the owner's. `describe` and `adopt` depend
//!   on it, since such a guard may end meanwhile. `set_label` follows the rule without need: a reader that can be
//!   labelled is not detached.
//! - **R4** Each join or quit starts a new generation. It saturates at the last one, which no cached list is of.
//! - **R5** A sum has each count once: from the slot of a reader that is listed, or from the totals if the reader has
//!   quit. Its counters are added to the totals in the critical section that removes its slot, and a sum is made in one
//!   critical section.
//!
//! # Orderings
//! - **O1** A reader's announcement, `ENTERING` or the number of an entry, and the writer's scan are
//!   ordered by the fences F1 or F2 (`fence/mod.rs`). An announcement that the scan did not
//!   see is followed by a load that sees the swap.
//! - **O2** Every store of a copy, of `OUT`, or of the number of an entry is Release, and pairs with the Acquire
//!   loads of the scan and the wait. A writer that sees it knows that the reads of earlier critical sections are over.
//!   A bare `ENTERING` is Relaxed, and says nothing of them. (A release sequence does not run on over later plain
//!   stores, so each store has to release for itself.)
//! - **O3** A join's new generation and the scan's load of it are ordered by the fences F1 or F2, as the
//!   announcement of O1 is, since a reader joins before it first enters. So a slot that is not in the list
//!   of a scan belongs to a reader that will load the pointer after the swap. A list that is not of the
//!   latest generation is made anew under the lock, which pairs with the join's.
//! - **O5** `close` stores `is_closed` (Release) before it locks a slot's owner to take a detached reader,
//!   and `adopt` loads it (Acquire) after it has locked the owner to leave one there. So one of the two ends
//!   the reader. A list that sweeps loads it without that lock. What it ends then is its own, and what it
//!   misses waits for the next sweep.
//! - **O6** A list, its generation and its words are read under one lock. A scan that lacks capacity for its pins
//!   looks again from the start. A reader that was in the old copy at the first look and is not at the second has
//!   been seen elsewhere (O2), and one that has joined since then sees the swap (O3).
//! - **O7** Counters are Relaxed, since no other access depends on them. One word alone already gives what is promised:
//!   a sum has all counts that happen before it, and no less than a sum that happened before it had. A reader that quits
//!   is its counters' owner, so it adds their last values, and the lock orders the totals.

use super::slots::Slots;
use super::{Pins, Policy, Slot, Word};
use crate::sync::{Arc, AtomicBool, Ordering};

/// The slots of all live readers of one structure.
pub(crate) struct Registry {
    slots: Slots,
    /// Set when the structure has ended, for thread-local lists that still name it.
    is_closed: AtomicBool,
}

impl Registry {
    pub(crate) fn new() -> Self {
        Registry {
            slots: Slots::new(),
            is_closed: AtomicBool::new(false),
        }
    }

    /// A slot of its own for a new reader. Locks the registry.
    pub(crate) fn join(&self) -> Arc<Slot> {
        let slot = Arc::new(Slot::new());
        self.slots.push(Arc::clone(&slot));
        slot
    }

    /// Removes the slot of a reader that has left for good, and keeps its counts. Locks the registry.
    pub(crate) fn quit(&self, slot: &Slot) {
        self.slots.remove(slot);
    }

    /// The readers that are, or may be, in the copy `old`. Locks the registry if a reader has joined or
    /// quit since the policy's list was made, or if there is no such list.
    ///
    /// To be called after the swap that took `old` out and after its heavy fence (O1, O3).
    #[inline]
    pub(super) fn scan(&self, old: Word, policy: &mut impl Policy) -> Pins {
        let pins = match policy.list().of(&self.slots) {
            Some(slots) => Pins::collect(old, slots),
            None => self.list_and_scan(old, policy),
        };
        policy.scanned(pins.len(), pins.met_any());
        pins
    }

    #[cold]
    fn list_and_scan(&self, old: Word, policy: &mut impl Policy) -> Pins {
        // What is allocated and freed is so here, and not under the lock (R3).
        let mut capacity = policy.prepare();
        loop {
            let mut pins = Pins::with_capacity(old, capacity);
            let looked = self.slots.look(|listed| {
                pins.try_collect(listed.slots())?;
                policy.listed(listed);
                Ok::<(), usize>(())
            });
            match looked {
                Ok(()) => {
                    pins.begin_wait();
                    return pins;
                }
                // With some capacity for those who enter meanwhile (O6).
                Err(needed) => capacity = needed * 2,
            }
        }
    }

    /// The number of live readers. Locks the registry.
    pub(crate) fn len(&self) -> usize {
        self.slots.len()
    }

    /// The sums of the readers' counters (R5). Locks the registry.
    pub(crate) fn counts(&self) -> [u64; 2] {
        self.slots.counts()
    }

    /// Marks the structure as ended, and ends the detached readers: their guards have been
    /// forgotten, since no other guard outlives its structure.
    pub(crate) fn close(&self) {
        // ORDER: O5, with `is_closed`. The locks below decide; the store comes before them.
        self.is_closed.store(true, Ordering::Release);
        let slots = self.slots.copy();
        // Each ends outside the lock, which it takes.
        slots.iter().for_each(|slot| drop(slot.take_detached()));
    }

    pub(crate) fn is_closed(&self) -> bool {
        // ORDER: O5, with `close`.
        self.is_closed.load(Ordering::Acquire)
    }

    /// A copy of the list, for a planted fault.
    pub(super) fn slots(&self) -> Vec<Arc<Slot>> {
        self.slots.copy()
    }
}

#[cfg(all(test, not(loom)))]
mod tests;
