//! [`Counts`]: a reader's two counters.

use crate::Counter;
use crate::sync::{AtomicU64, Ordering};

/// A reader's two counters, which only their owner increments (registry.rs R1).
pub(super) struct Counts([AtomicU64; 2]);

impl Counts {
    pub(super) fn new() -> Self {
        Counts([AtomicU64::new(0), AtomicU64::new(0)])
    }

    /// Adds 1 to a counter, which wraps around.
    #[inline(always)]
    pub(super) fn increment(&self, counter: Counter) {
        let count = &self.0[counter as usize];
        // ORDER: O7 (registry.rs), with `add_to`. Not a read-modify-write: nobody else stores to it.
        let next = count.load(Ordering::Relaxed).wrapping_add(1);
        count.store(next, Ordering::Relaxed);
    }

    /// Adds both counters to `sums`, for any thread.
    pub(super) fn add_to(&self, sums: &mut [u64; 2]) {
        for (sum, count) in sums.iter_mut().zip(&self.0) {
            // ORDER: O7 (registry.rs), with `increment`.
            *sum = sum.wrapping_add(count.load(Ordering::Relaxed));
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_counter_and_a_sum_wrap_around() {
        let counts = Counts([AtomicU64::new(u64::MAX), AtomicU64::new(u64::MAX)]);
        counts.increment(Counter::Second);
        let mut sums = [2, 7];
        counts.add_to(&mut sums);
        assert_eq!(sums, [1, 7]);
    }
}
