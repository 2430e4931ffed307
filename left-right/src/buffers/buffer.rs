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
    /// A new buffer on the heap, to be freed with `Box::from_raw`.
    pub(crate) fn allocate(value: T) -> NonNull<Self> {
        // Tags and the words of readers in no copy use the lowest bits of its address.
        const { assert!(align_of::<Self>() >= 4) };
        NonNull::from(Box::leak(Box::new(Buffer {
            content: Tracked::new(Content {
                version: Version::default(),
                value,
            }),
        })))
    }

    /// For reading, with the mark to keep meanwhile.
    #[inline(always)]
    pub(crate) fn read(&self) -> (*const Content<T>, Reading) {
        self.content.read()
    }

    /// For writing.
    pub(crate) fn write(&self) -> *mut Content<T> {
        self.content.write()
    }
}

/// Takes a buffer back from the protocol.
///
/// # Safety
/// The buffer came from [`Buffer::allocate`], nobody is inside it, nobody can enter it any more,
/// and this is the only call for it.
pub(crate) unsafe fn reclaim<T>(buffer: NonNull<Buffer<T>>) -> Box<Buffer<T>> {
    // SAFETY: the caller's promise.
    let buffer = unsafe { Box::from_raw(buffer.as_ptr()) };
    // Tells the model checker, which then reports who is inside after all.
    let _ = buffer.write();
    buffer
}
