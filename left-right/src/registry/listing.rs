//! [`Listing`]: a writer's own list of the slots.

use std::mem;

use super::Slot;
use super::slots::FIRST;
use crate::sync::{Arc, FIRST_PINS, QUIET_SCANS};

/// More slots than that are not listed: to look at them takes longer than to lock the registry.
pub(super) const MOST: usize = 64;
/// No list is of this generation, which is the last (R4).
pub(super) const LAST: usize = usize::MAX;

/// The slots as a writer has found them, so that a scan takes no lock while nobody joins or quits.
pub(crate) struct Listing {
    /// The registry's generation as the last scan under the lock has found it, and how many slots.
    generation: usize,
    len: usize,
    /// How many of those have found the same.
    quiet: u32,
    /// How many readers the last of them has met in the copy swapped out.
    pinned: usize,
    slots: Listed,
}

/// What there is of a list.
enum Listed {
    /// Nothing but capacity, made for a scan that may list its slots.
    Capacity(Vec<Arc<Slot>>),
    /// All slots of the generation, which has lasted.
    All(Vec<Arc<Slot>>),
}

impl Listing {
    pub(crate) fn new() -> Self {
        Listing {
            generation: LAST,
            len: 0,
            quiet: 0,
            pinned: FIRST_PINS,
            slots: Listed::Capacity(Vec::new()),
        }
    }

    /// For how many pins the next scan under the lock should have capacity.
    pub(super) fn pinned(&self) -> usize {
        self.pinned
    }

    pub(super) fn set_pinned(&mut self, pinned: usize) {
        self.pinned = pinned;
    }

    /// The slots, if they are known to be those of this generation.
    #[inline]
    pub(super) fn of(&self, generation: usize) -> Option<&[Arc<Slot>]> {
        match &self.slots {
            Listed::All(slots) if self.generation == generation => Some(slots),
            _ => None,
        }
    }

    /// Drops a list that is outdated, and makes capacity for the next one if that may come now. To be called
    /// before a scan locks the registry.
    pub(super) fn prepare(&mut self) {
        let may_list = self.quiet.saturating_add(1) >= QUIET_SCANS && self.len <= MOST;
        let capacity = if may_list { self.len.max(FIRST) } else { 0 };
        self.slots = Listed::Capacity(Vec::with_capacity(capacity));
    }

    /// These are the slots of this generation. Neither allocates nor frees: without the capacity for them,
    /// they are not listed yet.
    pub(super) fn found(&mut self, generation: usize, slots: &[Arc<Slot>]) {
        let is_quiet = self.generation == generation;
        self.quiet = if is_quiet {
            self.quiet.saturating_add(1)
        } else {
            0
        };
        self.generation = generation;
        self.len = slots.len();
        let is_worth_it = self.quiet >= QUIET_SCANS && slots.len() <= MOST && generation != LAST;
        if let Listed::Capacity(list) = &mut self.slots {
            if is_worth_it && slots.len() <= list.capacity() {
                list.extend_from_slice(slots);
                self.slots = Listed::All(mem::take(list));
            }
        }
    }
}

#[cfg(all(test, not(loom)))]
impl Listing {
    pub(crate) fn capacity(&self) -> usize {
        let (Listed::Capacity(slots) | Listed::All(slots)) = &self.slots;
        slots.capacity()
    }
}
