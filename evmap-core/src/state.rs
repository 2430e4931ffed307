//! [`State`]: what one of the two copies of a map holds.

use std::borrow::Borrow;
use std::hash::{BuildHasher, Hash};
use std::{mem, vec};

use crate::op::{Entries, Hashed};
use crate::panics::Drops;
use crate::removed::Removed;
use crate::table::{Engine, Table};

/// One copy of a map: its table, the hasher that both copies share, and the meta value.
pub struct State<K, V, S, M, E: Engine> {
    pub(crate) table: E::Table<K, V>,
    pub(crate) hasher: S,
    pub(crate) meta: M,
    /// Where changes leave what they take out, if it is not to be dropped at once.
    pub(crate) removed: Option<Removed<K, V, E::Table<K, V>>>,
}

impl<K, V, S, M, E: Engine> State<K, V, S, M, E> {
    pub(crate) fn with_capacity(capacity: usize, hasher: S, meta: M) -> Self {
        State {
            table: Table::with_capacity(capacity),
            hasher,
            meta,
            removed: None,
        }
    }

    /// Drops a key that is not needed, or leaves that to somebody.
    pub(crate) fn discard_key(&mut self, key: K) {
        if let Some(removed) = &mut self.removed {
            removed.keep_key(key);
        }
    }

    /// Drops a value that a change took out, or leaves that to somebody.
    pub(crate) fn discard(&mut self, value: Option<V>) {
        if let (Some(removed), Some(value)) = (&mut self.removed, value) {
            removed.keep_value(value);
        }
    }

    /// Removes everything, and keeps the capacity.
    ///
    /// If the `Drop` of a key or value panics, so does this, once everything is dropped.
    pub(crate) fn clear(&mut self) {
        match &mut self.removed {
            Some(removed) if removed.keeps_tables() => {
                let empty = self.table.empty_like();
                removed.keep_table(mem::replace(&mut self.table, empty));
            }
            _ => drain(&mut self.table),
        }
    }

    /// Removes everything, and keeps no capacity. Panics as [`clear`](Self::clear) does.
    pub(crate) fn purge(&mut self) {
        let mut table = mem::replace(&mut self.table, Table::with_capacity(0));
        match &mut self.removed {
            Some(removed) if removed.keeps_tables() => removed.keep_table(table),
            _ => drain(&mut table),
        }
    }
}

impl<K, V, S, M, E: Engine> Drop for State<K, V, S, M, E> {
    /// Hands on what is here, if somebody collects it: this copy may end inside a write.
    fn drop(&mut self) {
        match &mut self.removed {
            Some(removed) => {
                removed.keep_all(mem::replace(&mut self.table, Table::with_capacity(0)));
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
            removed: self.removed.as_ref().map(Removed::renewed),
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

    /// As [`insert`](Self::insert), with a clone of the key only if it is not there.
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

    /// Adds an entry of a key that is not there, as [`get_mut`](Self::get_mut) has just said.
    pub(crate) fn insert_absent(&mut self, hash: u64, key: K, value: V)
    where
        K: Hash,
    {
        let hasher = &self.hasher;
        self.table
            .insert_absent(hash, key, value, |key| hasher.hash_one(key));
    }

    /// Adds an entry, or replaces the value of the one that has this key: the value replaced.
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

    /// Adds or replaces many entries, each with its hash, in order.
    pub(crate) fn load(&mut self, hashed: impl Iterator<Item = (u64, K, V)>)
    where
        K: Hash + Eq,
    {
        let State {
            table,
            hasher,
            removed,
            ..
        } = self;
        table.load(
            hashed,
            |key| hasher.hash_one(key),
            |key, value| keep(removed, key, value),
        );
    }

    /// As [`load`](Self::load), of entries that are used up. If one panics, those behind it are discarded.
    ///
    /// Out of line, since most changes are no loads.
    #[inline(never)]
    pub(crate) fn load_all(&mut self, entries: Entries<K, V>)
    where
        K: Hash + Eq,
    {
        let State {
            table,
            hasher,
            removed,
            ..
        } = self;
        let mut arriving = Arriving {
            entries: entries.into_vec().into_iter(),
            removed,
        };
        let Arriving { entries, removed } = &mut arriving;
        table.load(
            entries.map(|(key, value)| (key.hash, key.key, value)),
            |key| hasher.hash_one(key),
            |key, value| keep(removed, key, value),
        );
    }

    /// Adds entries to a copy that no reader has been given yet.
    pub(crate) fn fill(&mut self, entries: impl Iterator<Item = (K, V)>)
    where
        K: Hash + Eq,
        S: Clone,
    {
        let hasher = self.hasher.clone();
        self.reserve(entries.size_hint().0);
        self.load(entries.map(|(key, value)| (hasher.hash_one(&key), key, value)));
    }

    /// Takes out the entry of a key: its value.
    pub(crate) fn remove(&mut self, hash: u64, key: &K) -> Option<V>
    where
        K: Hash + Eq,
    {
        let hasher = &self.hasher;
        let (key, value) = self.table.remove(hash, key, |key| hasher.hash_one(key))?;
        self.discard_key(key);
        Some(value)
    }

    /// The value of a key, for changing.
    #[inline]
    pub(crate) fn get_mut(&mut self, hash: u64, key: &K) -> Option<&mut V>
    where
        K: Hash + Eq,
    {
        let hasher = &self.hasher;
        self.table.find_mut(hash, key, |key| hasher.hash_one(key))
    }

    /// Works off so many buckets of a growth that is under way: whether one was.
    pub(crate) fn grow_on(&mut self, buckets: usize) -> bool
    where
        K: Hash,
    {
        let hasher = &self.hasher;
        self.table.grow_on(buckets, |key| hasher.hash_one(key))
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

/// Entries on their way into a table, which whoever brings them must not drop.
struct Arriving<'r, K, V, T: Table<K, V>> {
    entries: vec::IntoIter<(Hashed<K>, V)>,
    removed: &'r mut Option<Removed<K, V, T>>,
}

impl<K, V, T: Table<K, V>> Drop for Arriving<'_, K, V, T> {
    fn drop(&mut self) {
        for (key, value) in self.entries.by_ref() {
            keep(self.removed, key.key, value);
        }
    }
}

/// Drops all entries, each by itself. If some panic, the first panic goes on when all are dropped.
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

/// Drops an entry, or leaves that to somebody.
fn keep<K, V, T: Table<K, V>>(removed: &mut Option<Removed<K, V, T>>, key: K, value: V) {
    if let Some(removed) = removed {
        removed.keep_key(key);
        removed.keep_value(value);
    }
}
