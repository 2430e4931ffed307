//! flashmap: two copies of a map, whose readers count themselves in and out.

use std::borrow::Borrow;

use flashmap::{ReadHandle, WriteHandle};

use super::contender::{Contender, Hasher, Lookup, Map, Open, Upsert, sum};
use crate::keys::{Kind, Number, Text};

/// `guard().get()`; and one writer, which publishes when its guard is dropped.
pub const FLASHMAP: Contender = Contender::of_pair::<Writer<Number>, Writer<Text>>("flashmap");

#[derive(Clone)]
struct Reader<K: Kind>(ReadHandle<K::Key, u64, Hasher>);

struct Writer<K: Kind>(WriteHandle<K::Key, u64, Hasher>);

impl<K: Kind> Open<K> for Writer<K> {
    fn open(_: usize, hasher: &Hasher) -> Map<K> {
        let builder = flashmap::Builder::new();
        // SAFETY: asks that the hasher gives the same hash for the same input; clones of one foldhash builder share
        // their seed, and do.
        let builder = unsafe { builder.with_hasher(hasher.clone()) };
        let (writer, reader) = builder.build::<K::Key, u64>();
        (Writer(writer), Reader(reader)).into()
    }
}

impl<K: Kind> Lookup<K> for Reader<K> {
    const HAS_VIEW: bool = true;

    #[inline(always)]
    fn get(&mut self, key: &K::Asked) -> Option<u64> {
        self.0.guard().get(key).copied()
    }

    #[inline(always)]
    fn sum(&mut self, keys: impl Iterator<Item: Borrow<K::Asked>>) -> u64 {
        let map = self.0.guard();
        sum::<K::Asked>(keys, |key| map.get(key).copied())
    }
}

impl<K: Kind> Upsert<K> for Writer<K> {
    /// Publishes by itself: a guard cannot be kept beside the handle that it borrows.
    #[inline]
    fn set(&mut self, key: K::Key, value: u64) {
        self.0.guard().insert(key, value);
    }

    #[inline]
    fn refresh(&mut self) {
        self.0.guard().publish();
    }

    /// Through one guard, as the crate means it.
    #[inline]
    fn set_all(&mut self, entries: impl Iterator<Item = (K::Key, u64)>) {
        let mut map = self.0.guard();
        for (key, value) in entries {
            map.insert(key, value);
        }
        map.publish();
    }
}
