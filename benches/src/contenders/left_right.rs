//! left-right of crates.io over a hashbrown map: the primitive under evmap, without evmap's bags.

use std::borrow::Borrow;

use left_right_peer::{Absorb, ReadHandle, WriteHandle};

use super::bare::Bare;
use super::contender::{Contender, Hasher, Lookup, Map, Open, Upsert, sum};
use crate::keys::{Kind, Number, Text};

/// `enter`, then `get`; and one writer.
pub const LEFT_RIGHT: Contender = Contender::of_pair::<Writer<Number>, Writer<Text>>("left-right");

#[derive(Clone)]
struct Reader<K: Kind>(ReadHandle<Side<K>>);

struct Writer<K: Kind>(WriteHandle<Side<K>, Insert<K>>);

/// One of the two maps.
#[derive(Clone)]
struct Side<K: Kind>(Bare<K>);

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

impl<K: Kind> Open<K> for Writer<K> {
    fn open(_: usize, hasher: &Hasher) -> Map<K> {
        let empty = Side(Bare::<K>::with_hasher(hasher.clone()));
        let (writer, reader) = left_right_peer::new_from_empty(empty);
        (Writer(writer), Reader(reader)).into()
    }
}

impl<K: Kind> Lookup<K> for Reader<K> {
    const HAS_VIEW: bool = true;

    #[inline(always)]
    fn get(&mut self, key: &K::Asked) -> Option<u64> {
        self.0.enter()?.0.get(key).copied()
    }

    #[inline(always)]
    fn sum(&mut self, keys: impl Iterator<Item: Borrow<K::Asked>>) -> u64 {
        let map = self.0.enter();
        map.map_or(0, |map| {
            sum::<K::Asked>(keys, |key| map.0.get(key).copied())
        })
    }
}

impl<K: Kind> Upsert<K> for Writer<K> {
    #[inline]
    fn set(&mut self, key: K::Key, value: u64) {
        self.0.append(Insert(key, value));
    }

    #[inline]
    fn refresh(&mut self) {
        self.0.publish();
    }
}
