//! [`WriterLock`]: the lock that writers take for each write.
mod error;
mod guard;
mod queue;
mod tally;
mod wait;
mod word;

pub use self::error::LockError;
pub use self::guard::WriterGuard;

use std::time::Instant;

use crossbeam_utils::CachePadded;

use self::queue::CurrentQueue;
use self::tally::Tally;
use self::word::{LISTENED, RESERVED, WAITERS, WAKE, Word};
use crate::fork;
use crate::mutant::planted;
use crate::sync::{Tracked, own_mark};

/// A lock.
pub struct WriterLock<T> {
    head: CachePadded<Head>,
    value: Tracked<T>,
}

/// What locking and unlocking touches.
struct Head {
    word: Word,
    tally: Tally,
    queue: CurrentQueue,
}

// SAFETY: the lock owns its data.
unsafe impl<T: Send> Send for WriterLock<T> {}
// SAFETY: L1, L2: one thread at a time reaches the data, so sharing the lock only sends the data.
unsafe impl<T: Send> Sync for WriterLock<T> {}

impl<T> WriterLock<T> {
    /// An unlocked lock.
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

    /// Whether the calling thread holds the lock.
    #[inline]
    pub fn is_held_by_caller(&self) -> bool {
        self.head.word.peek().owner() == own_mark()
    }

    /// Whether a fork left the holder behind.
    pub fn is_abandoned(&self) -> bool {
        fork::is_left_behind(self.head.word.peek().owner())
    }

    /// Whether a writer is awake that takes the lock as soon as it is free.
    #[inline]
    pub fn has_next(&self) -> bool {
        self.head.queue.has_awake()
    }

    /// Takes the lock if it is free.
    #[inline]
    pub fn try_lock(&self) -> Option<WriterGuard<'_, T>> {
        if self.take() {
            Some(WriterGuard::new(self))
        } else {
            self.try_again()
        }
    }

    /// Takes the lock.
    #[inline]
    pub fn lock(&self) -> Result<WriterGuard<'_, T>, LockError> {
        if self.take() {
            Ok(WriterGuard::new(self))
        } else {
            self.wait(None)
        }
    }

    /// Takes the lock, or gives up at the deadline.
    #[inline]
    pub fn lock_until(&self, deadline: Instant) -> Result<WriterGuard<'_, T>, LockError> {
        if self.take() {
            Ok(WriterGuard::new(self))
        } else {
            self.wait(Some(deadline))
        }
    }

    /// Asks the next unlock to report.
    pub fn listen(&self) {
        self.head.word.set(LISTENED);
    }

    /// The data, without locking.
    pub fn get_mut(&mut self) -> &mut T {
        // SAFETY: L2: the lock is borrowed exclusively.
        unsafe { &mut *self.value.write() }
    }

    /// The data, without the lock.
    pub fn into_inner(self) -> T {
        self.value.into_inner()
    }

    #[inline]
    fn take(&self) -> bool {
        let state = self.head.word.peek();
        state.is_open() && self.head.word.acquire(state, own_mark())
    }

    /// For the guard: unlocks. Returns whether there is something to report, if a report is wanted.
    #[inline]
    fn release(&self, is_reporting: bool) -> bool {
        let word = &self.head.word;
        let state = word.peek();
        let mut reported = 0;
        // One branch, so that the common case does not wait for the look.
        if state.has(WAITERS | LISTENED) {
            if state.has(WAITERS) && self.head.tally.count() {
                self.reserve();
            }
            // We own it, so nobody else takes the bit away before we do.
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
        // The front that has set it itself is awake.
        if !self.head.word.peek().has(RESERVED) {
            let queue = self.head.queue.get(&self.head.word);
            queue.reserve(&self.head.word);
        }
    }

    #[cold]
    #[inline(never)]
    fn wake_front(&self) {
        let queue = self.head.queue.get(&self.head.word);
        queue.wake_front(&self.head.word);
    }
}
