//! [`Listing`]: a writer's own list of the slots.

use std::mem;

use super::Slot;
use super::slots::FIRST;
use crate::sync::{Arc, QUIET_SCANS};

/// More slots than that are not listed: to look at them takes longer than to lock the registry, and their
/// memory is not to wait for the next scan once their readers have quit.
pub(super) const MOST: usize = 64;
/// No list is of this generation, which is the last (R4).
pub(super) const LAST: usize = usize::MAX;

/// The slots as a writer has found them, so that a scan takes no lock while nobody joins or quits.
pub(crate) struct Listing {
    /// The registry's generation as the last scan under the lock has found it.
    generation: usize,
    /// How many of those have found the same.
    quiet: u32,
    slots: Listed,
}

/// What is kept of the list that a scan has copied.
enum Listed {
    /// Its capacity, for the next copy.
    Capacity(Vec<Arc<Slot>>),
    /// All slots of the generation, which has lasted.
    All(Vec<Arc<Slot>>),
}

impl Listing {
    pub(crate) fn new() -> Self {
        Listing {
            generation: LAST,
            quiet: 0,
            slots: Listed::Capacity(Vec::with_capacity(FIRST)),
        }
    }

    /// The slots, if they are known to be those of this generation.
    #[inline]
    pub(super) fn of(&self, generation: usize) -> Option<&[Arc<Slot>]> {
        match &self.slots {
            Listed::All(slots) if self.generation == generation => Some(slots),
            _ => None,
        }
    }

    /// An empty list for the next copy, with the capacity that the last one had.
    pub(super) fn take_capacity(&mut self) -> Vec<Arc<Slot>> {
        let empty = Listed::Capacity(Vec::new());
        let (Listed::Capacity(mut slots) | Listed::All(mut slots)) =
            mem::replace(&mut self.slots, empty);
        slots.clear();
        slots
    }

    /// These are the slots of this generation. To be called outside of the registry's lock.
    pub(super) fn found(&mut self, generation: usize, mut slots: Vec<Arc<Slot>>) {
        let is_quiet = self.generation == generation;
        self.quiet = if is_quiet {
            self.quiet.saturating_add(1)
        } else {
            0
        };
        self.generation = generation;
        let is_worth_it = self.quiet >= QUIET_SCANS && slots.len() <= MOST && generation != LAST;
        self.slots = if is_worth_it {
            Listed::All(slots)
        } else {
            // A peak of handles must not be paid for ever after.
            slots.shrink_to(slots.len().max(FIRST) * 4);
            slots.clear();
            Listed::Capacity(slots)
        };
    }
}

#[cfg(all(test, not(loom)))]
impl Listing {
    pub(crate) fn capacity(&self) -> usize {
        let (Listed::Capacity(slots) | Listed::All(slots)) = &self.slots;
        slots.capacity()
    }
}
