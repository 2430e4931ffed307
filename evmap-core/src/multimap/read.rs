//! What readers of a multimap have beyond those of a map.

use std::hash::{BuildHasher, Hash};

use equivalent::Equivalent;
use left_right::ReadGuard;

use super::Values;
use crate::table::Engine;

impl<K, V, S: BuildHasher, M, E: Engine> crate::ReadHandle<K, Values<V>, S, M, E> {
    /// A guard of the value that was added first to this key's bag.
    #[inline]
    pub fn get_one<Q>(&self, key: &Q) -> Option<ReadGuard<'_, V>>
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        ReadGuard::filter_map(self.get(key)?, Values::first)
    }
}

impl<K, V, S: BuildHasher, M, E: Engine> crate::SharedReader<K, Values<V>, S, M, E> {
    /// A guard of the value that was added first to this key's bag.
    #[inline]
    pub fn get_one<Q>(&self, key: &Q) -> Option<ReadGuard<'_, V>>
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        ReadGuard::filter_map(self.get(key)?, Values::first)
    }
}

impl<K, V, S: BuildHasher, M, E: Engine> crate::View<'_, K, Values<V>, S, M, E> {
    /// The value that was added first to this key's bag.
    pub fn get_one<Q>(&self, key: &Q) -> Option<&V>
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        self.get(key)?.first()
    }
}
