//! What the publisher and the janitor do for maps, how many there are, and what a forked child has of them.
//!
//! What counts threads or forks runs in a process of its own: this binary again, told by an environment
//! variable which part to play.

#[cfg(target_os = "linux")]
mod fork;
mod kept;
#[cfg(target_os = "linux")]
mod tasks;
#[cfg(target_os = "linux")]
mod threads;

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
