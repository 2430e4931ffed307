//! scc: a map in buckets, each behind a lock, that grows bucket by bucket.

use std::sync::Arc;

use scc::HashMap;

use super::{Hasher, Lookup, Shared, Upsert, fill};

/// Reader and writer alike.
#[derive(Clone)]
pub struct Handle(Arc<HashMap<u64, u64, Hasher>>);

/// A filled map.
pub fn pair(entries: usize, hasher: &Hasher) -> (Handle, Handle) {
    // With a capacity, below which it does not shrink when it is cleared.
    let map = HashMap::with_capacity_and_hasher(entries, hasher.clone());
    let mut handle = Handle(Arc::new(map));
    fill(&mut handle, entries);
    (handle.clone(), handle)
}

impl Lookup for Handle {
    #[inline(always)]
    fn get(&mut self, key: u64) -> Option<u64> {
        self.0.read_sync(&key, |_, &value| value)
    }
}

impl Upsert for Handle {
    #[inline]
    fn upsert(&mut self, key: u64, value: u64) {
        self.0.upsert_sync(key, value);
    }
}

impl Shared for Handle {
    fn clear(&mut self) {
        self.0.clear_sync();
    }
}
