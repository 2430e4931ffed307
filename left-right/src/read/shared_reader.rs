//! [`SharedReader`]: one value through which any thread reads.

use std::fmt;

use super::guard::ReadGuard;
use super::{ReadHandle, ReadHandleFactory, Snapshot, local};
use crate::protocol::Slot;
use crate::shared::Shared;
use crate::sync::Arc;
use crate::{BusyReader, Version};

/// One value through which any thread reads, for a web framework's shared state.
///
/// # Cost
///
/// Each thread that reads gets a slot of its own (the word in which a reader says where it is) on its first read. It
/// keeps the slot until it ends, or until some first read after the structure has ended. Clones share it.
/// A read costs a look into a thread-local list on top of a [`ReadHandle`]'s.
///
/// The first read of a thread locks the list of readers for a moment and allocates; it waits for no guard. (Making the
/// first `SharedReader` of a structure locks a list of the process, too.)
/// A first read is amortised O(1), except that now and then it looks through the thread's list. That list has a
/// place for each structure that any threads were reading through a `SharedReader` at the same time.
/// While a thread ends and its list has already ended, each read is a first read, and so is
/// independent of guards that the thread still keeps.
///
/// # Forgotten guards
///
/// A guard that a thread forgets ([`std::mem::forget`]) leaves that thread on its state. It also keeps
/// the thread's slot, and so the guard's copy, after the thread's end, for as long as the structure lives.
///
/// # Async
///
/// A guard cannot be sent to another thread. Do not hold one across an `.await`; hold a [`snapshot`](Self::snapshot)
/// instead.
///
/// # Examples
///
/// ```
/// let mut writer = left_right::WriteHandle::cloned(1);
/// let reader = writer.shared_reader();
/// std::thread::scope(|scope| {
///     for _ in 0..2 {
///         scope.spawn(|| assert!(*reader.read() >= 1));
///     }
///     *writer.write_buffer_mut() = 2;
///     writer.swap_buffers();
/// });
/// assert_eq!(*reader.read(), 2);
/// ```
///
/// # Threads
///
/// It is `Send` and `Sync` if `T` is both:
/// ```compile_fail,E0277
/// fn share<T: Sync>(_: T) {}
/// share(left_right::WriteHandle::cloned(std::cell::Cell::new(0)).shared_reader());
/// ```
/// ```
/// fn share<T: Sync>(_: T) {}
/// share(left_right::WriteHandle::cloned(0).shared_reader());
/// ```
pub struct SharedReader<T> {
    shared: Arc<Shared<T>>,
    /// The index of this structure's reader in each thread's list.
    index: usize,
}

impl<T> SharedReader<T> {
    pub(crate) fn new(shared: &Arc<Shared<T>>) -> Self {
        SharedReader {
            shared: Arc::clone(shared),
            index: shared.local_index.get(),
        }
    }

    /// Returns a guard of the published state, which stays unchanged for as long as the guard lives.
    ///
    /// If this thread has a guard of this structure from a `SharedReader` already, the new one
    /// shows the same state as that one.
    ///
    /// # Blocking
    /// Wait-free, except for a thread's first read and for reads while the thread ends. These lock the list of readers for a
    /// moment, allocate, and wait for no guard.
    ///
    /// # Examples
    /// ```
    /// let writer = left_right::WriteHandle::cloned(vec![1, 2, 3]);
    /// let reader = writer.shared_reader();
    /// let sums: Vec<i32> = std::thread::scope(|scope| {
    ///     let threads = [(); 2].map(|()| scope.spawn(|| reader.read().iter().sum()));
    ///     threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    /// });
    /// println!("{sums:?}"); // [6, 6]
    /// # assert_eq!(sums, [6, 6]);
    /// ```
    #[inline(always)]
    pub fn read(&self) -> ReadGuard<'_, T> {
        let slot = local::slot(&self.shared.registry, self.index);
        // SAFETY: it is alive: no code that could end the thread's list runs in between.
        let slot = unsafe { slot.as_ref() };
        // SAFETY: the thread's slot for this structure, which lives until the guard is dropped (read/mod.rs G3).
        unsafe { ReadGuard::of(&self.shared, slot) }
    }

    /// Calls `f` with the published state, and returns what it returns: a [`read`](Self::read) that ends with the call.
    ///
    /// # Blocking
    /// As [`read`](Self::read).
    ///
    /// # Panics
    /// If `f` does. The read ends first.
    ///
    /// # Examples
    /// ```
    /// let reader = left_right::WriteHandle::cloned(vec![1, 2, 3]).shared_reader();
    /// println!("{}", reader.with(|numbers| numbers.len())); // 3
    /// # assert_eq!(reader.with(|numbers| numbers.len()), 3);
    /// ```
    #[inline(always)]
    pub fn with<R>(&self, f: impl FnOnce(&T) -> R) -> R {
        f(&self.read())
    }

    /// Returns the version that a read would show now.
    ///
    /// While this thread has a guard from a `SharedReader`, that is the guard's version.
    ///
    /// # Blocking
    /// As [`read`](Self::read).
    pub fn version(&self) -> Version {
        self.read().version()
    }

    /// Returns a [`Snapshot`] of the published state, which may be sent to other threads.
    ///
    /// It has a slot of its own, so it does not depend on the guards of the calling thread: taken while the thread has
    /// one, it may be newer than that. It is not [the thread's own](Self::is_own) reader either.
    ///
    /// # Blocking
    /// Waits for no guard. Locks the list of readers for a moment, and allocates.
    ///
    /// # Examples
    /// ```
    /// let mut writer = left_right::DelayWriteHandle::new(left_right::WriteHandle::new(1, 2));
    /// let reader = writer.shared_reader();
    /// let guard = reader.read();
    /// writer.start_swap();
    /// println!("{} {} {}", *guard, *reader.read(), *reader.snapshot()); // 1 1 2
    /// # assert_eq!((*guard, *reader.read(), *reader.snapshot()), (1, 1, 2));
    /// ```
    pub fn snapshot(&self) -> Snapshot<T> {
        self.handle().into_snapshot()
    }

    /// Returns whether the writer still exists. Once it does not, reads keep showing the last published state.
    ///
    /// # Blocking
    /// Never waits.
    pub fn is_writer_alive(&self) -> bool {
        self.shared.is_writer_alive()
    }

    /// Names the calling thread's reader, and that thread, in a waiting writer's
    /// [`ReadersBusy`](crate::ReadersBusy).
    ///
    /// Each thread has a label of its own, so call it on each thread.
    /// Does nothing while the thread ends and its list has already ended.
    ///
    /// # Blocking
    /// Waits for no guard. Locks that reader's name for a moment. If the thread has not read yet, it becomes a reader, as by a
    /// first [`read`](Self::read).
    ///
    /// # Examples
    /// ```
    /// let mut writer = left_right::DelayWriteHandle::cloned(0);
    /// let reader = writer.shared_reader();
    /// reader.set_label("worker");
    /// let _guard = reader.read();
    /// writer.start_swap();
    /// let busy = writer.try_finish_swap().unwrap_err();
    /// println!("{:?}", busy.readers()[0].label); // Some("worker")
    /// # assert_eq!(busy.readers()[0].label.as_deref(), Some("worker"));
    /// ```
    pub fn set_label(&self, label: impl Into<String>) {
        let label = label.into();
        local::make_known(&self.shared.registry, self.index);
        local::with_known(&self.shared.registry, self.index, |slot| {
            slot.set_label(label)
        });
    }

    /// Returns whether this reader, which an error names, is the calling thread's own.
    ///
    /// If so, the thread would wait for a guard of its own.
    /// Returns `false` while the thread ends and its list has already ended.
    ///
    /// # Blocking
    /// Never waits.
    ///
    /// # Examples
    /// ```
    /// let mut writer = left_right::DelayWriteHandle::cloned(0);
    /// let reader = writer.shared_reader();
    /// let _guard = reader.read();
    /// writer.start_swap();
    /// let busy = writer.try_finish_swap().unwrap_err();
    /// println!("{}", reader.is_own(&busy.readers()[0])); // true
    /// # assert!(reader.is_own(&busy.readers()[0]));
    /// std::thread::scope(|scope| {
    ///     scope.spawn(|| assert!(!reader.is_own(&busy.readers()[0])));
    /// });
    /// ```
    pub fn is_own(&self, busy: &BusyReader) -> bool {
        let own = local::with_known(&self.shared.registry, self.index, Slot::address);
        own == Some(busy.slot)
    }

    /// Returns the number of live read handles and snapshots, plus threads that read through a `SharedReader`.
    ///
    /// # Blocking
    /// Waits for no guard. Locks the list of readers for a moment.
    pub fn readers(&self) -> usize {
        self.shared.registry.len()
    }

    /// Returns the sums of the readers' counters: see [`ReadHandle::counts`].
    ///
    /// # Blocking
    /// Waits for no guard. Locks the list of readers for a moment.
    pub fn counts(&self) -> [u64; 2] {
        self.shared.registry.counts()
    }

    /// Returns a reader of the caller's own, with the cheapest reads.
    ///
    /// # Blocking
    /// Waits for no guard. Locks the list of readers for a moment, and allocates.
    pub fn handle(&self) -> ReadHandle<T> {
        ReadHandle::join(&self.shared)
    }

    /// Returns a factory, which makes handles in other threads and is no reader itself.
    pub fn factory(&self) -> ReadHandleFactory<T> {
        ReadHandleFactory::new(&self.shared)
    }
}

impl<T> Clone for SharedReader<T> {
    /// Makes another reader of the same data, not a copy of the data: it shows each later swap, too.
    ///
    /// Each thread has one slot for all clones, so a guard of one clone decides what the others show on that thread.
    /// To copy the data, clone what a guard shows.
    ///
    /// # Blocking
    /// Never waits, and is no reader before its first read.
    ///
    /// # Examples
    /// ```
    /// let mut writer = left_right::WriteHandle::cloned(vec![1]);
    /// let reader = writer.shared_reader();
    /// let (handle, data) = (reader.clone(), reader.read().clone());
    /// writer.write_buffer_mut().push(2);
    /// writer.swap_buffers();
    /// assert_eq!(*handle.read(), [1, 2]);
    /// assert_eq!(data, [1]);
    /// ```
    fn clone(&self) -> Self {
        SharedReader::new(&self.shared)
    }
}

impl<T> fmt::Debug for SharedReader<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedReader").finish_non_exhaustive()
    }
}
