//! [`Frequency`]: how often an entry was read since it last moved in its queue, as far as three reads.
//!
//! # Orderings
//! - **F1** None are needed. Readers raise the number and the writer lowers it, each by a load and a store. Where two
//!   of them meet, one change is lost, and nothing else depends on the number.

use super::sync::{AtomicU8, Ordering, planted};

/// The highest frequency. A read of an entry that has it stores nothing.
pub(super) const MAX: u8 = 3;

/// How often an entry was read, from 0 to [`MAX`].
#[derive(Debug)]
pub(super) struct Frequency(AtomicU8);

impl Frequency {
    pub(super) fn new(reads: u8) -> Self {
        Frequency(AtomicU8::new(reads.min(MAX)))
    }

    pub(super) fn get(&self) -> u8 {
        // ORDER: F1.
        self.0.load(Ordering::Relaxed)
    }

    /// Counts a read.
    #[inline(always)]
    pub(super) fn raise(&self) {
        // ORDER: F1, for both.
        let reads = self.0.load(Ordering::Relaxed);
        if reads < MAX || planted("frequency-uncapped") {
            self.0.store(reads + 1, Ordering::Relaxed);
        }
    }

    /// Subtracts one, if it is not 0. For the writer only.
    pub(super) fn lower(&self) {
        let reads = self.get();
        // ORDER: F1.
        self.0.store(reads.saturating_sub(1), Ordering::Relaxed);
    }

    /// Sets it to 0. For the writer only.
    pub(super) fn reset(&self) {
        // ORDER: F1.
        self.0.store(0, Ordering::Relaxed);
    }
}
