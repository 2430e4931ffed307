//! Operations as data, and how each is applied to a table.
//!
//! Each carries the hash of its key, which is computed once and used for both copies.
//! Writers make them. [`WriteHandle::rebuild`](crate::WriteHandle::rebuild) returns one that
//! panicked.

mod map;
mod multimap;

pub use map::{Entries, MapOp};
pub use multimap::MultimapOp;

/// An operation that may insert keys.
pub(crate) trait Inserts<K> {
    /// Returns the key of this number among those that it inserts, from 0 on.
    fn inserted(&self, nth: usize) -> Option<&Hashed<K>>;
}

/// A key with its hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hashed<K> {
    pub(crate) hash: u64,
    pub(crate) key: K,
}

impl<K> Hashed<K> {
    /// The key itself.
    pub fn key(&self) -> &K {
        &self.key
    }

    /// The key itself.
    pub fn into_key(self) -> K {
        self.key
    }
}
