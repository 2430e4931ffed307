//! The cache: bounds, expiry, removal, statistics, panics in user code, and forks.
//!
//! Tests of time use a clock that stands still, so none depends on how long anything takes. Those of the background threads
//! wait for what must happen.

mod bounds;
mod expiry;
#[cfg(target_os = "linux")]
#[path = "../forking/mod.rs"]
mod forking;
#[cfg(target_os = "linux")]
mod forks;
mod invalidation;
mod loads;
mod moka;
mod panics;
mod regressions;
mod removal;
mod user_code;

use std::thread;
use std::time::{Duration, Instant};

/// Far longer than anything takes.
const FAR: Duration = Duration::from_secs(60);

/// Waits until `is_so` returns `true`.
fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !is_so() {
        assert!(begin.elapsed() < FAR, "not within a minute: {what}");
        thread::sleep(Duration::from_millis(1));
    }
}

/// A value that counts its drops.
#[derive(Clone, Debug)]
struct Counted(std::sync::Arc<std::sync::atomic::AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
    }
}
