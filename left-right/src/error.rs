//! The errors of a writer, one type per cause.

use std::error::Error;
use std::fmt;

use crate::{BusyReader, ReadersBusy};

/// Nothing was published, since the writer's copy cannot be trusted.
///
/// In most cases an operation (or the `Hash`, `Eq`, `Clone` or `Drop` of a value) panicked while it was being
/// applied. Very rarely, the system refused a memory barrier that it had granted before.
/// Readers go on with the last published state, and the operations pushed so far are kept.
/// [`OpWriteHandle::rebuild`](crate::OpWriteHandle::rebuild) recovers the writer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Poisoned;

impl fmt::Display for Poisoned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the writer is poisoned: its own copy can no longer be trusted, so nothing was published")
    }
}

impl Error for Poisoned {}

/// Nothing was published or applied, and what was pushed is still pending.
///
/// # Examples
/// ```
/// # use left_right::{Operation, OpWriteHandle};
/// # struct Set(u32);
/// # impl Operation<u32> for Set {
/// #     fn apply(&mut self, target: &mut u32) { *target = self.0; }
/// # }
/// use left_right::SwapError;
///
/// let mut writer = OpWriteHandle::cloned(0);
/// let reader = writer.read_handle();
/// let _guard = reader.read();
/// writer.push(Set(1));
/// writer.swap_buffers();
/// writer.push(Set(2));
/// let action = match writer.try_swap_buffers() {
///     Ok(_) => "published",
///     Err(SwapError::Busy(_)) => "try again later, or rebuild",
///     Err(SwapError::Poisoned(_)) => "rebuild",
/// };
/// println!("{action}"); // try again later, or rebuild
/// # assert_eq!(action, "try again later, or rebuild");
/// ```
#[derive(Clone, Debug)]
pub enum SwapError {
    /// Readers are still inside the copy that the writer needs.
    Busy(ReadersBusy),
    /// The writer's copy cannot be trusted, in most cases because a panic left it half changed.
    Poisoned(Poisoned),
}

impl fmt::Display for SwapError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SwapError::Busy(busy) => busy.fmt(f),
            SwapError::Poisoned(poisoned) => poisoned.fmt(f),
        }
    }
}

impl Error for SwapError {}

impl From<ReadersBusy> for SwapError {
    fn from(busy: ReadersBusy) -> Self {
        SwapError::Busy(busy)
    }
}

impl From<Poisoned> for SwapError {
    fn from(poisoned: Poisoned) -> Self {
        SwapError::Poisoned(poisoned)
    }
}

/// The writer's copy was not rebuilt, since as many copies are retired already as
/// [`Builder::max_retired`](crate::Builder::max_retired) allows.
///
/// Readers are still in the writer's copy, which would have to be retired, too. Nothing has changed.
/// [`rebuild`](crate::OpWriteHandle::rebuild) works again once all readers of any one of these copies have left.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TooManyRetired {
    /// How many copies may be retired.
    pub max_retired: usize,
    /// The readers that are in retired copies, and in the writer's.
    pub readers: Vec<BusyReader>,
}

impl fmt::Display for TooManyRetired {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let copies = self.max_retired;
        write!(
            f,
            "{copies} copies are retired already, which is the limit, for readers: "
        )?;
        for (i, reader) in self.readers.iter().enumerate() {
            let separator = if i == 0 { "" } else { ", " };
            write!(f, "{separator}{reader}")?;
        }
        Ok(())
    }
}

impl Error for TooManyRetired {}

/// The two copies are not equal, though the same operations were applied to both.
///
/// Returned by [`OpWriteHandle::verify_copies`](crate::OpWriteHandle::verify_copies).
/// Some operation acts differently when it is applied a second time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CopiesDiffer;

impl fmt::Display for CopiesDiffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the two copies differ: an operation acts differently on each")
    }
}

impl Error for CopiesDiffer {}
