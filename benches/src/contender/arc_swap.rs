//! arc-swap over a whole map: cheap reads, and updates that copy everything.
//!
//! An upsert costs a copy of the map.

use std::borrow::Borrow;
use std::sync::Arc;

use arc_swap::{ArcSwap, Cache};

use super::bare::{Map, filled};
use super::{Hasher, Lookup, Upsert, Visit, sum};
use crate::kind::{Kind, Number};

/// Looks up through `load`.
#[derive(Clone)]
pub struct Load<K: Kind = Number>(Arc<ArcSwap<Map<K>>>);

/// Looks up through a `Cache`, which keeps an `Arc` of its own and compares one pointer.
#[derive(Clone)]
pub struct Cached<K: Kind = Number>(Cache<Arc<ArcSwap<Map<K>>>, Arc<Map<K>>>);

/// Two ways into one filled map.
pub fn readers(entries: usize, hasher: &Hasher) -> (Load, Cached) {
    readers_of(entries, hasher)
}

/// One way in that is the way to write, too.
pub fn pair(entries: usize, hasher: &Hasher) -> (Load, Load) {
    let (load, _) = readers(entries, hasher);
    (load.clone(), load)
}

/// Two ways into one filled map with keys of any kind.
pub fn readers_of<K: Kind>(entries: usize, hasher: &Hasher) -> (Load<K>, Cached<K>) {
    let shared = Arc::new(ArcSwap::from_pointee(filled::<K>(entries, hasher)));
    (Load(Arc::clone(&shared)), Cached(Cache::new(shared)))
}

impl<K: Kind> Lookup<K> for Load<K> {
    #[inline(always)]
    fn get(&mut self, key: &K::Asked) -> Option<u64> {
        self.0.load().get(key).copied()
    }
}

impl<K: Kind> Lookup<K> for Cached<K> {
    #[inline(always)]
    fn get(&mut self, key: &K::Asked) -> Option<u64> {
        self.0.load().get(key).copied()
    }
}

impl<K: Kind> Visit<K> for Load<K> {
    #[inline(always)]
    fn visit(&mut self, keys: impl Iterator<Item: Borrow<K::Asked>>) -> u64 {
        let map = self.0.load();
        sum::<K::Asked>(keys, |key| map.get(key).copied())
    }
}

impl<K: Kind> Visit<K> for Cached<K> {
    #[inline(always)]
    fn visit(&mut self, keys: impl Iterator<Item: Borrow<K::Asked>>) -> u64 {
        let map = self.0.load();
        sum::<K::Asked>(keys, |key| map.get(key).copied())
    }
}

impl Upsert for Load {
    fn upsert(&mut self, key: u64, value: u64) {
        let mut map = <Map>::clone(&self.0.load());
        map.insert(key, value);
        self.0.store(Arc::new(map));
    }
}
