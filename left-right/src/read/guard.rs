//! [`ReadGuard`]: one snapshot, for as long as the guard lives.

use std::fmt;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::ptr::NonNull;
use std::rc::Rc;

use super::reader::{Reader, enter};
use crate::Version;
use crate::buffers::Buffer;
use crate::registry::Slot;
use crate::shared::Shared;
use crate::sync::Reading;

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
/// It belongs to its thread, and it must not be taken in a signal handler that may have interrupted
/// a read of the same handle.
///
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
pub struct ReadGuard<'a, T: ?Sized> {
    // A pointer, not a reference: the data may change as soon as `stay` is dropped, which a
    // reference in an argument would forbid until the call's end.
    value: NonNull<T>,
    version: Version,
    // Dropped in this order: the access ends before the reader leaves.
    _reading: Reading,
    stay: Stay<'a>,
    _not_send: PhantomData<*const ()>,
}

/// One stay in a copy, ended when it is dropped.
enum Stay<'a> {
    Handle(&'a Slot),
    /// Keeps its own hold on the reader: the thread's list may end before the guard does.
    /// Given up by the drop, and by nobody else (G3).
    Thread(ManuallyDrop<Rc<Reader>>),
}

impl<'a, T> ReadGuard<'a, T> {
    #[inline(always)]
    pub(super) fn of_handle(shared: &'a Shared<T>, reader: &'a Reader) -> Self {
        let slot = reader.slot();
        let buffer = enter(slot, &shared.published);
        // Made after the entry, which so has nothing to undo: it keeps to registers.
        Self::inside(shared, buffer, Stay::Handle(slot))
    }

    #[inline(always)]
    pub(super) fn of_thread(shared: &'a Shared<T>, reader: Rc<Reader>) -> Self {
        let buffer = enter(reader.slot(), &shared.published);
        Self::inside(shared, buffer, Stay::Thread(ManuallyDrop::new(reader)))
    }

    /// For a `stay` that has entered `buffer`, one of the buffers of `_shared`.
    #[inline(always)]
    fn inside(_shared: &'a Shared<T>, buffer: *const Buffer<T>, stay: Stay<'a>) -> Self {
        // SAFETY: the entry has just given it, and `stay` leaves it when the guard is dropped (G1);
        // it stays allocated, since `_shared` is borrowed (G2).
        let (content, reading) = unsafe { &*buffer }.read();
        // SAFETY: as above.
        let content = unsafe { &*content };
        ReadGuard {
            value: NonNull::from(&content.value),
            version: content.version,
            _reading: reading,
            stay,
            _not_send: PhantomData,
        }
    }
}

impl<'a, T: ?Sized> ReadGuard<'a, T> {
    /// The version that this guard shows.
    pub fn version(&self) -> Version {
        self.version
    }

    /// A guard of a part of the data.
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
    /// assert_eq!(&*name, "one");
    /// ```
    #[inline]
    pub fn map<U: ?Sized>(guard: Self, f: impl FnOnce(&T) -> &U) -> ReadGuard<'a, U> {
        let value = NonNull::from(f(&guard));
        guard.with_value(value)
    }

    /// A guard of a part of the data that may not be there.
    ///
    /// # Errors
    /// The guard itself, where `f` says `None`.
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

    /// A guard of a part of the data, or none: where `f` says `None`, the guard is dropped.
    ///
    /// Cheaper than [`try_map`](Self::try_map), which has to be ready to give the guard back.
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

    /// The same stay, showing `value`, which lies in the same copy.
    #[inline(always)]
    fn with_value<U: ?Sized>(self, value: NonNull<U>) -> ReadGuard<'a, U> {
        ReadGuard {
            value,
            version: self.version,
            _reading: self._reading,
            stay: self.stay,
            _not_send: PhantomData,
        }
    }
}

impl<T: ?Sized> Deref for ReadGuard<'_, T> {
    type Target = T;

    #[inline(always)]
    fn deref(&self) -> &T {
        // SAFETY: the value lies in the copy that `stay` keeps us in (G1), or was lent from it by a
        // closure that could not lend anything shorter-lived.
        unsafe { self.value.as_ref() }
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for ReadGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized + fmt::Display> fmt::Display for ReadGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl Drop for Stay<'_> {
    #[inline(always)]
    fn drop(&mut self) {
        match self {
            Stay::Handle(slot) => slot.leave(),
            // SAFETY: this is the drop of the one `Stay` that holds it, so once, and last (G3).
            Stay::Thread(reader) => leave_thread(unsafe { ManuallyDrop::take(reader) }),
        }
    }
}

/// Out of line, so that the drop of a handle's guard stays small enough to be inlined everywhere.
/// By value, in a register: a pointer to the guard's own would keep the guard in memory.
#[inline(never)]
fn leave_thread(reader: Rc<Reader>) {
    reader.slot().leave();
}
