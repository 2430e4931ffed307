//! [`Slots`]: the list of a structure's slots, under whose lock no memory is allocated or freed (`registry.rs` R3).
//!
//! A larger list, or a smaller one, is allocated outside the lock. Then its maker locks and looks again, since
//! other readers may have joined or quit meanwhile.

use std::mem;
use std::sync::{PoisonError, atomic};

use super::Slot;
use crate::fault::planted;
use crate::fork::BetweenForks;
use crate::sync::{Arc, AtomicUsize, Mutex, MutexGuard, Ordering};

/// The capacity that a list begins with, and the least that is worth an allocation.
pub(super) const FIRST: usize = 4;

/// No [`SlotList`] is of this generation, which is the last (`registry.rs` R4).
pub(super) const LAST: usize = usize::MAX;

/// The list, and its generation.
pub(super) struct Slots {
    /// Which registry's they are. Nothing else in the process has the same number.
    id: u64,
    list: Mutex<List>,
    /// Another one with each change to the list; stored under the lock.
    generation: AtomicUsize,
}

/// What the lock protects.
struct List {
    /// Dense, so that a scan costs what the live readers cost. Each slot knows its index.
    slots: Vec<Arc<Slot>>,
    /// The sums of the counters of all readers that have quit (`registry.rs` R5).
    totals: [u64; 2],
}

impl Slots {
    pub(super) fn new() -> Self {
        // Not the model checker's: each number is drawn once, in whatever order.
        static NEXT: atomic::AtomicU64 = atomic::AtomicU64::new(0);
        Slots {
            // ORDER: none needed, as above.
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            list: Mutex::new(List {
                slots: Vec::with_capacity(FIRST),
                totals: [0; 2],
            }),
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
        self.lock().slots.len()
    }

    /// The sums of the counters of all readers, of those that have quit, too.
    pub(super) fn counts(&self) -> [u64; 2] {
        let list = self.lock();
        let mut sums = list.totals;
        list.slots
            .iter()
            .for_each(|slot| slot.add_counts_to(&mut sums));
        sums
    }

    /// Calls `look` with the list, under the lock: it must neither allocate nor free.
    pub(super) fn look<R>(&self, look: impl FnOnce(Listed<'_>) -> R) -> R {
        let list = self.lock();
        look(Listed {
            id: self.id,
            // ORDER: none needed: it is stored under the lock only.
            generation: self.generation.load(Ordering::Relaxed),
            slots: &list.slots,
        })
    }

    /// A copy of the list.
    pub(super) fn copy(&self) -> Vec<Arc<Slot>> {
        let mut copy = Vec::with_capacity(FIRST);
        loop {
            let list = self.lock();
            if list.slots.len() <= copy.capacity() {
                copy.extend_from_slice(&list.slots);
                return copy;
            }
            let needed = list.slots.len();
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
            let slots = &mut list.slots;
            if slots.len() == slots.capacity() {
                if spare.capacity() <= slots.len() {
                    let needed = slots.len() * 2;
                    drop(list);
                    spare = Vec::with_capacity(needed.max(FIRST));
                    continue;
                }
                exchange(slots, &mut spare);
            }
            slot.set_index(slots.len());
            slots.push(slot);
            self.begin_generation();
            return;
        }
    }

    /// Removes the slot of a reader that has left for good, and adds its counters to the totals.
    pub(super) fn remove(&self, slot: &Slot) {
        let (is_early, is_late) = (planted("counts-added-early"), planted("counts-added-late"));
        if is_early {
            slot.add_counts_to(&mut self.lock().totals);
        }
        let mut list = self.lock();
        let index = slot.index();
        let removed = list.slots.swap_remove(index);
        // In the critical section of the removal (registry.rs R5).
        if !(is_early || is_late || planted("quit-uncounted")) {
            removed.add_counts_to(&mut list.totals);
        }
        if let Some(moved) = list.slots.get(index) {
            moved.set_index(index);
        }
        self.begin_generation();
        let is_sparse = is_sparse(&list.slots);
        drop(list);
        if is_late {
            removed.add_counts_to(&mut self.lock().totals);
        }
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
        let slots = &mut list.slots;
        // If readers have joined meanwhile, the next one that quits decides again.
        if is_sparse(slots) && slots.len() <= spare.capacity() {
            exchange(slots, &mut spare);
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
    fn lock(&self) -> BetweenForks<MutexGuard<'_, List>> {
        // Nothing that panics runs under the lock (registry.rs R3), and the list is consistent at every step.
        BetweenForks::lock(|| self.list.lock().unwrap_or_else(PoisonError::into_inner))
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
        self.lock().slots.capacity()
    }

    pub(super) fn set_generation(&self, generation: usize) {
        // ORDER: none needed: a test's own thread asks.
        self.generation.store(generation, Ordering::Relaxed);
    }
}
