//! [`ReadHandleFactory`]: makes read handles in any thread.

use std::fmt;

use super::ReadHandle;
use crate::DefaultHashBuilder;
use crate::state::State;
use crate::table::{DefaultEngine, Engine};

/// Makes [`ReadHandle`]s in any thread. It is `Send` and `Sync`, and is no reader itself.
///
/// # Examples
///
/// ```
/// let (mut writer, reader) = evmap_core::new();
/// writer.insert(1, 10);
/// writer.refresh();
/// let factory = reader.factory();
/// std::thread::scope(|scope| {
///     for _ in 0..2 {
///         scope.spawn(|| assert_eq!(factory.handle().get_cloned(&1), Some(10)));
///     }
/// });
/// ```
pub struct ReadHandleFactory<K, V, S = DefaultHashBuilder, M = (), E: Engine = DefaultEngine> {
    inner: left_right::ReadHandleFactory<State<K, V, S, M, E>>,
    hasher: S,
}

impl<K, V, S, M, E: Engine> ReadHandleFactory<K, V, S, M, E> {
    pub(super) fn new(
        inner: left_right::ReadHandleFactory<State<K, V, S, M, E>>,
        hasher: S,
    ) -> Self {
        ReadHandleFactory { inner, hasher }
    }
}

impl<K, V, S: Clone, M, E: Engine> ReadHandleFactory<K, V, S, M, E> {
    /// A new reader. Locks the list of readers for a moment; waits for no guard.
    pub fn handle(&self) -> ReadHandle<K, V, S, M, E> {
        ReadHandle::new(self.inner.handle(), self.hasher.clone())
    }
}

impl<K, V, S: Clone, M, E: Engine> Clone for ReadHandleFactory<K, V, S, M, E> {
    fn clone(&self) -> Self {
        ReadHandleFactory::new(self.inner.clone(), self.hasher.clone())
    }
}

impl<K, V, S, M, E: Engine> fmt::Debug for ReadHandleFactory<K, V, S, M, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadHandleFactory").finish_non_exhaustive()
    }
}
