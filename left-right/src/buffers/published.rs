//! [`Published`]: the tagged pointer to the copy that readers use.
//!
//! # Invariants
//! - **P1** The pointer names a live buffer until its `Shared` is dropped, which takes that buffer back.
//! - **P2** Only the one `Buffers` of the structure stores here, and needs `&mut` for it (W4).
//!
//! # Orderings
//! - **O4** `Published::swap` (Release) pairs with `Published::load` (Acquire): a reader that gets
//!   the pointer sees what the writer did to the buffer before.

use std::ptr::NonNull;

use crossbeam_utils::CachePadded;

use super::Buffer;
use crate::mutant::planted;
use crate::sync::{AtomicPtr, Ordering};

/// Set in the published pointer's lowest bit when its readers go through a fence of their own.
const TAG: usize = 1;

/// A published pointer as it was loaded or swapped out.
pub(crate) struct Tagged<T>(*mut Buffer<T>);

impl<T> Tagged<T> {
    #[inline(always)]
    fn new(buffer: NonNull<Buffer<T>>, is_tagged: bool) -> Self {
        let plain = buffer.as_ptr();
        Tagged(if is_tagged {
            plain.map_addr(|addr| addr | TAG)
        } else {
            plain
        })
    }

    #[inline(always)]
    pub(crate) fn is_tagged(&self) -> bool {
        self.0.addr() & TAG != 0
    }

    /// The buffer, unless its readers must go through a fence first.
    #[inline(always)]
    pub(crate) fn untagged(&self) -> Option<*mut Buffer<T>> {
        (!self.is_tagged()).then_some(self.0)
    }

    /// The buffer, whatever its tag.
    #[inline(always)]
    pub(crate) fn as_ptr(&self) -> *mut Buffer<T> {
        self.0.map_addr(|addr| addr & !TAG)
    }
}

/// The pointer to the copy that readers use, alone on its cache lines.
pub(crate) struct Published<T>(CachePadded<AtomicPtr<Buffer<T>>>);

impl<T> Published<T> {
    pub(crate) fn new(buffer: NonNull<Buffer<T>>, is_tagged: bool) -> Self {
        Published(CachePadded::new(AtomicPtr::new(
            Tagged::new(buffer, is_tagged).0,
        )))
    }

    /// The published buffer, for readers.
    #[inline(always)]
    pub(crate) fn load(&self) -> Tagged<T> {
        let order = if planted("load-relaxed") {
            Ordering::Relaxed
        } else {
            // ORDER: O4. What the writer did to this buffer happens before our reads of it.
            Ordering::Acquire
        };
        Tagged(self.0.load(order))
    }

    /// The published buffer, for who has the writer, if only by reference, or the last handle of all.
    pub(crate) fn peek(&self) -> Tagged<T> {
        // ORDER: none needed. No swap goes on meanwhile (P2), and the last one, with what was done to the buffer
        // before it, happens before us: by whatever has lent the writer to this thread, or by the count of the
        // handles, of which the writer's was one.
        Tagged(self.0.load(Ordering::Relaxed))
    }

    /// Publishes `new` and hands out what was published until now.
    pub(crate) fn swap(&self, new: NonNull<Buffer<T>>, is_tagged: bool) -> Tagged<T> {
        let order = if planted("swap-relaxed") {
            Ordering::Relaxed
        } else {
            // ORDER: O4. What we did to `new` happens before any read of it. There is nothing to
            // acquire: what is there is the writer's own, by an earlier swap or by its making (P2).
            Ordering::Release
        };
        Tagged(self.0.swap(Tagged::new(new, is_tagged).0, order))
    }
}
