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

use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use evmap_core::SharedMap;

/// Far longer than any wait takes, so that a test fails instead of hanging.
const FAR: Duration = Duration::from_secs(60);

/// Waits until the condition holds.
fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !is_so() {
        assert!(begin.elapsed() < FAR, "never: {what}");
        thread::sleep(Duration::from_micros(200));
    }
}

/// Calls `inside` while another thread is inside a write of the map.
fn while_locked(map: &SharedMap<u32, u32>, inside: impl FnOnce()) {
    let (is_inside, entered) = mpsc::channel();
    let (end, ended) = mpsc::channel::<()>();
    thread::scope(|scope| {
        scope.spawn(move || {
            map.write(|_| {
                is_inside.send(()).unwrap();
                ended.recv_timeout(FAR).unwrap();
            });
        });
        entered.recv_timeout(FAR).unwrap();
        inside();
        end.send(()).unwrap();
    });
}
