//! dashmap: a map in shards, each behind a lock.

use std::sync::Arc;

use dashmap::DashMap;

use super::contender::{Contender, Hasher, Lookup, Share, Upsert, filled, grown, shared};
use crate::keys::{Kind, Number};

/// `get`, the value read through its guard.
pub const DASHMAP: Contender = Contender {
    grown: Some(|n| grown(pair(&Hasher::default()), n)),
    ..Contender::of_handle(
        "dashmap",
        |n, hasher| filled(pair(hasher), n),
        |n, hasher| filled(pair(hasher), n),
        |n, hasher| shared(pair(hasher).0, n),
    )
};

#[derive(Clone)]
struct Handle<K: Kind = Number>(Arc<DashMap<K::Key, u64, Hasher>>);

fn pair<K: Kind>(hasher: &Hasher) -> (Handle<K>, Handle<K>) {
    let handle = Handle(Arc::new(DashMap::with_hasher(hasher.clone())));
    (handle.clone(), handle)
}

impl<K: Kind> Lookup<K> for Handle<K> {
    #[inline(always)]
    fn get(&mut self, key: &K::Asked) -> Option<u64> {
        self.0.get(key).map(|guard| *guard)
    }
}

impl<K: Kind> Upsert<K> for Handle<K> {
    #[inline]
    fn set(&mut self, key: K::Key, value: u64) {
        self.0.insert(key, value);
    }
}

impl Share for Handle {
    fn clear(&mut self) {
        self.0.clear();
    }

    #[inline]
    fn compute(&mut self, key: u64, value: impl Fn(Option<u64>) -> u64 + Send) {
        let entry = self.0.entry(key).and_modify(|old| *old = value(Some(*old)));
        entry.or_insert_with(|| value(None));
    }
}
