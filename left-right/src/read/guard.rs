//! [`ReadGuard`]: one snapshot, for as long as the guard lives.

use std::marker::PhantomData;
use std::ops::Deref;
use std::ptr::NonNull;

use super::project::Project;
use crate::protocol::{Buffer, Slot, enter, leave};
use crate::shared::Shared;
use crate::sync::Reading;
use crate::{Counter, Version};

/// A reader's view of one published state, unchanged for as long as the guard lives.
///
/// While it lives, the writer may swap once more; the swap after that waits for it.
/// (A plain [`WriteHandle`](crate::WriteHandle) waits in the first one already, for its own copy.)
/// It never holds up other readers, or anyone who makes, clones or drops a handle.
///
/// A guard taken while its handle has another one shows the state of that other one: both belong
/// to one snapshot, and they may be dropped in any order.
/// A guard that is forgotten ([`std::mem::forget`]) therefore leaves its handle on that state until
/// the handle is dropped.
///
/// A guard must not be taken in a signal handler that may have interrupted a read of the same handle, or a read
/// through any [`SharedReader`](crate::SharedReader).
///
/// # Threads
///
/// A guard is `Sync` if `T` is, so scoped threads may all read the one snapshot. (None of them must wait for a writer
/// that waits for the guard.)
/// ```
/// let writer = left_right::WriteHandle::cloned(vec![1, 2, 3]);
/// let reader = writer.read_handle();
/// let guard = reader.read();
/// std::thread::scope(|scope| {
///     for index in 0..3 {
///         let guard = &guard;
///         scope.spawn(move || assert_eq!(guard[index], index + 1));
///     }
/// });
/// ```
/// It is not `Send`, since the thread that took it has to drop it. So do not hold one across an `.await`; a
/// [`Snapshot`](crate::Snapshot) may be held there.
/// ```compile_fail,E0277
/// fn send<T: Send>(_: T) {}
/// let writer = left_right::WriteHandle::new(1, 1);
/// let reader = writer.read_handle();
/// send(reader.read());
/// ```
/// The handle itself may be sent:
/// ```
/// fn send<T: Send>(_: T) {}
/// let writer = left_right::WriteHandle::new(1, 1);
/// let reader = writer.read_handle();
/// send(reader);
/// ```
///
/// # Comparisons
///
/// A guard compares, hashes and is borrowed as the value that it shows, whatever its version:
/// ```
/// use std::collections::HashSet;
/// use left_right::{ReadGuard, WriteHandle};
///
/// let fruit = WriteHandle::cloned(vec!["apple", "pear"]).read_handle();
/// let first = ReadGuard::map(fruit.read(), |fruit| &fruit[0]);
/// let second = ReadGuard::map(fruit.read(), |fruit| &fruit[1]);
/// assert!(first != second && first < second);
/// assert_eq!(*first, "apple"); // a guard and a value
///
/// let length = |text: &dyn AsRef<&'static str>| text.as_ref().len();
/// assert_eq!(length(&second), 4);
/// let known = HashSet::from([first, second]);
/// assert!(known.contains(&"pear")); // `Hash` and `Borrow`
/// ```
/// A method call on a guard finds these implementations before the value's own methods of the same name. On a guard
/// of an `Option<T>`, `guard.as_ref()` returns a `&Option<T>`; `(*guard).as_ref()` returns an `Option<&T>`.
/// Likewise `(*guard).max(5)` compares values, and `guard.max(other)` compares guards.
///
/// # Lifetimes
///
/// What a guard lends cannot outlive it:
/// ```compile_fail,E0597
/// let writer = left_right::WriteHandle::new(vec![1], vec![1]);
/// let reader = writer.read_handle();
/// let first: &i32 = {
///     let guard = reader.read();
///     &guard[0]
/// };
/// println!("{first}");
/// ```
/// ```
/// let writer = left_right::WriteHandle::new(vec![1], vec![1]);
/// let reader = writer.read_handle();
/// let guard = reader.read();
/// let first: &i32 = &guard[0];
/// println!("{first}");
/// ```
pub struct ReadGuard<'a, T: ?Sized + 'a> {
    // A pointer, not a reference: the data may change as soon as `section` is dropped, which a
    // reference in an argument would forbid until the call's end.
    value: NonNull<T>,
    version: Version,
    // Dropped in this order: the access ends before the reader leaves.
    _reading: Reading,
    section: Section<'a>,
    /// Not `Send` at all, and `Sync` only by the promise below.
    _not_send: PhantomData<*const ()>,
}

/// One critical section: a reader is in a copy until this is dropped.
///
/// Neither `Send` nor `Sync`, and no method lends it by a shared guard (G4).
struct Section<'a> {
    /// Not a reference: the slot may end together with the section (read/mod.rs G3).
    slot: NonNull<Slot>,
    /// The handle, or the shared reader.
    _reader: PhantomData<&'a ()>,
}

impl<'a, T: 'a> ReadGuard<'a, T> {
    /// A guard by this slot, entered now.
    ///
    /// # Safety
    /// The slot is one of this structure's, it is the calling thread's to use, and it lives until the
    /// guard is dropped (read/mod.rs G3).
    #[inline(always)]
    pub(super) unsafe fn of(shared: &'a Shared<T>, slot: &Slot) -> Self {
        let buffer = enter(slot, &shared.published).as_ptr();
        // Made after the entry, which so has nothing to undo: it keeps to registers.
        let section = Section {
            slot: NonNull::from(slot),
            _reader: PhantomData,
        };
        Self::inside(shared, buffer, section)
    }

    /// For a `section` that has entered `buffer`, one of the buffers of `_shared`.
    #[inline(always)]
    fn inside(_shared: &'a Shared<T>, buffer: *const Buffer<T>, section: Section<'a>) -> Self {
        // SAFETY: the entry has just given it, and `section` leaves it when the guard is dropped (read/mod.rs G1);
        // it stays allocated, since `_shared` is borrowed (read/mod.rs G2).
        let (content, reading) = unsafe { &*buffer }.read();
        // SAFETY: as above.
        let content = unsafe { &*content };
        ReadGuard {
            value: NonNull::from(&content.value),
            version: content.version,
            _reading: reading,
            section,
            _not_send: PhantomData,
        }
    }
}

impl<'a, T: ?Sized + 'a> ReadGuard<'a, T> {
    /// Returns the version that this guard shows.
    ///
    /// # Examples
    /// ```
    /// let mut writer = left_right::DelayWriteHandle::cloned(0);
    /// let reader = writer.read_handle();
    /// let guard = reader.read();
    /// writer.start_swap();
    /// println!("{} {}", guard.version(), writer.version()); // 0 1
    /// # assert_eq!((guard.version().as_u64(), writer.version().as_u64()), (0, 1));
    /// ```
    pub fn version(&self) -> Version {
        self.version
    }

    /// Makes a guard of a part of the data.
    ///
    /// It keeps the whole copy, as the guard did.
    ///
    /// # Panics
    /// If `f` does; the guard is dropped then.
    ///
    /// # Examples
    /// ```
    /// use left_right::{ReadGuard, WriteHandle};
    ///
    /// let writer = WriteHandle::cloned((1, "one".to_string()));
    /// let reader = writer.read_handle();
    /// let name = ReadGuard::map(reader.read(), |pair| pair.1.as_str());
    /// println!("{}", &*name); // one
    /// # assert_eq!(&*name, "one");
    /// ```
    #[inline]
    pub fn map<U: ?Sized>(guard: Self, f: impl FnOnce(&T) -> &U) -> ReadGuard<'a, U> {
        let value = NonNull::from(f(&guard));
        guard.with_value(value)
    }

    /// Makes a guard of a part of the data that may not exist.
    ///
    /// # Errors
    /// The guard itself, if `f` returns `None`.
    ///
    /// # Panics
    /// If `f` does; the guard is dropped then.
    ///
    /// # Examples
    /// ```
    /// use left_right::{ReadGuard, WriteHandle};
    ///
    /// let writer = WriteHandle::cloned(vec![10, 20]);
    /// let reader = writer.read_handle();
    /// let second = ReadGuard::try_map(reader.read(), |all| all.get(1)).unwrap();
    /// assert_eq!(*second, 20);
    /// drop(second);
    /// let all = ReadGuard::try_map(reader.read(), |all| all.get(2)).unwrap_err();
    /// assert_eq!(all.len(), 2);
    /// ```
    #[inline]
    pub fn try_map<U: ?Sized>(
        guard: Self,
        f: impl FnOnce(&T) -> Option<&U>,
    ) -> Result<ReadGuard<'a, U>, Self> {
        match f(&guard).map(NonNull::from) {
            Some(value) => Ok(guard.with_value(value)),
            None => Err(guard),
        }
    }

    /// Makes a guard of a part of the data that may not exist. If `f` returns `None`, the guard is dropped.
    ///
    /// Cheaper than [`try_map`](Self::try_map), which has to be ready to return the guard.
    ///
    /// # Panics
    /// If `f` does; the guard is dropped then.
    ///
    /// # Examples
    /// ```
    /// use left_right::{ReadGuard, WriteHandle};
    ///
    /// let writer = WriteHandle::cloned(vec![10, 20]);
    /// let reader = writer.read_handle();
    /// let nth = |n| ReadGuard::filter_map(reader.read(), |all| all.get(n));
    /// assert_eq!(nth(1).as_deref(), Some(&20));
    /// assert!(nth(2).is_none());
    /// ```
    #[inline(always)]
    pub fn filter_map<U: ?Sized>(
        guard: Self,
        f: impl FnOnce(&T) -> Option<&U>,
    ) -> Option<ReadGuard<'a, U>> {
        let value = NonNull::from(f(&guard)?);
        Some(guard.with_value(value))
    }

    /// As [`filter_map`](Self::filter_map), by a type instead of a closure: see [`Project`].
    ///
    /// # Panics
    /// If the projection does; the guard is dropped then.
    #[inline(always)]
    pub fn project<P: Project<T>>(guard: Self, projection: P) -> Option<ReadGuard<'a, P::Part>> {
        let value = NonNull::from(projection.project(&guard)?);
        Some(guard.with_value(value))
    }

    /// As [`try_map`](Self::try_map), by a type instead of a closure: see [`Project`].
    ///
    /// # Errors
    /// The guard itself, if the part does not exist.
    ///
    /// # Panics
    /// If the projection does. The guard is dropped then.
    ///
    /// # Examples
    /// ```
    /// use left_right::{Project, ReadGuard, WriteHandle};
    ///
    /// struct First;
    ///
    /// impl Project<Vec<u8>> for First {
    ///     type Part = u8;
    ///
    ///     fn project(self, whole: &Vec<u8>) -> Option<&u8> {
    ///         whole.first()
    ///     }
    /// }
    ///
    /// let reader = WriteHandle::cloned(vec![]).read_handle();
    /// let all = ReadGuard::try_project(reader.read(), First).unwrap_err();
    /// assert!(all.is_empty());
    /// ```
    #[inline(always)]
    pub fn try_project<P: Project<T>>(
        guard: Self,
        projection: P,
    ) -> Result<ReadGuard<'a, P::Part>, Self> {
        match projection.project(&guard).map(NonNull::from) {
            Some(value) => Ok(guard.with_value(value)),
            None => Err(guard),
        }
    }

    /// Adds 1 to one of the two counters of the guard's reader.
    ///
    /// [`counts`](crate::ReadHandle::counts) of every handle and writer returns the sums over all readers. A counter
    /// wraps around after 2^64 calls.
    ///
    /// Only the thread that took the guard may count, so it takes a `&mut`, which cannot be sent to another thread.
    ///
    /// # Cost
    /// A load and a store, to the reader's own cache line: no atomic read-modify-write, whatever other threads do.
    ///
    /// # Examples
    /// ```
    /// use left_right::{Counter, ReadGuard, WriteHandle};
    ///
    /// let writer = WriteHandle::cloned(vec![10, 20]);
    /// let reader = writer.read_handle();
    /// for index in 0..5 {
    ///     let mut numbers = reader.read();
    ///     let is_there = numbers.get(index).is_some();
    ///     ReadGuard::count(&mut numbers, if is_there { Counter::First } else { Counter::Second });
    /// }
    /// drop(reader);
    /// println!("{:?}", writer.counts()); // [2, 3]
    /// # assert_eq!(writer.counts(), [2, 3]);
    /// ```
    #[inline(always)]
    pub fn count(guard: &mut Self, counter: Counter) {
        // SAFETY: the slot is alive (read/mod.rs G3). Only its owner is here (read/mod.rs G4).
        let slot = unsafe { guard.section.slot.as_ref() };
        slot.count(counter);
    }

    /// The same critical section, showing `value`, which lies in the same copy.
    #[inline(always)]
    fn with_value<U: ?Sized>(self, value: NonNull<U>) -> ReadGuard<'a, U> {
        ReadGuard {
            value,
            version: self.version,
            _reading: self._reading,
            section: self.section,
            _not_send: PhantomData,
        }
    }
}

// SAFETY: another thread that has a `&ReadGuard` can call what takes `&self`: `deref`, and what is built on it, and
// `version`. That gives it a `&T` and a copy of the version, which `T: Sync` allows on any thread, and neither the
// section nor the reading, which under the model checker counts references without atomics (read/mod.rs G4).
// `T: Send` is not needed, since no `&ReadGuard` gives away a `T` or drops one. Meanwhile the value is alive and nobody
// writes to it (read/mod.rs G1, G2), even if the guard was forgotten and its thread has ended (read/mod.rs G3). The
// other thread can neither move the guard nor drop it, nor count through it, since `&mut ReadGuard` and `ReadGuard` are
// not `Send`. So only the owner uses the slot (registry.rs R1). The reads of the other thread happen before the owner
// leaves: the borrow ends before the guard is dropped, and whatever ends it there, such as the end of a scope, orders
// the two. The store of `leave` then releases these reads, too (registry.rs O2).
unsafe impl<T: ?Sized + Sync> Sync for ReadGuard<'_, T> {}

impl<T: ?Sized> Deref for ReadGuard<'_, T> {
    type Target = T;

    #[inline(always)]
    fn deref(&self) -> &T {
        // SAFETY: the value lies in the copy that `section` keeps us in (read/mod.rs G1), or was lent from it by a
        // closure that could not lend anything shorter-lived.
        unsafe { self.value.as_ref() }
    }
}

impl Drop for Section<'_> {
    #[inline(always)]
    fn drop(&mut self) {
        // SAFETY: the slot is alive (read/mod.rs G3); only this thread could end it, by a later section's drop.
        let slot = unsafe { self.slot.as_ref() };
        if slot.has_one_guard() {
            leave(slot);
        } else {
            leave_otherwise(self.slot);
        }
    }
}

/// Ends one of several sections, or the last one of a detached reader.
///
/// Out of line, so that the drop of a guard stays small enough to be inlined everywhere: where it is not,
/// the guard goes through memory.
#[cold]
#[inline(never)]
fn leave_otherwise(slot: NonNull<Slot>) {
    // SAFETY: the slot is alive (read/mod.rs G3).
    let detached = unsafe { slot.as_ref() }.leave_one();
    // With it the slot may end, which nothing refers to any more.
    drop(detached);
}
