//! [`LockError`]: the reasons why a lock was not taken.

use std::error::Error;
use std::fmt;

/// The lock was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LockError {
    /// The calling thread holds the lock itself, so it would wait for itself.
    HeldByCaller,
    /// A fork left the thread that holds the lock behind in the parent process, so no thread of this process
    /// will ever unlock it.
    Abandoned,
    /// The deadline passed first.
    TimedOut,
}

impl fmt::Display for LockError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            LockError::HeldByCaller => "the calling thread holds the lock already",
            LockError::Abandoned => {
                "the lock is held by a thread that a fork left behind in the parent process"
            }
            LockError::TimedOut => "the lock was not free before the deadline",
        })
    }
}

impl Error for LockError {}
