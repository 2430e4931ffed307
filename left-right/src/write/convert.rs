//! Conversions from a plainer writer.

use super::{DelayWriteHandle, OpWriteHandle, WriteHandle};

/// As [`DelayWriteHandle::new`].
///
/// # Examples
/// ```
/// use left_right::{Builder, DelayWriteHandle, FenceMode};
///
/// let copies = Builder::new().fence(FenceMode::SeqCst).build(7, 7);
/// let mut writer = DelayWriteHandle::from(copies);
/// assert_eq!(writer.start_swap().as_u64(), 1);
/// ```
impl<T> From<WriteHandle<T>> for DelayWriteHandle<T> {
    fn from(write: WriteHandle<T>) -> Self {
        DelayWriteHandle::new(write)
    }
}

/// As [`OpWriteHandle::new`], so both copies must be equal.
///
/// # Examples
/// ```
/// use left_right::{Builder, FenceMode, OpWriteHandle};
///
/// let copies = Builder::new().fence(FenceMode::SeqCst).build(7, 7);
/// let mut writer = OpWriteHandle::from(copies);
/// writer.push("an operation");
/// assert_eq!(writer.pending(), ["an operation"]);
/// ```
impl<T, O> From<WriteHandle<T>> for OpWriteHandle<T, O> {
    fn from(write: WriteHandle<T>) -> Self {
        OpWriteHandle::new(write.into())
    }
}

/// As [`OpWriteHandle::new`], so both copies must be equal.
///
/// # Examples
/// ```
/// use left_right::{DelayWriteHandle, OpWriteHandle};
///
/// let mut writer = OpWriteHandle::from(DelayWriteHandle::cloned(7));
/// writer.push("an operation");
/// assert_eq!(writer.pending(), ["an operation"]);
/// ```
impl<T, O> From<DelayWriteHandle<T>> for OpWriteHandle<T, O> {
    fn from(delay: DelayWriteHandle<T>) -> Self {
        OpWriteHandle::new(delay)
    }
}
