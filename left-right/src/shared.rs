//! [`Shared`]: what all handles of one structure hold together.

use std::marker::PhantomData;
use std::sync::PoisonError;

use crate::fault::weaken;
use crate::panics::drop_each;
use crate::protocol::{Draining, Published, Registry};
use crate::read::LocalIndex;
use crate::sync::{Arc, AtomicBool, Mutex, Ordering};

/// What all handles of one structure hold together, freed with the last of them.
///
/// # Invariants
/// - **S1** No buffer here is freed while a handle or a snapshot lives: each holds an `Arc` of this, and guards borrow
///   a handle.
/// - **S2** `abandoned` holds buffers that nobody will publish or write again.
///
/// # Orderings
/// - **S3** `writer_is_gone` (Release) pairs with `is_writer_alive` (Acquire).
pub(crate) struct Shared<T> {
    // First, on cache lines of its own: readers load it, and only a swap stores to it.
    pub(crate) published: Published<T>,
    pub(crate) registry: Arc<Registry>,
    /// Where a thread's list keeps its slot for this structure.
    pub(crate) local_index: LocalIndex,
    is_writer_alive: AtomicBool,
    /// Copies that readers were still inside when their writer ended. No read takes this lock, so an allocator
    /// that reads may run under it.
    abandoned: Mutex<Vec<Draining<T>>>,
    /// Not `Send` or `Sync` but by the promises below.
    _not_auto: PhantomData<*mut T>,
}

// SAFETY: dropping the last handle or snapshot drops both copies of `T` on that thread (`T: Send`), and
// handles on several threads lend `&T` at once (`T: Sync`). The rest is atomics and locks.
unsafe impl<T: Send + Sync> Send for Shared<T> {}
// SAFETY: as above; `&Shared` lends `&T` and gives no other access to it.
unsafe impl<T: Send + Sync> Sync for Shared<T> {}

impl<T> Shared<T> {
    pub(crate) fn new(value: T, is_tagged: bool, may_lose_tag: bool) -> Self {
        Shared {
            published: Published::new(value, is_tagged, may_lose_tag),
            registry: Arc::new(Registry::new()),
            local_index: LocalIndex::new(),
            is_writer_alive: AtomicBool::new(true),
            abandoned: Mutex::new(Vec::new()),
            _not_auto: PhantomData,
        }
    }

    pub(crate) fn is_writer_alive(&self) -> bool {
        // ORDER: S3, with `writer_is_gone`. A reader that learns that the writer is gone sees its last published state.
        self.is_writer_alive
            .load(weaken("end-relaxed", Ordering::Acquire))
    }

    pub(crate) fn writer_is_gone(&self) {
        // ORDER: S3, with `is_writer_alive`. Our last swap happens before the load that sees this.
        self.is_writer_alive.store(false, Ordering::Release);
    }

    /// Keeps a copy that readers may still be inside, until the last handle is dropped.
    pub(crate) fn abandon(&self, copy: Draining<T>) {
        self.abandoned
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(copy);
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
        // No handle is left, so no guard is (S1), no snapshot, and no writer. All become boxes before the first is dropped.
        // SAFETY: nobody is left to be in it or to enter it, and this is our end.
        let published = unsafe { self.published.reclaim() };
        let mut copies = vec![published];
        // SAFETY: nobody is left to be in them.
        copies.extend(abandoned.into_iter().map(|copy| unsafe { copy.reclaim() }));
        drop_each(copies);
    }
}
