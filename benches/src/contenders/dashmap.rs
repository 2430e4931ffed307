//! dashmap: a map in shards, each behind a lock.

use std::sync::Arc;

use dashmap::DashMap;

use super::contender::{Contender, Handle, Hasher, Lookup, Share, Upsert};
use crate::keys::{Kind, Number, Text};

/// `get`, the value read through its guard.
pub const DASHMAP: Contender = Contender::of_handle::<Map<Number>, Map<Text>>("dashmap");

#[derive(Clone)]
struct Map<K: Kind = Number>(Arc<DashMap<K::Key, u64, Hasher>>);

impl<K: Kind> Handle<K> for Map<K> {
    fn new(_: usize, hasher: &Hasher) -> Self {
        Map(Arc::new(DashMap::with_hasher(hasher.clone())))
    }
}

impl<K: Kind> Lookup<K> for Map<K> {
    #[inline(always)]
    fn get(&mut self, key: &K::Asked) -> Option<u64> {
        self.0.get(key).map(|guard| *guard)
    }
}

impl<K: Kind> Upsert<K> for Map<K> {
    #[inline]
    fn set(&mut self, key: K::Key, value: u64) {
        self.0.insert(key, value);
    }
}

impl Share for Map {
    fn clear(&mut self) {
        self.0.clear();
    }

    #[inline]
    fn swap(&mut self, key: u64, value: Option<u64>) -> Option<u64> {
        match value {
            Some(value) => self.0.insert(key, value),
            None => self.0.remove(&key).map(|(_, old)| old),
        }
    }

    #[inline]
    fn update(&mut self, key: u64) -> bool {
        self.0.get_mut(&key).map(|mut value| *value += 1).is_some()
    }

    #[inline]
    fn compute(&mut self, key: u64, value: impl Fn(Option<u64>) -> u64 + Send) {
        let entry = self.0.entry(key).and_modify(|old| *old = value(Some(*old)));
        entry.or_insert_with(|| value(None));
    }
}
