//! `evmap-core`'s `Cache`.

use evmap_core::cache;

use super::contender::{Cache, Contender};
use crate::contenders::Hasher;

/// `Cache::get`.
pub const OURS: Contender = Contender::of::<Ours>();

type Ours = cache::Cache<u64, u64, Hasher>;

impl Cache for Ours {
    const NAME: &'static str = "ours";

    fn new(capacity: usize, hasher: &Hasher) -> Self {
        let builder = cache::Cache::builder().max_capacity(capacity as u64);
        builder.hasher(hasher.clone()).build()
    }

    #[inline(always)]
    fn get(&self, key: u64) -> Option<u64> {
        self.get(&key)
    }

    #[inline]
    fn insert(&self, key: u64, value: u64) {
        self.insert(key, value);
    }

    fn entries(&self) -> usize {
        self.entry_count() as usize
    }
}
