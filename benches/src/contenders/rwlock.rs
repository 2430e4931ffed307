//! A map behind one read-write lock: parking_lot's, and std's.

use std::borrow::Borrow;
use std::sync::{Arc, PoisonError};

use super::bare::Bare;
use super::contender::{Contender, Handle, Hasher, Lookup, Share, Upsert, sum};
use crate::keys::{Kind, Number, Text};

/// A contender over one of the locks, and how that is taken to read and to write.
macro_rules! contender {
    ($contender:ident, $name:literal, $handle:ident, $lock:path, $read:expr, $write:expr) => {
        #[doc = concat!("hashbrown's map behind a lock that is taken for reading: ", $name, ".")]
        pub const $contender: Contender = Contender::of_handle::<$handle, $handle<Text>>($name);

        #[derive(Clone)]
        struct $handle<K: Kind = Number>(Arc<$lock>);

        impl<K: Kind> Handle<K> for $handle<K> {
            fn new(_: usize, hasher: &Hasher) -> Self {
                $handle(Arc::new(<$lock>::new(Bare::<K>::with_hasher(
                    hasher.clone(),
                ))))
            }
        }

        impl<K: Kind> Lookup<K> for $handle<K> {
            const HAS_VIEW: bool = true;

            #[inline(always)]
            fn get(&mut self, key: &K::Asked) -> Option<u64> {
                $read(&self.0).get(key).copied()
            }

            #[inline(always)]
            fn sum(&mut self, keys: impl Iterator<Item: Borrow<K::Asked>>) -> u64 {
                let map = $read(&self.0);
                sum::<K::Asked>(keys, |key| map.get(key).copied())
            }
        }

        impl<K: Kind> Upsert<K> for $handle<K> {
            #[inline]
            fn set(&mut self, key: K::Key, value: u64) {
                $write(&self.0).insert(key, value);
            }
        }

        impl Share for $handle {
            fn clear(&mut self) {
                $write(&self.0).clear();
            }

            #[inline]
            fn swap(&mut self, key: u64, value: Option<u64>) -> Option<u64> {
                let mut map = $write(&self.0);
                match value {
                    Some(value) => map.insert(key, value),
                    None => map.remove(&key),
                }
            }

            #[inline]
            fn update(&mut self, key: u64) -> bool {
                $write(&self.0)
                    .get_mut(&key)
                    .map(|value| *value += 1)
                    .is_some()
            }

            #[inline]
            fn compute(&mut self, key: u64, value: impl Fn(Option<u64>) -> u64 + Send) {
                let mut map = $write(&self.0);
                let entry = map.entry(key).and_modify(|old| *old = value(Some(*old)));
                entry.or_insert_with(|| value(None));
            }
        }
    };
}

type ParkingLotLock<K> = parking_lot::RwLock<Bare<K>>;
type StdLock<K> = std::sync::RwLock<Bare<K>>;

contender!(
    PARKING_LOT,
    "parking_lot",
    ParkingLot,
    ParkingLotLock<K>,
    parking_lot::RwLock::read,
    parking_lot::RwLock::write
);
contender!(
    STD_RWLOCK,
    "std RwLock",
    Std,
    StdLock<K>,
    |lock| std::sync::RwLock::read(lock).unwrap_or_else(PoisonError::into_inner),
    |lock| std::sync::RwLock::write(lock).unwrap_or_else(PoisonError::into_inner)
);
