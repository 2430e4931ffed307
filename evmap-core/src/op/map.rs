//! [`MapOp`]: the changes that every map knows.

use std::hash::{BuildHasher, Hash};
use std::mem;
use std::ops::Deref;

use left_right::Operation;

use super::Hashed;
use crate::panics::Drops;
use crate::state::State;
use crate::table::Engine;

/// A change to a map.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MapOp<K, V, M> {
    /// Adds or replaces the value of a key.
    Insert(Hashed<K>, V),
    /// Adds or replaces the values of many keys, in order: the later one counts of those that come
    /// again.
    Load(Entries<K, V>),
    /// Takes out a key and its value.
    Remove(Hashed<K>),
    /// Takes out everything.
    Clear,
    /// Makes room.
    Reserve(usize),
    /// Gives room back.
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
    /// If the `Drop` of some keys or values panics, the first panic goes on when all are dropped.
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
        let out = self.apply_taking(target);
        target.discard(out);
    }

    // In the loops of a replay a call would cost a tenth. (Unoptimised, the frames would be too large.)
    #[cfg_attr(not(debug_assertions), inline(always))]
    #[cfg_attr(debug_assertions, inline)]
    fn apply_once(mut self, target: &mut State<K, V, S, M, E>) {
        match self {
            MapOp::Insert(key, value) => {
                let out = target.insert(key.hash, key.key, value);
                target.discard(out);
            }
            MapOp::Load(entries) => target.load_all(entries),
            MapOp::SetMeta(meta) => target.meta = meta,
            MapOp::Remove(key) => {
                let out = target.remove(key.hash, &key.key);
                target.discard(out);
                target.discard_key(key.key);
            }
            MapOp::Clear | MapOp::Reserve(_) | MapOp::ShrinkToFit => self.apply(target),
        }
    }
}

impl<K, V, M> MapOp<K, V, M> {
    /// Makes the change, as [`apply`](Operation::apply) does: the value that it took out, if it is a
    /// change to one key.
    #[cfg_attr(not(debug_assertions), inline(always))]
    #[cfg_attr(debug_assertions, inline)]
    pub(crate) fn apply_taking<S, E>(&mut self, target: &mut State<K, V, S, M, E>) -> Option<V>
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

    /// How many changes it stands for: each entry is one.
    pub(crate) fn changes(&self) -> usize {
        match self {
            MapOp::Load(entries) => entries.len(),
            _ => 1,
        }
    }
}
