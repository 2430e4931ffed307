//! [`Turns`]: whose turn it is to write.
//!
//! A lock that knows its owner, so that a call back into the map from a closure fails with a message
//! instead of waiting for itself.
//!
//! It is made for turns that last a fraction of a microsecond, where what costs is not the waiting but
//! the change of hands: with each, all that a turn touches moves to another processor, which takes
//! longer than the turn.
//! So whoever finds a turn going on is *polite* at first: it stays awake for a moment, but takes the
//! lock only once it has been free for a while, so a thread that writes all the time goes on.
//! Then it sleeps, and comes back *impatient*: it takes the lock at the first chance, and whoever comes
//! meanwhile lets it.
//! Thus writers that write all the time have their turns in rows of some hundred microseconds, one
//! after the other; a writer that comes now and then waits for a turn to end, or for a row; and ending
//! a short turn wakes nobody, which would be a system call.
//! A turn that takes long is waited for asleep, and its end wakes one who waits.

use std::cell::Cell;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread;
use std::time::{Duration, Instant};

/// How often who is polite looks, and how often in a row the lock must have been free.
const POLITE_LOOKS: u32 = 64;
const FREE_LOOKS: u32 = 4;
/// How often who is impatient looks, some microseconds.
const IMPATIENT_LOOKS: u32 = 256;
/// For how long the turns may change hands but once: so long one sleeps, for each thread that waits.
const QUANTUM: Duration = Duration::from_micros(50);
/// However many wait, nobody sleeps longer at a time.
const LONGEST_PAUSE: Duration = Duration::from_millis(2);

/// A value that one thread at a time has its turn with.
pub(super) struct Turns<T> {
    value: Mutex<T>,
    /// The mark of the thread whose turn it is; 0 for none.
    owner: AtomicU64,
    /// Threads that are awake and polite.
    polite: AtomicUsize,
    /// Threads that sleep now and then.
    waiting: AtomicUsize,
    /// Threads that have slept, and look.
    impatient: AtomicUsize,
}

/// One turn, which ends when this is dropped.
pub(super) struct Turn<'a, T> {
    guard: MutexGuard<'a, T>,
    turns: &'a Turns<T>,
}

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

impl Patience {
    /// How much is left of it.
    pub(super) fn left(self) -> Duration {
        match self {
            Patience::Try => Duration::ZERO,
            Patience::Until(deadline) => deadline.saturating_duration_since(Instant::now()),
            Patience::Endless => Duration::MAX,
        }
    }
}

impl<T> Turns<T> {
    pub(super) fn new(value: T) -> Self {
        Turns {
            value: Mutex::new(value),
            owner: AtomicU64::new(0),
            polite: AtomicUsize::new(0),
            waiting: AtomicUsize::new(0),
            impatient: AtomicUsize::new(0),
        }
    }

    /// The next turn, or none if that takes too long.
    ///
    /// # Panics
    /// If the calling thread has its turn already.
    pub(super) fn take(&self, patience: Patience) -> Option<Turn<'_, T>> {
        self.refuse_own();
        // ORDER: none needed: who waits is a hint.
        let must_wait = self.impatient.load(Ordering::Relaxed) > 0;
        let at_once = match patience {
            Patience::Try => Some(self.try_lock()?),
            _ if must_wait => None,
            _ => self.try_lock(),
        };
        let guard = match at_once {
            Some(guard) => guard,
            None => self.wait(patience)?,
        };
        // ORDER: none needed: who else looks takes it for a hint.
        self.owner.store(own_mark(), Ordering::Relaxed);
        Some(Turn { guard, turns: self })
    }

    /// The next turn, however long it takes.
    ///
    /// # Panics
    /// If the calling thread has its turn already.
    pub(super) fn take_next(&self) -> Turn<'_, T> {
        match self.take(Patience::Endless) {
            Some(turn) => turn,
            None => unreachable!("an endless wait ended"),
        }
    }

    /// Whether a thread is awake that will take its turn as soon as nobody else does.
    pub(super) fn has_next(&self) -> bool {
        // ORDER: none needed: it is a guess, and whoever trusts it looks after itself.
        self.polite.load(Ordering::Relaxed) + self.impatient.load(Ordering::Relaxed) > 0
    }

    /// # Panics
    /// If the calling thread has its turn.
    pub(super) fn refuse_own(&self) {
        // ORDER: none needed: only the calling thread stores its own mark, which nobody else ever has, and
        // takes it away.
        assert!(
            self.owner.load(Ordering::Relaxed) != own_mark(),
            "a call back into a SharedMap from a closure (or from a key's or value's own code) that \
             runs inside one of its writes: it would wait for itself; use what the closure is given, \
             or write afterwards"
        );
    }

    #[cold]
    fn wait(&self, patience: Patience) -> Option<MutexGuard<'_, T>> {
        counted(&self.polite, || self.look_politely())
            .or_else(|| counted(&self.waiting, || self.sleep_and_look(patience)))
    }

    fn sleep_and_look(&self, patience: Patience) -> Option<MutexGuard<'_, T>> {
        // ORDER: none needed: it says how long to sleep, roughly.
        let waiting = u32::try_from(self.waiting.load(Ordering::Relaxed)).unwrap_or(u32::MAX);
        let pause = QUANTUM.saturating_mul(waiting).min(LONGEST_PAUSE);
        thread::sleep(pause.min(patience.left()));
        counted(&self.impatient, || {
            self.look_impatiently().or_else(|| self.block(patience))
        })
    }

    /// Waits for the end of a turn that takes long. Whoever comes meanwhile lets us, so it is one.
    fn block(&self, patience: Patience) -> Option<MutexGuard<'_, T>> {
        if matches!(patience, Patience::Endless) {
            return Some(self.value.lock().unwrap_or_else(PoisonError::into_inner));
        }
        loop {
            let left = patience.left();
            if left.is_zero() {
                return self.try_lock();
            }
            thread::sleep(QUANTUM.min(left));
            let guard = self.look_impatiently();
            if guard.is_some() {
                return guard;
            }
        }
    }

    fn look_politely(&self) -> Option<MutexGuard<'_, T>> {
        let mut free = 0;
        for _ in 0..POLITE_LOOKS {
            std::hint::spin_loop();
            // ORDER: none needed: the lock has its own.
            let is_free = self.owner.load(Ordering::Relaxed) == 0
                && self.impatient.load(Ordering::Relaxed) == 0;
            free = if is_free { free + 1 } else { 0 };
            if free >= FREE_LOOKS {
                let guard = self.try_lock();
                if guard.is_some() {
                    return guard;
                }
                free = 0;
            }
        }
        None
    }

    fn look_impatiently(&self) -> Option<MutexGuard<'_, T>> {
        for _ in 0..IMPATIENT_LOOKS {
            // ORDER: none needed: the lock has its own.
            if self.owner.load(Ordering::Relaxed) == 0 {
                let guard = self.try_lock();
                if guard.is_some() {
                    return guard;
                }
            }
            std::hint::spin_loop();
        }
        None
    }

    fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
        match self.value.try_lock() {
            Ok(guard) => Some(guard),
            // A turn that ended in a panic has left the writer as it says itself.
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
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
        // ORDER: none needed: a hint to who looks; the lock, which is given back after this, has its own.
        self.turns.owner.store(0, Ordering::Relaxed);
    }
}

/// Runs it while the thread is counted there.
fn counted<R>(counter: &AtomicUsize, run: impl FnOnce() -> R) -> R {
    // ORDER: none needed, for both: how many wait is a hint.
    counter.fetch_add(1, Ordering::Relaxed);
    let result = run();
    counter.fetch_sub(1, Ordering::Relaxed);
    result
}

/// A number that no other thread has, has had, or will have.
pub(super) fn own_mark() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    thread_local! {
        /// Without a destructor, so it is there as long as its thread is.
        static MARK: Cell<u64> = const { Cell::new(0) };
    }
    if MARK.get() == 0 {
        // ORDER: none needed: each number is drawn once.
        MARK.set(NEXT.fetch_add(1, Ordering::Relaxed));
    }
    MARK.get()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::{AssertUnwindSafe, catch_unwind};

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

    /// An address in a thread's own memory would come again with a later thread.
    #[test]
    fn no_two_threads_have_the_same_mark_though_one_has_ended_before_the_other_began() {
        let mark = || thread::spawn(|| (own_mark(), own_mark())).join().unwrap();
        let marks: std::collections::HashSet<_> = (0..100).map(|_| mark()).collect();
        assert_eq!(marks.len(), 100);
        assert!(
            marks
                .iter()
                .all(|&(once, again)| once == again && once != 0)
        );
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
