//! [`Queue`]: the waiting writers of one process.

use std::collections::VecDeque;
use std::mem;
// Std's atomics, not the model checker's: hints.
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::sync::{PoisonError, TryLockError};

use super::sleeper::Sleeper;
use super::tally::Tally;
use super::word::{RESERVED, State, WAITERS, WAKE, Word};
use crate::background::Background;
use crate::fault::planted;
use crate::fork;
use crate::sync::{MODELLED, Mutex, MutexGuard, Ordering, spin};

/// How often a task tries the mutex.
const MUTEX_LOOKS: u32 = if MODELLED { 1 } else { 100 };

/// The writers of one process that wait, first come, first served.
pub(super) struct Queue {
    /// The process whose threads these are.
    generation: u64,
    /// Writers that are awake and take the lock as soon as they may.
    awake: AtomicUsize,
    /// The publisher has left a task to be woken by another thread.
    has_deferred: AtomicBool,
    waiters: Mutex<Waiters>,
}

/// The state that the mutex of a queue guards. Each change of it sets the word's bits accordingly (L3, L4).
pub(super) struct Waiters {
    line: VecDeque<Waiter>,
    next_ticket: u64,
    /// The word's bits are still those of the parent's queue.
    is_new: bool,
}

struct Waiter {
    ticket: u64,
    sleeper: Sleeper,
    /// The number of long critical sections from which on it is overdue.
    limit: u64,
    /// When a task was woken that has not been run since.
    woken_at: Option<u64>,
}

/// The place of a thread in the line.
pub(super) enum ThreadPlace {
    Front,
    /// Behind threads, each of which comes.
    Behind,
    /// Behind a task, which may have to be passed over.
    BehindTask,
}

/// The place of a task in the line.
pub(super) enum Place {
    /// It is the front, and the next unlock wakes it. The word was this before.
    Front(State),
    /// It is woken when it becomes the front (L6).
    Behind,
    /// It is not in the line any more, since it was passed over.
    Gone,
    /// Another thread has the mutex.
    Unknown,
}

impl Queue {
    pub(super) fn new(is_new: bool) -> Self {
        Queue {
            generation: fork::generation(),
            awake: AtomicUsize::new(0),
            has_deferred: AtomicBool::new(false),
            waiters: Mutex::new(Waiters {
                line: VecDeque::new(),
                next_ticket: 0,
                is_new,
            }),
        }
    }

    /// The process whose threads these are.
    pub(super) fn generation(&self) -> u64 {
        self.generation
    }

    /// Whether the publisher has left a task to be woken.
    pub(super) fn has_deferred(&self) -> bool {
        // ORDER: none needed: the publisher itself asks.
        self.has_deferred.load(Ordering::Relaxed)
    }

    /// Whether some writer is awake and takes the lock as soon as it may.
    #[inline]
    pub(super) fn has_awake(&self) -> bool {
        // ORDER: none needed: a hint.
        self.awake.load(Ordering::Relaxed) > 0
    }

    /// Clears the bits that were set for the parent's queue.
    pub(super) fn clear_parents_bits(&self, word: &Word) {
        drop(self.lock(word));
    }

    /// Makes what a fork leaves of a queue that had a waiter and whose mutex was locked.
    #[cfg(all(test, not(loom)))]
    pub(super) fn left_by_a_parent() -> &'static Self {
        let mut queue = Queue::new(false);
        queue.generation = 0;
        *queue.awake.get_mut() = 1;
        let queue: &'static Queue = Box::leak(Box::new(queue));
        mem::forget(queue.waiters.lock());
        queue
    }

    /// Calls `run` while the thread is counted as awake.
    pub(super) fn awake<R>(&self, run: impl FnOnce() -> R) -> R {
        // ORDER: none needed, for both: a hint.
        self.awake.fetch_add(1, Ordering::Relaxed);
        let result = run();
        self.awake.fetch_sub(1, Ordering::Relaxed);
        result
    }

    fn lock(&self, word: &Word) -> MutexGuard<'_, Waiters> {
        // No code that may panic runs under this mutex.
        let waiters = self.waiters.lock().unwrap_or_else(PoisonError::into_inner);
        Self::renewed(waiters, word)
    }

    /// As `lock`, for a task, which must not wait. Returns `None` if another thread has the mutex for about a microsecond.
    fn try_lock(&self, word: &Word) -> Option<MutexGuard<'_, Waiters>> {
        (0..MUTEX_LOOKS).find_map(|_| match self.waiters.try_lock() {
            Ok(waiters) => Some(Self::renewed(waiters, word)),
            Err(TryLockError::Poisoned(poisoned)) => {
                Some(Self::renewed(poisoned.into_inner(), word))
            }
            Err(TryLockError::WouldBlock) => {
                spin(1);
                None
            }
        })
    }

    /// Clears the bits of the parent's queue, after a fork.
    fn renewed<'a>(mut waiters: MutexGuard<'a, Waiters>, word: &Word) -> MutexGuard<'a, Waiters> {
        if waiters.is_new {
            waiters.is_new = false;
            if !planted("parent-bits-kept") {
                word.clear(WAITERS | RESERVED | WAKE);
            }
        }
        waiters
    }

    /// Adds a waiter at the end. Returns its ticket.
    pub(super) fn join(&self, word: &Word, tally: &Tally, sleeper: Sleeper) -> u64 {
        Self::join_in(self.lock(word), word, tally, sleeper)
    }

    /// As [`join`](Self::join), for a task. Returns `None` if another thread has the mutex.
    pub(super) fn try_join(&self, word: &Word, tally: &Tally, sleeper: Sleeper) -> Option<u64> {
        Some(Self::join_in(self.try_lock(word)?, word, tally, sleeper))
    }

    fn join_in(
        mut waiters: MutexGuard<'_, Waiters>,
        word: &Word,
        tally: &Tally,
        sleeper: Sleeper,
    ) -> u64 {
        let ticket = waiters.next_ticket;
        waiters.next_ticket += 1;
        let limit = tally.next_limit();
        // A task that has joined is running, and may not come back.
        let woken_at = sleeper.is_task().then(|| tally.now());
        waiters.line.push_back(Waiter {
            ticket,
            sleeper,
            limit,
            woken_at,
        });
        if waiters.line.len() == 1 {
            tally.start_group();
            tally.start_run(limit);
            word.set(WAITERS);
        }
        ticket
    }

    /// Returns the place of a thread in the line.
    pub(super) fn place_of(&self, word: &Word, ticket: u64) -> ThreadPlace {
        let waiters = self.lock(word);
        let mut before = waiters
            .line
            .iter()
            .take_while(|waiter| waiter.ticket != ticket);
        match before.next() {
            None => ThreadPlace::Front,
            Some(front) if front.sleeper.is_task() => ThreadPlace::BehindTask,
            Some(_) if before.any(|waiter| waiter.sleeper.is_task()) => ThreadPlace::BehindTask,
            Some(_) => ThreadPlace::Behind,
        }
    }

    /// Notes that a task in the line runs, and with which waker it waits. Returns its place. If it is the front, the next
    /// unlock wakes it. Does not wait.
    pub(super) fn renew(&self, word: &Word, ticket: u64, sleeper: &Sleeper) -> Place {
        let Some(mut waiters) = self.try_lock(word) else {
            return Place::Unknown;
        };
        let place = waiters
            .line
            .iter()
            .position(|waiter| waiter.ticket == ticket);
        let Some(place) = place else {
            return Place::Gone;
        };
        waiters.line[place].woken_at = None;
        // Dropped after the mutex is unlocked.
        let _former = mem::replace(&mut waiters.line[place].sleeper, sleeper.clone());
        let place = match place {
            // Under the mutex, so that the waiter is the front while the bit is set for it (L4).
            0 => Place::Front(word.set(WAKE)),
            _ => Place::Behind,
        };
        drop(waiters);
        place
    }

    /// Removes a waiter, and wakes the next one if it was the front (L6). `has_lock` says whether the calling thread has
    /// the lock.
    pub(super) fn leave(&self, word: &Word, tally: &Tally, ticket: u64, has_lock: bool) {
        let waiters = self.lock(word);
        let place = waiters
            .line
            .iter()
            .position(|waiter| waiter.ticket == ticket);
        if let Some(place) = place {
            self.remove(waiters, place, word, tally, has_lock);
        }
    }

    /// Removes the waiter at this place, and wakes the next one if it was the front (L6). `has_lock` says whether the
    /// calling thread has the lock: then it wakes no task, since a waker is user code, and its unlock does.
    fn remove(
        &self,
        mut waiters: MutexGuard<'_, Waiters>,
        place: usize,
        word: &Word,
        tally: &Tally,
        has_lock: bool,
    ) {
        // Dropped after the mutex is unlocked.
        let _left = waiters.line.remove(place);
        if place != 0 {
            drop(waiters);
            return;
        }
        word.clear(RESERVED | WAKE);
        let Some(front) = waiters.line.front_mut() else {
            word.clear(WAITERS);
            drop(waiters);
            return;
        };
        tally.start_run(front.limit);
        let is_left_to_unlock = has_lock && front.sleeper.is_task();
        // Also makes the stores of `start_run` visible to the critical sections that begin after this.
        word.set(match tally.is_reached(front.limit) {
            true => RESERVED | WAKE,
            false if is_left_to_unlock => WAKE,
            false => 0,
        });
        if is_left_to_unlock {
            drop(waiters);
            return;
        }
        let sleeper = front.note_woken(tally);
        drop(waiters);
        if !planted("front-not-woken") {
            sleeper.wake();
        }
    }

    /// Passes over tasks that were woken long ago and have not been run since. Returns whether a task is in the line.
    ///
    /// If the front is one, wakes all other tasks in the line, too. So those that are not run are all passed over next time,
    /// and not one after the other.
    pub(super) fn pass_over(&self, word: &Word, tally: &Tally) -> bool {
        let mut waiters = self.lock(word);
        let has_task = waiters.line.iter().any(|waiter| waiter.sleeper.is_task());
        let is_stalled = |waiter: &Waiter| {
            let woken_at = waiter.woken_at.filter(|_| waiter.sleeper.is_task());
            woken_at.is_some_and(|woken_at| tally.is_stalled_since(woken_at))
        };
        let is_kept = planted("stalled-task-kept");
        let is_front_stalled = waiters.line.front().is_some_and(is_stalled);
        if !has_task || is_kept || !is_front_stalled {
            return has_task;
        }
        // Dropped after the mutex is unlocked. A task that is run later finds that it is gone, and joins again.
        let mut gone = Vec::new();
        let mut index = 1;
        while index < waiters.line.len() {
            if is_stalled(&waiters.line[index]) {
                gone.extend(waiters.line.remove(index));
            } else {
                index += 1;
            }
        }
        let tasks = waiters.line.iter_mut().skip(1);
        let woken: Vec<_> = tasks
            .filter(|waiter| waiter.sleeper.is_task() && waiter.woken_at.is_none())
            .map(|waiter| waiter.note_woken(tally))
            .collect();
        self.remove(waiters, 0, word, tally, false);
        drop(gone);
        woken.iter().for_each(Sleeper::wake);
        has_task
    }

    /// Wakes the front, if it is a task that the publisher would have had to wake. For any other thread.
    pub(super) fn wake_deferred(&self, word: &Word, tally: &Tally) {
        // ORDER: none needed: the request of the janitor orders it.
        if self.has_deferred.swap(false, Ordering::Relaxed) {
            self.wake_front(word, tally);
        }
    }

    /// Ends the reservation of the lock for a task that is not run, or that nobody has woken yet. It stays the front. Does
    /// not wait, and runs no waker.
    pub(super) fn end_reservation(&self, word: &Word, tally: &Tally) {
        let Some(waiters) = self.try_lock(word) else {
            return;
        };
        let front = waiters.line.front().filter(|front| front.sleeper.is_task());
        let is_absent = front.is_some_and(|front| match front.woken_at {
            Some(woken_at) => tally.is_stalled_since(woken_at),
            None => self.has_deferred(),
        });
        if is_absent {
            word.clear(RESERVED);
        }
        drop(waiters);
    }

    /// Reserves the lock for the front, and makes the next unlock wake it.
    #[cold]
    pub(super) fn reserve(&self, word: &Word) {
        let waiters = self.lock(word);
        if !waiters.line.is_empty() {
            word.set(RESERVED | WAKE);
        }
    }

    /// Wakes the front, for a thread that unlocked and found `WAKE` set.
    #[cold]
    pub(super) fn wake_front(&self, word: &Word, tally: &Tally) {
        let mut waiters = self.lock(word);
        let is_task = waiters
            .line
            .front()
            .is_some_and(|front| front.sleeper.is_task());
        // A waker is user code, which the publisher never runs.
        if is_task && Background::is_publisher() {
            // ORDER: none needed: the request of the janitor orders it.
            self.has_deferred.store(true, Ordering::Relaxed);
            return;
        }
        // The front sets it again before it next sleeps.
        word.clear(WAKE);
        let front = waiters.line.front_mut();
        let sleeper = front.map(|front| front.note_woken(tally));
        drop(waiters);
        if let Some(sleeper) = sleeper.filter(|_| !planted("wake-forgotten")) {
            sleeper.wake();
        }
    }

    #[cfg(all(test, not(loom)))]
    pub(super) fn len(&self, word: &Word) -> usize {
        self.lock(word).line.len()
    }

    /// Calls `run` while the mutex is locked.
    #[cfg(all(test, not(loom)))]
    pub(super) fn while_locked<R>(&self, word: &Word, run: impl FnOnce() -> R) -> R {
        let _locked = self.lock(word);
        run()
    }
}

impl Waiter {
    /// Returns what wakes it, and notes that this happens now.
    fn note_woken(&mut self, tally: &Tally) -> Sleeper {
        if self.sleeper.is_task() {
            self.woken_at.get_or_insert(tally.now());
        }
        self.sleeper.clone()
    }
}
