//! [`WriterLock`]: the lock that the writers of one structure take for each write.
//!
//! Made for critical sections of about 40 nanoseconds, where the expensive part is not the waiting but the
//! change of hands: with each, all that a critical section touches moves to another processor.
//! So one thread's critical sections follow each other in *runs* of a few hundred microseconds, and the other threads
//! sleep meanwhile.
//! `parking_lot`'s mutex does not know its owner, does not recognise one that a fork left behind, cannot report
//! a listener without a fence of its own, and hands over by time only.
//! An unfair lock that becomes fair now and then has *eventual fairness*, as `parking_lot` and WebKit's `WTF::Lock`
//! have.
//!
//! # How a writer waits
//!
//! 1. *Spinning.* It looks for one to two microseconds, and takes the lock if that stays free for a few looks.
//! 2. *Queued.* It joins the end of a queue and sleeps until it is the front. Newcomers may still take the lock
//!    before it, which is called barging.
//! 3. *Front.* It sleeps for the length of a run. If it found a long critical section, the end of that section
//!    wakes it once, in case no other thread wants the lock.
//! 4. *Prioritised.* It reserves the lock, so that newcomers no longer barge, and takes it at the next unlock. It is
//!    still awake if the unlock comes within microseconds, and is woken by it otherwise.
//!
//! The system may not schedule the front when the run is over. So a thread that unlocks while the queue is not empty
//! counts critical sections, and reads the clock once per group of them ([`Tally`]). After 400 microseconds,
//! or when the front has waited for enough long critical sections, the unlock itself reserves the lock and wakes
//! the front.
//!
//! A task waits in the same queue. It does not look while it sleeps: it is woken when it becomes the front, and then by
//! each unlock until it takes the lock. When it is overdue, the unlock itself reserves the lock for it, as for a thread. A
//! task may never be run again, so one that was woken and does not come is passed over. No waker runs on the publisher, nor
//! on a thread that holds the lock.
//!
//! # Invariants
//! - **L1** The word names an owner exactly while a guard exists, or while a thread is about to make one or has just
//!   ended one. The owner sets its mark by a compare-exchange, and the same thread removes it.
//! - **L2** The data is reached through the one guard, or through exclusive access to the lock.
//! - **L3** `WAITERS` is set exactly while the queue is not empty. Both change under the queue's mutex.
//! - **L4** `RESERVED` and `WAKE` are set by the front itself, or under the mutex while there is a front; they are
//!   cleared when the front leaves. So they never outlive the last waiter.
//! - **L5** While `RESERVED` is set, only the front takes the lock, or a task that was the front when it last looked and
//!   was passed over since.
//! - **L6** A waiter that becomes the front is woken. If it is a task, and the front before it has taken the lock, `WAKE` is
//!   set instead, so the unlock wakes it.
//! - **L7** A queue is freed only when its lock is dropped.
//!
//! # Orderings
//!
//! After its creation, the word is changed by read-modify-writes only. So they have one order, each reads what
//! the one before it wrote, and an acquiring one sees everything that happens before each earlier releasing one.
//!
//! - **Q1** `Word::release` (Release) pairs with `Word::acquire` (Acquire): a critical section sees all earlier
//!   ones.
//! - **Q2** `listen` and `unlock` (AcqRel both) come in some order. If the `unlock` comes first, the listener
//!   sees its critical section, and all earlier ones. If `listen` comes first, the first `unlock` after it finds
//!   `LISTENED` set, since no other thread clears it, reports it, and sees everything that the listener did before.
//!   So a listener that looks afterwards sees a change, or an `unlock` reports after the call of `listen`, at the
//!   latest the `unlock` that ends the critical section of that change.
//! - **Q3** `Word::set` of `WAKE` and `Word::release` (AcqRel both) come in some order. If the release comes first,
//!   the waiter finds the lock free and does not sleep. If `set` comes first, the owner finds `WAKE` and the
//!   waiter in the queue, and wakes it. `WAKE` is cleared by the thread that then wakes the front, or when the
//!   front leaves, which wakes the next one (L6). A front that is woken in vain sets it again before it sleeps. An owner
//!   on the publisher leaves `WAKE` set where the front is a task, and notes that (`has_deferred`): the next unlock, the
//!   next look of a thread that waits behind the task, or the next `pass_over_stalled_task` wakes it.
//! - **Q4** `CurrentQueue::renew` (Release) pairs with `CurrentQueue::peek` (Acquire): a new queue is complete when
//!   another thread loads it.
//!
//! # Forks
//!
//! A child of a fork makes a queue of its own when it first waits, or when it first finds a bit set for the parent's
//! queue. It leaks the parent's queue, a few hundred bytes for each lock and fork, since a thread that no longer exists
//! may have been changing it.

mod current_queue;
mod error;
mod guard;
mod queue;
mod sleeper;
mod tally;
mod task;
mod wait;
mod word;

pub use self::error::LockError;
pub use self::guard::WriterGuard;
pub use self::task::LockAsync;

use std::fmt;
use std::time::Instant;

use crossbeam_utils::CachePadded;

use self::current_queue::CurrentQueue;
use self::tally::Tally;
use self::word::{LISTENED, RESERVED, WAITERS, WAKE, Word};
use crate::fault::planted;
use crate::fork;
use crate::sync::{Tracked, own_mark};

/// A lock that writers take for each write.
///
/// It differs from a [`Mutex`](std::sync::Mutex) in what it knows.
/// A thread that locks it twice gets an [error](LockError::HeldByCaller) instead of waiting for itself.
/// In a child process, a lock whose owner the fork has left behind is [recognised](LockError::Abandoned).
/// An [`unlock`](WriterGuard::unlock) returns whether another thread has asked for a [report](Self::listen).
/// It is not poisoned: a panic in a critical section unlocks it like any other end.
///
/// # Cost
/// A free lock is taken by one compare-exchange and given back by one subtraction, as long as nobody waits.
/// The lock takes one cache line, or two where the processor fetches them in pairs, and a small queue on the
/// heap.
///
/// # Fairness
/// A thread that locks again at once mostly succeeds, for a few hundred microseconds, since passing the lock to another
/// processor costs more than a short critical section.
/// A waiter that has been spinning for a microsecond or two joins a queue, and is served in its order.
/// (Tasks in the queue that are not run when they are woken may together cost about thirty milliseconds, once.)
/// From then on, at most a dozen critical sections of 20 microseconds or longer begin before its own (16 where waiters
/// come and go meanwhile), and one more for each waiter before it. Where critical sections are shorter, they go on for
/// half a millisecond, and as long again for each of those waiters.
/// This holds even if the system does not run the waiting thread, because the threads that unlock do the counting.
/// The price is that a writer may sleep for a few hundred microseconds although no other thread wants the lock any more.
///
/// # Examples
/// ```
/// use left_right::{LockError, WriterLock};
///
/// let lock = WriterLock::new(vec![1]);
/// let mut guard = lock.lock()?;
/// guard.push(2);
/// assert_eq!(lock.lock().unwrap_err(), LockError::HeldByCaller);
/// drop(guard);
/// assert_eq!(lock.into_inner(), [1, 2]);
/// # Ok::<(), LockError>(())
/// ```
pub struct WriterLock<T> {
    head: CachePadded<Head>,
    value: Tracked<T>,
}

/// The fields that locking and unlocking touch, the most frequently used first.
#[repr(C)]
struct Head {
    word: Word,
    tally: Tally,
    queue: CurrentQueue,
}

// SAFETY: the lock owns its data, and its other fields may be used by any thread.
unsafe impl<T: Send> Send for WriterLock<T> {}
// SAFETY: L2: one thread at a time reaches the data, so sharing the lock only sends the data.
unsafe impl<T: Send> Sync for WriterLock<T> {}

impl<T> WriterLock<T> {
    /// Makes an unlocked lock.
    pub fn new(value: T) -> Self {
        fork::watch();
        WriterLock {
            head: CachePadded::new(Head {
                word: Word::new(),
                tally: Tally::new(),
                queue: CurrentQueue::new(),
            }),
            value: Tracked::new(value),
        }
    }

    /// Returns whether the calling thread holds the lock.
    #[inline]
    pub fn is_held_by_caller(&self) -> bool {
        // Only this thread sets and removes its own mark, so the answer does not change meanwhile (L1).
        self.head.word.peek().owner() == own_mark()
    }

    /// Returns whether the lock is held by a thread that a fork left behind in the parent process.
    ///
    /// Such a lock stays locked in this process.
    pub fn is_abandoned(&self) -> bool {
        fork::is_left_behind(self.head.word.peek().owner())
    }

    /// Returns whether another writer is awake and takes the lock as soon as it may.
    ///
    /// The answer is a hint and may be out of date. Never waits.
    #[inline]
    pub fn has_next(&self) -> bool {
        self.head.queue.has_awake()
    }

    /// Locks, if the lock is free and not reserved for a prioritised waiter.
    ///
    /// Returns `None` otherwise, also if the calling thread holds the lock itself. Never panics.
    ///
    /// # Blocking
    /// Never waits.
    ///
    /// # Examples
    /// ```
    /// let lock = left_right::WriterLock::new(1);
    /// let guard = lock.try_lock().unwrap();
    /// assert!(lock.is_held_by_caller());
    /// assert!(lock.try_lock().is_none());
    /// drop(guard);
    /// assert!(lock.try_lock().is_some());
    /// ```
    #[inline]
    pub fn try_lock(&self) -> Option<WriterGuard<'_, T>> {
        if self.take() {
            Some(WriterGuard::new(self))
        } else {
            self.try_again()
        }
    }

    /// Locks, and waits until it can.
    ///
    /// # Blocking
    /// Waits for the critical sections of others, as the [type](Self#fairness) says: first spinning, then
    /// asleep.
    ///
    /// # Errors
    /// Returns [`HeldByCaller`](LockError::HeldByCaller) or [`Abandoned`](LockError::Abandoned) if the wait would
    /// never end.
    ///
    /// # Examples
    /// ```
    /// let lock = left_right::WriterLock::new(0);
    /// std::thread::scope(|scope| {
    ///     for _ in 0..4 {
    ///         scope.spawn(|| *lock.lock().unwrap() += 1);
    ///     }
    /// });
    /// println!("{}", *lock.lock()?); // 4
    /// # assert_eq!(lock.into_inner(), 4);
    /// # Ok::<(), left_right::LockError>(())
    /// ```
    #[inline]
    pub fn lock(&self) -> Result<WriterGuard<'_, T>, LockError> {
        if self.take() {
            Ok(WriterGuard::new(self))
        } else {
            self.wait(None)
        }
    }

    /// Locks, or gives up at the deadline.
    ///
    /// A free lock is taken even after the deadline.
    ///
    /// # Blocking
    /// As [`lock`](Self::lock), until the deadline.
    ///
    /// # Errors
    /// As [`lock`](Self::lock), and [`TimedOut`](LockError::TimedOut).
    ///
    /// # Examples
    /// ```
    /// use std::time::{Duration, Instant};
    /// use left_right::{LockError, WriterLock};
    ///
    /// let lock = WriterLock::new(1);
    /// let guard = lock.lock()?;
    /// std::thread::scope(|scope| {
    ///     scope.spawn(|| {
    ///         let soon = Instant::now() + Duration::from_millis(1);
    ///         assert_eq!(lock.lock_until(soon).unwrap_err(), LockError::TimedOut);
    ///     });
    /// });
    /// # Ok::<(), LockError>(())
    /// ```
    #[inline]
    pub fn lock_until(&self, deadline: Instant) -> Result<WriterGuard<'_, T>, LockError> {
        if self.take() {
            Ok(WriterGuard::new(self))
        } else {
            self.wait(Some(deadline))
        }
    }

    /// Makes the next [`WriterGuard::unlock`] return `true`.
    ///
    /// For threads that sleep until something changes that is only changed in critical sections. A thread that
    /// calls `listen` *and then* looks either sees a change, or a report is made after its call, at the latest by
    /// the `unlock` that ends the critical section of that change. What the thread did before the call is visible
    /// to the one that gets the report. After a report, it calls `listen` again before it looks again.
    ///
    /// # Blocking
    /// Never waits: one read-modify-write.
    ///
    /// # Examples
    /// ```
    /// let lock = left_right::WriterLock::new(1);
    /// lock.listen();
    /// assert!(lock.lock()?.unlock());
    /// assert!(!lock.lock()?.unlock());
    /// # Ok::<(), left_right::LockError>(())
    /// ```
    pub fn listen(&self) {
        self.head.word.set(LISTENED);
    }

    /// Returns a mutable reference to the data. No locking is needed, since the lock is borrowed exclusively.
    pub fn get_mut(&mut self) -> &mut T {
        // SAFETY: L2: the lock is borrowed exclusively.
        unsafe { &mut *self.value.write() }
    }

    /// Drops the lock, and returns the data.
    pub fn into_inner(self) -> T {
        self.value.into_inner()
    }

    #[inline]
    fn take(&self) -> bool {
        let state = self.head.word.peek();
        state.is_open() && self.head.word.acquire(state, own_mark())
    }

    /// Unlocks, for the guard. Returns whether there is something to report, if a report is wanted.
    #[inline]
    fn release(&self, is_reporting: bool) -> bool {
        let word = &self.head.word;
        let state = word.peek();
        let mut reported = 0;
        // One branch, so that the common case does not wait for the load.
        if state.has(WAITERS | LISTENED) {
            if state.has(WAITERS) && self.head.tally.count() {
                self.reserve();
            }
            // We own the lock, so no other thread clears the bit before us.
            if is_reporting && state.has(LISTENED) {
                reported = LISTENED;
            }
        }
        let before = word.release(own_mark(), reported);
        if before.has(WAKE) {
            self.wake_front();
        }
        is_reporting
            && match planted("listened-dropped") {
                true => state.has(LISTENED),
                false => before.has(LISTENED),
            }
    }

    #[cold]
    #[inline(never)]
    fn reserve(&self) {
        // A front that has reserved the lock itself is awake.
        if !self.head.word.peek().has(RESERVED) {
            let queue = self.head.queue.get(&self.head.word);
            queue.reserve(&self.head.word);
        }
    }

    #[cold]
    #[inline(never)]
    fn wake_front(&self) {
        let queue = self.head.queue.get(&self.head.word);
        queue.wake_front(&self.head.word, &self.head.tally);
    }
}

impl<T> fmt::Debug for WriterLock<T> {
    /// Shows the state, and not the data, which may be changing.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WriterLock")
            .field("is_locked", &self.head.word.peek().is_held())
            .finish_non_exhaustive()
    }
}

#[cfg(all(test, not(loom)))]
mod tests;
