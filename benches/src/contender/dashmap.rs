//! dashmap: a map in shards, each behind a lock.

use std::sync::Arc;

use dashmap::{DashMap, Entry};

use super::{Hasher, Lookup, Shared, Upsert, fill};
use crate::kind::{Kind, Number};

/// Reader and writer alike.
#[derive(Clone)]
pub struct Handle<K: Kind = Number>(Arc<DashMap<K::Key, u64, Hasher>>);

/// A filled map.
pub fn pair(entries: usize, hasher: &Hasher) -> (Handle, Handle) {
    pair_of(entries, hasher)
}

/// A filled map with keys of any kind.
pub fn pair_of<K: Kind>(entries: usize, hasher: &Hasher) -> (Handle<K>, Handle<K>) {
    let mut handle = Handle(Arc::new(DashMap::with_hasher(hasher.clone())));
    fill(&mut handle, entries);
    (handle.clone(), handle)
}

impl<K: Kind> Lookup<K> for Handle<K> {
    #[inline(always)]
    fn get(&mut self, key: &K::Asked) -> Option<u64> {
        let guard = self.0.get(key)?;
        Some(*guard)
    }
}

impl<K: Kind> Upsert<K> for Handle<K> {
    #[inline]
    fn upsert(&mut self, key: K::Key, value: u64) {
        self.0.insert(key, value);
    }
}

impl Shared for Handle {
    fn clear(&mut self) {
        self.0.clear();
    }

    #[inline]
    fn compute(&mut self, key: u64, value: impl Fn(Option<u64>) -> u64 + Send) {
        match self.0.entry(key) {
            Entry::Occupied(mut occupied) => {
                let old = occupied.get_mut();
                *old = value(Some(*old));
            }
            Entry::Vacant(vacant) => {
                vacant.insert(value(None));
            }
        }
    }
}
