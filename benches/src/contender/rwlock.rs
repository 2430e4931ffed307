//! A map behind one read-write lock: parking_lot's, and std's.

use std::sync::{Arc, PoisonError};

use super::bare::{Map, filled};
use super::{Hasher, Lookup, Shared, Upsert};

/// Reader and writer alike, over parking_lot's lock.
#[derive(Clone)]
pub struct ParkingLot(Arc<parking_lot::RwLock<Map>>);

/// Reader and writer alike, over std's lock.
#[derive(Clone)]
pub struct Std(Arc<std::sync::RwLock<Map>>);

/// A filled map behind parking_lot's lock.
pub fn parking_lot_pair(entries: usize, hasher: &Hasher) -> (ParkingLot, ParkingLot) {
    let map = ParkingLot(Arc::new(parking_lot::RwLock::new(filled(entries, hasher))));
    (map.clone(), map)
}

/// A filled map behind std's lock.
pub fn std_pair(entries: usize, hasher: &Hasher) -> (Std, Std) {
    let map = Std(Arc::new(std::sync::RwLock::new(filled(entries, hasher))));
    (map.clone(), map)
}

impl Lookup for ParkingLot {
    #[inline(always)]
    fn get(&mut self, key: u64) -> Option<u64> {
        self.0.read().get(&key).copied()
    }
}

impl Upsert for ParkingLot {
    #[inline]
    fn upsert(&mut self, key: u64, value: u64) {
        self.0.write().insert(key, value);
    }
}

impl Shared for ParkingLot {
    fn clear(&mut self) {
        self.0.write().clear();
    }
}

impl Lookup for Std {
    #[inline(always)]
    fn get(&mut self, key: u64) -> Option<u64> {
        let map = self.0.read().unwrap_or_else(PoisonError::into_inner);
        map.get(&key).copied()
    }
}

impl Upsert for Std {
    #[inline]
    fn upsert(&mut self, key: u64, value: u64) {
        let mut map = self.0.write().unwrap_or_else(PoisonError::into_inner);
        map.insert(key, value);
    }
}
