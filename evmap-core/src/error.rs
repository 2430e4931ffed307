//! [`CopiesDiffer`]: the error of `verify_copies`.

use std::error::Error;
use std::fmt;

/// The two copies differ at this key, though the same operations were applied to both.
///
/// Returned by [`WriteHandle::verify_copies`](crate::WriteHandle::verify_copies).
/// The key's `Hash` or `Eq`, or the `Clone` of the key or its value, acts differently each time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CopiesDiffer<K> {
    /// The first key found that differs.
    pub key: K,
}

impl<K: fmt::Debug> fmt::Display for CopiesDiffer<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the two copies differ at the key {:?}", self.key)
    }
}

impl<K: fmt::Debug> Error for CopiesDiffer<K> {}
