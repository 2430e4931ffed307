//! papaya: a lock-free map whose entries are on the heap; a lookup pins the map.

use std::borrow::Borrow;
use std::sync::Arc;

use papaya::{HashMap, Operation};

use super::{Hasher, Lookup, Shared, Upsert, Visit, fill, sum};
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
    let mut handle = Handle(Arc::new(HashMap::with_hasher(hasher.clone())));
    fill(&mut handle, entries);
    (handle.clone(), handle)
}

impl<K: Kind> Lookup<K> for Handle<K> {
    #[inline(always)]
    fn get(&mut self, key: &K::Asked) -> Option<u64> {
        self.0.pin().get(key).copied()
    }
}

impl<K: Kind> Visit<K> for Handle<K> {
    #[inline(always)]
    fn visit(&mut self, keys: impl Iterator<Item: Borrow<K::Asked>>) -> u64 {
        let map = self.0.pin();
        sum::<K::Asked>(keys, |key| map.get(key).copied())
    }
}

impl<K: Kind> Upsert<K> for Handle<K> {
    #[inline]
    fn upsert(&mut self, key: K::Key, value: u64) {
        self.0.pin().insert(key, value);
    }
}

impl Shared for Handle {
    fn clear(&mut self) {
        self.0.pin().clear();
    }

    #[inline]
    fn compute(&mut self, key: u64, value: impl Fn(Option<u64>) -> u64 + Send) {
        self.0.pin().compute(key, |old| {
            let old = old.map(|(_, &old)| old);
            Operation::<u64, ()>::Insert(value(old))
        });
    }
}
