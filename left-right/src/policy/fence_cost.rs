//! What a reader's own fence costs on this processor.

// Not the model checker's: the first number counts, whichever thread measured it.
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use crate::protocol::fence::full;
use crate::sync::{AtomicUsize, Ordering};

/// This many fences are timed together: a clock is too coarse for one.
const FENCES: u32 = 64;
/// The fastest of this many attempts counts, since whatever else happens makes one slower.
const ATTEMPTS: u32 = 16;

/// The cost of [`full`] behind a store, at least a nanosecond. Measured once for the process, which takes
/// about ten microseconds.
pub(crate) fn of_full() -> Duration {
    // In nanoseconds; 0 before it is measured. Not a `OnceLock`: a child of a fork would wait for a thread that was
    // measuring at the fork.
    static COST: AtomicU64 = AtomicU64::new(0);
    // ORDER: none needed, here and below: nothing else depends on the number.
    let known = COST.load(Ordering::Relaxed);
    if known > 0 {
        return Duration::from_nanos(known);
    }
    let fastest = (0..ATTEMPTS).map(|_| time_fences()).min();
    let nanos = (fastest.unwrap_or_default() / FENCES).as_nanos().max(1) as u64;
    let (set, fetch) = (Ordering::Relaxed, Ordering::Relaxed);
    let first = COST.compare_exchange(0, nanos, set, fetch);
    Duration::from_nanos(first.map_or_else(|first| first, |_| nanos))
}

fn time_fences() -> Duration {
    let word = AtomicUsize::new(0);
    let begin = Instant::now();
    for n in 0..FENCES as usize {
        // ORDER: none needed: nobody else sees the word. A fence has to wait for such a store.
        word.store(n, Ordering::Relaxed);
        full();
    }
    begin.elapsed()
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_fence_costs_something_and_each_call_says_the_same() {
        assert!(of_full() >= Duration::from_nanos(1));
        assert_eq!(of_full(), of_full());
    }
}
