//! [`Reader`]: one reader's slot, and the protocol by which it enters a copy.

use std::cell::Cell;
use std::marker::PhantomData;

use crate::buffers::{Buffer, Published};
use crate::fence;
use crate::mutant::planted;
use crate::registry::{Registry, Slot};
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

    pub(crate) fn is_of(&self, registry: &Arc<Registry>) -> bool {
        Arc::ptr_eq(&self.registry, registry)
    }

    pub(crate) fn is_of_closed(&self) -> bool {
        self.registry.is_closed()
    }
}

/// Enters the published copy, or again the copy that this reader is in already.
///
/// Wait-free: three stores to the reader's own line and one load of the published pointer.
/// The buffer may be read until the matching [`Slot::leave`] (G1).
#[inline(always)]
pub(super) fn enter<T>(slot: &Slot, published: &Published<T>) -> *const Buffer<T> {
    let inside = slot.inside();
    if !inside.is_null() {
        slot.settle_again();
        return inside.cast();
    }
    slot.announce();
    fence::light();
    let seen = published.load();
    let buffer = match seen.untagged() {
        Some(buffer) => buffer,
        None => load_fenced(published),
    };
    slot.settle(buffer.cast());
    buffer
}

/// The published buffer, for a reader that was told to pay for the order itself.
#[cold]
#[inline(never)]
fn load_fenced<T>(published: &Published<T>) -> *mut Buffer<T> {
    if !planted("reader-fence-gone") {
        // Either our ENTERING is visible to the scan, or our load comes later and sees the new
        // pointer (F2).
        fence::full();
    }
    published.load().as_ptr()
}

impl Drop for Reader {
    /// Locks the registry for one removal; waits for no guard.
    fn drop(&mut self) {
        // No guard borrows us any more; one that was forgotten ends here.
        self.slot.leave_for_good();
        self.registry.quit(&self.slot);
    }
}
