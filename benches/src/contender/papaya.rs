//! papaya: a lock-free map whose entries are on the heap; a lookup pins the map.

use std::sync::Arc;

use papaya::HashMap;

use super::{Hasher, Lookup, Shared, Upsert, fill};

/// Reader and writer alike.
#[derive(Clone)]
pub struct Handle(Arc<HashMap<u64, u64, Hasher>>);

/// A filled map.
pub fn pair(entries: usize, hasher: &Hasher) -> (Handle, Handle) {
    let mut handle = Handle(Arc::new(HashMap::with_hasher(hasher.clone())));
    fill(&mut handle, entries);
    (handle.clone(), handle)
}

impl Lookup for Handle {
    #[inline(always)]
    fn get(&mut self, key: u64) -> Option<u64> {
        self.0.pin().get(&key).copied()
    }
}

impl Upsert for Handle {
    #[inline]
    fn upsert(&mut self, key: u64, value: u64) {
        self.0.pin().insert(key, value);
    }
}

impl Shared for Handle {
    fn clear(&mut self) {
        self.0.pin().clear();
    }
}
