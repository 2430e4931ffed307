//! The shop as its users meet it: the real program, over real connections, and a database that another program locks.

mod changes;
mod locked;
mod pages;
mod program;
#[path = "../web_cache/wire.rs"]
#[allow(dead_code, reason = "this suite needs less of it than the other")]
mod wire;

use std::{
    thread,
    time::{Duration, Instant},
};

/// How long anything may take that should happen soon. Far more than it takes, however busy the machine is.
const PATIENCE: Duration = Duration::from_secs(90);

/// Waits until `happened`.
#[track_caller]
fn eventually(what: &str, mut happened: impl FnMut() -> bool) {
    let started = Instant::now();
    while !happened() {
        assert!(started.elapsed() < PATIENCE, "still not: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}
