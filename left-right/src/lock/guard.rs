//! [`WriterGuard`]: the critical section of a [`WriterLock`].

use std::fmt;
use std::marker::PhantomData;
use std::mem;
use std::ops::{Deref, DerefMut};

use super::WriterLock;

/// Access to the data of a [`WriterLock`]. Dropping it unlocks.
///
/// A guard belongs to its thread, which the lock knows as its owner. A forgotten guard leaves the lock locked.
#[must_use = "the lock is unlocked as soon as the guard is dropped"]
pub struct WriterGuard<'a, T> {
    lock: &'a WriterLock<T>,
    /// Not `Send`: the lock names the thread that took it.
    _of_this_thread: PhantomData<*const ()>,
}

// SAFETY: L2. A shared guard gives shared access to the data, and nothing else.
unsafe impl<T: Sync> Sync for WriterGuard<'_, T> {}

impl<'a, T> WriterGuard<'a, T> {
    /// Makes the guard of a lock that the calling thread has just taken.
    #[inline]
    pub(super) fn new(lock: &'a WriterLock<T>) -> Self {
        WriterGuard {
            lock,
            _of_this_thread: PhantomData,
        }
    }

    /// Unlocks. Returns whether [`WriterLock::listen`] was called since the last report.
    ///
    /// A call of `listen` at the very moment of an unlock may be reported twice, by this one and by the next.
    /// A drop of the guard keeps the report for the next `unlock`.
    ///
    /// # Blocking
    /// Does not wait for the lock. If threads or tasks wait for it, this may lock their queue for a moment and wake one.
    ///
    /// # Examples
    /// ```
    /// let lock = left_right::WriterLock::new(0);
    /// lock.listen();
    /// let reported = [lock.lock()?.unlock(), lock.lock()?.unlock()];
    /// println!("{reported:?}"); // [true, false]
    /// # assert_eq!(reported, [true, false]);
    /// # Ok::<(), left_right::LockError>(())
    /// ```
    #[inline]
    pub fn unlock(self) -> bool {
        let lock = self.lock;
        mem::forget(self);
        lock.release(true)
    }
}

impl<T> Deref for WriterGuard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        let (value, _reading) = self.lock.value.read();
        // SAFETY: L2: no thread changes the data while we hold the lock and this guard is borrowed.
        unsafe { &*value }
    }
}

impl<T> DerefMut for WriterGuard<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: L2: no other thread reaches the data while we hold the lock and this guard is borrowed mutably.
        unsafe { &mut *self.lock.value.write() }
    }
}

impl<T: fmt::Debug> fmt::Debug for WriterGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        T::fmt(self, f)
    }
}

impl<T> Drop for WriterGuard<'_, T> {
    #[inline]
    fn drop(&mut self) {
        self.lock.release(false);
    }
}
