//! Everybody gets a turn, however long the turns of others are.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use evmap_core::SharedMap;

use crate::FAR;

/// Turns that a thread which writes all the time may have while another one waits for one.
const FEW: u64 = 25;

/// Runs `body` while another thread has turns of this length, one after the other; `body` is given the
/// number of its turns.
fn beside_a_hog(map: &SharedMap<u64, u64>, length: Duration, body: impl FnOnce(&AtomicU64)) {
    let (turns, is_over) = (AtomicU64::new(0), AtomicBool::new(false));
    thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                map.write(|w| {
                    thread::sleep(length);
                    w.insert(0, turns.fetch_add(1, Ordering::Relaxed));
                });
            }
        });
        while turns.load(Ordering::Relaxed) == 0 {
            thread::yield_now();
        }
        body(&turns);
        is_over.store(true, Ordering::Relaxed);
    });
}

#[test]
fn a_writer_gets_its_turn_beside_one_with_long_turns() {
    let map = SharedMap::new();
    for micros in [20, 200, 2_000] {
        beside_a_hog(&map, Duration::from_micros(micros), |turns| {
            for n in 1..=20 {
                let before = turns.load(Ordering::Relaxed);
                if n % 2 == 0 {
                    map.insert(n, n);
                } else {
                    map.write_timeout(FAR, |w| w.insert(n, n)).unwrap();
                }
                let meanwhile = turns.load(Ordering::Relaxed) - before;
                assert!(meanwhile <= FEW, "{meanwhile} turns of {micros} µs");
            }
        });
    }
}

#[test]
fn the_refresher_gets_its_turn_beside_one_with_long_turns() {
    let map = SharedMap::<u64, u64>::builder()
        .refresh_every(Duration::from_millis(1))
        .build();
    beside_a_hog(&map, Duration::from_millis(2), |turns| {
        for _ in 0..10 {
            let (version, before) = (map.version(), turns.load(Ordering::Relaxed));
            map.changed_since_timeout(version, FAR).unwrap();
            let meanwhile = turns.load(Ordering::Relaxed) - before;
            assert!(meanwhile <= FEW, "{meanwhile} turns without a refresh");
        }
    });
}
