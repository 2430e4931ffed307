//! [`Listing`]: a writer's own list of the slots.

use super::Slot;
use crate::sync::Arc;

/// More slots than that are not listed: to look at them takes longer than to lock the registry.
const MOST: usize = 64;

/// The slots as a writer has found them, so that a scan takes no lock while nobody joins or quits.
pub(crate) struct Listing {
    /// The registry's generation at that time.
    generation: usize,
    slots: Vec<Arc<Slot>>,
}

impl Listing {
    pub(crate) fn new() -> Self {
        Listing {
            generation: usize::MAX,
            slots: Vec::new(),
        }
    }

    /// The slots, if they are those of this generation.
    #[inline]
    pub(super) fn of(&self, generation: usize) -> Option<&[Arc<Slot>]> {
        (self.generation == generation).then_some(&self.slots)
    }

    /// A list of these slots, unless there are too many.
    pub(super) fn of_slots(generation: usize, slots: &[Arc<Slot>]) -> Self {
        if slots.len() <= MOST {
            Listing {
                generation,
                slots: slots.to_vec(),
            }
        } else {
            Listing::new()
        }
    }
}
