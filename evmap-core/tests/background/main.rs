//! The publisher and the janitor: their work for maps, their number, and their restart in a forked child.
//!
//! Tests that count threads or fork run in a process of their own: this binary again, with an environment variable
//! that selects the test.

#[cfg(target_os = "linux")]
mod fork;
#[cfg(target_os = "linux")]
#[path = "../forking/mod.rs"]
mod forking;
mod memory;
#[cfg(target_os = "linux")]
mod tasks;
#[cfg(target_os = "linux")]
mod threads;

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

/// Runs `body` in a process of its own, in which `test` is the one test that runs.
#[cfg(target_os = "linux")]
fn in_own_process(test: &str, body: impl FnOnce()) {
    const PART: &str = "EVMAP_PART";
    if std::env::var(PART).is_ok_and(|part| part == test) {
        body();
        return;
    }
    let status = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(PART, test)
        .status()
        .unwrap();
    assert!(status.success(), "{test} failed in its own process");
}
