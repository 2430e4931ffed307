//! [`ReadHandle`]: one reader's own way in.

use std::fmt;

use super::guard::ReadGuard;
use super::{ReadHandleFactory, SharedReader, Snapshot};
use crate::Version;
use crate::protocol::Reader;
use crate::shared::Shared;
use crate::sync::Arc;

/// A reader for one thread at a time, with the cheapest reads.
///
/// Each thread has its own, by [`Clone`], from a [`ReadHandleFactory`], or from the writer. Where
/// one value must serve all threads (a web framework's shared state), use a [`SharedReader`].
///
/// # Cost
///
/// A read is three plain stores to a cache line of the handle's own and one load of a pointer that only a swap
/// changes, whatever other threads do.
/// In [`FenceMode::SeqCst`](crate::FenceMode::SeqCst), and in `Auto` while swaps come fast, a fence comes on top, and
/// two stores to the same line.
/// Making, cloning and dropping a handle locks the list of readers for a moment, and never waits
/// for a guard or for a writer that waits for one.
/// A handle takes 256 bytes.
///
/// # After the writer's end
///
/// Reads go on after the writer was dropped, and show the last published state.
/// (The crate of the same name on crates.io returns `None` from `enter` then.)
/// [`is_writer_alive`](Self::is_writer_alive) tells whether anything new can come:
/// ```
/// let writer = left_right::WriteHandle::cloned(7);
/// let reader = writer.read_handle();
/// assert!(reader.is_writer_alive());
/// drop(writer);
/// assert_eq!(*reader.read(), 7);
/// assert!(!reader.is_writer_alive());
/// ```
///
/// # Examples
///
/// ```
/// use left_right::WriteHandle;
///
/// let mut writer = WriteHandle::cloned(0);
/// let reader = writer.read_handle();
/// let threads: Vec<_> = (0..2)
///     .map(|_| {
///         let reader = reader.clone();
///         std::thread::spawn(move || *reader.read())
///     })
///     .collect();
/// *writer.write_buffer_mut() = 1;
/// writer.swap_buffers();
/// assert_eq!(*reader.read(), 1);
/// for thread in threads {
///     assert!(thread.join().unwrap() <= 1);
/// }
/// ```
///
/// # Threads
///
/// A handle is not `Sync`, since a reader is in one place at a time:
/// ```compile_fail,E0277
/// fn share<T: Sync>(_: T) {}
/// share(left_right::WriteHandle::cloned(0).read_handle());
/// ```
/// ```
/// fn share<T: Sync>(_: T) {}
/// share(left_right::WriteHandle::cloned(0).shared_reader());
/// ```
/// It is `Send` if `T` is `Send` and `Sync`, and may then be sent to another thread:
/// ```compile_fail,E0277
/// fn send<T: Send>(_: T) {}
/// send(left_right::WriteHandle::cloned(std::cell::Cell::new(0)).read_handle());
/// ```
/// ```compile_fail,E0277
/// fn send<T: Send>(_: T) {}
/// send(left_right::WriteHandle::cloned(std::rc::Rc::new(0)).read_handle());
/// ```
/// ```
/// fn send<T: Send>(_: T) {}
/// send(left_right::WriteHandle::cloned(std::sync::Arc::new(0)).read_handle());
/// ```
pub struct ReadHandle<T> {
    // Quits the registry before the shared part goes.
    reader: Reader,
    shared: Arc<Shared<T>>,
}

impl<T> ReadHandle<T> {
    pub(crate) fn join(shared: &Arc<Shared<T>>) -> Self {
        ReadHandle {
            reader: Reader::join(&shared.registry),
            shared: Arc::clone(shared),
        }
    }

    /// Returns a guard of the published state, which stays unchanged for as long as the guard lives.
    ///
    /// If this handle has a guard already, the new one shows the same state as that one.
    ///
    /// # Blocking
    /// Never waits: wait-free. While the guard lives, one swap passes it, and the next one waits for it. (With
    /// [`WriteHandle`](crate::WriteHandle), the first one waits.)
    ///
    /// # Examples
    /// ```
    /// let mut writer = left_right::DelayWriteHandle::cloned(vec![1]);
    /// let (reader, other) = (writer.read_handle(), writer.read_handle());
    /// let guard = reader.read();
    /// writer.finish_swap().write_buffer_mut().push(2);
    /// writer.start_swap();
    /// println!("{:?} {:?}", *guard, *other.read()); // [1] [1, 2]
    /// # assert_eq!((&*guard, &*other.read()), (&vec![1], &vec![1, 2]));
    /// ```
    #[inline(always)]
    pub fn read(&self) -> ReadGuard<'_, T> {
        // SAFETY: the handle's own slot, in its structure; the guard borrows the handle (G3).
        unsafe { ReadGuard::of(&self.shared, self.reader.slot()) }
    }

    /// Calls `f` with the published state, and returns what it returns: a [`read`](Self::read) that ends with the call.
    ///
    /// # Blocking
    /// Never waits: wait-free, apart from `f`.
    ///
    /// # Panics
    /// If `f` does. The read ends first.
    ///
    /// # Examples
    /// ```
    /// let writer = left_right::WriteHandle::cloned(vec![1, 2, 3]);
    /// let sum: i32 = writer.read_handle().with(|numbers| numbers.iter().sum());
    /// println!("{sum}"); // 6
    /// # assert_eq!(sum, 6);
    /// ```
    #[inline(always)]
    pub fn with<R>(&self, f: impl FnOnce(&T) -> R) -> R {
        f(&self.read())
    }

    /// Returns the version that a read would show now.
    ///
    /// While this handle has a guard, that is the guard's version.
    ///
    /// # Blocking
    /// Never waits: wait-free.
    ///
    /// # Examples
    /// ```
    /// let mut writer = left_right::WriteHandle::cloned(0);
    /// let reader = writer.read_handle();
    /// writer.swap_buffers();
    /// writer.swap_buffers();
    /// println!("version {}", reader.version()); // version 2
    /// # assert_eq!(reader.version(), writer.version());
    /// ```
    #[inline]
    pub fn version(&self) -> Version {
        self.read().version()
    }

    /// Makes this handle a [`Snapshot`] of the published state, which may be sent to other threads.
    ///
    /// The handle's label stays. A clone of the handle shows later states.
    ///
    /// A guard that was forgotten ([`std::mem::forget`]) has left this handle on its state: the snapshot shows that
    /// state. When the snapshot is dropped, the forgotten guard no longer counts.
    ///
    /// # Blocking
    /// Waits for no guard. Locks this reader's name for a moment.
    ///
    /// # Examples
    /// ```
    /// let mut writer = left_right::WriteHandle::cloned(1);
    /// let reader = writer.read_handle();
    /// let snapshot = reader.clone().into_snapshot();
    /// let mut writer = left_right::DelayWriteHandle::new(writer);
    /// *writer.finish_swap().write_buffer_mut() = 2;
    /// writer.start_swap(); // the first swap after it waits for nobody
    /// println!("{} {}", *snapshot, *reader.read()); // 1 2
    /// # assert_eq!((*snapshot, *reader.read()), (1, 2));
    /// assert!(writer.try_finish_swap().is_err()); // the next one would
    /// drop(snapshot);
    /// assert!(writer.try_finish_swap().is_ok());
    /// ```
    pub fn into_snapshot(self) -> Snapshot<T> {
        Snapshot::of(self.reader, self.shared)
    }

    /// Returns whether the writer still exists. Once it does not, reads keep showing the last published state.
    ///
    /// # Blocking
    /// Never waits.
    pub fn is_writer_alive(&self) -> bool {
        self.shared.is_writer_alive()
    }

    /// Names this reader, and the calling thread as its thread, in a waiting writer's
    /// [`ReadersBusy`](crate::ReadersBusy).
    ///
    /// A clone starts without a label. Allocates.
    ///
    /// # Blocking
    /// Waits for no guard. Locks this reader's name for a moment.
    ///
    /// # Examples
    /// ```
    /// let mut writer = left_right::DelayWriteHandle::cloned(0);
    /// let reader = writer.read_handle();
    /// reader.set_label("report");
    /// let _guard = reader.read();
    /// writer.start_swap();
    /// let busy = writer.try_finish_swap().unwrap_err();
    /// println!("{busy}"); // a reader is still inside the writer's copy: "report" of thread main for 120ns
    /// # assert!(busy.to_string().contains("\"report\" of thread"), "{busy}");
    /// ```
    pub fn set_label(&self, label: impl Into<String>) {
        self.reader.slot().set_label(label.into());
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
        self.shared.registry.counts()
    }

    /// Returns a factory, which makes handles in other threads and is no reader itself.
    pub fn factory(&self) -> ReadHandleFactory<T> {
        ReadHandleFactory::new(&self.shared)
    }

    /// Returns a reader that threads may share.
    ///
    /// # Blocking
    /// Waits for no guard. The first call for a structure locks a list of the process for a moment.
    pub fn shared_reader(&self) -> SharedReader<T> {
        SharedReader::new(&self.shared)
    }
}

impl<T> Clone for ReadHandle<T> {
    /// Makes another handle to the same data, not a copy of the data: it shows each later swap, too.
    ///
    /// It has no guard and no label yet. To copy the data, clone what a guard shows.
    ///
    /// # Blocking
    /// Waits for no guard. Locks the list of readers for a moment, and allocates.
    ///
    /// # Examples
    /// ```
    /// let mut writer = left_right::WriteHandle::cloned(vec![1]);
    /// let reader = writer.read_handle();
    /// let (handle, data) = (reader.clone(), reader.read().clone());
    /// writer.write_buffer_mut().push(2);
    /// writer.swap_buffers();
    /// assert_eq!(*handle.read(), [1, 2]);
    /// assert_eq!(data, [1]);
    /// ```
    fn clone(&self) -> Self {
        ReadHandle::join(&self.shared)
    }
}

impl<T> fmt::Debug for ReadHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadHandle")
            .field("version", &self.version())
            .finish_non_exhaustive()
    }
}
