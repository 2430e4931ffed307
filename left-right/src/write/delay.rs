//! [`DelayWriteHandle`]: swap now, wait later.

use std::fmt;
use std::time::Duration;

use super::WriteHandle;
use crate::policy::Deadline;
use crate::policy::Patience;
use crate::{ReadHandle, ReadHandleFactory, ReadersBusy, SharedReader, Stats, Version};

/// A writer that swaps now and waits later for the readers of the copy swapped out: when it next needs that copy.
/// By then they have nearly always left.
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
    /// println!("{}", *reader.read()); // 7
    /// # assert_eq!(*reader.read(), 7);
    /// writer.start_swap();
    /// println!("{}", *reader.read()); // 8
    /// # assert_eq!(*reader.read(), 8);
    /// ```
    pub fn cloned(value: T) -> Self
    where
        T: Clone,
    {
        WriteHandle::cloned(value).into()
    }

    /// Returns the plain writer, for reading both copies.
    pub fn get(&self) -> &WriteHandle<T> {
        &self.write
    }

    /// Publishes the writer's copy without waiting for the readers of the other one. Returns the new version.
    ///
    /// Reads that begin after this has returned see it.
    /// A guard that was taken before, by the calling thread or by any other, still shows the older state.
    /// So does each read by the same handle while that guard lives, and for a guard of a [`SharedReader`] each read by
    /// a `SharedReader` on the guard's thread: they belong to the guard's snapshot.
    ///
    /// # Blocking
    /// Waits for the readers of the previous swap, as [`finish_swap`](Self::finish_swap)
    /// does, and not for those of this one. After a [`try_finish_swap`](Self::try_finish_swap) that returned `Ok` it does
    /// not wait.
    ///
    /// # Panics
    /// If the system refused a memory barrier in an earlier swap, though it had granted one before.
    ///
    /// # Examples
    /// ```
    /// let mut writer = left_right::DelayWriteHandle::cloned(7);
    /// let (reader, other) = (writer.read_handle(), writer.read_handle());
    /// let guard = reader.read();
    /// *writer.finish_swap().write_buffer_mut() = 8;
    /// writer.start_swap();
    /// println!("{} {}", *reader.read(), *other.read()); // 7 8, since `reader` still has its guard
    /// # assert_eq!((*guard, *reader.read(), *other.read()), (7, 7, 8));
    /// drop(guard);
    /// println!("{}", *reader.read()); // 8
    /// # assert_eq!(*reader.read(), 8);
    /// ```
    pub fn start_swap(&mut self) -> Version {
        self.write.start_swap()
    }

    /// Waits until the readers of the last swap have left the writer's copy, and returns the plain writer, for changing it.
    ///
    /// # Blocking
    /// Waits for the guards that were taken before the last swap, and for nothing else: it spins
    /// briefly, then yields, then sleeps.
    /// A thread that holds such a guard itself waits forever.
    /// [`try_finish_swap`](Self::try_finish_swap) and [`finish_swap_timeout`](Self::finish_swap_timeout) do not.
    ///
    /// # Examples
    /// ```
    /// let mut writer = left_right::DelayWriteHandle::cloned(0);
    /// for n in 1..=3 {
    ///     *writer.finish_swap().write_buffer_mut() = n;
    ///     writer.start_swap();
    /// }
    /// println!("{}", *writer.read_handle().read()); // 3
    /// # assert_eq!(*writer.read_handle().read(), 3);
    /// ```
    pub fn finish_swap(&mut self) -> &mut WriteHandle<T> {
        self.write.finish();
        &mut self.write
    }

    /// As [`finish_swap`](Self::finish_swap), but does not wait.
    ///
    /// # Blocking
    /// Never waits: it looks a bounded number of times.
    ///
    /// # Errors
    /// [`ReadersBusy`] names the readers that are still in the writer's copy. Nothing has changed.
    ///
    /// # Examples
    /// ```
    /// let mut writer = left_right::DelayWriteHandle::cloned(0);
    /// let reader = writer.read_handle();
    /// let guard = reader.read();
    /// writer.start_swap();
    /// println!("{}", writer.try_finish_swap().is_ok()); // false
    /// # assert!(writer.try_finish_swap().is_err());
    /// drop(guard);
    /// println!("{}", writer.try_finish_swap().is_ok()); // true
    /// # assert!(writer.try_finish_swap().is_ok());
    /// ```
    pub fn try_finish_swap(&mut self) -> Result<&mut WriteHandle<T>, ReadersBusy> {
        self.write.finish_within(Patience::Try)?;
        Ok(&mut self.write)
    }

    /// As [`finish_swap`](Self::finish_swap), but waits no longer than `timeout`.
    ///
    /// # Blocking
    /// Waits for the guards that were taken before the last swap, until `timeout` has passed.
    /// A timeout that is too long for the clock, such as [`Duration::MAX`], is no limit.
    ///
    /// # Errors
    /// [`ReadersBusy`] names the readers that are still in the writer's copy. Nothing has changed.
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    ///
    /// let mut writer = left_right::DelayWriteHandle::cloned(0);
    /// let reader = writer.read_handle();
    /// reader.set_label("export");
    /// let _guard = reader.read();
    /// writer.start_swap();
    /// let busy = writer.finish_swap_timeout(Duration::from_millis(1)).unwrap_err();
    /// println!("{:?}", busy.readers()[0].label); // Some("export")
    /// # assert_eq!(busy.readers()[0].label.as_deref(), Some("export"));
    /// ```
    pub fn finish_swap_timeout(
        &mut self,
        timeout: Duration,
    ) -> Result<&mut WriteHandle<T>, ReadersBusy> {
        self.write
            .finish_within(Patience::Until(Deadline::after(timeout)))?;
        Ok(&mut self.write)
    }

    /// Returns whether all readers of the last swap have left the writer's copy.
    ///
    /// If so, [`finish_swap`](Self::finish_swap) does not wait.
    ///
    /// # Blocking
    /// Never waits: it looks a bounded number of times.
    ///
    /// # Examples
    /// ```
    /// let mut writer = left_right::DelayWriteHandle::cloned(0);
    /// let reader = writer.read_handle();
    /// let guard = reader.read();
    /// writer.start_swap();
    /// println!("{}", writer.is_swap_finished()); // false
    /// # assert!(!writer.is_swap_finished());
    /// drop(guard);
    /// println!("{}", writer.is_swap_finished()); // true
    /// # assert!(writer.is_swap_finished());
    /// ```
    pub fn is_swap_finished(&self) -> bool {
        self.write.buffers.is_finished()
    }

    /// Returns the version that readers see: 0 before the first swap.
    pub fn version(&self) -> Version {
        self.write.version()
    }

    /// Returns a new reader.
    ///
    /// # Blocking
    /// Waits for no guard. Locks the list of readers for a moment, and allocates.
    pub fn read_handle(&self) -> ReadHandle<T> {
        self.write.read_handle()
    }

    /// Returns a factory, which makes readers in other threads.
    pub fn factory(&self) -> ReadHandleFactory<T> {
        self.write.factory()
    }

    /// Returns a reader that threads may share.
    ///
    /// # Blocking
    /// Waits for no guard. The first call for a structure locks a list of the process for a moment.
    pub fn shared_reader(&self) -> SharedReader<T> {
        self.write.shared_reader()
    }

    /// Returns figures of this moment: readers, copies set aside, pending operations, and the fence mode.
    ///
    /// # Blocking
    /// Waits for no guard. Locks the list of readers for a moment.
    pub fn stats(&self) -> Stats {
        self.write.stats()
    }

    /// Returns the sums of the readers' counters: see [`WriteHandle::counts`].
    ///
    /// # Blocking
    /// Waits for no guard. Locks the list of readers for a moment.
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
