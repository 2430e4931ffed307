//! Forks: which process this is, and which threads it no longer has.
//!
//! A child of `fork` starts with one thread, the one that called it, and with a copy of the memory. A lock that
//! another thread held stays locked, and threads that others rely on do not exist.
//! The system runs a handler in the child, which only stores to atomics. All other code notices the fork when it
//! next reads them.
//!
//! (A raw `clone` system call runs no handlers, so its child does not know that it is one.)
//!
//! # Invariants
//! - **K1** No two threads have the same mark, whether they live at the same time or not.
//! - **K2** A mark that was assigned before the last fork belongs to a thread that the fork has left behind, unless
//!   it is the mark of the thread that forked.
//! - **K4** While a fork is under way, no thread holds forks off, unless it has done so for [`LONGEST_DELAY`].
//!
//! # Orderings
//! - **K3** The atomics of the child's handler need no ordering: the handler runs on the only thread of the child,
//!   and each later thread of the child starts after it.
//! - **K5** `try_hold_off` and `prepare` both change a gate (AcqRel), so one comes first. If `try_hold_off` does, the
//!   fork sees it and waits. If `prepare` does, `try_hold_off` sees the fork and gives up. `Held::drop` (Release)
//!   pairs with the load in `prepare` (Acquire): what a thread does while it holds off forks happens before the fork.

use std::cell::Cell;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

// Std's atomics, not the model checker's: no model forks.
static GENERATION: AtomicU64 = AtomicU64::new(1);
static NEXT_MARK: AtomicU64 = AtomicU64::new(1);
/// The first mark that was assigned in this process, and the mark of the thread that forked; 0 for none.
static FIRST_MARK: AtomicU64 = AtomicU64::new(0);
static FORKED_MARK: AtomicU64 = AtomicU64::new(0);

/// How many threads hold off forks. The upper half counts the forks under way, which no further thread can hold off.
pub(crate) struct Gate {
    count: AtomicU64,
    /// The index of this gate in [`OWN_HOLDS`].
    index: usize,
}

/// The publisher's gate, which a fork closes last.
pub(crate) static SHORT_GATE: Gate = Gate::new(0);
/// The gate of all other threads.
pub(crate) static LONG_GATE: Gate = Gate::new(1);
const FORK: u64 = 1 << 32;
/// How long a fork waits at most for the threads that hold it off.
const LONGEST_DELAY: Duration = Duration::from_secs(1);
/// The pause between two looks of a thread that waits for that.
const LOOK: Duration = Duration::from_micros(50);

thread_local! {
    /// The thread's mark, or 0 before one is assigned. It has no destructor, so it lives as long as its thread.
    static MARK: Cell<u64> = const { Cell::new(0) };
    /// How often this thread holds off forks at each gate. Its own forks do not wait for that.
    static OWN_HOLDS: Cell<[u64; 2]> = const { Cell::new([0; 2]) };
    /// Whether this thread is inside a fork of its own, whose handlers may run code of others.
    static IS_FORKING: Cell<bool> = const { Cell::new(false) };
}

/// Returns the number of this process, which is never 0. Each child has another number.
#[inline(always)]
pub(crate) fn generation() -> u64 {
    // ORDER: none needed (K3).
    GENERATION.load(Ordering::Relaxed)
}

/// Returns a number that no other thread has, has had, or will have (K1), and that is never 0.
#[inline(always)]
#[cfg_attr(loom, allow(dead_code))]
pub(crate) fn own_mark() -> u64 {
    match MARK.get() {
        0 => draw_mark(),
        mark => mark,
    }
}

#[cold]
#[inline(never)]
fn draw_mark() -> u64 {
    // ORDER: none needed: the counter returns each number once.
    let mark = NEXT_MARK.fetch_add(1, Ordering::Relaxed);
    MARK.set(mark);
    mark
}

/// Returns whether a fork has left the thread of this mark behind in the parent (K2).
pub(crate) fn is_left_behind(mark: u64) -> bool {
    // ORDER: none needed (K3), for both.
    mark != 0
        && mark < FIRST_MARK.load(Ordering::Relaxed)
        && mark != FORKED_MARK.load(Ordering::Relaxed)
}

/// Holds off forks of other threads until it is dropped, on the same thread.
pub(crate) struct Held {
    gate: &'static Gate,
    generation: u64,
    _of_this_thread: PhantomData<*const ()>,
}

impl Gate {
    const fn new(index: usize) -> Self {
        Gate {
            count: AtomicU64::new(0),
            index,
        }
    }

    /// Makes forks of other threads wait, [for a while](LONGEST_DELAY), so that no child starts in the middle of what
    /// the calling thread does. Returns `None` while a fork is under way: a wait for it could be a deadlock.
    pub(crate) fn try_hold_off(&'static self) -> Option<Held> {
        watch();
        // ORDER: K5.
        if self.count.fetch_add(1, Ordering::AcqRel) >= FORK {
            // ORDER: K5.
            self.count.fetch_sub(1, Ordering::Release);
            return None;
        }
        self.count_own(1);
        Some(Held {
            gate: self,
            generation: generation(),
            _of_this_thread: PhantomData,
        })
    }

    /// As [`try_hold_off`](Self::try_hold_off), but waits for a fork that is under way, [for a while](LONGEST_DELAY).
    fn hold_off(&'static self) -> Option<Held> {
        let mut begin = None;
        loop {
            if let Some(held) = self.try_hold_off() {
                return Some(held);
            }
            // A fork waits for a thread that holds it off already, and a thread that forks does not wait for itself.
            let needs_none = IS_FORKING.get() || OWN_HOLDS.get() != [0; 2];
            if needs_none || begin.get_or_insert_with(Instant::now).elapsed() > LONGEST_DELAY {
                return None;
            }
            thread::sleep(LOOK);
        }
    }

    fn count_own(&self, more: i64) {
        let mut holds = OWN_HOLDS.get();
        holds[self.index] = holds[self.index].wrapping_add_signed(more);
        OWN_HOLDS.set(holds);
    }
}

/// The guard of a lock that is held for a moment only. A fork waits for it, so that no child finds the lock taken.
pub(crate) struct BetweenForks<G> {
    guard: G,
    /// Dropped after the guard.
    _held: Option<Held>,
}

impl<G> BetweenForks<G> {
    pub(crate) fn lock(lock: impl FnOnce() -> G) -> Self {
        // No model forks.
        let held = if cfg!(loom) {
            None
        } else {
            LONG_GATE.hold_off()
        };
        BetweenForks {
            guard: lock(),
            _held: held,
        }
    }
}

impl<G: Deref> Deref for BetweenForks<G> {
    type Target = G::Target;

    fn deref(&self) -> &G::Target {
        &self.guard
    }
}

impl<G: DerefMut> DerefMut for BetweenForks<G> {
    fn deref_mut(&mut self) -> &mut G::Target {
        &mut self.guard
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.gate.count_own(-1);
        // A child starts with a count of 0.
        if self.generation == generation() {
            // ORDER: K5.
            self.gate.count.fetch_sub(1, Ordering::Release);
        }
    }
}

/// Makes sure that forks are noticed from now on.
pub(crate) fn watch() {
    static IS_WATCHED: AtomicBool = AtomicBool::new(false);
    // ORDER: pairs with the store below: a thread that sees `true` forks after the handlers are installed.
    if !IS_WATCHED.load(Ordering::Acquire) {
        // Several threads may install them at the same time: they may run more than once.
        install();
        // ORDER: as above.
        IS_WATCHED.store(true, Ordering::Release);
    }
}

#[cfg(unix)]
fn install() {
    // SAFETY: the handlers are functions of this program. The child's only touches atomics and a thread-local
    // variable without a destructor, so it may run in the child of a process with many threads. The others run in
    // the thread that calls `fork`, and do not unwind. If there is no memory for the handlers, forks go unnoticed.
    unsafe { libc::pthread_atfork(Some(prepare), Some(parent_goes_on), Some(child_began)) };
}

#[cfg(unix)]
extern "C" fn prepare() {
    IS_FORKING.set(true);
    let begin = Instant::now();
    for gate in [&LONG_GATE, &SHORT_GATE] {
        let own = OWN_HOLDS.get()[gate.index];
        // ORDER: K5, for both.
        gate.count.fetch_add(FORK, Ordering::AcqRel);
        while gate.count.load(Ordering::Acquire) % FORK > own && begin.elapsed() < LONGEST_DELAY {
            thread::sleep(LOOK);
        }
    }
}

#[cfg(unix)]
extern "C" fn parent_goes_on() {
    for gate in [&LONG_GATE, &SHORT_GATE] {
        // ORDER: K5.
        gate.count.fetch_sub(FORK, Ordering::Release);
    }
    IS_FORKING.set(false);
}

#[cfg(unix)]
extern "C" fn child_began() {
    // ORDER: none needed (K3), for all of them.
    GENERATION.fetch_add(1, Ordering::Relaxed);
    FIRST_MARK.store(NEXT_MARK.load(Ordering::Relaxed), Ordering::Relaxed);
    FORKED_MARK.store(MARK.get(), Ordering::Relaxed);
    SHORT_GATE.count.store(0, Ordering::Relaxed);
    LONG_GATE.count.store(0, Ordering::Relaxed);
    IS_FORKING.set(false);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    /// A later thread could have the same address of a thread-local value.
    #[test]
    fn no_two_threads_have_the_same_mark_though_one_has_ended_before_the_other_began() {
        let mark = || thread::spawn(|| (own_mark(), own_mark())).join().unwrap();
        let marks: HashSet<_> = (0..100).map(|_| mark()).collect();
        assert_eq!(marks.len(), 100);
        assert!(
            marks
                .iter()
                .all(|&(once, again)| once == again && once != 0)
        );
    }
}
