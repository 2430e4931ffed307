//! [`CopiesDiffer`]: the error of `verify_copies`. [`TryReserveError`]: capacity that a table did not get.

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

/// No capacity was reserved, and the table is as it was.
///
/// Returned by `try_reserve` of each writer, and by [`Table::try_reserve`](crate::table::Table::try_reserve), which
/// lists the reasons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TryReserveError {
    /// How many more entries the caller asked for.
    pub additional: usize,
}

impl TryReserveError {
    pub(crate) fn new(additional: usize) -> Self {
        TryReserveError { additional }
    }
}

impl fmt::Display for TryReserveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let additional = self.additional;
        write!(
            f,
            "no capacity was reserved: {additional} more entries were asked for"
        )
    }
}

impl Error for TryReserveError {}
