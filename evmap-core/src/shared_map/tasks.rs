//! [`Tasks`]: those that wait for the janitor to prepare the copy that is written next.
//!
//! # Orderings
//! - **A1** A task joins the list, and then requests the janitor, whose lane's lock orders the two threads. So the janitor's
//!   step after the request finds the task.
//! - **A2** `is_over` (Release), which is set before the task is woken, pairs with its load (Acquire) when the task runs
//!   then.

use std::hint;
use std::mem;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError, Weak};
use std::task::Waker;

use left_right::background::{Background, PerProcess};

use super::waker::Contained;

/// How often a poll tries a lock, which takes about a microsecond.
const LOOKS: u32 = 100;

/// The tasks that wait for the janitor to prepare the copy that is written next.
pub(super) struct Tasks {
    waiting: PerProcess<Mutex<Vec<Weak<Waiting>>>>,
    /// Whether the readers in that copy are not to be waited for, since one of them is on a waiting task's thread.
    pub(super) has_own_reader: AtomicBool,
    /// How often the copy could not be prepared, since a `Clone` panicked.
    pub(super) failures: AtomicU64,
}

/// A task that waits. It is dropped when the task waits no longer.
pub(super) struct Waiting {
    waker: Contained,
    pub(super) is_over: AtomicBool,
    /// The process whose janitor was requested.
    process: u64,
}

impl Tasks {
    pub(super) fn new() -> Self {
        Tasks {
            waiting: PerProcess::new(Mutex::default),
            has_own_reader: AtomicBool::new(false),
            failures: AtomicU64::new(0),
        }
    }

    pub(super) fn failures(&self) -> u64 {
        // ORDER: none needed: A2 orders it.
        self.failures.load(Ordering::Relaxed)
    }

    /// Adds a task to the list. Returns `None` if another thread has it.
    pub(super) fn try_join(&self, waker: &Waker) -> Option<Arc<Waiting>> {
        let task = Arc::new(Waiting {
            waker: Contained::new(waker),
            is_over: AtomicBool::new(false),
            process: Background::process(),
        });
        let list = self.waiting.get();
        let mut waiting = (0..LOOKS).find_map(|_| match list.try_lock() {
            Ok(waiting) => Some(waiting),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => {
                hint::spin_loop();
                None
            }
        })?;
        waiting.push(Arc::downgrade(&task));
        drop(waiting);
        Some(task)
    }

    /// Removes the tasks that wait no longer. Returns whether any is left.
    pub(super) fn are_waiting(&self) -> bool {
        let mut waiting = self.lock();
        waiting.retain(|task| task.strong_count() > 0);
        !waiting.is_empty()
    }

    /// Tells all tasks in the list that their wait is over.
    pub(super) fn wake(&self) {
        let waiting = mem::take(&mut *self.lock());
        for task in waiting.iter().filter_map(Weak::upgrade) {
            // ORDER: A2.
            task.is_over.store(true, Ordering::Release);
            task.waker.wake();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Weak<Waiting>>> {
        let waiting = self.waiting.get().lock();
        waiting.unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    pub(super) fn is_for(&self, waker: &Waker) -> bool {
        self.process == Background::process() && self.waker.will_wake(waker)
    }
}
