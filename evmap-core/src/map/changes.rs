//! Changes to the single-valued map.

use std::borrow::Borrow;
use std::hash::{BuildHasher, Hash};

use super::WriteHandle;
use crate::op::{Hashed, MapOp};
use crate::table::{Engine, Table};

/// Changes to the single-valued map.
impl<K, V, S, M, E> WriteHandle<K, V, S, M, E>
where
    K: Hash + Eq + Clone,
    V: Clone,
    S: BuildHasher,
    M: Clone,
    E: Engine,
{
    /// Sets the value of a key. Logged; does not wait.
    ///
    /// # Panics
    /// If the key's `Hash` does; nothing is logged then.
    pub fn insert(&mut self, key: K, value: V) {
        let key = self.hashed(key);
        self.log(MapOp::Insert(key, value));
    }

    /// Removes a key and its value, if it is present. Logged; does not wait.
    ///
    /// The log keeps the key, so what is given must be one that a key can be made of: `&str` or
    /// `&String` for keys of type `String`, but only `&Arc<str>` for keys of type `Arc<str>`.
    ///
    /// # Panics
    /// If the key's `Hash` or `Clone` does; nothing is logged then.
    pub fn remove<Q>(&mut self, key: &Q)
    where
        K: Borrow<Q>,
        Q: ToOwned<Owned = K> + ?Sized,
    {
        let key = self.hashed(key.to_owned());
        self.log(MapOp::Remove(key));
    }

    /// Removes everything. Keeps the capacity. Logged; does not wait.
    pub fn clear(&mut self) {
        self.log(MapOp::Clear);
    }

    /// Keeps the entries for which `keep` returns `true`, with the writer's own unrefreshed changes.
    ///
    /// `keep` is called once for each entry, so it may have effects of its own. Only its results are
    /// logged.
    ///
    /// # Blocking
    /// As [`get`](Self::get).
    ///
    /// # Panics
    /// If `keep` does; nothing is logged then. As [`refresh`](Self::refresh).
    pub fn retain(&mut self, mut keep: impl FnMut(&K, &V) -> bool) {
        let state = self.caught_up();
        let unwanted: Vec<_> = state
            .table
            .iter()
            .filter(|(key, value)| !keep(key, value))
            .map(|(key, _)| {
                MapOp::Remove(Hashed {
                    hash: state.hasher.hash_one(key),
                    key: key.clone(),
                })
            })
            .collect();
        self.log_all(unwanted);
    }

    /// Reserves capacity for this many more entries in each copy, on the next refresh, if memory
    /// suffices. Logged; does not wait.
    pub fn reserve(&mut self, additional: usize) {
        self.log(MapOp::Reserve(additional));
    }

    /// Frees capacity that is not needed, on the next refresh. Logged; does not wait.
    pub fn shrink_to_fit(&mut self) {
        self.log(MapOp::ShrinkToFit);
    }

    /// Replaces the meta value, which is published with the next refresh. Logged; does not wait.
    pub fn set_meta(&mut self, meta: M) {
        self.log(MapOp::SetMeta(meta));
    }
}
