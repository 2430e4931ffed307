//! The map with many writers.

mod deferred;
mod deferred_drops;
mod fairness;
mod groups;
mod growth;
mod inside;
mod model;
mod panics;
mod stalls;
mod things;
mod waits;
mod writes;

use std::time::{Duration, Instant};

/// Far more than any wait takes: a test that would hang fails instead.
const FAR: Duration = Duration::from_secs(60);

/// Waits until it is so.
fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !is_so() {
        assert!(begin.elapsed() < FAR, "never: {what}");
        std::thread::sleep(Duration::from_micros(200));
    }
}

/// A developer's run is short; the CI script asks for more.
fn cases() -> u32 {
    if std::env::var_os("LEFT_RIGHT_LONG").is_some() {
        10_000
    } else {
        200
    }
}
