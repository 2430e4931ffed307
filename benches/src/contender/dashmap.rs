//! dashmap: a map in shards, each behind a lock.

use std::sync::Arc;

use dashmap::DashMap;

use super::{Hasher, Lookup, Shared, Upsert, fill};

/// Reader and writer alike.
#[derive(Clone)]
pub struct Handle(Arc<DashMap<u64, u64, Hasher>>);

/// A filled map.
pub fn pair(entries: usize, hasher: &Hasher) -> (Handle, Handle) {
    let mut handle = Handle(Arc::new(DashMap::with_hasher(hasher.clone())));
    fill(&mut handle, entries);
    (handle.clone(), handle)
}

impl Lookup for Handle {
    #[inline(always)]
    fn get(&mut self, key: u64) -> Option<u64> {
        let guard = self.0.get(&key)?;
        Some(*guard)
    }
}

impl Upsert for Handle {
    #[inline]
    fn upsert(&mut self, key: u64, value: u64) {
        self.0.insert(key, value);
    }
}

impl Shared for Handle {
    fn clear(&mut self) {
        self.0.clear();
    }
}
