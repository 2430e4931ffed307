//! [`Listing`]: a writer's own list of the slots.

use super::Slot;
use crate::sync::{Arc, QUIET_SCANS};

/// More slots than that are not listed: to look at them takes longer than to lock the registry.
pub(super) const MOST: usize = 64;
/// No list is of this generation, which is the last (R4).
pub(super) const LAST: usize = usize::MAX;

/// The slots as a writer has found them, so that a scan takes no lock while nobody joins or quits.
pub(crate) struct Listing {
    /// The registry's generation as the last scan under the lock has found it.
    generation: usize,
    /// How many of those have found the same.
    quiet: u32,
    /// All slots of that generation, if it has lasted.
    slots: Option<Vec<Arc<Slot>>>,
}

impl Listing {
    pub(crate) fn new() -> Self {
        Listing {
            generation: LAST,
            quiet: 0,
            slots: None,
        }
    }

    /// The slots, if they are known to be those of this generation.
    #[inline]
    pub(super) fn of(&self, generation: usize) -> Option<&[Arc<Slot>]> {
        self.slots
            .as_deref()
            .filter(|_| self.generation == generation)
    }

    /// These are the slots of this generation: what is to be dropped outside the registry's lock.
    pub(super) fn found(
        &mut self,
        generation: usize,
        slots: &[Arc<Slot>],
    ) -> Option<Vec<Arc<Slot>>> {
        let is_quiet = self.generation == generation;
        self.quiet = if is_quiet {
            self.quiet.saturating_add(1)
        } else {
            0
        };
        self.generation = generation;
        let is_worth_it = self.quiet >= QUIET_SCANS && slots.len() <= MOST && generation != LAST;
        let list = is_worth_it.then(|| slots.to_vec());
        std::mem::replace(&mut self.slots, list)
    }
}
