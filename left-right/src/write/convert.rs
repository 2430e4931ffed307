//! Conversions from a plainer writer.

use super::{DelayWriteHandle, OpWriteHandle, WriteHandle};

impl<T> From<WriteHandle<T>> for DelayWriteHandle<T> {
    /// As [`DelayWriteHandle::new`].
    ///
    /// # Examples
    /// ```
    /// use left_right::{Builder, DelayWriteHandle, FenceMode};
    ///
    /// let copies = Builder::new().fence(FenceMode::SeqCst).build(7, 7);
    /// let mut writer = DelayWriteHandle::from(copies);
    /// println!("version {}", writer.start_swap()); // version 1
    /// # assert_eq!(writer.version().as_u64(), 1);
    /// ```
    fn from(write: WriteHandle<T>) -> Self {
        DelayWriteHandle::new(write)
    }
}

impl<T, O> From<WriteHandle<T>> for OpWriteHandle<T, O> {
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
    fn from(write: WriteHandle<T>) -> Self {
        OpWriteHandle::new(write.into())
    }
}

impl<T, O> From<DelayWriteHandle<T>> for OpWriteHandle<T, O> {
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
    fn from(delay: DelayWriteHandle<T>) -> Self {
        OpWriteHandle::new(delay)
    }
}
