//! fibre_cache: shards, each behind a lock, by default with S3-FIFO.

use std::sync::Arc;

use fibre_cache::CacheBuilder;

use super::contender::{Cache, Contender};
use crate::contenders::Hasher;

/// `Cache::get`, which shows a closure the value.
pub const FIBRE_CACHE: Contender = Contender::of::<FibreCache>();

#[derive(Clone)]
struct FibreCache(Arc<fibre_cache::Cache<u64, u64, Hasher>>);

impl Cache for FibreCache {
    const NAME: &'static str = "fibre_cache";

    fn new(capacity: usize, hasher: &Hasher) -> Self {
        let builder = CacheBuilder::<u64, u64, Hasher>::new().hasher(hasher.clone());
        let cache = builder.capacity(capacity as u64).build();
        FibreCache(Arc::new(cache.expect("a capacity")))
    }

    #[inline(always)]
    fn get(&self, key: u64) -> Option<u64> {
        self.0.get(&key, |value| *value)
    }

    #[inline]
    fn insert(&self, key: u64, value: u64) {
        self.0.insert(key, value, 1);
    }

    fn entries(&self) -> usize {
        self.0.metrics().current_cost as usize
    }
}
