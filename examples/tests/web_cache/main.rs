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
mod origin;
mod pages;
mod program;
mod reload;
mod snapshot;
#[cfg(unix)]
mod trouble;
mod upstream;
mod upstream_trouble;
mod wire;
mod writes;
mod writing;

use std::{
    thread,
    time::{Duration, Instant},
};

/// How long anything may take that should happen soon. Far more than it takes, however busy the machine is: only its
/// end is of interest.
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

/// Tries until one attempt has gone so fast that what it shows counts.
///
/// The server rightly gives up on a client that is slow, and here a client may be slow because the machine is busy.
/// Such an attempt proves that it was, by the time that it took, and returns none.
#[track_caller]
fn in_time<R>(what: &str, mut attempt: impl FnMut() -> Option<R>) -> R {
    let mut result = None;
    eventually(what, || {
        result = attempt();
        result.is_some()
    });
    result.expect("an attempt that counts")
}

/// Whether something that began then has taken so long that the server may have given up on it.
///
/// Asked once its outcome is known, so that the answer is no if the server gave up too soon.
fn is_late(began: Instant, patience: Duration) -> bool {
    began.elapsed() >= patience
}
