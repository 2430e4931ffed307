//! [`SharedReader`]: one value through which any thread looks things up.

use std::borrow::Borrow;
use std::fmt;
use std::hash::{BuildHasher, Hash};

use left_right::{ReadGuard, Version};

use super::{ReadHandle, ReadHandleFactory, View};
use crate::DefaultHashBuilder;
use crate::state::State;
use crate::table::{Engine, Swiss, Table};

/// One value through which any thread looks things up, for a web framework's shared state.
///
/// Each thread that reads gets a slot of its own on its first read, and keeps it until it ends or
/// the map is gone; see [`left_right::SharedReader`] for the cost and for what a forgotten guard
/// does.
///
/// # Examples
///
/// ```
/// let (mut writer, reader) = evmap_core::new();
/// writer.insert("route", 80);
/// writer.refresh();
/// let shared = reader.shared_reader();
/// std::thread::scope(|scope| {
///     for _ in 0..2 {
///         scope.spawn(|| assert_eq!(shared.get_cloned("route"), Some(80)));
///     }
/// });
/// ```
pub struct SharedReader<K, V, S = DefaultHashBuilder, M = (), E: Engine = Swiss> {
    inner: left_right::SharedReader<State<K, V, S, M, E>>,
    hasher: S,
}

impl<K, V, S, M, E: Engine> SharedReader<K, V, S, M, E> {
    pub(super) fn new(inner: left_right::SharedReader<State<K, V, S, M, E>>, hasher: S) -> Self {
        SharedReader { inner, hasher }
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

    /// Names the calling thread's reader in a waiting writer's
    /// [`ReadersBusy`](crate::ReadersBusy).
    pub fn set_label(&self, label: impl Into<String>) {
        self.inner.set_label(label);
    }
}

impl<K, V, S: BuildHasher, M, E: Engine> SharedReader<K, V, S, M, E> {
    /// A guard of the value of this key, which shows it for as long as the guard lives.
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

    /// A clone of the value of this key.
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

impl<K, V, S: Clone, M, E: Engine> SharedReader<K, V, S, M, E> {
    /// A reader of the caller's own, with the cheapest lookups.
    pub fn handle(&self) -> ReadHandle<K, V, S, M, E> {
        ReadHandle::new(self.inner.handle(), self.hasher.clone())
    }

    /// Makes handles in other threads.
    pub fn factory(&self) -> ReadHandleFactory<K, V, S, M, E> {
        ReadHandleFactory::new(self.inner.factory(), self.hasher.clone())
    }
}

impl<K, V, S: Clone, M, E: Engine> Clone for SharedReader<K, V, S, M, E> {
    fn clone(&self) -> Self {
        SharedReader::new(self.inner.clone(), self.hasher.clone())
    }
}

impl<K, V, S, M, E: Engine> fmt::Debug for SharedReader<K, V, S, M, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedReader").finish_non_exhaustive()
    }
}
