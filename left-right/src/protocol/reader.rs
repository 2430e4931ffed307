//! [`Reader`]: one reader's slot, and its place in the registry.

use std::cell::Cell;
use std::marker::PhantomData;

use super::{Registry, Slot, leave};
use crate::sync::Arc;

/// One reader: its slot, and its place in the registry.
pub(crate) struct Reader {
    slot: Arc<Slot>,
    registry: Arc<Registry>,
    /// One thread at a time.
    _not_sync: PhantomData<Cell<()>>,
}

impl Reader {
    /// Locks the registry for one push; waits for no guard.
    pub(crate) fn join(registry: &Arc<Registry>) -> Self {
        Reader {
            slot: registry.join(),
            registry: Arc::clone(registry),
            _not_sync: PhantomData,
        }
    }

    #[inline(always)]
    pub(crate) fn slot(&self) -> &Slot {
        &self.slot
    }

    /// Whose it is, by address; nobody else's while the reader lives.
    pub(crate) fn registry(&self) -> *const Registry {
        Arc::as_ptr(&self.registry)
    }

    pub(crate) fn is_of(&self, registry: &Arc<Registry>) -> bool {
        Arc::ptr_eq(&self.registry, registry)
    }

    pub(crate) fn is_of_closed(&self) -> bool {
        self.registry.is_closed()
    }

    /// Leaves the reader to its own guards: it ends with the last of them, or with the next one if there
    /// is none now; and at the latest with its structure.
    pub(crate) fn leave_to_guards(self) {
        let slot = Arc::clone(&self.slot);
        drop(slot.adopt(self));
    }
}

impl Drop for Reader {
    /// Locks the registry for one removal; waits for no guard.
    fn drop(&mut self) {
        // No guard borrows us any more; one that was forgotten ends here.
        leave(&*self.slot);
        self.registry.quit(&self.slot);
    }
}
