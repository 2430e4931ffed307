//! What a reader's own fence costs on this processor.

use std::sync::OnceLock;
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
    static COST: OnceLock<Duration> = OnceLock::new();
    *COST.get_or_init(|| {
        let fastest = (0..ATTEMPTS).map(|_| time_fences()).min();
        (fastest.unwrap_or_default() / FENCES).max(Duration::from_nanos(1))
    })
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
