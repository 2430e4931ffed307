//! flashmap: two copies of a map, whose readers count themselves in and out.

use std::borrow::Borrow;

use flashmap::{ReadHandle, WriteHandle};

use super::{Hasher, Lookup, Upsert, Visit, fill, sum};
use crate::kind::{Kind, Number};

/// Looks up by `guard`, which lives while the value is used.
#[derive(Clone)]
pub struct Reader<K: Kind = Number>(ReadHandle<K::Key, u64, Hasher>);

/// The writer, which publishes when its guard is dropped.
pub struct Writer<K: Kind = Number>(WriteHandle<K::Key, u64, Hasher>);

/// A filled map.
pub fn pair(entries: usize, hasher: &Hasher) -> (Writer, Reader) {
    pair_of(entries, hasher)
}

/// A filled map with keys of any kind.
pub fn pair_of<K: Kind>(entries: usize, hasher: &Hasher) -> (Writer<K>, Reader<K>) {
    let builder = flashmap::Builder::new();
    // SAFETY: asks that the hasher gives the same hash for the same input; clones of one foldhash
    // builder share their seed, and do.
    let builder = unsafe { builder.with_hasher(hasher.clone()) };
    let (writer, reader) = builder.build::<K::Key, u64>();
    let mut writer = Writer(writer);
    fill(&mut writer, entries);
    (writer, Reader(reader))
}

impl<K: Kind> Lookup<K> for Reader<K> {
    #[inline(always)]
    fn get(&mut self, key: &K::Asked) -> Option<u64> {
        self.0.guard().get(key).copied()
    }
}

impl<K: Kind> Visit<K> for Reader<K> {
    #[inline(always)]
    fn visit(&mut self, keys: impl Iterator<Item: Borrow<K::Asked>>) -> u64 {
        let map = self.0.guard();
        sum::<K::Asked>(keys, |key| map.get(key).copied())
    }
}

impl<K: Kind> Upsert<K> for Writer<K> {
    /// Publishes by itself: a guard cannot be kept beside the handle that it borrows.
    #[inline]
    fn upsert(&mut self, key: K::Key, value: u64) {
        self.0.guard().insert(key, value);
    }

    #[inline]
    fn publish(&mut self) {
        self.0.guard().publish();
    }

    /// Through one guard, as the crate means it.
    #[inline]
    fn upsert_all(&mut self, entries: impl Iterator<Item = (K::Key, u64)>) {
        let mut map = self.0.guard();
        for (key, value) in entries {
            map.insert(key, value);
        }
        map.publish();
    }
}
