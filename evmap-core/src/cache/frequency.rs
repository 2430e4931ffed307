//! [`Frequency`]: how often an entry was read since it last moved in its queue, as far as three reads.
//!
//! # Orderings
//! - **F1** None are needed. Readers raise the number and the writer lowers it, each by a load and a store. Where two
//!   of them meet, one change is lost, and nothing else depends on the number.

use super::sync::{AtomicU8, Ordering, planted};

/// The highest frequency. A read of an entry that has it stores nothing.
pub(super) const MAX: u8 = 3;

/// Set in the word of an entry that may expire.
const TIMED: u8 = 0x80;

/// How often an entry was read, from 0 to [`MAX`], and whether it may expire.
///
/// Both are in one byte, so that a lookup recognises by one comparison what it has to do nothing more about: an entry that
/// is hot and lasts.
#[derive(Debug)]
pub(super) struct Frequency(AtomicU8);

impl Frequency {
    pub(super) fn new(is_timed: bool) -> Self {
        Frequency(AtomicU8::new(if is_timed { TIMED } else { 0 }))
    }

    pub(super) fn get(&self) -> u8 {
        self.word() & !TIMED
    }

    /// Whether the entry may expire. It never changes.
    #[inline(always)]
    pub(super) fn is_timed(&self) -> bool {
        self.word() & TIMED != 0
    }

    /// Whether a lookup has neither to look at the time nor to count.
    #[inline(always)]
    pub(super) fn is_hot_and_lasting(&self) -> bool {
        self.word() == MAX
    }

    /// Whether a lookup has nothing to count.
    #[inline(always)]
    pub(super) fn is_hot(&self) -> bool {
        self.word() & !TIMED == MAX
    }

    /// Counts a read.
    #[inline]
    pub(super) fn raise(&self) {
        let word = self.word();
        if word & !TIMED < MAX || planted("frequency-uncapped") {
            // ORDER: F1.
            self.0.store(word + 1, Ordering::Relaxed);
        }
    }

    /// Subtracts one, if it is not 0. For the writer only.
    pub(super) fn lower(&self) {
        let word = self.word();
        if word & !TIMED > 0 {
            // ORDER: F1.
            self.0.store(word - 1, Ordering::Relaxed);
        }
    }

    /// Sets it to 0. For the writer only.
    pub(super) fn reset(&self) {
        // ORDER: F1.
        self.0.store(self.word() & TIMED, Ordering::Relaxed);
    }

    #[inline(always)]
    fn word(&self) -> u8 {
        // ORDER: F1.
        self.0.load(Ordering::Relaxed)
    }
}
