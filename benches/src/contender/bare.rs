//! Bare hashbrown: nobody shares it, so nothing can be faster. The base of all ratios.

use std::borrow::Borrow;
use std::sync::Arc;

use hashbrown::HashMap;

use super::{Hasher, Lookup, Upsert, Visit, fill, sum};
use crate::kind::{Kind, Number};

/// The map that several contenders put behind something.
pub(super) type Map<K = Number> = HashMap<<K as Kind>::Key, u64, Hasher>;

/// Threads may share it because nobody writes.
#[derive(Clone)]
pub struct Reader<K: Kind = Number>(Arc<Map<K>>);

/// A map of the writer's own.
pub struct Writer<K: Kind = Number>(Map<K>);

/// A map for reading.
pub fn reader(entries: usize, hasher: &Hasher) -> Reader {
    reader_of(entries, hasher)
}

/// A map for reading, with keys of any kind.
pub fn reader_of<K: Kind>(entries: usize, hasher: &Hasher) -> Reader<K> {
    Reader(Arc::new(filled::<K>(entries, hasher)))
}

/// A map for writing, and another for readers meanwhile.
pub fn pair(entries: usize, hasher: &Hasher) -> (Writer, Reader) {
    (
        Writer(filled::<Number>(entries, hasher)),
        reader(entries, hasher),
    )
}

pub(super) fn filled<K: Kind>(entries: usize, hasher: &Hasher) -> Map<K> {
    let mut map = Writer::<K>(Map::<K>::with_hasher(hasher.clone()));
    fill(&mut map, entries);
    map.0
}

impl<K: Kind> Lookup<K> for Reader<K> {
    #[inline(always)]
    fn get(&mut self, key: &K::Asked) -> Option<u64> {
        self.0.get(key).copied()
    }
}

impl<K: Kind> Visit<K> for Reader<K> {
    #[inline(always)]
    fn visit(&mut self, keys: impl Iterator<Item: Borrow<K::Asked>>) -> u64 {
        sum::<K::Asked>(keys, |key| self.0.get(key).copied())
    }
}

impl<K: Kind> Upsert<K> for Writer<K> {
    #[inline]
    fn upsert(&mut self, key: K::Key, value: u64) {
        self.0.insert(key, value);
    }

    fn read_back(&mut self, _: &mut impl Lookup<K>, key: &K::Asked) -> Option<u64> {
        // The reader has another map.
        self.0.get(key).copied()
    }
}
