//! The web cache as its users meet it: the real program, over real connections and on real files.

mod admin;
mod at_least;
mod bad_input;
mod clients;
mod duplicates;
mod files;
mod in_place;
mod local_writes;
mod lookup;
mod pages;
mod program;
mod reload;
mod snapshot;
#[cfg(unix)]
mod trouble;
mod wire;
mod writes;
mod writing;

use std::{
    thread,
    time::{Duration, Instant},
};

/// How long anything may take that should happen soon. Far more than it takes: only its end is of interest.
const PATIENCE: Duration = Duration::from_secs(10);

/// Waits until `happened`.
#[track_caller]
fn eventually(what: &str, mut happened: impl FnMut() -> bool) {
    let started = Instant::now();
    while !happened() {
        assert!(started.elapsed() < PATIENCE, "still not: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}
