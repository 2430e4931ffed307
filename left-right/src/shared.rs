//! [`Shared`]: what all handles of one structure hold together.

use std::marker::PhantomData;
use std::ptr::NonNull;
use std::sync::PoisonError;

use crate::buffers::{Buffer, Published, reclaim};
use crate::mutant::planted;
use crate::panics::drop_each;
use crate::read::LocalIndex;
use crate::registry::Registry;
use crate::sync::{Arc, AtomicBool, Mutex, Ordering};

/// What all handles of one structure hold together, freed with the last of them.
///
/// # Invariants
/// - **S1** No buffer here is freed while a handle lives: guards borrow a handle, and each handle
///   holds an `Arc` of this.
/// - **S2** `abandoned` holds buffers that nobody will publish or write again.
///
/// # Orderings
/// - **S-end** `writer_is_gone` (Release) pairs with `is_writer_alive` (Acquire).
pub(crate) struct Shared<T> {
    // First, on cache lines of its own: readers load it, and only a swap stores to it.
    pub(crate) published: Published<T>,
    pub(crate) registry: Arc<Registry>,
    /// Where a thread's list keeps its slot for this structure.
    pub(crate) local_index: LocalIndex,
    is_writer_alive: AtomicBool,
    /// Copies that readers were still inside when their writer ended. No read takes this lock, so an allocator
    /// that reads may run under it.
    abandoned: Mutex<Vec<NonNull<Buffer<T>>>>,
    /// Not `Send` or `Sync` but by the promises below.
    _not_auto: PhantomData<*mut T>,
}

// SAFETY: dropping the last handle drops both copies of `T` on that thread (`T: Send`), and
// handles on several threads lend `&T` at once (`T: Sync`). The rest is atomics and locks.
unsafe impl<T: Send + Sync> Send for Shared<T> {}
// SAFETY: as above; `&Shared` lends `&T` and gives no other access to it.
unsafe impl<T: Send + Sync> Sync for Shared<T> {}

impl<T> Shared<T> {
    pub(crate) fn new(buffer: NonNull<Buffer<T>>, is_tagged: bool) -> Self {
        Shared {
            published: Published::new(buffer, is_tagged),
            registry: Arc::new(Registry::new()),
            local_index: LocalIndex::new(),
            is_writer_alive: AtomicBool::new(true),
            abandoned: Mutex::new(Vec::new()),
            _not_auto: PhantomData,
        }
    }

    pub(crate) fn is_writer_alive(&self) -> bool {
        let order = if planted("end-relaxed") {
            Ordering::Relaxed
        } else {
            // ORDER: S-end, with `writer_is_gone`. Who learns that the writer is gone sees its last published state.
            Ordering::Acquire
        };
        self.is_writer_alive.load(order)
    }

    pub(crate) fn writer_is_gone(&self) {
        // ORDER: S-end, with `is_writer_alive`. Our last swap happens before whoever sees this.
        self.is_writer_alive.store(false, Ordering::Release);
    }

    /// Keeps a copy that readers may still be inside, until the last handle is gone.
    pub(crate) fn abandon(&self, buffer: NonNull<Buffer<T>>) {
        self.abandoned
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(buffer);
    }
}

impl<T> Drop for Shared<T> {
    fn drop(&mut self) {
        self.registry.close();
        let abandoned = std::mem::take(
            &mut *self
                .abandoned
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        );
        let published = NonNull::new(self.published.peek().as_ptr());
        // All become boxes before the first is dropped.
        let copies: Vec<_> = published
            .into_iter()
            .chain(abandoned)
            // SAFETY: no handle is left, so no guard is (S1) and no writer; each buffer came from
            // `Buffer::allocate` and stands here once (S2).
            .map(|buffer| unsafe { reclaim(buffer) })
            .collect();
        drop_each(copies);
    }
}
