//! papaya: a lock-free map whose entries are on the heap; a lookup pins the map.

use std::borrow::Borrow;
use std::sync::Arc;

use papaya::{HashMap, Operation};

use super::contender::{Contender, Hasher, Lookup, Share, Upsert, filled, grown, shared, sum};
use crate::keys::{Kind, Number};

/// `pin().get()`.
pub const PAPAYA: Contender = Contender {
    grown: Some(|n| grown(pair(&Hasher::default()), n)),
    ..Contender::of_handle(
        "papaya",
        |n, hasher| filled(pair(hasher), n),
        |n, hasher| filled(pair(hasher), n),
        |n, hasher| shared(pair(hasher).0, n),
    )
};

#[derive(Clone)]
struct Handle<K: Kind = Number>(Arc<HashMap<K::Key, u64, Hasher>>);

fn pair<K: Kind>(hasher: &Hasher) -> (Handle<K>, Handle<K>) {
    let handle = Handle(Arc::new(HashMap::with_hasher(hasher.clone())));
    (handle.clone(), handle)
}

impl<K: Kind> Lookup<K> for Handle<K> {
    const HAS_VIEW: bool = true;

    #[inline(always)]
    fn get(&mut self, key: &K::Asked) -> Option<u64> {
        self.0.pin().get(key).copied()
    }

    #[inline(always)]
    fn sum(&mut self, keys: impl Iterator<Item: Borrow<K::Asked>>) -> u64 {
        let map = self.0.pin();
        sum::<K::Asked>(keys, |key| map.get(key).copied())
    }
}

impl<K: Kind> Upsert<K> for Handle<K> {
    #[inline]
    fn set(&mut self, key: K::Key, value: u64) {
        self.0.pin().insert(key, value);
    }
}

impl Share for Handle {
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
