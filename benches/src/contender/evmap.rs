//! evmap: two copies of a multimap; a lookup asks for one value of the key's bag.

use std::borrow::Borrow;

use evmap::handles::{ReadHandle, WriteHandle};

use super::{Hasher, Lookup, Upsert, Visit, fill, sum};
use crate::kind::{Kind, Number};

/// Looks up by `get_one`, whose guard lives while the value is used.
#[derive(Clone)]
pub struct Reader<K: Kind = Number>(ReadHandle<K::Key, u64, (), Hasher>);

/// The writer.
pub struct Writer<K: Kind = Number>(WriteHandle<K::Key, u64, (), Hasher>);

/// A filled map.
pub fn pair(entries: usize, hasher: &Hasher) -> (Writer, Reader) {
    pair_of(entries, hasher)
}

/// A filled map with keys of any kind.
pub fn pair_of<K: Kind>(entries: usize, hasher: &Hasher) -> (Writer<K>, Reader<K>) {
    let options = evmap::Options::default();
    // SAFETY: asks that the hasher gives the same hash for the same input; clones of one foldhash
    // builder share their seed, and do.
    let options = unsafe { options.with_hasher(hasher.clone()) };
    let (writer, reader) = options.construct::<K::Key, u64>();
    let mut writer = Writer(writer);
    fill(&mut writer, entries);
    (writer, Reader(reader))
}

impl Writer {
    /// The published value of a key.
    #[inline]
    pub(super) fn get(&self, key: u64) -> Option<u64> {
        let guard = self.0.get_one(&key)?;
        Some(*guard)
    }

    /// Takes everything out, for readers with the next publication.
    pub(super) fn clear(&mut self) {
        self.0.purge();
    }
}

impl<K: Kind> Lookup<K> for Reader<K> {
    #[inline(always)]
    fn get(&mut self, key: &K::Asked) -> Option<u64> {
        let guard = self.0.get_one(key)?;
        Some(*guard)
    }
}

impl<K: Kind> Visit<K> for Reader<K> {
    #[inline(always)]
    fn visit(&mut self, keys: impl Iterator<Item: Borrow<K::Asked>>) -> u64 {
        match self.0.enter() {
            Some(map) => sum::<K::Asked>(keys, |key| map.get_one(key).copied()),
            None => 0,
        }
    }
}

impl<K: Kind> Upsert<K> for Writer<K> {
    #[inline]
    fn upsert(&mut self, key: K::Key, value: u64) {
        self.0.update(key, value);
    }

    #[inline]
    fn publish(&mut self) {
        self.0.publish();
    }
}
