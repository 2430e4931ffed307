//! [`SharedReader`]: one value through which all threads read.

use std::fmt;
use std::hash::{BuildHasher, Hash};
use std::vec;

use equivalent::Equivalent;
use left_right::{BusyReader, ReadGuard, Version};

use super::lookup_counts::count_lookup;
use super::lookups::{ValueOf, look_up, lookups};
use super::{LookupCounts, ReadHandle, ReadHandleFactory, Snapshot, View};
use crate::DefaultHashBuilder;
use crate::state::State;
use crate::table::{DefaultEngine, Engine, Table};

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
pub struct SharedReader<K, V, S = DefaultHashBuilder, M = (), E: Engine = DefaultEngine> {
    inner: left_right::SharedReader<State<K, V, S, M, E>>,
    hasher: S,
}

impl<K, V, S, M, E: Engine> SharedReader<K, V, S, M, E> {
    pub(crate) fn new(inner: left_right::SharedReader<State<K, V, S, M, E>>, hasher: S) -> Self {
        SharedReader { inner, hasher }
    }

    /// Names the calling thread's reader in a waiting writer's
    /// [`ReadersBusy`](crate::ReadersBusy).
    pub fn set_label(&self, label: impl Into<String>) {
        self.inner.set_label(label);
    }

    /// A [`Snapshot`] of the published state, which may be sent to other threads.
    ///
    /// It has a slot of its own: taken while the calling thread has a guard or a view, it may be newer than that.
    /// Locks the list of readers for a moment; waits for no guard.
    pub fn snapshot(&self) -> Snapshot<K, V, S, M, E> {
        Snapshot::new(self.inner.snapshot())
    }

    /// Whether this is the calling thread's own reader, as an error names it. To wait for it would be to
    /// wait for a guard of this very thread.
    pub fn is_own(&self, busy: &BusyReader) -> bool {
        self.inner.is_own(busy)
    }

    /// The number of live read handles and snapshots, plus threads that read through a `SharedReader`. Locks the
    /// list of readers for a moment.
    pub fn readers(&self) -> usize {
        self.inner.readers()
    }

    pub(crate) fn into_parts(self) -> (left_right::SharedReader<State<K, V, S, M, E>>, S) {
        (self.inner, self.hasher)
    }
}

lookups!([K, V, S, M, E] M, SharedReader<K, V, S, M, E>);

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
