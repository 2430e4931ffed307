//! moka: a concurrent hash table, whose reads and writes the policy hears of through channels.

use moka::sync;

use super::contender::{Cache, Contender};
use crate::contenders::Hasher;

/// `sync::Cache::get`.
pub const MOKA: Contender = Contender::of::<Moka>();

type Moka = sync::Cache<u64, u64, Hasher>;

impl Cache for Moka {
    const NAME: &'static str = "moka";

    fn new(capacity: usize, hasher: &Hasher) -> Self {
        let builder = sync::Cache::builder().max_capacity(capacity as u64);
        builder.build_with_hasher(hasher.clone())
    }

    #[inline(always)]
    fn get(&self, key: u64) -> Option<u64> {
        self.get(&key)
    }

    #[inline]
    fn insert(&self, key: u64, value: u64) {
        self.insert(key, value);
    }

    fn settle(&self) {
        self.run_pending_tasks();
    }

    fn entries(&self) -> usize {
        self.run_pending_tasks();
        self.entry_count() as usize
    }
}
