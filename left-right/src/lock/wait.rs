//! How a writer waits for a [`WriterLock`]: it first spins, and then queues.

use std::time::{Duration, Instant};

use super::queue::{Queue, ThreadPlace};
use super::sleeper::Sleeper;
use super::tally::STALLED;
use super::word::{RESERVED, State, WAKE};
use super::{LockError, WriterGuard, WriterLock};
use crate::sync::{MODELLED, Parker, own_mark, spin};

/// How often a newcomer looks, which takes one to two microseconds.
pub(super) const SPIN_LOOKS: u32 = if MODELLED { 1 } else { 32 };
/// At how many looks in a row the lock must be free before a waiter barges. So a thread that writes all the time keeps
/// the lock.
pub(super) const FREE_LOOKS: u32 = if MODELLED { 1 } else { 4 };
/// How often a prioritised waiter looks before it sleeps, which takes a few microseconds.
const PRIORITY_LOOKS: u32 = if MODELLED { 1 } else { 128 };
/// How long the front of the queue sleeps before it asks for priority. A change of hands moves all that a
/// critical section touches to another processor, so critical sections of one thread come in runs.
const RUN: Duration = if MODELLED {
    Duration::ZERO
} else {
    Duration::from_micros(150)
};

/// What a series of looks saw.
pub(super) enum Seen {
    /// The lock was free, and we took it.
    Taken,
    /// The lock was free now and then.
    Busy,
    /// The lock was held at every look, most likely by one long critical section.
    Held,
}

impl<T> WriterLock<T> {
    /// Waits for the lock, which was not free just now.
    #[cold]
    #[inline(never)]
    pub(super) fn wait(&self, deadline: Option<Instant>) -> Result<WriterGuard<'_, T>, LockError> {
        if self.is_held_by_caller() {
            return Err(LockError::HeldByCaller);
        }
        // Forks happen on running threads, so none happens while this one waits.
        if self.is_abandoned() {
            return Err(LockError::Abandoned);
        }
        let queue = self.head.queue.get(&self.head.word);
        let seen = queue.awake(|| self.look(SPIN_LOOKS, FREE_LOOKS, State::is_open));
        if let Seen::Taken = seen {
            return Ok(WriterGuard::new(self));
        }
        if is_over(deadline) {
            return self.try_lock().ok_or(LockError::TimedOut);
        }
        self.wait_in_line(queue, deadline)
    }

    fn wait_in_line(
        &self,
        queue: &Queue,
        deadline: Option<Instant>,
    ) -> Result<WriterGuard<'_, T>, LockError> {
        let word = &self.head.word;
        let parker = Parker::new();
        let ticket = queue.join(word, &self.head.tally, Sleeper::Thread(parker.unparker()));
        let is_taken = self.wait_to_be_front(queue, ticket, &parker, deadline)
            && (self.sleep_a_run(queue, &parker, deadline)
                || self.wait_with_priority(queue, &parker, deadline));
        // Before the critical section, whose unlock must see the bits that the next waiter sets.
        queue.leave(word, &self.head.tally, ticket, is_taken);
        if is_taken {
            Ok(WriterGuard::new(self))
        } else {
            Err(LockError::TimedOut)
        }
    }

    /// Sleeps until the waiter is the front. Returns `false` if the deadline passes first.
    fn wait_to_be_front(
        &self,
        queue: &Queue,
        ticket: u64,
        parker: &Parker,
        deadline: Option<Instant>,
    ) -> bool {
        let mut is_in_time = true;
        // L6 ends the sleep.
        loop {
            let until = match queue.place_of(&self.head.word, ticket) {
                ThreadPlace::Front => return true,
                ThreadPlace::Behind => deadline,
                // Looks itself, since the janitor, which looks too, may be waiting for this lock.
                ThreadPlace::BehindTask => {
                    let look = Instant::now() + STALLED;
                    Some(deadline.map_or(look, |deadline| deadline.min(look)))
                }
            };
            if !is_in_time {
                return false;
            }
            parker.park_until(until);
            is_in_time = !is_over(deadline);
            if until != deadline {
                self.pass_over_stalled_task();
            }
        }
    }

    /// Sleeps for the length of a run, as the front, and takes the lock if that stays free meanwhile.
    fn sleep_a_run(&self, queue: &Queue, parker: &Parker, deadline: Option<Instant>) -> bool {
        let word = &self.head.word;
        let end = Instant::now() + RUN;
        let until = Some(deadline.map_or(end, |deadline| deadline.min(end)));
        let mut may_ask = true;
        while !is_over(until) && !word.peek().has(RESERVED) {
            match queue.awake(|| self.look(FREE_LOOKS * 2, FREE_LOOKS, |state| !state.is_held())) {
                Seen::Taken => return true,
                // Once a run: a wake-up costs more than most critical sections.
                Seen::Held if may_ask => {
                    may_ask = false;
                    if !word.set(WAKE).is_held() {
                        continue;
                    }
                }
                Seen::Busy | Seen::Held => {}
            }
            parker.park_until(until);
        }
        false
    }

    /// Takes the lock at the next unlock, as the front, before all others (L5).
    fn wait_with_priority(
        &self,
        queue: &Queue,
        parker: &Parker,
        deadline: Option<Instant>,
    ) -> bool {
        let word = &self.head.word;
        let look = |looks| {
            let seen = queue.awake(|| self.look(looks, 1, |state| !state.is_held()));
            matches!(seen, Seen::Taken)
        };
        let mut is_in_time = true;
        loop {
            word.set(RESERVED);
            if look(PRIORITY_LOOKS) {
                return true;
            }
            if !is_in_time {
                return false;
            }
            // Q3: if the lock is held, its unlock sees this and wakes us.
            if !word.set(RESERVED | WAKE).is_held() {
                continue;
            }
            is_in_time = parker.park_until(deadline);
        }
    }

    /// Looks at the word up to `looks` times, and takes the lock when `may_take` is true at `free_looks` in a row.
    pub(super) fn look(
        &self,
        looks: u32,
        free_looks: u32,
        may_take: impl Fn(State) -> bool,
    ) -> Seen {
        let word = &self.head.word;
        let mut free = 0;
        let mut seen = Seen::Held;
        for _ in 0..looks {
            let state = word.peek();
            if may_take(state) {
                free += 1;
                if free >= free_looks && word.acquire(state, own_mark()) {
                    return Seen::Taken;
                }
            } else {
                free = 0;
            }
            if !state.is_held() {
                seen = Seen::Busy;
            }
            spin(1);
        }
        seen
    }

    /// Looks again after a compare-exchange has failed or a bit was set.
    #[cold]
    #[inline(never)]
    pub(super) fn try_again(&self) -> Option<WriterGuard<'_, T>> {
        self.head.queue.renew_after_fork(&self.head.word);
        loop {
            let state = self.head.word.peek();
            if !state.is_open() {
                return None;
            }
            // Fails only if another thread took the lock, or changed a bit.
            if self.head.word.acquire(state, own_mark()) {
                return Some(WriterGuard::new(self));
            }
        }
    }
}

fn is_over(deadline: Option<Instant>) -> bool {
    deadline.is_some_and(|deadline| Instant::now() >= deadline)
}
