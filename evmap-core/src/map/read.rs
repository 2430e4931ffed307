//! [`ReadHandle`]: one reader's own way into a map.

use std::borrow::Borrow;
use std::fmt;
use std::hash::{BuildHasher, Hash};

use left_right::{ReadGuard, Version};

use super::{ReadHandleFactory, SharedReader, View};
use crate::DefaultHashBuilder;
use crate::state::State;
use crate::table::{Engine, Swiss, Table};

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
pub struct ReadHandle<K, V, S = DefaultHashBuilder, M = (), E: Engine = Swiss> {
    inner: left_right::ReadHandle<State<K, V, S, M, E>>,
    /// Beside the table's own, so that a key is hashed before the table is found.
    hasher: S,
}

impl<K, V, S, M, E: Engine> ReadHandle<K, V, S, M, E> {
    pub(super) fn new(inner: left_right::ReadHandle<State<K, V, S, M, E>>, hasher: S) -> Self {
        ReadHandle { inner, hasher }
    }

    /// A consistent view of all entries, for as long as it lives.
    #[inline]
    pub fn read(&self) -> View<'_, K, V, S, M, E> {
        View::new(self.inner.read())
    }

    /// Calls `f` with a view that ends with the call.
    ///
    /// # Panics
    /// If `f` does; the view has ended then.
    #[inline]
    pub fn with<R>(&self, f: impl FnOnce(&View<'_, K, V, S, M, E>) -> R) -> R {
        f(&self.read())
    }

    /// The number of keys.
    pub fn len(&self) -> usize {
        self.read().len()
    }

    /// Whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The version that a read would show now.
    pub fn version(&self) -> Version {
        self.inner.version()
    }

    /// Whether the writer still exists. Readers go on with the last published state after it.
    pub fn is_writer_alive(&self) -> bool {
        self.inner.is_writer_alive()
    }

    /// Names this reader, and the calling thread as its thread, in a waiting writer's
    /// [`ReadersBusy`](crate::ReadersBusy). A clone starts without a label.
    pub fn set_label(&self, label: impl Into<String>) {
        self.inner.set_label(label);
    }
}

impl<K, V, S: BuildHasher, M, E: Engine> ReadHandle<K, V, S, M, E> {
    /// A guard of the value of this key, which shows it for as long as the guard lives.
    ///
    /// Panics in the key's `Hash` or `Eq` reach the caller, and the read has ended then.
    #[inline]
    pub fn get<Q>(&self, key: &Q) -> Option<ReadGuard<'_, V>>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let hash = self.hasher.hash_one(key);
        ReadGuard::filter_map(self.inner.read(), |state| {
            state.table.find(hash, key).map(|(_, value)| value)
        })
    }

    /// A clone of the value of this key: the fastest lookup of a small value.
    #[inline]
    pub fn get_cloned<Q>(&self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
        V: Clone,
    {
        let hash = self.hasher.hash_one(key);
        self.inner
            .with(|state| state.table.find(hash, key).map(|(_, value)| value.clone()))
    }

    /// Whether there is a value of this key.
    #[inline]
    pub fn contains_key<Q>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let hash = self.hasher.hash_one(key);
        self.inner
            .with(|state| state.table.find(hash, key).is_some())
    }
}

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
