//! Bare hashbrown: nobody shares it, so nothing can be faster. The base of most ratios.

use std::borrow::Borrow;
use std::sync::Arc;

use hashbrown::HashMap;

use super::contender::{Contender, Hasher, Lookup, Map, Upsert, sum};
use crate::keys::{Kind, Number, value_of};

/// hashbrown's map.
pub const BARE: Contender = Contender {
    reads: Some((shared, shared)),
    writes: Some(pair),
    grown: Some(|entries| Box::new(full::<Number>(entries, &Hasher::default()))),
    ..Contender::named("bare")
};

/// The map that several contenders have behind something.
pub(super) type Bare<K = Number> = HashMap<<K as Kind>::Key, u64, Hasher>;

/// Threads may share it because nobody writes.
#[derive(Clone)]
struct Reader<K: Kind>(Arc<Bare<K>>);

/// A map of the writer's own.
struct Writer<K: Kind>(Bare<K>);

/// A map for reading alone.
fn shared<K: Kind>(entries: usize, hasher: &Hasher) -> Map<K> {
    let empty = Bare::<K>::with_hasher(hasher.clone());
    (Writer(empty), Reader(Arc::new(full::<K>(entries, hasher)))).into()
}

/// A map for writing, and another for readers meanwhile, since nobody can share one that is written.
fn pair<K: Kind>(entries: usize, hasher: &Hasher) -> Map<K> {
    let reader = Reader(Arc::new(full::<K>(entries, hasher)));
    (Writer(full::<K>(entries, hasher)), reader).into()
}

/// With the entries `0..entries`.
pub(super) fn full<K: Kind>(entries: usize, hasher: &Hasher) -> Bare<K> {
    let mut map = Bare::<K>::with_hasher(hasher.clone());
    for key in 0..entries as u64 {
        map.insert(K::key(key), value_of(key, 0));
    }
    map
}

impl<K: Kind> Lookup<K> for Reader<K> {
    const HAS_VIEW: bool = true;

    #[inline(always)]
    fn get(&mut self, key: &K::Asked) -> Option<u64> {
        self.0.get(key).copied()
    }

    #[inline(always)]
    fn sum(&mut self, keys: impl Iterator<Item: Borrow<K::Asked>>) -> u64 {
        sum::<K::Asked>(keys, |key| self.0.get(key).copied())
    }
}

impl<K: Kind> Upsert<K> for Writer<K> {
    #[inline]
    fn set(&mut self, key: K::Key, value: u64) {
        self.0.insert(key, value);
    }

    fn own(&self, key: &K::Asked) -> Option<u64> {
        self.0.get(key).copied()
    }
}
