//! [`Version`]: the number of a published state.

use std::fmt;

/// The number of a published state: 0 before the first swap, and one more with each swap that publishes.
///
/// [`OpWriteHandle::swap_buffers`](crate::OpWriteHandle::swap_buffers) with nothing pending keeps the version, and so does
/// [`settle_with`](crate::OpWriteHandle::settle_with).
/// A [`WriteHandle`](crate::WriteHandle) or [`DelayWriteHandle`](crate::DelayWriteHandle) does not know what changed, so
/// each of its swaps counts.
///
/// Versions of one structure are totally ordered and never go back for any reader.
/// They start anew with each structure and each process, so a version that leaves the process (as
/// an HTTP ETag, say) needs a nonce beside it.
///
/// # Examples
///
/// ```
/// use left_right::Version;
///
/// let version = Version::from_u64(7);
/// assert!(version > Version::default());
/// println!("{version} {}", version.as_u64()); // 7 7
/// # assert_eq!((version.to_string(), version.as_u64()), ("7".to_string(), 7));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(u64);

impl Version {
    /// Makes a version from its number, the inverse of [`as_u64`](Self::as_u64).
    pub const fn from_u64(number: u64) -> Self {
        Version(number)
    }

    /// Returns the version as a plain number.
    pub const fn as_u64(self) -> u64 {
        self.0
    }

    pub(crate) const fn next(self) -> Self {
        Version(self.0 + 1)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}
