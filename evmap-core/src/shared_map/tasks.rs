//! [`Tasks`]: those that wait for the janitor to prepare the copy that is written next.
//!
//! # Orderings
//! - **A1** A task joins the list, and then requests the janitor, whose lane's lock orders the two threads. So the janitor's
//!   step after the request finds the task.
//! - **A2** `state` (Release), which is set before the task is woken, pairs with its load (Acquire) when the task runs
//!   then.

use std::hint;
use std::mem;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError, Weak};
use std::task::Waker;
use std::time::Duration;

use left_right::background::{Background, PerProcess};

use super::waker::Contained;

/// How often a poll tries a lock, which takes about a microsecond.
const LOOKS: u32 = 100;

/// The shortest and the longest pause of the janitor while the copy cannot be prepared.
const SHORTEST_PAUSE: Duration = Duration::from_micros(100);
const LONGEST_PAUSE: Duration = Duration::from_millis(2);

/// The tasks that wait for the janitor to prepare the copy that is written next.
pub(super) struct Tasks {
    waiting: PerProcess<Mutex<Vec<Entry>>>,
    /// The janitor's last pause in microseconds; 0 if the copy could be prepared since.
    pause: AtomicU64,
    /// Whether the present wait counts as a stall already.
    is_stalled: AtomicBool,
}

/// An entry of the list.
struct Entry {
    task: Weak<Waiting>,
    /// A reader in the copy is on this task's thread, so that reader is not waited for.
    has_own_reader: bool,
}

/// A task that waits. It is dropped when the task waits no longer.
pub(super) struct Waiting {
    waker: Contained,
    state: AtomicU8,
    /// The process whose janitor was requested.
    process: u64,
}

/// The states of a waiting task.
const WAITS: u8 = 0;
const READY: u8 = 1;
const FAILED: u8 = 2;

impl Tasks {
    pub(super) fn new() -> Self {
        Tasks {
            waiting: PerProcess::new(Mutex::default),
            pause: AtomicU64::new(0),
            is_stalled: AtomicBool::new(false),
        }
    }

    /// Returns the pause before the next attempt.
    pub(super) fn next_pause(&self) -> Duration {
        // ORDER: none needed, for both: a step more or less changes nothing.
        let last = self.pause.load(Ordering::Relaxed);
        let pause = Duration::from_micros(last * 2).clamp(SHORTEST_PAUSE, LONGEST_PAUSE);
        self.pause
            .store(pause.as_micros() as u64, Ordering::Relaxed);
        pause
    }

    /// Notes that no further copy may be set aside. Returns whether that is new since the copy was last prepared.
    pub(super) fn note_stall(&self) -> bool {
        // ORDER: none needed: only the janitor changes it, or a task that does the janitor's work.
        !self.is_stalled.swap(true, Ordering::Relaxed)
    }

    /// Adds a task to the list. Returns `None` if another thread has it.
    pub(super) fn try_join(&self, waker: &Waker, has_own_reader: bool) -> Option<Arc<Waiting>> {
        let task = Arc::new(Waiting {
            waker: Contained::new(waker),
            state: AtomicU8::new(WAITS),
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
        waiting.push(Entry {
            task: Arc::downgrade(&task),
            has_own_reader,
        });
        drop(waiting);
        Some(task)
    }

    /// Removes the tasks that wait no longer. Returns whether one of the others has a reader of its own in the copy, or
    /// `None` if no other is left.
    pub(super) fn waiting(&self) -> Option<bool> {
        let mut entries = self.lock();
        entries.retain(|entry| entry.task.strong_count() > 0);
        let has_own_reader = entries.iter().any(|entry| entry.has_own_reader);
        (!entries.is_empty()).then_some(has_own_reader)
    }

    /// Tells all tasks in the list that their wait is over, and whether the copy could not be prepared.
    pub(super) fn wake(&self, has_failed: bool) {
        // ORDER: none needed: see `next_pause`.
        self.pause.store(0, Ordering::Relaxed);
        // ORDER: none needed: see `note_stall`.
        self.is_stalled.store(false, Ordering::Relaxed);
        let waiting = mem::take(&mut *self.lock());
        for task in waiting.iter().filter_map(|entry| entry.task.upgrade()) {
            let state = if has_failed { FAILED } else { READY };
            // ORDER: A2.
            task.state.store(state, Ordering::Release);
            task.waker.wake();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Entry>> {
        let waiting = self.waiting.get().lock();
        waiting.unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    /// Returns `None` while it waits, and then whether the copy could be prepared.
    pub(super) fn outcome(&self) -> Option<bool> {
        // ORDER: A2.
        match self.state.load(Ordering::Acquire) {
            WAITS => None,
            state => Some(state == READY),
        }
    }

    pub(super) fn is_for(&self, waker: &Waker) -> bool {
        self.process == Background::process() && self.waker.will_wake(waker)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::thread;

    use super::*;

    #[test]
    fn a_task_that_joins_does_not_wait_for_the_list() {
        let tasks = Tasks::new();
        let (done, is_done) = mpsc::channel();
        thread::scope(|scope| {
            let list = tasks.lock();
            let tasks = &tasks;
            scope.spawn(move || {
                let has_joined = tasks.try_join(Waker::noop(), false).is_some();
                done.send(has_joined).unwrap();
            });
            let has_joined = is_done.recv_timeout(Duration::from_secs(60));
            drop(list);
            assert_eq!(has_joined, Ok(false));
        });
        assert!(tasks.try_join(Waker::noop(), false).is_some());
    }

    #[test]
    fn what_a_task_needs_ends_with_it() {
        let tasks = Tasks::new();
        assert_eq!(tasks.waiting(), None);
        let other = tasks.try_join(Waker::noop(), false);
        let own = tasks.try_join(Waker::noop(), true);
        assert_eq!(tasks.waiting(), Some(true));
        drop(own);
        assert_eq!(tasks.waiting(), Some(false));
        drop(other);
        assert_eq!(tasks.waiting(), None);
    }
}
