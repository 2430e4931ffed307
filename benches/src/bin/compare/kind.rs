//! [`Kind`]: the kinds of keys that table engines are compared with.

use std::borrow::Borrow;
use std::hash::Hash;

/// A kind of keys: each number has one, and no two have the same.
pub trait Kind: 'static {
    /// What a map owns.
    type Key: Borrow<Self::Asked> + Hash + Eq + Clone;
    /// What a lookup gives.
    type Asked: Hash + Eq + ?Sized;

    fn key(number: u64) -> Self::Key;
}

/// `u64`, looked up by `&u64`.
pub struct Number;

impl Kind for Number {
    type Key = u64;
    type Asked = u64;

    #[inline]
    fn key(number: u64) -> u64 {
        number
    }
}
