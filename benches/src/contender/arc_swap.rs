//! arc-swap over a whole map: cheap reads, and updates that copy everything.
//!
//! A reader only: one upsert would cost a copy of the map.

use std::sync::Arc;

use arc_swap::{ArcSwap, Cache};

use super::bare::{Map, filled};
use super::{Hasher, Lookup};

/// Looks up through `load`.
#[derive(Clone)]
pub struct Load(Arc<ArcSwap<Map>>);

/// Looks up through a `Cache`, which keeps an `Arc` of its own and compares one pointer.
#[derive(Clone)]
pub struct Cached(Cache<Arc<ArcSwap<Map>>, Arc<Map>>);

/// Two ways into one filled map.
pub fn readers(entries: usize, hasher: &Hasher) -> (Load, Cached) {
    let shared = Arc::new(ArcSwap::from_pointee(filled(entries, hasher)));
    (Load(Arc::clone(&shared)), Cached(Cache::new(shared)))
}

impl Lookup for Load {
    #[inline(always)]
    fn get(&mut self, key: u64) -> Option<u64> {
        self.0.load().get(&key).copied()
    }
}

impl Lookup for Cached {
    #[inline(always)]
    fn get(&mut self, key: u64) -> Option<u64> {
        self.0.load().get(&key).copied()
    }
}
