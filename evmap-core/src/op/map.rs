//! [`MapOp`]: the changes that every map knows.

use std::hash::{BuildHasher, Hash};
use std::mem;
use std::ops::Deref;

use left_right::Operation;

use super::{Hashed, Inserts};
use crate::panics::Drops;
use crate::state::State;
use crate::table::Engine;

/// A change to a map.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MapOp<K, V, M> {
    /// Inserts or replaces the value of a key.
    Insert(Hashed<K>, V),
    /// Inserts or replaces the values of many keys, in order. Of equal keys, the last value remains.
    Load(Entries<K, V>),
    /// Removes a key and its value.
    Remove(Hashed<K>),
    /// Removes everything.
    Clear,
    /// Reserves capacity.
    Reserve(usize),
    /// Frees capacity that is not needed.
    ShrinkToFit,
    /// Replaces the meta value.
    SetMeta(M),
}

/// Many keys, with their values: see [`MapOp::Load`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entries<K, V>(Vec<(Hashed<K>, V)>);

impl<K, V> Entries<K, V> {
    pub(crate) fn new(entries: Vec<(Hashed<K>, V)>) -> Self {
        Entries(entries)
    }

    /// The entries, in order.
    pub fn into_vec(mut self) -> Vec<(Hashed<K>, V)> {
        mem::take(&mut self.0)
    }
}

impl<K, V> Deref for Entries<K, V> {
    type Target = [(Hashed<K>, V)];

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<K, V> Drop for Entries<K, V> {
    /// If the `Drop` of some keys or values panics, resumes the first panic once all are dropped.
    #[inline]
    fn drop(&mut self) {
        if mem::needs_drop::<(K, V)>() && !self.0.is_empty() {
            let mut drops = Drops::default();
            for (key, value) in self.0.drain(..) {
                drops.drop(key);
                drops.drop(value);
            }
            drops.resume();
        }
    }
}

impl<K, V, S, M, E> Operation<State<K, V, S, M, E>> for MapOp<K, V, M>
where
    K: Hash + Eq + Clone,
    V: Clone,
    S: BuildHasher,
    M: Clone,
    E: Engine,
{
    #[cfg_attr(not(debug_assertions), inline(always))]
    #[cfg_attr(debug_assertions, inline)]
    fn apply(&mut self, target: &mut State<K, V, S, M, E>) {
        let removed = self.apply_returning(target);
        target.discard(removed);
    }

    // Inlined, since a function call would slow a replay down by a tenth. (Not in debug builds: the stack frames would
    // be too large.)
    #[cfg_attr(not(debug_assertions), inline(always))]
    #[cfg_attr(debug_assertions, inline)]
    fn apply_once(mut self, target: &mut State<K, V, S, M, E>) {
        match self {
            MapOp::Insert(key, value) => {
                let removed = target.insert(key.hash, key.key, value);
                target.discard(removed);
            }
            MapOp::Load(entries) => target.load_all(entries),
            MapOp::SetMeta(meta) => target.meta = meta,
            MapOp::Remove(key) => {
                let removed = target.remove(key.hash, &key.key);
                target.discard(removed);
                target.discard_key(key.key);
            }
            MapOp::Clear | MapOp::Reserve(_) | MapOp::ShrinkToFit => self.apply(target),
        }
    }
}

impl<K, V, M> Inserts<K> for MapOp<K, V, M> {
    fn inserted(&self, nth: usize) -> Option<&Hashed<K>> {
        match self {
            MapOp::Insert(key, _) if nth == 0 => Some(key),
            MapOp::Load(entries) => entries.get(nth).map(|(key, _)| key),
            _ => None,
        }
    }
}

impl<K, V, M> MapOp<K, V, M> {
    /// As [`apply`](Operation::apply), but returns the value that a change to one key removed.
    #[cfg_attr(not(debug_assertions), inline(always))]
    #[cfg_attr(debug_assertions, inline)]
    pub(crate) fn apply_returning<S, E>(&mut self, target: &mut State<K, V, S, M, E>) -> Option<V>
    where
        K: Hash + Eq + Clone,
        V: Clone,
        S: BuildHasher,
        M: Clone,
        E: Engine,
    {
        match self {
            MapOp::Insert(key, value) => return target.insert_cloned(key, value.clone()),
            MapOp::Remove(key) => return target.remove(key.hash, &key.key),
            MapOp::Load(entries) => target.load(
                entries
                    .iter()
                    .map(|(key, value)| (key.hash, key.key.clone(), value.clone())),
            ),
            MapOp::Clear => target.clear(),
            MapOp::Reserve(additional) => target.reserve(*additional),
            MapOp::ShrinkToFit => target.shrink_to_fit(),
            MapOp::SetMeta(meta) => target.meta = meta.clone(),
        }
        None
    }

    /// Drops each key and value by itself.
    pub(crate) fn drop_each(self, drops: &mut Drops) {
        match self {
            MapOp::Insert(key, value) => {
                drops.drop(key);
                drops.drop(value);
            }
            MapOp::Load(entries) => {
                for (key, value) in entries.into_vec() {
                    drops.drop(key);
                    drops.drop(value);
                }
            }
            op => drops.drop(op),
        }
    }

    /// Returns how many changes this stands for. Each entry is one.
    pub(crate) fn changes(&self) -> usize {
        match self {
            MapOp::Load(entries) => entries.len(),
            _ => 1,
        }
    }
}
