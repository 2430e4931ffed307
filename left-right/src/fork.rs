//! Forks: which process this is, and which threads it no longer has.
//!
//! A child of `fork` begins with one thread, the one that called it, and with the memory as it was: a lock that
//! another thread held stays held, and a thread that others count on is not there.
//! The system tells a child by a handler, which only stores to atomics; everything else finds it out when it
//! next looks.
//!
//! (A child that was made around the handlers, by a raw `clone` system call, does not know that it is one.)
//!
//! # Invariants
//! - **K1** No two threads have the same mark, whether they live at the same time or not.
//! - **K2** A mark belongs to a thread that a fork has left behind if it was drawn before the last fork, unless
//!   it is that of the thread which forked.
//! - **K4** While a fork is under way, no thread holds forks off, unless it has done so for [`LONGEST_DELAY`].
//!
//! # Orderings
//! - **K3** For what a child learns none are needed: the handler runs on the only thread that a child has, and
//!   each later thread of the child is started after it.
//! - **K5** `try_hold_off` and `prepare` both change a gate (AcqRel), so one comes first: either the fork sees who
//!   holds it off, and waits, or that one sees the fork, and gives up. `Held::drop` (Release) pairs with the look of
//!   `prepare` (Acquire): what was done meanwhile is done before the fork.

use std::cell::Cell;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

// Not the model checker's: no model forks.
static GENERATION: AtomicU64 = AtomicU64::new(1);
static NEXT_MARK: AtomicU64 = AtomicU64::new(1);
/// The first mark that was drawn in this process, and the mark of the thread that forked; 0 for none.
static FIRST_MARK: AtomicU64 = AtomicU64::new(0);
static FORKED_MARK: AtomicU64 = AtomicU64::new(0);

/// How many threads hold forks off, and, in the upper half, how many forks keep others from it.
pub(crate) struct Gate {
    count: AtomicU64,
    /// Which of the thread's own counts is for this one.
    index: usize,
}

/// The publisher's gate, which a fork closes last, and every other thread's.
pub(crate) static SHORT_GATE: Gate = Gate::new(0);
pub(crate) static LONG_GATE: Gate = Gate::new(1);
const FORK: u64 = 1 << 32;
/// For how long a fork waits for those at the most.
#[cfg_attr(not(unix), expect(dead_code, reason = "there are no forks"))]
const LONGEST_DELAY: Duration = Duration::from_secs(1);

thread_local! {
    /// Without a destructor, so it is there as long as its thread is; 0 before it is drawn.
    static MARK: Cell<u64> = const { Cell::new(0) };
    /// How often this thread holds forks off at each gate: its own do not wait for that.
    static OWN_HOLDS: Cell<[u64; 2]> = const { Cell::new([0; 2]) };
}

/// Which process this is: never 0, and another number in each child.
#[inline(always)]
pub(crate) fn generation() -> u64 {
    // ORDER: none needed (K3).
    GENERATION.load(Ordering::Relaxed)
}

/// A number that no other thread has, has had, or will have (K1): never 0.
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
    // ORDER: none needed: each number is drawn once.
    let mark = NEXT_MARK.fetch_add(1, Ordering::Relaxed);
    MARK.set(mark);
    mark
}

/// Whether a fork has left the thread of this mark behind, in the parent (K2).
pub(crate) fn is_left_behind(mark: u64) -> bool {
    // ORDER: none needed (K3), for both.
    mark != 0
        && mark < FIRST_MARK.load(Ordering::Relaxed)
        && mark != FORKED_MARK.load(Ordering::Relaxed)
}

/// Holds forks of other threads off until this is dropped, on the same thread.
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

    /// Makes forks of other threads wait, [for a while](LONGEST_DELAY): so a child does not begin in the middle of what
    /// the calling thread does. `None` while a fork is under way: to wait for it might be to wait for what it
    /// waits for.
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

    fn count_own(&self, more: i64) {
        let mut holds = OWN_HOLDS.get();
        holds[self.index] = holds[self.index].wrapping_add_signed(more);
        OWN_HOLDS.set(holds);
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.gate.count_own(-1);
        // A child has begun with nobody at the gate.
        if self.generation == generation() {
            // ORDER: K5.
            self.gate.count.fetch_sub(1, Ordering::Release);
        }
    }
}

/// Sees to it that forks from now on are noticed.
pub(crate) fn watch() {
    static IS_WATCHED: AtomicBool = AtomicBool::new(false);
    // ORDER: pairs with the store below: who finds it set forks after the handler is in place.
    if !IS_WATCHED.load(Ordering::Acquire) {
        // Threads that come at the same time may all install it: it may run more than once.
        install();
        // ORDER: as above.
        IS_WATCHED.store(true, Ordering::Release);
    }
}

#[cfg(unix)]
fn install() {
    // SAFETY: the handlers are functions of this program. The child's only touches atomics and a thread-local
    // variable without a destructor, so it may run in the child of a process with many threads; the others run in
    // the thread that calls `fork`, and do not unwind. Where there is no memory for them, forks go unnoticed.
    unsafe { libc::pthread_atfork(Some(prepare), Some(parent_goes_on), Some(child_began)) };
}

#[cfg(unix)]
extern "C" fn prepare() {
    let begin = std::time::Instant::now();
    for gate in [&LONG_GATE, &SHORT_GATE] {
        let own = OWN_HOLDS.get()[gate.index];
        // ORDER: K5, for both.
        gate.count.fetch_add(FORK, Ordering::AcqRel);
        while gate.count.load(Ordering::Acquire) % FORK > own && begin.elapsed() < LONGEST_DELAY {
            std::thread::sleep(Duration::from_micros(50));
        }
    }
}

#[cfg(unix)]
extern "C" fn parent_goes_on() {
    for gate in [&LONG_GATE, &SHORT_GATE] {
        // ORDER: K5.
        gate.count.fetch_sub(FORK, Ordering::Release);
    }
}

#[cfg(unix)]
extern "C" fn child_began() {
    // ORDER: none needed (K3), for all of them.
    GENERATION.fetch_add(1, Ordering::Relaxed);
    FIRST_MARK.store(NEXT_MARK.load(Ordering::Relaxed), Ordering::Relaxed);
    FORKED_MARK.store(MARK.get(), Ordering::Relaxed);
    SHORT_GATE.count.store(0, Ordering::Relaxed);
    LONG_GATE.count.store(0, Ordering::Relaxed);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;
    use std::thread;

    /// An address in a thread's own memory would come again with a later thread.
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
