//! arc-swap over a whole map: cheap reads, and publications that copy everything.

use std::borrow::Borrow;
use std::sync::Arc;

use arc_swap::{ArcSwap, Cache};

use super::bare::{Bare, full};
use super::contender::{Contender, Hasher, Lookup, Map, Upsert, sum};
use crate::keys::{Kind, Number};

/// Through a `Cache`, which keeps an `Arc` of its own and compares one pointer.
pub const CACHE: Contender = Contender {
    reads: Some((cache, cache)),
    copies: Some(cache),
    ..Contender::named("arc-swap cache")
};

/// Through `load`.
pub const LOAD: Contender = Contender {
    reads: Some((load, load)),
    shares: Some(load),
    copies: Some(load),
    grown: Some(|n| Box::new(ArcSwap::from_pointee(full::<Number>(n, &Hasher::default())))),
    ..Contender::named("arc-swap load")
};

#[derive(Clone)]
struct Load<K: Kind>(Arc<ArcSwap<Bare<K>>>);

#[derive(Clone)]
struct Cached<K: Kind>(Cache<Arc<ArcSwap<Bare<K>>>, Arc<Bare<K>>>);

fn load<K: Kind>(entries: usize, hasher: &Hasher) -> Map<K> {
    let load = Load(Arc::new(ArcSwap::from_pointee(full::<K>(entries, hasher))));
    (load.clone(), load).into()
}

fn cache<K: Kind>(entries: usize, hasher: &Hasher) -> Map<K> {
    let load = Load(Arc::new(ArcSwap::from_pointee(full::<K>(entries, hasher))));
    let cached = Cached(Cache::new(Arc::clone(&load.0)));
    (load, cached).into()
}

impl<K: Kind> Lookup<K> for Load<K> {
    const HAS_VIEW: bool = true;

    #[inline(always)]
    fn get(&mut self, key: &K::Asked) -> Option<u64> {
        self.0.load().get(key).copied()
    }

    #[inline(always)]
    fn sum(&mut self, keys: impl Iterator<Item: Borrow<K::Asked>>) -> u64 {
        let map = self.0.load();
        sum::<K::Asked>(keys, |key| map.get(key).copied())
    }
}

impl<K: Kind> Lookup<K> for Cached<K> {
    const HAS_VIEW: bool = true;

    #[inline(always)]
    fn get(&mut self, key: &K::Asked) -> Option<u64> {
        self.0.load().get(key).copied()
    }

    #[inline(always)]
    fn sum(&mut self, keys: impl Iterator<Item: Borrow<K::Asked>>) -> u64 {
        let map = self.0.load();
        sum::<K::Asked>(keys, |key| map.get(key).copied())
    }
}

impl<K: Kind> Upsert<K> for Load<K> {
    fn set(&mut self, key: K::Key, value: u64) {
        let mut map = Bare::<K>::clone(&self.0.load());
        map.insert(key, value);
        self.0.store(Arc::new(map));
    }
}
