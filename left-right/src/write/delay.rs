//! [`DelayWriteHandle`]: swap now, wait later.

use std::fmt;
use std::time::Duration;

use super::WriteHandle;
use crate::policy::Deadline;
use crate::policy::Patience;
use crate::{ReadHandle, ReadHandleFactory, ReadersBusy, SharedReader, Stats, Version};

/// A writer that swaps now and waits for the readers left behind later, when it next needs its
/// copy. By then they have nearly always left.
///
/// # Examples
///
/// ```
/// use left_right::DelayWriteHandle;
///
/// let mut writer = DelayWriteHandle::cloned(0);
/// let reader = writer.read_handle();
/// let guard = reader.read();
///
/// *writer.finish_swap().write_buffer_mut() = 1;
/// writer.start_swap(); // does not wait
/// assert_eq!(*guard, 0);
///
/// let busy = writer.try_finish_swap().unwrap_err();
/// assert_eq!(busy.readers().len(), 1);
/// drop(guard);
/// writer.finish_swap();
/// assert_eq!(*reader.read(), 1);
/// ```
pub struct DelayWriteHandle<T> {
    pub(super) write: WriteHandle<T>,
}

impl<T> DelayWriteHandle<T> {
    /// Makes a writer that waits later.
    pub fn new(write: WriteHandle<T>) -> Self {
        DelayWriteHandle { write }
    }

    /// Makes a writer that waits later, over `value` and a clone of it.
    ///
    /// # Panics
    /// If the `Clone` does.
    ///
    /// # Examples
    /// ```
    /// let mut writer = left_right::DelayWriteHandle::cloned(7);
    /// let reader = writer.read_handle();
    /// *writer.finish_swap().write_buffer_mut() = 8;
    /// assert_eq!(*reader.read(), 7);
    /// writer.start_swap();
    /// assert_eq!(*reader.read(), 8);
    /// ```
    pub fn cloned(value: T) -> Self
    where
        T: Clone,
    {
        WriteHandle::cloned(value).into()
    }

    /// The plain writer, for reading both copies.
    pub fn get(&self) -> &WriteHandle<T> {
        &self.write
    }

    /// Publishes the writer's copy. Reads that begin after this has returned see it.
    ///
    /// A guard that was taken before, by the calling thread or by any other, still shows the older state.
    /// So does each read by the same handle while that guard lives, and for a guard of a [`SharedReader`] each read by
    /// a `SharedReader` on the guard's thread: they belong to the guard's snapshot.
    ///
    /// # Examples
    /// ```
    /// let mut writer = left_right::DelayWriteHandle::cloned(7);
    /// let (reader, other) = (writer.read_handle(), writer.read_handle());
    /// let guard = reader.read();
    /// *writer.finish_swap().write_buffer_mut() = 8;
    /// writer.start_swap();
    /// assert_eq!(*guard, 7);
    /// assert_eq!(*reader.read(), 7); // an inner read
    /// assert_eq!(*other.read(), 8);
    /// drop(guard);
    /// assert_eq!(*reader.read(), 8);
    /// ```
    ///
    /// # Blocking
    /// Waits for the readers of the swap before this one, as [`finish_swap`](Self::finish_swap)
    /// does; not for those of this one.
    ///
    /// # Panics
    /// If the system once refused a memory barrier that it had granted before.
    pub fn start_swap(&mut self) -> Version {
        self.write.start_swap()
    }

    /// The plain writer, once the readers of the last swap have left the writer's copy.
    ///
    /// # Blocking
    /// Waits for the guards that were taken before the last swap, and for nothing else: it spins
    /// briefly, then yields, then sleeps.
    /// A thread that holds such a guard itself waits forever.
    pub fn finish_swap(&mut self) -> &mut WriteHandle<T> {
        self.write.finish();
        &mut self.write
    }

    /// As [`finish_swap`](Self::finish_swap), but looks only a bounded number of times.
    ///
    /// # Errors
    /// [`ReadersBusy`] names the readers that are still inside.
    pub fn try_finish_swap(&mut self) -> Result<&mut WriteHandle<T>, ReadersBusy> {
        self.write.finish_within(Patience::Try)?;
        Ok(&mut self.write)
    }

    /// As [`finish_swap`](Self::finish_swap), but waits no longer than `timeout`.
    ///
    /// # Errors
    /// [`ReadersBusy`] names the readers that are still inside.
    pub fn finish_swap_timeout(
        &mut self,
        timeout: Duration,
    ) -> Result<&mut WriteHandle<T>, ReadersBusy> {
        self.write
            .finish_within(Patience::Until(Deadline::after(timeout)))?;
        Ok(&mut self.write)
    }

    /// Returns whether all readers of the last swap have been seen elsewhere, by a bounded number of looks.
    ///
    /// If so, [`finish_swap`](Self::finish_swap) returns almost at once.
    pub fn is_swap_finished(&self) -> bool {
        self.write.buffers.is_finished()
    }

    /// The version that readers see.
    pub fn version(&self) -> Version {
        self.write.version()
    }

    /// A reader of its own.
    pub fn read_handle(&self) -> ReadHandle<T> {
        self.write.read_handle()
    }

    /// Makes readers in other threads.
    pub fn factory(&self) -> ReadHandleFactory<T> {
        self.write.factory()
    }

    /// A reader that threads may share.
    pub fn shared_reader(&self) -> SharedReader<T> {
        self.write.shared_reader()
    }

    /// Figures of this moment. Locks the list of readers for a moment.
    pub fn stats(&self) -> Stats {
        self.write.stats()
    }

    /// The sums of the readers' counters: see [`WriteHandle::counts`]. Locks the list of readers for a moment.
    pub fn counts(&self) -> [u64; 2] {
        self.write.counts()
    }
}

impl<T: fmt::Debug> fmt::Debug for DelayWriteHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DelayWriteHandle")
            .field("write", &self.write)
            .field("is_swap_finished", &self.is_swap_finished())
            .finish()
    }
}
