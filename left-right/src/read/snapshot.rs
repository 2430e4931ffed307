//! [`Snapshot`]: one state, owned, and free to move between threads.

use std::fmt;
use std::ops::Deref;
use std::ptr::NonNull;

use crate::Version;
use crate::fault::planted;
use crate::protocol::{Content, Reader, enter, leave};
use crate::shared::Shared;
use crate::sync::{Arc, Reading};

/// One published state, owned: it borrows no handle, and may be sent to other threads and dropped there.
///
/// Returned by [`ReadHandle::into_snapshot`](crate::ReadHandle::into_snapshot) and
/// [`SharedReader::snapshot`](crate::SharedReader::snapshot).
///
/// It is a reader with a slot of its own, which it keeps until it is dropped. It keeps its state alive, too, after the
/// writer and all handles have been dropped.
///
/// # Blocking
///
/// A snapshot keeps its copy unchanged as a [`ReadGuard`](crate::ReadGuard) does, on whichever thread it is. The first
/// swap after it succeeds. The next one, and whatever else needs that copy, waits until the snapshot is dropped, or
/// fails and names it: [`ReadersBusy`](crate::ReadersBusy) has its [label](Self::set_label), the thread that took it,
/// and [`is_snapshot`](crate::BusyReader::is_snapshot).
/// (A plain [`WriteHandle`](crate::WriteHandle) waits in the first one already, for its own copy.)
/// A thread that keeps a snapshot and waits for such a swap waits for itself.
///
/// To keep a state for long, clone the data, `(*snapshot).clone()`, and drop the snapshot.
///
/// # Cost
///
/// A read is a read through a pointer. A snapshot takes 256 bytes.
/// Taking one locks the list of readers for a moment, except by `into_snapshot`, whose handle is in the list already.
/// Dropping one locks that list, too. Neither waits for a guard.
/// The drop of the last handle or snapshot, once the writer is gone, also drops what the structure held.
///
/// # Threads
///
/// It is `Send` and `Sync` if `T` is both, as an [`Arc<T>`](std::sync::Arc) is.
/// ```
/// let mut writer = left_right::WriteHandle::cloned(vec![1, 2, 3]);
/// let snapshot = writer.read_handle().into_snapshot();
/// let sum = std::thread::spawn(move || snapshot.iter().sum::<i32>());
/// assert_eq!(sum.join().unwrap(), 6);
/// writer.swap_buffers(); // waits for nobody: the thread has dropped it
/// ```
/// A future may hold one across an `.await`, and is still `Send`:
/// ```
/// use left_right::SharedReader;
///
/// fn spawn<F: Future<Output = usize> + Send + 'static>(_: F) {} // as a runtime demands it
///
/// async fn report(reader: SharedReader<Vec<u32>>) -> usize {
///     let snapshot = reader.snapshot();
///     std::future::ready(()).await; // a request to another service
///     snapshot.len()
/// }
///
/// let writer = left_right::WriteHandle::cloned(vec![1, 2, 3]);
/// spawn(report(writer.shared_reader()));
/// ```
/// A guard in its place stays on its thread:
/// ```compile_fail
/// use left_right::SharedReader;
///
/// fn spawn<F: Future<Output = usize> + Send + 'static>(_: F) {} // as a runtime demands it
///
/// async fn report(reader: SharedReader<Vec<u32>>) -> usize {
///     let guard = reader.read();
///     std::future::ready(()).await; // a request to another service
///     guard.len()
/// }
///
/// let writer = left_right::WriteHandle::cloned(vec![1, 2, 3]);
/// spawn(report(writer.shared_reader()));
/// ```
///
/// # Several owners
///
/// It is not `Clone`. A clone would need a second slot that names the same copy. That copy may have been swapped out
/// meanwhile, and then no new slot may name it: the writer has already looked for its readers. Share one snapshot
/// in an [`Arc`](std::sync::Arc) instead:
/// ```
/// use std::sync::Arc;
///
/// let writer = left_right::WriteHandle::cloned(7);
/// let snapshot = Arc::new(writer.shared_reader().snapshot());
/// let threads = [(); 2].map(|()| {
///     let snapshot = Arc::clone(&snapshot);
///     std::thread::spawn(move || assert_eq!(**snapshot, 7))
/// });
/// for thread in threads {
///     thread.join().unwrap();
/// }
/// ```
/// ```compile_fail,E0277
/// fn clone<T: Clone>(_: &T) {}
/// clone(&left_right::WriteHandle::cloned(7).shared_reader().snapshot());
/// ```
/// (A method call `snapshot.clone()` finds the data's own `clone`, and copies the data.)
pub struct Snapshot<T> {
    /// In one of the copies of `_shared`: alive and unchanged until `reader` leaves.
    content: NonNull<Content<T>>,
    // Dropped in this order: the access ends before the reader leaves and quits, and that before the shared part goes.
    _reading: Reading,
    reader: Reader,
    _shared: Arc<Shared<T>>,
}

impl<T> Snapshot<T> {
    /// Enters by this reader, which is one of the structure's and the caller's own. If it is in a copy already, by a
    /// guard that was forgotten, the snapshot is of that copy.
    pub(super) fn of(reader: Reader, shared: Arc<Shared<T>>) -> Self {
        reader.slot().become_snapshot();
        let buffer = enter(reader.slot(), &shared.published).as_ptr();
        // SAFETY: the entry has just given it, and the reader, which nobody else uses, leaves it when it is dropped
        // (read/mod.rs G1, G5); it stays allocated, since we own a part of `shared` (read/mod.rs G2).
        let (content, reading) = unsafe { &*buffer }.read();
        if planted("snapshot-leaves") {
            leave(reader.slot());
        }
        Snapshot {
            // SAFETY: as above.
            content: NonNull::from(unsafe { &*content }),
            _reading: reading,
            reader,
            _shared: shared,
        }
    }

    /// Returns the version that this snapshot shows.
    ///
    /// # Examples
    /// ```
    /// let mut writer = left_right::DelayWriteHandle::cloned(0);
    /// let snapshot = writer.shared_reader().snapshot();
    /// writer.start_swap();
    /// println!("{} {}", snapshot.version(), writer.version()); // 0 1
    /// # assert_eq!((snapshot.version().as_u64(), writer.version().as_u64()), (0, 1));
    /// ```
    pub fn version(&self) -> Version {
        self.content().version
    }

    /// Names this snapshot, and the calling thread as its thread, in a waiting writer's
    /// [`ReadersBusy`](crate::ReadersBusy).
    ///
    /// A label that was set on the handle before
    /// [`into_snapshot`](crate::ReadHandle::into_snapshot) stays until another one is set. Allocates.
    ///
    /// # Blocking
    /// Waits for no guard. Locks this reader's name for a moment.
    ///
    /// # Examples
    /// ```
    /// let mut writer = left_right::DelayWriteHandle::cloned(0);
    /// let snapshot = writer.shared_reader().snapshot();
    /// snapshot.set_label("report");
    /// writer.start_swap();
    /// let busy = writer.try_finish_swap().unwrap_err();
    /// println!("{busy}"); // a reader is still inside the writer's copy: snapshot "report" of thread main for 120ns
    /// # assert!(busy.to_string().contains("snapshot \"report\" of thread"), "{busy}");
    /// drop(snapshot);
    /// assert!(writer.try_finish_swap().is_ok());
    /// ```
    pub fn set_label(&self, label: impl Into<String>) {
        self.reader.slot().set_label(label.into());
    }

    #[inline]
    fn content(&self) -> &Content<T> {
        // SAFETY: it lies in the copy that our reader is in, alive and unchanged until we are dropped (read/mod.rs G1,
        // G5).
        unsafe { self.content.as_ref() }
    }
}

// SAFETY: `T: Send + Sync`, so any thread may read the copy, and may drop all copies if this is the structure's last
// owner, as it may with an `Arc<T>`. What else is here moves as one:
// - The reader's slot. Only the snapshot uses it (read/mod.rs G5), so the thread that has the snapshot is the slot's
//   owner. Whatever hands the snapshot over orders the stores of the thread that entered before those of the thread
//   that leaves (registry.rs R1). The reads of all threads that had it or had a `&Snapshot` happen before the drop, and
//   so before the store of `leave`, which releases them (registry.rs O2). Who leaves does not matter to O1 (registry.rs):
//   the entry is complete when the snapshot exists, and only an entry can miss a swap.
// - The reading, which is nothing. Under the model checker it counts references without atomics, and there all
//   threads of a model are one thread of the system.
unsafe impl<T: Send + Sync> Send for Snapshot<T> {}
// SAFETY: a `&Snapshot` gives a `&T`, a copy of the version, and `set_label`, which locks what it changes. None of
// them touches the slot's word or counts (registry.rs R1), nor the reading. They end before the snapshot is moved or
// dropped. That takes `T: Sync`. `T: Send` leaves the freedom to add methods that return another owner of the copies.
unsafe impl<T: Send + Sync> Sync for Snapshot<T> {}

impl<T> Deref for Snapshot<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        &self.content().value
    }
}

impl<T: fmt::Debug> fmt::Debug for Snapshot<T> {
    /// Shows the data, as a guard does.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
