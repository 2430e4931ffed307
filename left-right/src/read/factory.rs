//! [`ReadHandleFactory`]: makes read handles, anywhere.

use std::fmt;

use super::ReadHandle;
use crate::shared::Shared;
use crate::sync::Arc;

/// Makes [`ReadHandle`]s in whichever thread needs one.
///
/// Unlike a handle it is `Sync` (if `T` is `Send` and `Sync`), and it is no reader itself.
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

    /// A new reader. Locks the list of readers for a moment; waits for no guard.
    pub fn handle(&self) -> ReadHandle<T> {
        ReadHandle::join(&self.shared)
    }

    /// The sums of the readers' counters: see [`ReadHandle::counts`]. Locks the list of readers for a moment.
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
