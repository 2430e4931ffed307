//! [`WriteHandle`]: two buffers and a swap.

use std::fmt;

use super::buffers::Buffers;
use crate::policy::Deadline;
use crate::policy::Patience;
use crate::{
    Builder, FenceMode, ReadHandle, ReadHandleFactory, ReadersBusy, SharedReader, Stats, Version,
};

const LOST: &str = "the system refused a memory barrier that it had granted before, so the \
    writer's copy is lost: its readers are unknown";

/// The writer of two copies of a `T`: readers see one, the writer changes the other.
///
/// The plainest of the writers. A change to the writer's copy does not reach the other copy, and the caller has to
/// make both alike. [`OpWriteHandle`](crate::OpWriteHandle) does that with a log of operations.
///
/// Dropping it waits for nobody; readers keep the last published state.
///
/// # Examples
///
/// ```
/// use left_right::WriteHandle;
///
/// let mut writer = WriteHandle::new(vec![1], vec![1]);
/// let reader = writer.read_handle();
///
/// writer.write_buffer_mut().push(2);
/// assert_eq!(*reader.read(), [1]);
/// writer.swap_buffers();
/// assert_eq!(*reader.read(), [1, 2]);
/// assert_eq!(*writer.write_buffer(), [1]); // the other copy
/// ```
///
/// # Values that change through a shared reference
///
/// Each copy has values of its own. A change through a `&T`, to a `Cell`, an atomic or the content of a `Mutex`, reaches
/// only the copy in which it is made. It is not seen after the next swap, and is seen again after the one that follows.
/// An `Arc` lets both copies hold one value, whose changes are seen at once and belong to no version:
/// ```
/// use std::sync::Arc;
/// use std::sync::atomic::{AtomicU64, Ordering};
/// use left_right::WriteHandle;
///
/// let mut writer = WriteHandle::new(AtomicU64::new(0), AtomicU64::new(0));
/// let reader = writer.read_handle();
/// reader.read().fetch_add(1, Ordering::Relaxed);
/// writer.swap_buffers();
/// assert_eq!(reader.read().load(Ordering::Relaxed), 0); // the other copy's
///
/// let mut writer = WriteHandle::cloned(Arc::new(AtomicU64::new(0)));
/// let reader = writer.read_handle();
/// reader.read().fetch_add(1, Ordering::Relaxed);
/// writer.swap_buffers();
/// assert_eq!(reader.read().load(Ordering::Relaxed), 1);
/// ```
///
/// # Threads
///
/// It is `Send` only if `T` is `Send` and `Sync`:
/// ```compile_fail,E0277
/// fn send<T: Send>(_: T) {}
/// send(left_right::WriteHandle::cloned(std::cell::Cell::new(0)));
/// ```
/// ```
/// fn send<T: Send>(_: T) {}
/// send(left_right::WriteHandle::cloned(0));
/// ```
pub struct WriteHandle<T> {
    pub(super) buffers: Buffers<T>,
}

impl<T> WriteHandle<T> {
    /// Makes a writer of two copies. Readers see `left` first.
    ///
    /// The two should be equal, and the caller keeps them so. Settings other than the defaults: [`Builder`].
    ///
    /// # Examples
    /// ```
    /// let mut writer = left_right::WriteHandle::new("left", "right");
    /// let reader = writer.read_handle();
    /// println!("{}", *reader.read()); // left
    /// # assert_eq!(*reader.read(), "left");
    /// writer.swap_buffers();
    /// println!("{}", *reader.read()); // right
    /// # assert_eq!(*reader.read(), "right");
    /// ```
    pub fn new(left: T, right: T) -> Self {
        Builder::new().build(left, right)
    }

    /// Makes a writer of `value` and a clone of it.
    ///
    /// # Panics
    /// If the `Clone` does.
    ///
    /// # Examples
    /// ```
    /// let writer = left_right::WriteHandle::cloned(vec![1, 2]);
    /// println!("{:?} {:?}", writer.read_buffer(), writer.write_buffer()); // [1, 2] [1, 2]
    /// # assert_eq!(writer.read_buffer(), writer.write_buffer());
    /// ```
    pub fn cloned(value: T) -> Self
    where
        T: Clone,
    {
        Self::new(value.clone(), value)
    }

    pub(crate) fn with_settings(left: T, right: T, mode: FenceMode, max_retired: usize) -> Self {
        WriteHandle {
            buffers: Buffers::new(left, right, mode, max_retired),
        }
    }

    /// Returns the copy that readers see.
    pub fn read_buffer(&self) -> &T {
        self.buffers.published()
    }

    /// Returns the writer's copy, which no new reader sees before the next swap.
    ///
    /// After [`DelayWriteHandle::start_swap`](crate::DelayWriteHandle::start_swap) it is the copy
    /// that was just swapped out, and older readers may still be in it.
    pub fn write_buffer(&self) -> &T {
        self.buffers.own()
    }

    /// Returns the writer's copy, for changing. No reader sees a change before the next swap.
    ///
    /// # Blocking
    /// Never waits: [`swap_buffers`](Self::swap_buffers) has waited for the readers of this copy.
    ///
    /// # Panics
    /// If the system refused a memory barrier in an earlier swap, though it had granted one before.
    ///
    /// # Examples
    /// ```
    /// let mut writer = left_right::WriteHandle::cloned(1);
    /// *writer.write_buffer_mut() = 2;
    /// println!("{} {}", writer.read_buffer(), writer.write_buffer()); // 1 2
    /// # assert_eq!((*writer.read_buffer(), *writer.write_buffer()), (1, 2));
    /// ```
    pub fn write_buffer_mut(&mut self) -> &mut T {
        match self.buffers.writable(Patience::ENDLESS) {
            Ok(copy) => copy.into_mut(),
            Err(_) => panic!("{LOST}"),
        }
    }

    /// Publishes the writer's copy, and waits until the readers of the other one have left it. Returns the new version.
    ///
    /// Reads that begin after this has returned see it. (No guard of the older state is left then. After
    /// [`DelayWriteHandle::start_swap`](crate::DelayWriteHandle::start_swap) there may be one.)
    /// A panic while the caller was changing the writer's copy leaves that copy half changed, and the next swap publishes it.
    ///
    /// # Blocking
    /// Waits for the guards that were taken before the swap, and for nothing else: it spins
    /// briefly, then yields, then sleeps.
    /// A thread that holds a guard itself waits forever; use
    /// [`DelayWriteHandle`](crate::DelayWriteHandle) to wait later, or for a limited time.
    ///
    /// # Cost
    /// One atomic swap, one heavy fence (see [`FenceMode`]) and a look at each live reader.
    ///
    /// # Panics
    /// If the system refused a memory barrier in an earlier swap, though it had granted one before.
    ///
    /// # Examples
    /// ```
    /// let mut writer = left_right::WriteHandle::cloned(1);
    /// let reader = writer.read_handle();
    /// *writer.write_buffer_mut() = 2;
    /// let version = writer.swap_buffers();
    /// println!("version {version}: {}", *reader.read()); // version 1: 2
    /// # assert_eq!((version.as_u64(), *reader.read()), (1, 2));
    /// ```
    pub fn swap_buffers(&mut self) -> Version {
        let version = self.start_swap();
        self.finish();
        version
    }

    /// Returns the version that readers see: 0 before the first swap.
    pub fn version(&self) -> Version {
        self.buffers.version()
    }

    /// Returns a new reader.
    ///
    /// # Blocking
    /// Waits for no guard. Locks the list of readers for a moment, and allocates.
    ///
    /// # Examples
    /// ```
    /// let writer = left_right::WriteHandle::cloned("text");
    /// let reader = writer.read_handle();
    /// let thread = std::thread::spawn(move || reader.read().len());
    /// println!("{}", thread.join().unwrap()); // 4
    /// # assert_eq!(writer.read_buffer().len(), 4);
    /// ```
    pub fn read_handle(&self) -> ReadHandle<T> {
        ReadHandle::join(self.buffers.shared())
    }

    /// Returns a factory, which makes readers in other threads.
    pub fn factory(&self) -> ReadHandleFactory<T> {
        ReadHandleFactory::new(self.buffers.shared())
    }

    /// Returns a reader that threads may share.
    ///
    /// # Blocking
    /// Waits for no guard. The first call for a structure locks a list of the process for a moment.
    pub fn shared_reader(&self) -> SharedReader<T> {
        SharedReader::new(self.buffers.shared())
    }

    /// Returns how reads and swaps are ordered now, never [`FenceMode::Auto`].
    pub fn fence_mode(&self) -> FenceMode {
        self.buffers.fence_mode()
    }

    /// Returns how many copies are set aside for readers that are still in them.
    ///
    /// They come from [`OpWriteHandle::rebuild`](crate::OpWriteHandle::rebuild).
    pub fn retired(&self) -> usize {
        self.buffers.retired()
    }

    /// Returns figures of this moment: readers, copies set aside, pending operations, and the fence mode.
    ///
    /// # Blocking
    /// Waits for no guard. Locks the list of readers for a moment.
    ///
    /// # Examples
    /// ```
    /// let writer = left_right::WriteHandle::cloned(0);
    /// let _readers = [writer.read_handle(), writer.read_handle()];
    /// println!("{} readers", writer.stats().readers); // 2 readers
    /// # assert_eq!(writer.stats().readers, 2);
    /// ```
    pub fn stats(&self) -> Stats {
        Stats {
            readers: self.buffers.shared().registry.len(),
            retired: self.retired(),
            pending: 0,
            fence_mode: self.fence_mode(),
        }
    }

    /// Returns the sums of the two counters of all readers, also of readers that no longer exist: see
    /// [`ReadGuard::count`](crate::ReadGuard::count).
    ///
    /// A sum has all counts that happen before the call, such as those of threads that were joined. Of counts that
    /// other threads make meanwhile it may have some. It never goes back, except where a counter wraps around.
    ///
    /// # Blocking
    /// Waits for no guard. Locks the list of readers for a moment.
    ///
    /// # Cost
    /// O(live readers).
    pub fn counts(&self) -> [u64; 2] {
        self.buffers.shared().registry.counts()
    }

    /// Swaps without waiting for the readers that are left behind.
    pub(super) fn start_swap(&mut self) -> Version {
        let version = self.version().next();
        match self.buffers.writable(Patience::ENDLESS) {
            Ok(copy) => copy.swap(version),
            Err(_) => panic!("{LOST}"),
        }
        version
    }

    pub(super) fn finish(&mut self) {
        let finished = self.buffers.finish(Patience::Until(Deadline::NEVER));
        debug_assert!(finished.is_ok(), "an endless wait ended early");
    }

    pub(super) fn finish_within(&mut self, patience: Patience) -> Result<(), ReadersBusy> {
        self.buffers.finish(patience)
    }
}

impl<T: fmt::Debug> fmt::Debug for WriteHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WriteHandle")
            .field("version", &self.version())
            .field("read_buffer", self.read_buffer())
            .finish_non_exhaustive()
    }
}
