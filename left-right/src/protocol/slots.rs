//! [`Slots`]: the list of a structure's slots, under whose lock no memory is allocated or freed (`registry.rs` R3).
//!
//! A larger list, or a smaller one, is allocated outside the lock. Then its maker locks and looks again, since
//! other readers may have joined or quit meanwhile.

use std::mem;
use std::sync::{PoisonError, atomic};

use super::Slot;
use crate::fault::planted;
use crate::sync::{Arc, AtomicUsize, Mutex, MutexGuard, Ordering};

/// The capacity that a list begins with, and the least that is worth an allocation.
pub(super) const FIRST: usize = 4;

/// No [`SlotList`] is of this generation, which is the last (`registry.rs` R4).
pub(super) const LAST: usize = usize::MAX;

/// The list, and its generation.
pub(super) struct Slots {
    /// Which registry's they are. Nothing else in the process has the same number.
    id: u64,
    /// Dense, so that a scan costs what the live readers cost. Each slot knows its index.
    list: Mutex<Vec<Arc<Slot>>>,
    /// Another one with each change to the list; stored under the lock.
    generation: AtomicUsize,
}

impl Slots {
    pub(super) fn new() -> Self {
        // Not the model checker's: each number is drawn once, in whatever order.
        static NEXT: atomic::AtomicU64 = atomic::AtomicU64::new(0);
        Slots {
            // ORDER: none needed, as above.
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            list: Mutex::new(Vec::with_capacity(FIRST)),
            generation: AtomicUsize::new(0),
        }
    }

    /// The latest generation, for a scan: after its swap and heavy fence (O3).
    #[inline]
    fn generation(&self) -> usize {
        // ORDER: O3 (registry.rs), by the heavy fence that came before, with `begin_generation`.
        self.generation.load(Ordering::Relaxed)
    }

    pub(super) fn len(&self) -> usize {
        self.lock().len()
    }

    /// Calls `look` with the list, under the lock: it must neither allocate nor free.
    pub(super) fn look<R>(&self, look: impl FnOnce(Listed<'_>) -> R) -> R {
        let slots = self.lock();
        look(Listed {
            id: self.id,
            // ORDER: none needed: it is stored under the lock only.
            generation: self.generation.load(Ordering::Relaxed),
            slots: &slots,
        })
    }

    /// A copy of the list.
    pub(super) fn copy(&self) -> Vec<Arc<Slot>> {
        let mut copy = Vec::with_capacity(FIRST);
        loop {
            let list = self.lock();
            if list.len() <= copy.capacity() {
                copy.extend_from_slice(&list);
                return copy;
            }
            let needed = list.len();
            drop(list);
            // With some capacity for those who join meanwhile.
            copy = Vec::with_capacity(needed + needed / 4);
        }
    }

    /// Inserts a slot.
    pub(super) fn push(&self, slot: Arc<Slot>) {
        // Freed after the lock, as what it is exchanged for.
        let mut spare = Vec::new();
        loop {
            let mut list = self.lock();
            if list.len() == list.capacity() {
                if spare.capacity() <= list.len() {
                    let needed = list.len() * 2;
                    drop(list);
                    spare = Vec::with_capacity(needed.max(FIRST));
                    continue;
                }
                exchange(&mut list, &mut spare);
            }
            slot.set_index(list.len());
            list.push(slot);
            self.begin_generation();
            return;
        }
    }

    /// Removes the slot of a reader that has left for good.
    pub(super) fn remove(&self, slot: &Slot) {
        let mut list = self.lock();
        let index = slot.index();
        let removed = list.swap_remove(index);
        if let Some(moved) = list.get(index) {
            moved.set_index(index);
        }
        self.begin_generation();
        let is_sparse = is_sparse(&list);
        drop(list);
        drop(removed);
        if is_sparse {
            self.shrink();
        }
    }

    /// A peak of handles must not cost memory after it.
    #[cold]
    fn shrink(&self) {
        let keep = self.len() * 2;
        // Freed after the lock, as what it is exchanged for.
        let mut spare = Vec::with_capacity(keep.max(FIRST));
        let mut list = self.lock();
        // If readers have joined meanwhile, the next one that quits decides again.
        if is_sparse(&list) && list.len() <= spare.capacity() {
            exchange(&mut list, &mut spare);
        }
    }

    /// Under the lock.
    fn begin_generation(&self) {
        // ORDER: none needed: it is stored under the lock only.
        let generation = self.generation.load(Ordering::Relaxed);
        if !planted("generation-kept") {
            // ORDER: O3 (registry.rs), by the fences of the reader's own first entry, with `generation`.
            let next = generation.saturating_add(1);
            self.generation.store(next, Ordering::Relaxed);
        }
    }

    /// Nothing may be allocated or freed while this is held.
    fn lock(&self) -> MutexGuard<'_, Vec<Arc<Slot>>> {
        // Nothing that panics runs under the lock (registry.rs R3), and the list is consistent at every step.
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All slots of one generation, under the registry's lock.
#[derive(Clone, Copy)]
pub(crate) struct Listed<'a> {
    id: u64,
    generation: usize,
    slots: &'a [Arc<Slot>],
}

impl<'a> Listed<'a> {
    pub(super) fn slots(self) -> &'a [Arc<Slot>] {
        self.slots
    }

    pub(crate) fn generation(self) -> usize {
        self.generation
    }

    /// How many readers there are.
    pub(crate) fn len(self) -> usize {
        self.slots.len()
    }
}

/// A copy of all slots of one generation, or only capacity for one.
///
/// Only a [`Listed`] fills it, and only for its own registry it counts, so no [`Policy`](super::Policy) can return a
/// wrong one.
pub(crate) struct SlotList {
    id: u64,
    generation: usize,
    slots: Vec<Arc<Slot>>,
}

impl SlotList {
    /// No copy, with capacity for this many slots.
    pub(crate) fn with_capacity(slots: usize) -> Self {
        SlotList {
            id: u64::MAX,
            generation: LAST,
            slots: Vec::with_capacity(slots),
        }
    }

    /// The slots, if they are those of the latest generation of `slots`. To be asked after the swap and the heavy fence
    /// (registry.rs O3).
    #[inline]
    pub(super) fn of(&self, slots: &Slots) -> Option<&[Arc<Slot>]> {
        let generation = slots.generation();
        // The last generation stands for many lists (registry.rs R4).
        let is_latest = self.generation == generation && generation != LAST && self.id == slots.id;
        is_latest.then_some(&self.slots[..])
    }

    /// Copies the list if there is capacity for it, and neither allocates nor frees. Returns whether it did.
    pub(crate) fn try_fill(&mut self, listed: Listed<'_>) -> bool {
        let fits = self.slots.is_empty() && listed.len() <= self.slots.capacity();
        if fits && listed.generation != LAST {
            self.id = listed.id;
            self.slots.extend_from_slice(listed.slots);
            self.generation = listed.generation;
        }
        fits
    }

    #[cfg(all(test, not(loom)))]
    pub(crate) fn capacity(&self) -> usize {
        self.slots.capacity()
    }
}

/// Moves all slots to `spare`, which is empty and large enough, and exchanges the two.
fn exchange(list: &mut Vec<Arc<Slot>>, spare: &mut Vec<Arc<Slot>>) {
    spare.append(list);
    mem::swap(list, spare);
}

fn is_sparse(list: &Vec<Arc<Slot>>) -> bool {
    list.len().max(FIRST) < list.capacity() / 4
}

#[cfg(all(test, not(loom)))]
impl Slots {
    pub(super) fn capacity(&self) -> usize {
        self.lock().capacity()
    }

    pub(super) fn set_generation(&self, generation: usize) {
        // ORDER: none needed: a test's own thread asks.
        self.generation.store(generation, Ordering::Relaxed);
    }
}
