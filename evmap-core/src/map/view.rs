//! [`View`]: one published state of a map.

use std::fmt;
use std::hash::{BuildHasher, Hash};

use equivalent::Equivalent;
use left_right::{ReadGuard, Version};

use super::{Iter, Keys, Values};
use crate::DefaultHashBuilder;
use crate::state::State;
use crate::table::{DefaultEngine, Engine, Table};

/// One published state of a map, for all keys, unchanged for as long as the view lives.
///
/// A guard: while it lives, the writer may refresh once more, and the refresh after that waits.
/// It belongs to its thread; do not hold it across an `.await`.
///
/// # Examples
///
/// ```
/// let (mut writer, reader) = evmap_core::new();
/// writer.extend([("a", 1), ("b", 2)]);
/// writer.refresh();
/// let view = reader.read();
/// writer.clear();
/// writer.refresh();
/// assert_eq!(view.len(), 2);
/// assert_eq!(view.values().sum::<i32>(), 3);
/// assert_eq!(view.version().as_u64(), 1);
/// ```
pub struct View<'a, K, V, S = DefaultHashBuilder, M = (), E: Engine = DefaultEngine> {
    state: ReadGuard<'a, State<K, V, S, M, E>>,
}

impl<'a, K, V, S, M, E: Engine> View<'a, K, V, S, M, E> {
    #[inline]
    pub(crate) fn new(state: ReadGuard<'a, State<K, V, S, M, E>>) -> Self {
        View { state }
    }

    /// The number of keys.
    #[inline]
    pub fn len(&self) -> usize {
        self.state.table.len()
    }

    /// Whether there is no key.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many entries fit into this copy's table before it grows.
    pub fn capacity(&self) -> usize {
        self.state.table.capacity()
    }

    /// The meta value that was published with these entries.
    #[inline]
    pub fn meta(&self) -> &M {
        &self.state.meta
    }

    /// The version of this state.
    #[inline]
    pub fn version(&self) -> Version {
        self.state.version()
    }

    /// All entries, in no order to rely on.
    pub fn iter(&self) -> Iter<'_, K, V, E> {
        Iter::new(&self.state.table)
    }

    /// All keys, in no order to rely on.
    pub fn keys(&self) -> Keys<'_, K, V, E> {
        Keys::new(&self.state.table)
    }

    /// All values, in no order to rely on.
    pub fn values(&self) -> Values<'_, K, V, E> {
        Values::new(&self.state.table)
    }
}

impl<K, V, S: BuildHasher, M, E: Engine> View<'_, K, V, S, M, E> {
    /// The value of this key.
    #[inline]
    pub fn get<Q>(&self, key: &Q) -> Option<&V>
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        self.get_key_value(key).map(|(_, value)| value)
    }

    /// The key as the map holds it, and its value.
    #[inline]
    pub fn get_key_value<Q>(&self, key: &Q) -> Option<(&K, &V)>
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        self.state.get_key_value(key)
    }

    /// Whether there is a value of this key.
    #[inline]
    pub fn contains_key<Q>(&self, key: &Q) -> bool
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        self.get_key_value(key).is_some()
    }
}

impl<'v, K, V, S, M, E: Engine> IntoIterator for &'v View<'_, K, V, S, M, E> {
    type Item = (&'v K, &'v V);
    type IntoIter = Iter<'v, K, V, E>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<K: fmt::Debug, V: fmt::Debug, S, M, E: Engine> fmt::Debug for View<'_, K, V, S, M, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self).finish()
    }
}
