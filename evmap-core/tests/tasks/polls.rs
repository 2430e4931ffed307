//! What a poll of a task's write may do: it never waits on a lock, sleeps, clones the map, or replays much.
//!
//! Each test looks at every poll. That the looks see something is held by the controls, in which a poll makes the sync
//! write.
#![cfg(target_os = "linux")]

use std::cell::Cell;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use evmap_core::SharedMap;

use crate::executor::{block_on, block_on_with, voluntary_switches};
use crate::{FAR, eventually};

thread_local! {
    /// Clones and comparisons of this thread.
    static CLONES: Cell<usize> = const { Cell::new(0) };
    static LOOKS: Cell<usize> = const { Cell::new(0) };
}

/// A key that counts what a thread does with it.
#[derive(Debug)]
struct Watched(u32);

impl Clone for Watched {
    fn clone(&self) -> Self {
        CLONES.set(CLONES.get() + 1);
        Watched(self.0)
    }
}

impl PartialEq for Watched {
    fn eq(&self, other: &Self) -> bool {
        LOOKS.set(LOOKS.get() + 1);
        self.0 == other.0
    }
}

impl Eq for Watched {}

impl Hash for Watched {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.0.hash(hasher);
    }
}

const ENTRIES: u32 = 5_000;

fn filled(builder: evmap_core::shared_map::Builder<Watched, u32>) -> SharedMap<Watched, u32> {
    builder.build_from((0..ENTRIES).map(|key| (Watched(key), 0)))
}

/// Runs while another thread has a view of the state before the last write, so that the next one finds it in its copy.
fn beside_a_view(map: &SharedMap<Watched, u32>, run: impl FnOnce()) {
    let (is_reading, reading) = mpsc::channel();
    let (end, ended) = mpsc::channel::<()>();
    thread::scope(|scope| {
        scope.spawn(move || {
            let _view = map.read();
            is_reading.send(()).unwrap();
            ended.recv_timeout(FAR).unwrap();
        });
        reading.recv_timeout(FAR).unwrap();
        map.insert(Watched(0), 1);
        run();
        end.send(()).unwrap();
    });
}

/// Runs while another thread is inside a write, which ends once `run` has waited for it.
fn beside_a_long_write(map: &SharedMap<Watched, u32>, run: impl FnOnce()) {
    let (is_inside, inside) = mpsc::channel();
    thread::scope(|scope| {
        scope.spawn(move || {
            map.write(|_| {
                is_inside.send(()).unwrap();
                thread::sleep(Duration::from_millis(20));
            });
        });
        inside.recv_timeout(FAR).unwrap();
        run();
    });
}

/// Writes, and looks at each poll, and at what it clones and compares. Returns how often polls have waited.
///
/// The system may let a thread wait for other reasons, such as its memory. So a single time proves nothing.
fn insert_watched(map: &SharedMap<Watched, u32>, key: u32) -> u64 {
    let mut waited = 0;
    block_on_with(map.insert_async(Watched(key), 1), |task, context| {
        let (clones, looks) = (CLONES.get(), LOOKS.get());
        let switches = voluntary_switches();
        let polled = task.poll(context);
        waited += voluntary_switches() - switches;
        assert!(CLONES.get() - clones < 10, "a poll has cloned the map");
        assert!(
            LOOKS.get() - looks <= 1_100,
            "a poll has replayed {}",
            LOOKS.get() - looks
        );
        polled
    });
    waited
}

/// Tries until no poll has waited in several attempts. Panics if polls wait more often than that.
fn mostly_without_waiting(mut waits: impl FnMut() -> u64) {
    let without = (0..200).filter(|_| waits() == 0).take(5).count();
    assert_eq!(without, 5, "polls wait");
}

#[test]
fn a_poll_waits_for_no_writer() {
    let map = filled(SharedMap::builder());
    mostly_without_waiting(|| {
        let mut waited = 0;
        beside_a_long_write(&map, || waited = insert_watched(&map, 1));
        waited
    });
}

#[test]
fn a_poll_waits_for_no_reader_and_clones_no_map() {
    let map = filled(SharedMap::builder().stall_limit(Duration::from_millis(1)));
    mostly_without_waiting(|| {
        let mut waited = 0;
        beside_a_view(&map, || waited = insert_watched(&map, 1));
        waited
    });
    assert!(map.stats().rebuilds > 0, "nobody went past the reader");
}

#[test]
fn a_poll_replays_few_operations() {
    let map = filled(SharedMap::builder());
    mostly_without_waiting(|| {
        map.write(|w| {
            for key in 0..ENTRIES {
                w.insert(Watched(key), 2);
            }
        });
        let waited = insert_watched(&map, 1);
        map.extend((0..ENTRIES).map(|key| (Watched(key), 3)));
        waited + insert_watched(&map, 1)
    });
}

#[test]
fn a_poll_does_not_recover_from_another_ones_panic() {
    let map = filled(SharedMap::builder());
    let write = map.write_async(|w| {
        w.insert(Watched(1), 1);
        std::panic::resume_unwind(Box::new("planned"));
    });
    let clones = CLONES.get();
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| block_on(write)));
    assert!(outcome.is_err());
    assert!(CLONES.get() - clones < 10, "a poll has cloned the map");
    insert_watched(&map, 1);
    assert_eq!(map.read().get(&Watched(1)), Some(&1));
}

/// A value whose drops by this thread are counted.
#[derive(Clone)]
struct Counted(#[expect(dead_code, reason = "its count tells which values live")] Arc<()>);

impl Drop for Counted {
    fn drop(&mut self) {
        // While a thread ends, there may be no counter any more.
        _ = DROPS.try_with(|drops| drops.set(drops.get() + 1));
    }
}

thread_local! {
    static DROPS: Cell<usize> = const { Cell::new(0) };
}

/// What a write has left to the janitor stays with it.
#[test]
fn a_poll_of_a_subscriber_drops_few_values() {
    let alive = Arc::new(());
    for _ in 0..20 {
        let entries = (0..ENTRIES).map(|key| (key, Counted(Arc::clone(&alive))));
        let map = SharedMap::builder().build_from(entries);
        block_on(map.write_async(|w| w.clear()));
        block_on(map.insert_async(1, Counted(Arc::clone(&alive))));
        let drops = DROPS.get();
        let changes = block_on(map.subscribe_async(1));
        assert!(DROPS.get() - drops <= 1_100, "a poll has dropped them");
        drop(changes);
    }
}

#[test]
fn a_poll_drops_few_values() {
    let alive = Arc::new(());
    let entries = (0..ENTRIES).map(|key| (key, Counted(Arc::clone(&alive))));
    let map = SharedMap::builder().build_from(entries);
    // What the subscriber has not read is dropped, too.
    let changes = map.subscribe(usize::MAX);
    block_on(map.write_async(|w| {
        for key in 0..ENTRIES {
            w.insert(key, Counted(Arc::clone(&alive)));
        }
    }));
    drop(changes);
    let before = DROPS.get();
    block_on(map.write_async(|w| w.clear()));
    block_on(map.write_async(|w| w.insert(1, Counted(Arc::clone(&alive)))));
    let dropped = DROPS.get() - before;
    assert!(dropped <= 1_010, "{dropped} drops");
    map.clear();
    eventually("the janitor drops them", || Arc::strong_count(&alive) == 1);
}

/// The controls. (The janitor may be faster once, and a thread may be late.)
#[test]
fn the_looks_see_what_the_sync_writes_do() {
    let switches = |run: &dyn Fn()| {
        let before = voluntary_switches();
        run();
        voluntary_switches() - before
    };
    let map = filled(SharedMap::builder().stall_limit(Duration::from_millis(20)));
    let waits_for_a_writer = (0..50).any(|_| {
        let mut waited = 0;
        beside_a_long_write(&map, || {
            waited = switches(&|| _ = map.insert(Watched(1), 1))
        });
        waited > 0
    });
    assert!(waits_for_a_writer);
    let waits_for_a_reader_and_clones = (0..50).any(|_| {
        let (mut waited, clones) = (0, CLONES.get());
        beside_a_view(&map, || {
            waited = switches(&|| _ = map.insert(Watched(1), 1))
        });
        waited > 0 && CLONES.get() - clones >= ENTRIES as usize
    });
    assert!(waits_for_a_reader_and_clones);
    let replays = (0..50).any(|_| {
        map.write(|w| {
            for key in 0..ENTRIES {
                w.insert(Watched(key), 2);
            }
        });
        let looks = LOOKS.get();
        map.insert(Watched(1), 1);
        LOOKS.get() - looks >= ENTRIES as usize
    });
    assert!(replays);
}
