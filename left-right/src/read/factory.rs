//! [`ReadHandleFactory`]: makes read handles, anywhere.

use std::fmt;

use super::ReadHandle;
use crate::shared::Shared;
use crate::sync::Arc;

/// Makes [`ReadHandle`]s on any thread.
///
/// Unlike a handle, it is `Sync`, and it is no reader itself: a swap does not look at it.
///
/// # Examples
///
/// ```
/// let writer = left_right::WriteHandle::cloned(7);
/// let factory = writer.factory();
/// std::thread::scope(|scope| {
///     for _ in 0..2 {
///         scope.spawn(|| assert_eq!(*factory.handle().read(), 7));
///     }
/// });
/// ```
///
/// # Threads
///
/// It is `Send` and `Sync` if `T` is both:
/// ```compile_fail,E0277
/// fn share<T: Sync>(_: T) {}
/// share(left_right::WriteHandle::cloned(std::cell::Cell::new(0)).factory());
/// ```
/// ```
/// fn share<T: Sync>(_: T) {}
/// share(left_right::WriteHandle::cloned(0).factory());
/// ```
pub struct ReadHandleFactory<T> {
    shared: Arc<Shared<T>>,
}

impl<T> ReadHandleFactory<T> {
    pub(crate) fn new(shared: &Arc<Shared<T>>) -> Self {
        ReadHandleFactory {
            shared: Arc::clone(shared),
        }
    }

    /// Makes a reader.
    ///
    /// # Blocking
    /// Waits for no guard. Locks the list of readers for a moment, and allocates.
    ///
    /// # Examples
    /// ```
    /// let factory = left_right::WriteHandle::cloned("text").factory();
    /// let thread = std::thread::spawn(move || factory.handle().read().len());
    /// let len = thread.join().unwrap();
    /// println!("{len}"); // 4
    /// # assert_eq!(len, 4);
    /// ```
    pub fn handle(&self) -> ReadHandle<T> {
        ReadHandle::join(&self.shared)
    }

    /// Returns the sums of the readers' counters: see [`ReadHandle::counts`].
    ///
    /// # Blocking
    /// Waits for no guard. Locks the list of readers for a moment.
    pub fn counts(&self) -> [u64; 2] {
        self.shared.registry.counts()
    }
}

impl<T> Clone for ReadHandleFactory<T> {
    fn clone(&self) -> Self {
        ReadHandleFactory::new(&self.shared)
    }
}

impl<T> fmt::Debug for ReadHandleFactory<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadHandleFactory").finish_non_exhaustive()
    }
}
