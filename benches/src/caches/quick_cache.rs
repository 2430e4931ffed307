//! quick_cache: shards, each behind a lock, with a CLOCK that remembers evicted keys.

use std::sync::Arc;

use quick_cache::sync::{self, DefaultLifecycle};
use quick_cache::{OptionsBuilder, UnitWeighter};

use super::contender::{Cache, Contender};
use crate::contenders::Hasher;

/// `sync::Cache::get`.
pub const QUICK_CACHE: Contender = Contender::of::<QuickCache>();

#[derive(Clone)]
struct QuickCache(Arc<sync::Cache<u64, u64, UnitWeighter, Hasher>>);

impl Cache for QuickCache {
    const NAME: &'static str = "quick_cache";

    fn new(capacity: usize, hasher: &Hasher) -> Self {
        let mut options = OptionsBuilder::new();
        options
            .estimated_items_capacity(capacity)
            .weight_capacity(capacity as u64);
        let cache = sync::Cache::with_options(
            options.build().expect("a capacity"),
            UnitWeighter,
            hasher.clone(),
            DefaultLifecycle::default(),
        );
        QuickCache(Arc::new(cache))
    }

    #[inline(always)]
    fn get(&self, key: u64) -> Option<u64> {
        self.0.get(&key)
    }

    #[inline]
    fn insert(&self, key: u64, value: u64) {
        self.0.insert(key, value);
    }

    fn entries(&self) -> usize {
        self.0.len()
    }
}
