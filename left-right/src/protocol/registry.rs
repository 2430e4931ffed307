//! [`Registry`]: the readers of one structure, and a look at where each of them is.
//!
//! # Invariants
//! - **R1** Only the owning reader stores to its slot's word, and only it uses the slot's counts. It is one
//!   thread's at a time: where it is handed on, in a handle that is sent, or to the structure's end that takes
//!   it from its slot, what hands it on orders the two threads.
//! - **R2** A slot is in the registry from before its reader first enters until after it last left.
//! - **R3** The lock is held for a push, a removal or one look at each word: never while waiting, and no
//!   user code runs and no user data is dropped under it. No memory is allocated or freed under it either, nor
//!   under the lock on a slot's owner: a global allocator may read, which takes the one if it is its thread's
//!   first read, and the other where a reader is left to its guards. The latter binds `describe` and `adopt`,
//!   since a guard of that reader may end meanwhile. `set_label` only does the same by habit: no read takes
//!   the lock of a slot whose reader can still be labelled.
//! - **R4** No two lists of slots have the same generation but the last, of which no writer keeps a
//!   list.
//!
//! # Orderings
//! - **O1** A reader's announcement, `ENTERING` or the number of an entry, and the writer's scan are
//!   ordered by the fences F1 or F2: see [`fence`](super::fence). An announcement that the scan did not
//!   meet is followed by a load that sees the swap.
//! - **O2** Every store that says where a reader is now, a buffer or `OUT`, or that it has come to an
//!   entry of another number (Release), pairs with the scan and the wait (Acquire): who sees it knows
//!   that the reads of earlier stays are over. A bare `ENTERING` is Relaxed, and says nothing of them.
//! - **O3** A join's new generation and the scan's load of it are ordered by the fences F1 or F2, as the
//!   announcement of O1 is, since a reader joins before it first enters: a slot that is not in the list
//!   of a scan belongs to a reader that will load the pointer after the swap. A list that is not of the
//!   latest generation is made anew under the lock, which pairs with the join's.
//! - **O5** `close` stores `is_closed` (Release) before it locks a slot's owner to take the reader left there,
//!   and `adopt` loads it (Acquire) after it has locked the owner, to leave one there: so one of the two ends
//!   the reader. A list that sweeps loads it without that lock; what it then ends is its own, and what it
//!   misses stays for the next sweep.
//! - **O6** A list, its generation and its words are read under one lock. A scan that lacks capacity for what it
//!   meets looks again from the start: who was in the old copy at the first look and is not at the second has
//!   been seen elsewhere (O2), and who has joined since then sees the swap (O3).

use super::slots::Slots;
use super::{Pins, Policy, Slot, Word};
use crate::sync::{Arc, AtomicBool, Ordering};

/// The slots of all live readers of one structure.
pub(crate) struct Registry {
    slots: Slots,
    /// Set when the structure is gone, for thread-local lists that still name it.
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

    /// Removes the slot of a reader that has left for good. Locks the registry.
    pub(crate) fn quit(&self, slot: &Slot) {
        self.slots.remove(slot);
    }

    /// The readers that are, or may be, in the copy `old`. Locks the registry if a reader has joined or
    /// quit since the policy's list was made, or if there is no such list.
    ///
    /// To be called after the swap that took `old` out and after its heavy fence (O1, O3).
    #[inline]
    pub(super) fn scan(&self, old: Word, policy: &mut impl Policy) -> Pins {
        let pins = match policy.list().of(self.slots.generation()) {
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

    /// Says that the structure is gone, and ends the readers that were left to guards: these have been
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
