//! [`Reader`]: one reader's slot and the protocol by which it enters and leaves a copy.

use std::cell::Cell;

use crate::buffer::{Buffer, Published, Tagged};
use crate::fence;
use crate::mutant::planted;
use crate::registry::{Registry, Slot};
use crate::sync::Arc;

/// One reader: its slot, its place in the registry, and how deep its guards are nested.
///
/// Used by one thread at a time, which the `Cell` makes sure of.
pub(crate) struct Reader {
    slot: Arc<Slot>,
    /// Guards beyond the first that is inside. Sticks at the top, where the pin then stays until
    /// the reader is dropped: forgetting guards in a loop must not wrap it.
    nested: Cell<u32>,
    registry: Arc<Registry>,
}

impl Reader {
    /// Locks the registry for one push; waits for no guard.
    pub(crate) fn join(registry: &Arc<Registry>) -> Self {
        Reader {
            slot: registry.join(),
            nested: Cell::new(0),
            registry: Arc::clone(registry),
        }
    }

    pub(crate) fn slot(&self) -> &Slot {
        &self.slot
    }

    pub(crate) fn is_of(&self, registry: &Arc<Registry>) -> bool {
        Arc::ptr_eq(&self.registry, registry)
    }

    pub(crate) fn is_of_closed(&self) -> bool {
        self.registry.is_closed()
    }

    /// Enters the published copy, or again the copy that this reader is in already.
    ///
    /// Wait-free: three stores to the reader's own line and one load of the published pointer.
    /// The buffer may be read until the matching [`leave`](Self::leave) (G1).
    #[inline(always)]
    pub(crate) fn enter<T>(&self, published: &Published<T>) -> *const Buffer<T> {
        let inside = self.slot.inside();
        if !inside.is_null() {
            self.enter_again();
            return inside.cast();
        }
        self.slot.announce();
        fence::light();
        let mut seen = published.load();
        if seen.is_tagged() {
            seen = load_fenced(published);
        }
        let buffer = seen.as_ptr();
        self.slot.settle(buffer.cast());
        buffer
    }

    /// Undoes one [`enter`](Self::enter); the last one leaves the copy.
    #[inline(always)]
    pub(crate) fn leave(&self) {
        match self.nested.get() {
            0 => self.slot.leave(),
            _ if planted("nested-guard-leaves") => self.slot.leave(),
            u32::MAX => {}
            nested => self.nested.set(nested - 1),
        }
    }

    #[cold]
    #[inline(never)]
    fn enter_again(&self) {
        self.nested.set(self.nested.get().saturating_add(1));
    }
}

/// The published pointer, for a reader that was told to pay for the order itself.
#[cold]
#[inline(never)]
fn load_fenced<T>(published: &Published<T>) -> Tagged<T> {
    if !planted("reader-fence-gone") {
        // Either our ENTERING is visible to the scan, or our load comes later and sees the new
        // pointer (F2).
        fence::full();
    }
    published.load()
}

impl Drop for Reader {
    /// Locks the registry for one removal; waits for no guard.
    fn drop(&mut self) {
        // No guard borrows us any more; one that was forgotten ends here.
        self.slot.leave();
        self.registry.quit(&self.slot);
    }
}

#[cfg(all(test, not(mutants)))]
mod tests {
    use super::*;

    /// 2^32 forgotten guards must not make the next one leave for all of them.
    #[test]
    fn the_nesting_count_sticks_at_the_top() {
        let registry = Arc::new(Registry::new());
        let reader = Reader::join(&registry);
        let published = Published::new(Buffer::allocate(()), true);
        let first = reader.enter(&published);

        reader.nested.set(u32::MAX - 1);
        assert_eq!(reader.enter(&published), first);
        assert_eq!(reader.enter(&published), first);
        for _ in 0..3 {
            reader.leave();
        }
        assert_eq!(reader.nested.get(), u32::MAX);
        assert_eq!(reader.slot.inside().cast_const(), first.cast());
        // SAFETY: the buffer came from `Buffer::allocate`, and this is the only call.
        drop(unsafe { Box::from_raw(first.cast_mut()) });
    }
}
