//! left-right of crates.io over a hashbrown map: the primitive under evmap, without evmap's bags.

use std::borrow::Borrow;

use left_right_peer::{Absorb, ReadHandle, WriteHandle};

use super::bare::Map;
use super::{Hasher, Lookup, Upsert, Visit, fill, sum};
use crate::kind::{Kind, Number};

/// Looks up by `enter`, whose guard lives while the value is used.
#[derive(Clone)]
pub struct Reader<K: Kind = Number>(ReadHandle<Side<K>>);

/// The writer.
pub struct Writer<K: Kind = Number>(WriteHandle<Side<K>, Insert<K>>);

/// One of the two maps.
#[derive(Clone)]
struct Side<K: Kind>(Map<K>);

/// What is done to both, one after the other.
struct Insert<K: Kind>(K::Key, u64);

impl<K: Kind> Absorb<Insert<K>> for Side<K> {
    fn absorb_first(&mut self, insert: &mut Insert<K>, _: &Self) {
        self.0.insert(insert.0.clone(), insert.1);
    }

    fn absorb_second(&mut self, insert: Insert<K>, _: &Self) {
        self.0.insert(insert.0, insert.1);
    }

    fn sync_with(&mut self, first: &Self) {
        self.0.clone_from(&first.0);
    }
}

/// A filled map.
pub fn pair(entries: usize, hasher: &Hasher) -> (Writer, Reader) {
    pair_of(entries, hasher)
}

/// A filled map with keys of any kind.
pub fn pair_of<K: Kind>(entries: usize, hasher: &Hasher) -> (Writer<K>, Reader<K>) {
    let empty = Side(Map::<K>::with_hasher(hasher.clone()));
    let (writer, reader) = left_right_peer::new_from_empty(empty);
    let mut writer = Writer(writer);
    fill(&mut writer, entries);
    (writer, Reader(reader))
}

impl<K: Kind> Lookup<K> for Reader<K> {
    #[inline(always)]
    fn get(&mut self, key: &K::Asked) -> Option<u64> {
        self.0.enter()?.0.get(key).copied()
    }
}

impl<K: Kind> Visit<K> for Reader<K> {
    #[inline(always)]
    fn visit(&mut self, keys: impl Iterator<Item: Borrow<K::Asked>>) -> u64 {
        match self.0.enter() {
            Some(map) => sum::<K::Asked>(keys, |key| map.0.get(key).copied()),
            None => 0,
        }
    }
}

impl<K: Kind> Upsert<K> for Writer<K> {
    #[inline]
    fn upsert(&mut self, key: K::Key, value: u64) {
        self.0.append(Insert(key, value));
    }

    #[inline]
    fn publish(&mut self) {
        self.0.publish();
    }
}
