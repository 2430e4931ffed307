//! [`Draining`]: a copy that was swapped out and set aside, with the readers that it waits for.
//!
//! # Invariants
//! - **D1** The copy is not published and will not be again; all readers that may be in it are among its pins.
//!   Nothing else frees it.

use std::ptr::NonNull;

use super::buffer::reclaim;
use super::{Buffer, Pins};
use crate::fault::planted;

/// A copy that was swapped out and set aside, with the readers that it waits for.
///
/// Dropping it leaks the copy.
pub(crate) struct Draining<T> {
    copy: NonNull<Buffer<T>>,
    pins: Pins,
}

impl<T> Draining<T> {
    /// The caller gives up the copy, of which D1 holds.
    pub(super) fn new(copy: NonNull<Buffer<T>>, pins: Pins) -> Self {
        Draining { copy, pins }
    }

    pub(crate) fn pins(&self) -> &Pins {
        &self.pins
    }

    /// Whether a reader is still in the copy, by one look at one of them.
    #[inline]
    pub(crate) fn is_held(&self) -> bool {
        self.pins.are_held() && !planted("retired-freed-early")
    }

    /// The copy, if its readers have left, by one look at each.
    pub(crate) fn try_reclaim(mut self) -> Result<Box<Buffer<T>>, Self> {
        if !self.pins.let_go() && !planted("retired-freed-early") {
            return Err(self);
        }
        // SAFETY: from `Buffer::allocate`; not published, its readers have left, and nobody can enter it or frees
        // it elsewhere (D1). We end here.
        Ok(unsafe { reclaim(self.copy) })
    }

    /// The copy, whatever its pins say.
    ///
    /// # Safety
    /// No reader of the structure is left.
    pub(crate) unsafe fn reclaim(self) -> Box<Buffer<T>> {
        // SAFETY: as above, and the caller's promise.
        unsafe { reclaim(self.copy) }
    }
}
