//! [`ReadHandle`]: reads a map on one thread.

use std::fmt;
use std::hash::{BuildHasher, Hash};
use std::vec;

use equivalent::Equivalent;
use left_right::{ReadGuard, Version};

use super::lookup_counts::count_lookup;
use super::lookups::{ValueOf, look_up, lookups};
use super::{LookupCounts, ReadHandleFactory, SharedReader, Snapshot, View};
use crate::DefaultHashBuilder;
use crate::state::State;
use crate::table::{DefaultEngine, Engine, Table};

/// One reader's own way into a map: the cheapest lookups there are.
///
/// Each thread has its own, by [`Clone`] or from a [`ReadHandleFactory`]; where one value must
/// serve all threads, use a [`SharedReader`].
/// A lookup is wait-free, whatever the writer does, and shows the last refresh.
///
/// # Examples
///
/// ```
/// let (mut writer, reader) = evmap_core::new();
/// writer.insert(1, "one".to_string());
/// writer.refresh();
/// let thread = std::thread::spawn({
///     let reader = reader.clone();
///     move || reader.get(&1).map(|value| value.len())
/// });
/// assert_eq!(thread.join().unwrap(), Some(3));
/// drop(writer);
/// assert_eq!(*reader.get(&1).unwrap(), "one"); // the last state stays
/// ```
pub struct ReadHandle<K, V, S = DefaultHashBuilder, M = (), E: Engine = DefaultEngine> {
    inner: left_right::ReadHandle<State<K, V, S, M, E>>,
    /// The reader's own, so that it hashes a key before it loads the table's address.
    hasher: S,
}

impl<K, V, S, M, E: Engine> ReadHandle<K, V, S, M, E> {
    pub(super) fn new(inner: left_right::ReadHandle<State<K, V, S, M, E>>, hasher: S) -> Self {
        ReadHandle { inner, hasher }
    }

    /// Names this reader, and the calling thread as its thread, in a waiting writer's
    /// [`ReadersBusy`](crate::ReadersBusy). A clone starts without a label.
    pub fn set_label(&self, label: impl Into<String>) {
        self.inner.set_label(label);
    }

    /// Makes this handle a [`Snapshot`] of the published state, which may be sent to other threads.
    ///
    /// Waits for no guard. The handle's label stays. A clone of the handle shows later states.
    /// A guard that was forgotten has left this handle on its state, and the snapshot shows that: see
    /// [`left_right::ReadHandle::into_snapshot`].
    ///
    /// # Examples
    /// ```
    /// let (mut writer, reader) = evmap_core::Builder::new().build_from([("a", 1)]);
    /// let snapshot = reader.clone().into_snapshot();
    /// writer.insert("a", 2);
    /// writer.refresh();
    /// assert_eq!((snapshot["a"], reader.get_cloned("a")), (1, Some(2)));
    /// ```
    pub fn into_snapshot(self) -> Snapshot<K, V, S, M, E> {
        Snapshot::new(self.inner.into_snapshot())
    }
}

lookups!([K, V, S, M, E] M, ReadHandle<K, V, S, M, E>);

impl<K, V, S: Clone, M, E: Engine> ReadHandle<K, V, S, M, E> {
    /// Makes handles in other threads, without one of its own.
    pub fn factory(&self) -> ReadHandleFactory<K, V, S, M, E> {
        ReadHandleFactory::new(self.inner.factory(), self.hasher.clone())
    }

    /// A reader that threads may share.
    pub fn shared_reader(&self) -> SharedReader<K, V, S, M, E> {
        SharedReader::new(self.inner.shared_reader(), self.hasher.clone())
    }
}

impl<K, V, S: Clone, M, E: Engine> Clone for ReadHandle<K, V, S, M, E> {
    /// Another reader. Locks the list of readers for a moment; waits for no guard.
    fn clone(&self) -> Self {
        ReadHandle::new(self.inner.clone(), self.hasher.clone())
    }
}

impl<K, V, S, M, E: Engine> fmt::Debug for ReadHandle<K, V, S, M, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let view = self.read();
        f.debug_struct("ReadHandle")
            .field("version", &view.version())
            .field("len", &view.len())
            .finish_non_exhaustive()
    }
}
