//! The map with many writers in async programs: writes of tasks, and changes as a stream.

#[path = "../operations/mod.rs"]
mod operations;
#[path = "../operations/random.rs"]
mod random;

mod cancel;
mod changes;
mod executor;
mod janitor;
mod polls;
mod replay;
mod wakers;
mod writes;

use std::time::{Duration, Instant};

/// Far longer than any wait takes, so that a test fails instead of hanging.
const FAR: Duration = Duration::from_secs(60);

/// Waits until the condition holds.
fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !is_so() {
        assert!(begin.elapsed() < FAR, "never: {what}");
        std::thread::sleep(Duration::from_micros(200));
    }
}
