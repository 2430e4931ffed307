//! [`State`]: what one of the two copies of a map holds.

use std::borrow::Borrow;
use std::hash::{BuildHasher, Hash};

use crate::table::{Engine, Table};

/// One copy of a map: its table, the hasher that both copies share, and the meta value.
pub struct State<K, V, S, M, E: Engine> {
    pub(crate) table: E::Table<K, V>,
    pub(crate) hasher: S,
    pub(crate) meta: M,
}

impl<K, V, S, M, E: Engine> State<K, V, S, M, E> {
    pub(crate) fn with_capacity(capacity: usize, hasher: S, meta: M) -> Self {
        State {
            table: Table::with_capacity(capacity),
            hasher,
            meta,
        }
    }
}

impl<K: Clone, V: Clone, S: Clone, M: Clone, E: Engine> Clone for State<K, V, S, M, E> {
    fn clone(&self) -> Self {
        State {
            table: self.table.duplicate(),
            hasher: self.hasher.clone(),
            meta: self.meta.clone(),
        }
    }
}

impl<K, V, S: BuildHasher, M, E: Engine> State<K, V, S, M, E> {
    #[inline]
    pub(crate) fn get_key_value<Q>(&self, key: &Q) -> Option<(&K, &V)>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.table.find(self.hasher.hash_one(key), key)
    }

    pub(crate) fn insert(&mut self, hash: u64, key: K, value: V) -> Option<V>
    where
        K: Hash + Eq,
    {
        let hasher = &self.hasher;
        self.table
            .insert(hash, key, value, |key| hasher.hash_one(key))
    }

    pub(crate) fn reserve(&mut self, additional: usize)
    where
        K: Hash,
    {
        let hasher = &self.hasher;
        self.table.reserve(additional, |key| hasher.hash_one(key));
    }

    pub(crate) fn shrink_to_fit(&mut self)
    where
        K: Hash,
    {
        let hasher = &self.hasher;
        self.table.shrink_to_fit(|key| hasher.hash_one(key));
    }
}
