//! [`Word`]: the owner of the lock, and what other threads ask of the next unlock.

use crate::fault::weaken;
use crate::sync::{AtomicU64, Ordering};

/// The queue is not empty (L3).
pub(super) const WAITERS: u64 = 1;
/// Only the front of the queue may take the lock (L5).
pub(super) const RESERVED: u64 = 2;
/// The next unlock wakes the front of the queue.
pub(super) const WAKE: u64 = 4;
/// The next `WriterGuard::unlock` reports it.
pub(super) const LISTENED: u64 = 8;

/// The owner's mark stands above the bits; 0 for none.
const OWNER_SHIFT: u32 = 4;
const OWNER: u64 = !0 << OWNER_SHIFT;

/// The lock itself: the owner's mark and four bits.
///
/// After its creation it is changed by read-modify-writes only, so each of them sees all that came before it
/// in this word's modification order.
pub(super) struct Word(AtomicU64);

/// The value of the word at some moment.
#[derive(Clone, Copy)]
pub(super) struct State(u64);

impl State {
    #[inline]
    pub(super) fn owner(self) -> u64 {
        self.0 >> OWNER_SHIFT
    }

    #[inline]
    pub(super) fn is_held(self) -> bool {
        self.0 & OWNER != 0
    }

    #[inline]
    pub(super) fn has(self, bit: u64) -> bool {
        self.0 & bit != 0
    }

    /// Returns whether a newcomer may take the lock.
    #[inline]
    pub(super) fn is_open(self) -> bool {
        self.0 & (OWNER | RESERVED) == 0
    }
}

impl Word {
    pub(super) fn new() -> Self {
        Word(AtomicU64::new(0))
    }

    /// Loads the word, and orders nothing.
    #[inline]
    pub(super) fn peek(&self) -> State {
        // ORDER: none needed: a thread that acts on the state uses a read-modify-write of its own, or is the
        // owner, whose mark and report no other thread clears.
        State(self.0.load(Ordering::Relaxed))
    }

    /// Takes the lock, if the word is still `state`, in which no thread holds it.
    #[inline]
    pub(super) fn acquire(&self, state: State, mark: u64) -> bool {
        debug_assert!(!state.is_held());
        // ORDER: Q1. All critical sections before this one happened before.
        let order = weaken("lock-relaxed", Ordering::Acquire);
        self.0
            .compare_exchange(
                state.0,
                state.0 | (mark << OWNER_SHIFT),
                order,
                Ordering::Relaxed,
            )
            .is_ok()
    }

    /// Unlocks, and clears `bits`, which must be set. Returns the word before.
    ///
    /// Uses one `fetch_sub`, for which x86 has an instruction, while `fetch_and` is a loop there. It subtracts the
    /// owner's mark, and not the word, which would have to be loaded first.
    #[inline]
    pub(super) fn release(&self, mark: u64, bits: u64) -> State {
        // ORDER: Q1, our half; Q2 and Q3: we see what happens before a `listen` or a `WAKE` that this reads.
        let order = weaken("unlock-relaxed", Ordering::AcqRel);
        State(self.0.fetch_sub((mark << OWNER_SHIFT) + bits, order))
    }

    /// Sets bits. Returns the word before.
    pub(super) fn set(&self, bits: u64) -> State {
        // ORDER: Q2, Q3.
        State(self.0.fetch_or(bits, Ordering::AcqRel))
    }

    /// Clears bits. Returns the word before.
    pub(super) fn clear(&self, bits: u64) -> State {
        // ORDER: Q3: what the next front relies on is stored before.
        State(self.0.fetch_and(!bits, Ordering::AcqRel))
    }
}
