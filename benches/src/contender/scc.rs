//! scc: a map in buckets, each behind a lock, that grows bucket by bucket.

use std::sync::Arc;

use scc::HashMap;
use scc::hash_map::Entry;

use super::{Hasher, Lookup, Shared, Upsert, fill};
use crate::kind::{Kind, Number};

/// Reader and writer alike.
#[derive(Clone)]
pub struct Handle<K: Kind = Number>(Arc<HashMap<K::Key, u64, Hasher>>);

/// A filled map.
pub fn pair(entries: usize, hasher: &Hasher) -> (Handle, Handle) {
    pair_of(entries, hasher)
}

/// A filled map with keys of any kind.
pub fn pair_of<K: Kind>(entries: usize, hasher: &Hasher) -> (Handle<K>, Handle<K>) {
    // With a capacity, below which it does not shrink when it is cleared.
    let map = HashMap::with_capacity_and_hasher(entries, hasher.clone());
    let mut handle = Handle(Arc::new(map));
    fill(&mut handle, entries);
    (handle.clone(), handle)
}

impl<K: Kind> Lookup<K> for Handle<K> {
    #[inline(always)]
    fn get(&mut self, key: &K::Asked) -> Option<u64> {
        self.0.read_sync(key, |_, &value| value)
    }
}

impl<K: Kind> Upsert<K> for Handle<K> {
    #[inline]
    fn upsert(&mut self, key: K::Key, value: u64) {
        self.0.upsert_sync(key, value);
    }
}

impl Shared for Handle {
    fn clear(&mut self) {
        self.0.clear_sync();
    }

    #[inline]
    fn compute(&mut self, key: u64, value: impl Fn(Option<u64>) -> u64 + Send) {
        match self.0.entry_sync(key) {
            Entry::Occupied(mut occupied) => {
                let old = occupied.get_mut();
                *old = value(Some(*old));
            }
            Entry::Vacant(vacant) => {
                vacant.insert_entry(value(None));
            }
        }
    }
}
