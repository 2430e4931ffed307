//! [`PendingKeys`]: finds the owned key of a borrowed one among the pending operations.
//!
//! `remove` of a writer takes a borrowed key, and has to log an owned one. A key that is not published can only be one
//! that a pending operation inserts.
//!
//! # Invariants
//! - **K1** `places` has one place for each key that the first `seen` pending operations insert, and these are still
//!   the operations that were indexed. So a publication and a `rebuild` free the index. (The writer of a `SharedMap`,
//!   which takes operations back, never makes one.)

use std::hash::{BuildHasher, Hash};

use equivalent::Equivalent;
use hashbrown::HashTable;

use super::WriteHandle;
use crate::op::{Hashed, Inserts};
use crate::table::{Engine, Table};

/// An index of the keys that pending operations insert.
#[derive(Default)]
pub(crate) struct PendingKeys {
    places: HashTable<Place>,
    /// How many pending operations are indexed.
    seen: usize,
}

/// Where the first pending operation that inserts a key is.
#[derive(Clone, Copy)]
struct Place {
    hash: u64,
    operation: usize,
    /// Which of the operation's keys it is.
    nth: usize,
}

impl Place {
    fn key<K, O: Inserts<K>>(self, pending: &[O]) -> Option<&Hashed<K>> {
        pending.get(self.operation)?.inserted(self.nth)
    }
}

impl PendingKeys {
    /// Indexes the operations that are new.
    fn update<K: Eq, O: Inserts<K>>(&mut self, pending: &[O]) {
        while let Some(op) = pending.get(self.seen) {
            let operation = self.seen;
            for (nth, key) in (0..).map_while(|nth| Some((nth, op.inserted(nth)?))) {
                let hash = key.hash;
                let is_same = |place: &Place| {
                    place.hash == hash && place.key(pending).is_some_and(|it| it.key == key.key)
                };
                if self.places.find(hash, is_same).is_none() {
                    let place = Place {
                        hash,
                        operation,
                        nth,
                    };
                    self.places.insert_unique(hash, place, |place| place.hash);
                }
            }
            self.seen += 1;
        }
    }
}

impl<K, V, S, M, E, O> WriteHandle<K, V, S, M, E, O>
where
    K: Hash + Eq + Clone,
    S: BuildHasher,
    E: Engine,
{
    /// Returns a clone of the map's own key: of the published one, else of the one that a pending operation inserts.
    /// Returns `None` if it is neither published nor pending. Waits for nobody.
    pub(crate) fn owned_key<Q>(&mut self, key: &Q) -> Option<Hashed<K>>
    where
        Q: Hash + Equivalent<K> + ?Sized,
        O: Inserts<K>,
    {
        let hash = self.hash_of(key);
        if let Some((key, _)) = self.published().table.find(hash, key) {
            let key = key.clone();
            return Some(Hashed { hash, key });
        }
        if self.pending().is_empty() {
            return None;
        }
        // If an `Eq` panics, the index is dropped.
        let mut index = self.pending_keys.take().unwrap_or_default();
        let pending = self.pending();
        debug_assert!(index.seen <= pending.len(), "K1");
        index.update(pending);
        let found = index.places.find(hash, |place| {
            place.hash == hash && place.key(pending).is_some_and(|it| key.equivalent(&it.key))
        });
        let found = found.and_then(|place| place.key(pending)).cloned();
        self.pending_keys = Some(index);
        found
    }
}
