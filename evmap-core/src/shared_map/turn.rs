//! [`Turns`]: whose turn it is to write.
//!
//! A lock that knows its owner, so that a call back into the map from a closure fails with a message
//! instead of waiting for itself; and that knows whether somebody is about to take the next turn, so
//! that a publication can be left to him.

use std::cell::Cell;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use event_listener::{Event, EventListener};
use parking_lot::{Mutex, MutexGuard};

/// How long somebody who wants a turn stays awake for it: a few microseconds, longer than most turns
/// last.
const SPINS: u32 = 200;

/// A value that one thread at a time has its turn with.
pub(super) struct Turns<T> {
    value: Mutex<T>,
    /// The mark of the thread whose turn it is; 0 for none.
    owner: AtomicUsize,
    /// Threads that are awake and will take a turn as soon as there is one.
    spinning: AtomicUsize,
    released: Event,
}

/// One turn, which ends when this is dropped.
pub(super) struct Turn<'a, T> {
    guard: MutexGuard<'a, T>,
    turns: &'a Turns<T>,
    // After the guard: whoever is woken finds the lock free.
    _notice: Notice<'a>,
}

struct Notice<'a>(&'a Event);

/// For how long to wait for something.
#[derive(Clone, Copy, Debug)]
pub(super) enum Patience {
    /// Not at all.
    Try,
    /// Until then.
    Until(Instant),
    /// As long as it takes.
    Endless,
}

impl<T> Turns<T> {
    pub(super) fn new(value: T) -> Self {
        Turns {
            value: Mutex::new(value),
            owner: AtomicUsize::new(0),
            spinning: AtomicUsize::new(0),
            released: Event::new(),
        }
    }

    /// The next turn, or none if that takes too long.
    ///
    /// # Panics
    /// If the calling thread has its turn already.
    pub(super) fn take(&self, patience: Patience) -> Option<Turn<'_, T>> {
        self.refuse_own();
        let guard = match (self.value.try_lock(), patience) {
            (Some(guard), _) => Some(guard),
            (None, Patience::Try) => None,
            (None, Patience::Until(deadline)) => {
                self.spin().or_else(|| self.value.try_lock_until(deadline))
            }
            (None, Patience::Endless) => self.spin().or_else(|| Some(self.value.lock())),
        };
        guard.map(|guard| self.begin(guard))
    }

    /// The next turn, however long it takes.
    ///
    /// # Panics
    /// If the calling thread has its turn already.
    pub(super) fn take_next(&self) -> Turn<'_, T> {
        self.refuse_own();
        let guard = match self.value.try_lock() {
            Some(guard) => guard,
            None => self.spin().unwrap_or_else(|| self.value.lock()),
        };
        self.begin(guard)
    }

    /// Whether a thread is awake that will take its turn at once when this one ends.
    pub(super) fn has_next(&self) -> bool {
        // ORDER: none needed: it is a guess, and whoever trusts it looks after itself.
        self.spinning.load(Ordering::Relaxed) > 0
    }

    /// Told when a turn ends.
    pub(super) fn released(&self) -> EventListener {
        self.released.listen()
    }

    /// # Panics
    /// If the calling thread has its turn.
    pub(super) fn refuse_own(&self) {
        // ORDER: none needed: only the calling thread stores its own mark, and takes it away.
        assert!(
            self.owner.load(Ordering::Relaxed) != own_mark(),
            "a call back into a SharedMap from a closure (or from a key's or value's own code) that \
             runs inside one of its writes: it would wait for itself; use what the closure is given, \
             or write afterwards"
        );
    }

    fn spin(&self) -> Option<MutexGuard<'_, T>> {
        self.spinning.fetch_add(1, Ordering::Relaxed);
        let mut guard = None;
        for _ in 0..SPINS {
            std::hint::spin_loop();
            if !self.value.is_locked() {
                guard = self.value.try_lock();
                if guard.is_some() {
                    break;
                }
            }
        }
        self.spinning.fetch_sub(1, Ordering::Relaxed);
        guard
    }

    fn begin<'a>(&'a self, guard: MutexGuard<'a, T>) -> Turn<'a, T> {
        self.owner.store(own_mark(), Ordering::Relaxed);
        Turn {
            guard,
            turns: self,
            _notice: Notice(&self.released),
        }
    }
}

impl<T> Deref for Turn<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.guard
    }
}

impl<T> DerefMut for Turn<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.guard
    }
}

impl<T> Drop for Turn<'_, T> {
    fn drop(&mut self) {
        self.turns.owner.store(0, Ordering::Relaxed);
    }
}

impl Drop for Notice<'_> {
    fn drop(&mut self) {
        self.0.notify(1);
    }
}

/// A number that no other live thread has.
fn own_mark() -> usize {
    thread_local! {
        /// Without a destructor, so it is there as long as its thread is.
        static MARK: Cell<u8> = const { Cell::new(0) };
    }
    MARK.with(|mark| std::ptr::from_ref(mark).addr())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::thread;
    use std::time::Duration;

    #[test]
    fn a_thread_is_refused_a_second_turn_and_others_wait() {
        let turns = Turns::new(0);
        let mut turn = turns.take_next();
        *turn = 1;
        assert!(catch_unwind(AssertUnwindSafe(|| turns.take(Patience::Try).is_none())).is_err());
        thread::scope(|scope| {
            scope.spawn(|| {
                assert!(turns.take(Patience::Try).is_none());
                let soon = Instant::now() + Duration::from_millis(5);
                assert!(turns.take(Patience::Until(soon)).is_none());
            });
        });
        drop(turn);
        assert_eq!(*turns.take(Patience::Try).unwrap(), 1);
        assert_eq!(*turns.take(Patience::Endless).unwrap(), 1);
    }

    #[test]
    fn turns_exclude_each_other() {
        let turns = Turns::new(0u64);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..10_000 {
                        *turns.take_next() += 1;
                    }
                });
            }
        });
        assert_eq!(*turns.take_next(), 40_000);
    }
}
