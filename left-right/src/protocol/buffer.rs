//! [`Buffer`]: one copy of the data, with the version that it holds.
//!
//! # Invariants
//! - **B1** Nobody writes to a published buffer, nor to one that a reader may still be in.

use std::ptr::NonNull;

use crate::Version;
use crate::sync::{Reading, Tracked};

/// One copy of the data, with the version that it holds.
pub(crate) struct Buffer<T> {
    content: Tracked<Content<T>>,
}

pub(crate) struct Content<T> {
    pub(crate) version: Version,
    pub(crate) value: T,
}

impl<T> Buffer<T> {
    /// A new buffer on the heap, to be freed by [`reclaim`].
    pub(super) fn allocate(value: T) -> NonNull<Self> {
        Self::allocate_as(value, Version::default())
    }

    pub(super) fn allocate_as(value: T, version: Version) -> NonNull<Self> {
        NonNull::from(Box::leak(Box::new(Buffer {
            content: Tracked::new(Content { version, value }),
        })))
    }

    /// For reading, with the mark to keep meanwhile.
    #[inline(always)]
    pub(crate) fn read(&self) -> (*const Content<T>, Reading) {
        self.content.read()
    }

    /// For writing.
    #[inline(always)]
    pub(super) fn write(&self) -> *mut Content<T> {
        self.content.write()
    }
}

/// Takes a buffer back from the protocol.
///
/// # Safety
/// The buffer came from [`Buffer::allocate`], nobody is inside it, nobody can enter it any more,
/// and this is the only call for it.
pub(super) unsafe fn reclaim<T>(buffer: NonNull<Buffer<T>>) -> Box<Buffer<T>> {
    // SAFETY: the caller's promise.
    let buffer = unsafe { Box::from_raw(buffer.as_ptr()) };
    // Tells the model checker, which then reports a reader that is inside after all.
    let _ = buffer.write();
    buffer
}
