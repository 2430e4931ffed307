//! scc: a map in buckets, each behind a lock, that grows bucket by bucket.

use std::sync::Arc;

use scc::HashMap;

use super::contender::{Contender, Handle, Hasher, Lookup, Share, Upsert};
use crate::keys::{Kind, Number, Text};

/// `read_sync`, which copies the value.
pub const SCC: Contender = Contender::of_handle::<Map<Number>, Map<Text>>("scc");

#[derive(Clone)]
struct Map<K: Kind = Number>(Arc<HashMap<K::Key, u64, Hasher>>);

impl<K: Kind> Handle<K> for Map<K> {
    fn new(capacity: usize, hasher: &Hasher) -> Self {
        // Below its capacity it does not shrink when it is cleared.
        Map(Arc::new(HashMap::with_capacity_and_hasher(
            capacity,
            hasher.clone(),
        )))
    }
}

impl<K: Kind> Lookup<K> for Map<K> {
    #[inline(always)]
    fn get(&mut self, key: &K::Asked) -> Option<u64> {
        self.0.read_sync(key, |_, &value| value)
    }
}

impl<K: Kind> Upsert<K> for Map<K> {
    #[inline]
    fn set(&mut self, key: K::Key, value: u64) {
        self.0.upsert_sync(key, value);
    }
}

impl Share for Map {
    fn clear(&mut self) {
        self.0.clear_sync();
    }

    #[inline]
    fn swap(&mut self, key: u64, value: Option<u64>) -> Option<u64> {
        match value {
            Some(value) => self.0.upsert_sync(key, value),
            None => self.0.remove_sync(&key).map(|(_, old)| old),
        }
    }

    #[inline]
    fn update(&mut self, key: u64) -> bool {
        self.0.update_sync(&key, |_, value| *value += 1).is_some()
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
