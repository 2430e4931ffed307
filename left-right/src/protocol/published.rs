//! [`Published`]: the pointer to the copy that readers use.
//!
//! # Invariants
//! - **P1** The pointer names a live buffer until the end of its structure, which takes that buffer back. (A `Published`
//!   that is merely dropped leaks it.)
//! - **P2** Only the one writer of the structure changes which copy it names, and needs `&mut` of itself for it.
//! - **P3** In place, the pointer may lose its tag and never gains one. The writer may take it off, and readers may
//!   if `may_lose_tag`.
//!
//! # Orderings
//! - **O4** `Published::swap` (Release) pairs with `Published::load` (Acquire): a reader that gets the pointer
//!   sees what the writer did to the buffer before. The untag is a read-modify-write, and so continues the release
//!   sequence of the swap.

use std::marker::PhantomData;

use crossbeam_utils::CachePadded;

use super::buffer::reclaim;
use super::enter::Entrance;
use super::{Buffer, Word, fence};
use crate::Version;
use crate::fault::{planted, weaken};
use crate::sync::{AtomicPtr, Ordering};

/// The pointer to the copy that readers use, alone on its cache lines.
pub(crate) struct Published<T> {
    line: CachePadded<Line>,
    /// What the word points to.
    _pointer: PhantomData<AtomicPtr<Buffer<T>>>,
}

struct Line {
    word: AtomicPtr<()>,
    /// Whether readers may take the tag off. Never changes.
    may_lose_tag: bool,
}

impl<T> Published<T> {
    /// Where readers `may_lose_tag`, they take the tag off when it has outlived its use.
    pub(crate) fn new(value: T, is_tagged: bool, may_lose_tag: bool) -> Self {
        let word = Word::of(Buffer::allocate(value)).with_tag(is_tagged);
        Published {
            line: CachePadded::new(Line {
                word: AtomicPtr::new(word.into_raw()),
                may_lose_tag,
            }),
            _pointer: PhantomData,
        }
    }

    /// The pointer, for a caller that has the writer, if only by reference, or the last handle of all.
    pub(crate) fn peek(&self) -> Word {
        // ORDER: none needed. Which copy it names does not change meanwhile (P2), and the last swap, with what was
        // done to the buffer before it, happens before us: by whatever has lent the writer to this thread, or by the
        // count of the handles, of which the writer's was one. The tag is only judged where a swap returns it.
        Word::from_raw(self.line.word.load(Ordering::Relaxed))
    }

    /// The published value, for a caller that has the writer.
    ///
    /// # Safety
    /// No swap comes while the reference lives.
    pub(crate) unsafe fn value(&self) -> &T {
        let buffer = self.peek().with_tag(false).as_ptr::<T>();
        // SAFETY: the published buffer is alive (P1), and nobody writes to it (buffer.rs B1) until a swap
        // replaces it, which the caller excludes.
        let (content, _reading) = unsafe { &*buffer }.read();
        // SAFETY: as above.
        unsafe { &(*content).value }
    }

    /// Publishes `new` and returns what was published until now. By the writer only (P2).
    #[inline(always)]
    pub(super) fn swap(&self, new: Word) -> Word {
        // ORDER: O4. What we did to `new` happens before any read of it. There is nothing to acquire: what is there
        // is the writer's own, by an earlier swap or by its making (P2).
        let order = weaken("swap-relaxed", Ordering::Release);
        Word::from_raw(self.line.word.swap(new.into_raw(), order))
    }

    /// Lets readers come to the published copy without a fence of their own.
    ///
    /// # Safety
    /// By the one writer only, and not during a swap (P2).
    pub(crate) unsafe fn lose_tag(&self) {
        // mod.rs C9: however late. A reader may have been faster, and then this changes nothing.
        self.swap(self.peek().with_tag(false));
    }

    /// Publishes `equal` in the place of an equal copy whose readers are unknown, and leaks that copy.
    ///
    /// # Safety
    /// By the one writer only, and not during a swap (P2).
    pub(crate) unsafe fn replace_and_leak(&self, equal: T, version: Version, is_tagged: bool) {
        let equal = Buffer::allocate_as(equal, version);
        self.swap(Word::of(equal).with_tag(is_tagged));
    }
}

impl<T> Entrance for Published<T> {
    #[inline(always)]
    fn load(&self) -> Word {
        // ORDER: O4. What the writer did to this buffer happens before our reads of it.
        let order = weaken("load-relaxed", Ordering::Acquire);
        Word::from_raw(self.line.word.load(order))
    }

    fn may_lose_tag(&self) -> bool {
        // After a refusal, the next swap would find no barrier for the readers to come.
        (self.line.may_lose_tag && fence::is_asymmetric()) || planted("untag-in-any-mode")
    }

    unsafe fn version(&self, copy: Word) -> u64 {
        // SAFETY: the caller is in this copy, so it is alive and nobody writes to it (buffer.rs B1).
        let (content, _reading) = unsafe { &*copy.as_ptr::<T>() }.read();
        // SAFETY: as above.
        unsafe { (*content).version }.as_u64()
    }

    fn untag(&self, tagged: Word) {
        let untagged = tagged.with_tag(false).into_raw();
        if planted("untag-by-store") {
            // ORDER: none that would help.
            self.line.word.store(untagged, Ordering::Relaxed);
            return;
        }
        // ORDER: none needed. The untag publishes nothing of this thread, and continues the release sequence of the swap
        // (O4; mod.rs C10). If another reader was faster, or the writer, there is nothing to do; and if it failed for
        // no reason, a later entry tries again.
        let _ = self.line.word.compare_exchange_weak(
            tagged.into_raw(),
            untagged,
            Ordering::Relaxed,
            Ordering::Relaxed,
        );
    }
}

impl<T> Published<T> {
    /// Takes the buffer back.
    ///
    /// # Safety
    /// Nobody is in it, nobody will enter it, and this is the only call.
    pub(crate) unsafe fn reclaim(&self) -> Box<Buffer<T>> {
        // SAFETY: the caller's promise; it came from `Buffer::allocate`.
        unsafe { reclaim(self.peek().with_tag(false).to_copy()) }
    }
}
