//! Operations as data, and how each is applied to a table.
//!
//! Each carries its key's hash, which is computed once and used for both copies.

mod map;
mod multimap;

pub use map::MapOp;
pub use multimap::MultimapOp;

/// A key with its hash.
pub struct Hashed<K> {
    pub(crate) hash: u64,
    pub(crate) key: K,
}
