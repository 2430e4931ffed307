//! The map with many writers.

#[path = "../operations/mod.rs"]
mod operations;
#[path = "../operations/random.rs"]
mod random;

mod deferred;
mod deferred_drops;
mod fairness;
mod groups;
mod growth;
mod model;
mod panics;
mod reentrancy;
mod snapshots;
mod stalls;
mod things;
mod waits;
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

/// A developer's run is short. The CI script asks for more cases.
fn cases() -> u32 {
    if std::env::var_os("LEFT_RIGHT_LONG").is_some() {
        10_000
    } else {
        200
    }
}
