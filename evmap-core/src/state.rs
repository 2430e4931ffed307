//! [`State`]: one of the two copies of a map.

use std::hash::{BuildHasher, Hash};
use std::{mem, vec};

use equivalent::Equivalent;

use crate::TryReserveError;
use crate::copy_drops::CopyDrops;
use crate::op::{Entries, Hashed};
use crate::panics::Drops;
use crate::table::{Engine, Table};

/// One copy of a map: its table, the hasher that both copies share, and the meta value.
pub struct State<K, V, S, M, E: Engine> {
    pub(crate) table: E::Table<K, V>,
    pub(crate) hasher: S,
    pub(crate) meta: M,
    /// Defers the drops of what changes remove. `None`: they are dropped at once.
    pub(crate) drops: Option<CopyDrops<K, V, E::Table<K, V>>>,
}

impl<K, V, S, M, E: Engine> State<K, V, S, M, E> {
    pub(crate) fn with_capacity(capacity: usize, hasher: S, meta: M) -> Self {
        State {
            table: Table::with_capacity(capacity),
            hasher,
            meta,
            drops: None,
        }
    }

    /// Drops a key that is not needed, at once or later.
    pub(crate) fn discard_key(&mut self, key: K) {
        if let Some(drops) = &mut self.drops {
            drops.defer_key(key);
        }
    }

    /// Drops a value that a change removed, at once or later.
    pub(crate) fn discard(&mut self, value: Option<V>) {
        if let (Some(drops), Some(value)) = (&mut self.drops, value) {
            drops.defer_value(value);
        }
    }

    /// Removes everything, and keeps the capacity.
    ///
    /// Panics if the `Drop` of a key or value does, once everything is dropped.
    pub(crate) fn clear(&mut self) {
        match &mut self.drops {
            Some(drops) if drops.defers_tables() => {
                let empty = self.table.empty_like();
                drops.defer_table(mem::replace(&mut self.table, empty));
            }
            _ => drain(&mut self.table),
        }
    }

    /// Removes everything, and keeps no capacity. Panics as [`clear`](Self::clear) does.
    pub(crate) fn purge(&mut self) {
        let mut table = mem::replace(&mut self.table, Table::with_capacity(0));
        match &mut self.drops {
            Some(drops) if drops.defers_tables() => drops.defer_table(table),
            _ => drain(&mut table),
        }
    }
}

impl<K, V, S, M, E: Engine> Drop for State<K, V, S, M, E> {
    /// Defers all drops in a map with deferred drops, since this copy may end inside a write.
    fn drop(&mut self) {
        match &mut self.drops {
            Some(drops) => {
                drops.defer_all(mem::replace(&mut self.table, Table::with_capacity(0)));
            }
            None => drain(&mut self.table),
        }
    }
}

impl<K: Clone, V: Clone, S: Clone, M: Clone, E: Engine> Clone for State<K, V, S, M, E> {
    fn clone(&self) -> Self {
        State {
            table: self.table.duplicate(),
            hasher: self.hasher.clone(),
            meta: self.meta.clone(),
            drops: self.drops.as_ref().map(CopyDrops::for_clone),
        }
    }
}

impl<K, V, S: BuildHasher, M, E: Engine> State<K, V, S, M, E> {
    #[inline]
    pub(crate) fn get_key_value<Q>(&self, key: &Q) -> Option<(&K, &V)>
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        self.table.find(self.hasher.hash_one(key), key)
    }

    /// As [`insert`](Self::insert), but clones the key, and only if it is absent.
    #[inline]
    pub(crate) fn insert_cloned(&mut self, key: &Hashed<K>, value: V) -> Option<V>
    where
        K: Hash + Eq + Clone,
    {
        if let Some(present) = self.get_mut(key.hash, &key.key) {
            return Some(mem::replace(present, value));
        }
        self.insert_absent(key.hash, key.key.clone(), value);
        None
    }

    /// Inserts a key that is absent: [`get_mut`](Self::get_mut) has just returned `None` for it.
    pub(crate) fn insert_absent(&mut self, hash: u64, key: K, value: V)
    where
        K: Hash,
    {
        let hasher = &self.hasher;
        self.table
            .insert_absent(hash, key, value, |key| hasher.hash_one(key));
    }

    /// Inserts an entry, or replaces the value of its key. Returns the old value.
    #[inline]
    pub(crate) fn insert(&mut self, hash: u64, key: K, value: V) -> Option<V>
    where
        K: Hash + Eq,
    {
        let hasher = &self.hasher;
        let (key, value) = self
            .table
            .insert(hash, key, value, |key| hasher.hash_one(key))?;
        self.discard_key(key);
        Some(value)
    }

    /// Inserts or replaces many entries, each with its hash, in order.
    pub(crate) fn load(&mut self, hashed: impl Iterator<Item = (u64, K, V)>)
    where
        K: Hash + Eq,
    {
        let State {
            table,
            hasher,
            drops,
            ..
        } = self;
        table.load(
            hashed,
            |key| hasher.hash_one(key),
            |key, value| defer(drops, key, value),
        );
    }

    /// As [`load`](Self::load), but moves the entries. If one panics, those after it are discarded.
    ///
    /// Out of line, since most changes are not loads.
    #[inline(never)]
    pub(crate) fn load_all(&mut self, entries: Entries<K, V>)
    where
        K: Hash + Eq,
    {
        let State {
            table,
            hasher,
            drops,
            ..
        } = self;
        let mut incoming = Incoming {
            entries: entries.into_vec().into_iter(),
            drops,
        };
        let Incoming { entries, drops } = &mut incoming;
        table.load(
            entries.map(|(key, value)| (key.hash, key.key, value)),
            |key| hasher.hash_one(key),
            |key, value| defer(drops, key, value),
        );
    }

    /// Inserts entries into a copy that no reader has seen yet.
    pub(crate) fn fill(&mut self, entries: impl Iterator<Item = (K, V)>)
    where
        K: Hash + Eq,
        S: Clone,
    {
        let hasher = self.hasher.clone();
        self.reserve(entries.size_hint().0);
        self.load(entries.map(|(key, value)| (hasher.hash_one(&key), key, value)));
    }

    /// Removes a key. Returns its value.
    pub(crate) fn remove(&mut self, hash: u64, key: &K) -> Option<V>
    where
        K: Hash + Eq,
    {
        let (key, value) = self.remove_entry(hash, key)?;
        self.discard_key(key);
        Some(value)
    }

    /// Removes a key. Returns it, and its value.
    pub(crate) fn remove_entry(&mut self, hash: u64, key: &K) -> Option<(K, V)>
    where
        K: Hash + Eq,
    {
        let hasher = &self.hasher;
        self.table.remove(hash, key, |key| hasher.hash_one(key))
    }

    /// Removes a key, and drops it and its value, at once or later. Returns `None` if it was absent.
    pub(crate) fn discard_entry(&mut self, hash: u64, key: &K) -> Option<()>
    where
        K: Hash + Eq,
    {
        let removed = self.remove(hash, key)?;
        self.discard(Some(removed));
        Some(())
    }

    /// Returns the value of a key, to change it.
    #[inline]
    pub(crate) fn get_mut(&mut self, hash: u64, key: &K) -> Option<&mut V>
    where
        K: Hash + Eq,
    {
        let hasher = &self.hasher;
        self.table.find_mut(hash, key, |key| hasher.hash_one(key))
    }

    /// Rehashes at most this many buckets of a growth. Returns whether one was under way.
    pub(crate) fn rehash_step(&mut self, buckets: usize) -> bool
    where
        K: Hash,
    {
        let hasher = &self.hasher;
        self.table.rehash_step(buckets, |key| hasher.hash_one(key))
    }

    pub(crate) fn reserve(&mut self, additional: usize)
    where
        K: Hash,
    {
        let hasher = &self.hasher;
        self.table.reserve(additional, |key| hasher.hash_one(key));
    }

    pub(crate) fn try_reserve(&mut self, additional: usize) -> Result<(), TryReserveError>
    where
        K: Hash,
    {
        let hasher = &self.hasher;
        self.table
            .try_reserve(additional, |key| hasher.hash_one(key))
    }

    pub(crate) fn shrink_to_fit(&mut self)
    where
        K: Hash,
    {
        let hasher = &self.hasher;
        self.table.shrink_to_fit(|key| hasher.hash_one(key));
    }
}

/// Entries on their way into a table. Those that do not arrive are discarded, not dropped at once.
struct Incoming<'r, K, V, T: Table<K, V>> {
    entries: vec::IntoIter<(Hashed<K>, V)>,
    drops: &'r mut Option<CopyDrops<K, V, T>>,
}

impl<K, V, T: Table<K, V>> Drop for Incoming<'_, K, V, T> {
    fn drop(&mut self) {
        for (key, value) in self.entries.by_ref() {
            defer(self.drops, key.key, value);
        }
    }
}

/// Drops each entry by itself. If some panic, resumes the first panic once all are dropped.
fn drain<K, V>(table: &mut impl Table<K, V>) {
    if !(mem::needs_drop::<K>() || mem::needs_drop::<V>()) {
        table.clear();
        return;
    }
    let mut drops = Drops::default();
    table.drain(|key, value| {
        drops.drop(key);
        drops.drop(value);
    });
    drops.resume();
}

/// Drops an entry, at once or later.
fn defer<K, V, T: Table<K, V>>(drops: &mut Option<CopyDrops<K, V, T>>, key: K, value: V) {
    if let Some(drops) = drops {
        drops.defer_key(key);
        drops.defer_value(value);
    }
}
