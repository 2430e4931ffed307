//! A map behind one read-write lock: parking_lot's, and std's.

use std::borrow::Borrow;
use std::sync::{Arc, PoisonError};

use hashbrown::hash_map::Entry;

use super::bare::{Map, filled};
use super::{Hasher, Lookup, Shared, Upsert, Visit, sum};
use crate::kind::{Kind, Number};

/// Reader and writer alike, over parking_lot's lock.
#[derive(Clone)]
pub struct ParkingLot<K: Kind = Number>(Arc<parking_lot::RwLock<Map<K>>>);

/// Reader and writer alike, over std's lock.
#[derive(Clone)]
pub struct Std<K: Kind = Number>(Arc<std::sync::RwLock<Map<K>>>);

/// A filled map behind parking_lot's lock.
pub fn parking_lot_pair(entries: usize, hasher: &Hasher) -> (ParkingLot, ParkingLot) {
    parking_lot_pair_of(entries, hasher)
}

/// The same with keys of any kind.
pub fn parking_lot_pair_of<K: Kind>(
    entries: usize,
    hasher: &Hasher,
) -> (ParkingLot<K>, ParkingLot<K>) {
    let map = ParkingLot(Arc::new(parking_lot::RwLock::new(filled::<K>(
        entries, hasher,
    ))));
    (map.clone(), map)
}

/// A filled map behind std's lock.
pub fn std_pair(entries: usize, hasher: &Hasher) -> (Std, Std) {
    std_pair_of(entries, hasher)
}

/// The same with keys of any kind.
pub fn std_pair_of<K: Kind>(entries: usize, hasher: &Hasher) -> (Std<K>, Std<K>) {
    let map = Std(Arc::new(std::sync::RwLock::new(filled::<K>(
        entries, hasher,
    ))));
    (map.clone(), map)
}

impl<K: Kind> Lookup<K> for ParkingLot<K> {
    #[inline(always)]
    fn get(&mut self, key: &K::Asked) -> Option<u64> {
        self.0.read().get(key).copied()
    }
}

impl<K: Kind> Visit<K> for ParkingLot<K> {
    #[inline(always)]
    fn visit(&mut self, keys: impl Iterator<Item: Borrow<K::Asked>>) -> u64 {
        let map = self.0.read();
        sum::<K::Asked>(keys, |key| map.get(key).copied())
    }
}

impl<K: Kind> Upsert<K> for ParkingLot<K> {
    #[inline]
    fn upsert(&mut self, key: K::Key, value: u64) {
        self.0.write().insert(key, value);
    }
}

impl Shared for ParkingLot {
    fn clear(&mut self) {
        self.0.write().clear();
    }

    #[inline]
    fn compute(&mut self, key: u64, value: impl Fn(Option<u64>) -> u64 + Send) {
        match self.0.write().entry(key) {
            Entry::Occupied(mut occupied) => {
                let old = occupied.get_mut();
                *old = value(Some(*old));
            }
            Entry::Vacant(vacant) => {
                vacant.insert(value(None));
            }
        }
    }
}

impl<K: Kind> Lookup<K> for Std<K> {
    #[inline(always)]
    fn get(&mut self, key: &K::Asked) -> Option<u64> {
        let map = self.0.read().unwrap_or_else(PoisonError::into_inner);
        map.get(key).copied()
    }
}

impl<K: Kind> Visit<K> for Std<K> {
    #[inline(always)]
    fn visit(&mut self, keys: impl Iterator<Item: Borrow<K::Asked>>) -> u64 {
        let map = self.0.read().unwrap_or_else(PoisonError::into_inner);
        sum::<K::Asked>(keys, |key| map.get(key).copied())
    }
}

impl<K: Kind> Upsert<K> for Std<K> {
    #[inline]
    fn upsert(&mut self, key: K::Key, value: u64) {
        let mut map = self.0.write().unwrap_or_else(PoisonError::into_inner);
        map.insert(key, value);
    }
}
