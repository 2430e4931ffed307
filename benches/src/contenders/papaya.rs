//! papaya: a lock-free map whose entries are on the heap; a lookup pins the map.

use std::borrow::Borrow;
use std::sync::Arc;

use papaya::{HashMap, Operation};

use super::contender::{Contender, Handle, Hasher, Lookup, Share, Upsert, sum};
use crate::keys::{Kind, Number, Text};

/// `pin().get()`.
pub const PAPAYA: Contender = Contender::of_handle::<Map<Number>, Map<Text>>("papaya");

#[derive(Clone)]
struct Map<K: Kind = Number>(Arc<HashMap<K::Key, u64, Hasher>>);

impl<K: Kind> Handle<K> for Map<K> {
    fn new(_: usize, hasher: &Hasher) -> Self {
        Map(Arc::new(HashMap::with_hasher(hasher.clone())))
    }
}

impl<K: Kind> Lookup<K> for Map<K> {
    const HAS_VIEW: bool = true;

    #[inline(always)]
    fn get(&mut self, key: &K::Asked) -> Option<u64> {
        self.0.pin().get(key).copied()
    }

    #[inline(always)]
    fn sum(&mut self, keys: impl Iterator<Item: Borrow<K::Asked>>) -> u64 {
        let map = self.0.pin();
        sum::<K::Asked>(keys, |key| map.get(key).copied())
    }
}

impl<K: Kind> Upsert<K> for Map<K> {
    #[inline]
    fn set(&mut self, key: K::Key, value: u64) {
        self.0.pin().insert(key, value);
    }
}

impl Share for Map {
    fn clear(&mut self) {
        self.0.pin().clear();
    }

    #[inline]
    fn swap(&mut self, key: u64, value: Option<u64>) -> Option<u64> {
        match value {
            Some(value) => self.0.pin().insert(key, value).copied(),
            None => self.0.pin().remove(&key).copied(),
        }
    }

    #[inline]
    fn update(&mut self, key: u64) -> bool {
        self.0.pin().update(key, |value| value + 1).is_some()
    }

    #[inline]
    fn compute(&mut self, key: u64, value: impl Fn(Option<u64>) -> u64 + Send) {
        self.0.pin().compute(key, |old| {
            let old = old.map(|(_, &old)| old);
            Operation::<u64, ()>::Insert(value(old))
        });
    }
}
