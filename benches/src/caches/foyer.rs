//! foyer's cache in memory: shards, each behind a lock, here with S3-FIFO.

use foyer_memory::{CacheBuilder, CacheProperties, S3FifoConfig};

use super::contender::{Cache, Contender};
use crate::contenders::Hasher;

/// `Cache::get`, the value read through its entry. With S3-FIFO, a hit takes the shard's lock for reading only.
pub const FOYER: Contender = Contender::of::<Foyer>();

type Foyer = foyer_memory::Cache<u64, u64, Hasher, CacheProperties>;

impl Cache for Foyer {
    const NAME: &'static str = "foyer";

    fn new(capacity: usize, hasher: &Hasher) -> Self {
        let builder = CacheBuilder::new(capacity).with_hash_builder(hasher.clone());
        builder
            .with_eviction_config(S3FifoConfig::default())
            .build()
    }

    #[inline(always)]
    fn get(&self, key: u64) -> Option<u64> {
        self.get(&key).map(|entry| *entry.value())
    }

    #[inline]
    fn insert(&self, key: u64, value: u64) {
        self.insert(key, value);
    }

    fn entries(&self) -> usize {
        self.entries()
    }
}
