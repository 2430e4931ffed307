//! scc: a map in buckets, each behind a lock, that grows bucket by bucket.

use std::sync::Arc;

use scc::HashMap;

use super::contender::{Contender, Hasher, Lookup, Share, Upsert, filled, grown, shared};
use crate::keys::{Kind, Number};

/// `read_sync`, which copies the value.
pub const SCC: Contender = Contender {
    grown: Some(|n| grown(pair(0, &Hasher::default()), n)),
    ..Contender::of_handle(
        "scc",
        |n, hasher| filled(pair(n, hasher), n),
        |n, hasher| filled(pair(n, hasher), n),
        |n, hasher| shared(pair(n, hasher).0, n),
    )
};

#[derive(Clone)]
struct Handle<K: Kind = Number>(Arc<HashMap<K::Key, u64, Hasher>>);

/// With a capacity, below which it does not shrink when it is cleared.
fn pair<K: Kind>(capacity: usize, hasher: &Hasher) -> (Handle<K>, Handle<K>) {
    let map = HashMap::with_capacity_and_hasher(capacity, hasher.clone());
    let handle = Handle(Arc::new(map));
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
    fn set(&mut self, key: K::Key, value: u64) {
        self.0.upsert_sync(key, value);
    }
}

impl Share for Handle {
    fn clear(&mut self) {
        self.0.clear_sync();
    }

    #[inline]
    fn compute(&mut self, key: u64, value: impl Fn(Option<u64>) -> u64 + Send) {
        let entry = self
            .0
            .entry_sync(key)
            .and_modify(|old| *old = value(Some(*old)));
        entry.or_insert_with(|| value(None));
    }
}
