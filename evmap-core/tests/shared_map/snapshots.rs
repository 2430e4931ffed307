//! Snapshots of a map with many writers: what writes do about them, and what they cost.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use evmap_core::shared_map::WriteError;
use evmap_core::{SharedMap, Snapshot};

use crate::{FAR, eventually};

/// No test waits for a stall limit.
const HOUR: Duration = Duration::from_secs(3600);

/// Writes, and fails instead of waiting for a reader for long.
fn insert(map: &SharedMap<u32, u32>, n: u32) {
    let written = map.write_timeout(FAR, |w| w.insert(n, n));
    written.unwrap_or_else(|error| panic!("{error}"));
}

/// The outcome of a write that does not wait.
fn try_insert(map: &SharedMap<u32, u32>, n: u32) -> Result<(), WriteError> {
    not_occupied(|| map.try_write(|w| w.insert(n, n)).map(|_| ()))
}

/// Writes again while the janitor holds the lock.
fn not_occupied<R>(mut write: impl FnMut() -> Result<R, WriteError>) -> Result<R, WriteError> {
    loop {
        match write() {
            Err(WriteError::Occupied) => thread::yield_now(),
            outcome => return outcome,
        }
    }
}

#[test]
fn writes_go_past_a_snapshot_at_once() {
    for refresh_every in [Duration::ZERO, Duration::from_millis(1)] {
        let map = SharedMap::<_, _>::builder()
            .stall_limit(HOUR)
            .refresh_every(refresh_every)
            .build_from([(0, 0)]);
        let snapshot = map.snapshot();
        for n in 1..100 {
            match n % 2 {
                0 => try_insert(&map, n).unwrap(),
                _ => insert(&map, n),
            }
            if n < 5 {
                // Deferred writes are published, too, so that the next one needs the other copy.
                map.flush();
                assert_eq!(map.len() as u32, n + 1);
            }
        }
        assert_eq!((snapshot.len(), snapshot.get(&1)), (1, None));
        assert_eq!(snapshot.version().as_u64(), 0);
        let stats = map.stats();
        assert_eq!((stats.rebuilds, stats.retired), (1, 1), "once, for good");
        // Whichever thread drops it, its copy is freed.
        thread::spawn(move || drop(snapshot)).join().unwrap();
        insert(&map, 100);
        map.flush();
        assert_eq!((map.stats().retired, map.stats().rebuilds), (0, 1));
        assert_eq!(map.len(), 101);
    }
}

/// The control: a view of another thread has to reach the stall limit first.
#[test]
fn writes_do_not_go_past_a_view_of_another_thread_at_once() {
    let map = SharedMap::<_, _>::builder()
        .stall_limit(HOUR)
        .build_from([(0, 0)]);
    let view = map.read();
    thread::scope(|scope| {
        scope.spawn(|| {
            insert(&map, 1);
            let error = try_insert(&map, 2).unwrap_err();
            assert!(matches!(&error, WriteError::Busy(_)), "{error}");
            assert!(!error.readers()[0].is_snapshot);
        });
    });
    assert_eq!((view.len(), map.stats().rebuilds), (1, 0));
}

#[test]
fn each_of_several_snapshots_keeps_its_version() {
    let map = SharedMap::<_, _>::builder()
        .stall_limit(HOUR)
        .max_retired(8)
        .build_from([(0, 0)]);
    let mut snapshots = Vec::new();
    for n in 1..=8 {
        // Two of one version share its copy.
        snapshots.extend([map.snapshot(), map.snapshot()]);
        insert(&map, n);
    }
    for (n, snapshot) in snapshots.iter().enumerate() {
        let version = n as u64 / 2;
        assert_eq!(snapshot.version().as_u64(), version);
        assert_eq!(snapshot.len() as u64, version + 1);
    }
    assert_eq!((map.stats().rebuilds, map.stats().retired), (7, 7));
    snapshots.drain(..8).for_each(drop);
    insert(&map, 9);
    assert_eq!(map.stats().retired, 4, "those of the other versions");
    drop(snapshots);
    insert(&map, 10);
    assert_eq!(map.stats().retired, 0);
    assert_eq!(map.len(), 11);
}

#[test]
fn with_no_copy_to_set_aside_errors_name_the_snapshot_and_a_write_waits_for_it() {
    let map = SharedMap::<_, _>::builder()
        .stall_limit(HOUR)
        .max_retired(0)
        .build_from([(0, 0)]);
    let snapshot = map.snapshot();
    snapshot.set_label("report");
    insert(&map, 1); // the first write after it waits for nobody

    let error_of = |limit| {
        let insert = || map.write_timeout(limit, |w| w.insert(2, 2));
        not_occupied(insert).unwrap_err()
    };
    let errors = [
        try_insert(&map, 2).unwrap_err(),
        error_of(Duration::ZERO),
        error_of(Duration::from_millis(1)),
    ];
    for error in errors {
        assert!(matches!(&error, WriteError::TooManyRetired(_)), "{error}");
        let [reader] = error.readers() else {
            panic!("{error}");
        };
        assert!(reader.is_snapshot);
        assert_eq!(reader.label.as_deref(), Some("report"));
        assert!(
            error.to_string().contains(r#"snapshot "report""#),
            "{error}"
        );
    }
    let stalls = map.stats().stalls;
    assert!(stalls >= 3, "{stalls}");
    thread::scope(|scope| {
        let waiting = scope.spawn(|| map.insert(2, 2));
        eventually("the write finds the snapshot", || {
            map.stats().stalls > stalls
        });
        assert_eq!(map.len(), 2);
        drop(snapshot);
        assert_eq!(waiting.join().unwrap(), None);
    });
    assert_eq!(map.len(), 3);
}

#[test]
fn at_the_limit_of_retired_copies_errors_name_all_snapshots() {
    let map = SharedMap::<_, _>::builder()
        .stall_limit(HOUR)
        .max_retired(1)
        .build_from([(0, 0)]);
    let mut snapshots: Vec<_> = ["first", "second"]
        .into_iter()
        .zip(1..)
        .map(|(label, n)| {
            let snapshot = map.snapshot();
            snapshot.set_label(label);
            insert(&map, n);
            snapshot
        })
        .collect();
    let error = try_insert(&map, 3).unwrap_err();
    let names: Vec<_> = error.readers().iter().map(|r| r.label.as_deref()).collect();
    assert_eq!(names, [Some("first"), Some("second")]);
    snapshots.pop();
    insert(&map, 3);
    let snapshot = snapshots.pop().unwrap();
    assert_eq!((snapshot.len(), map.len()), (1, 4));
}

/// It has a slot of its own, and the thread's guard decides nothing about it.
#[test]
fn a_snapshot_beside_a_guard_of_its_thread_may_be_newer() {
    let map = SharedMap::<_, _>::builder()
        .stall_limit(HOUR)
        .build_from([(0, 0)]);
    let view = map.read();
    insert(&map, 1);
    let snapshot = map.snapshot();
    assert_eq!((view.len(), map.len(), snapshot.len()), (1, 1, 2));
    assert!(snapshot.version() > view.version());
    // Past both of them.
    for n in 2..10 {
        insert(&map, n);
    }
    assert_eq!(map.stats().rebuilds, 2);
    drop(view);
    assert_eq!((map.len(), snapshot.len()), (10, 2));
}

/// A write would never end for a view of its own thread alone, and says so. A snapshot may be on any thread.
#[test]
fn a_write_waits_for_a_snapshot_that_its_thread_took() {
    let map = SharedMap::<_, _>::builder()
        .stall_limit(HOUR)
        .max_retired(0)
        .build_from([(0, 0)]);
    let snapshot = map.snapshot();
    insert(&map, 1);
    let (sender, receiver) = mpsc::channel::<Snapshot<u32, u32>>();
    thread::scope(|scope| {
        let map = &map;
        scope.spawn(move || {
            let snapshot = receiver.recv().unwrap();
            eventually("the write waits", || map.stats().stalls > 0);
            assert_eq!(snapshot.len(), 1);
        });
        sender.send(snapshot).unwrap();
        map.insert(2, 2);
    });
    assert_eq!(map.len(), 3);
}

#[test]
fn a_snapshot_outlives_the_map_and_its_entries_are_dropped_once() {
    let value = Arc::new(());
    let map: SharedMap<u32, Arc<()>> = SharedMap::new();
    map.write(|w| w.extend((0..10).map(|n| (n, Arc::clone(&value)))));
    let snapshot = map.snapshot();
    map.clear();
    drop(map);
    // The janitor may still have the map for a moment.
    eventually("only the snapshot's entries are left", || {
        Arc::strong_count(&value) == 11
    });
    assert!(snapshot.values().all(|other| Arc::ptr_eq(other, &value)));
    thread::spawn(move || drop(snapshot)).join().unwrap();
    eventually("all are dropped", || Arc::strong_count(&value) == 1);
}

#[test]
fn no_snapshot_shows_half_a_batch_on_any_thread() {
    const KEYS: u32 = 8;
    let map = SharedMap::<_, _>::builder()
        .stall_limit(HOUR)
        .build_from((0..KEYS).map(|key| (key, 0)));
    let (begin, is_over) = (Instant::now(), AtomicBool::new(false));
    let check = |snapshot: &Snapshot<u32, u32>| {
        let first = snapshot[&0];
        assert!((0..KEYS).all(|key| snapshot[&key] == first));
        first
    };
    thread::scope(|scope| {
        scope.spawn(|| {
            for n in 1.. {
                if is_over.load(Ordering::Relaxed) || begin.elapsed() > FAR {
                    break;
                }
                map.write(|w| w.extend((0..KEYS).map(|key| (key, n))));
            }
        });
        let (sender, receiver) = mpsc::sync_channel::<(Arc<Snapshot<u32, u32>>, u32)>(2);
        scope.spawn(move || {
            for (snapshot, seen) in receiver {
                assert_eq!(check(&snapshot), seen);
            }
        });
        let mut last = 0;
        for _ in 0..500 {
            let floor = map.get_cloned(&0).unwrap();
            let snapshot = Arc::new(map.snapshot());
            let seen = check(&snapshot);
            assert!(seen >= floor && seen >= last);
            last = seen;
            if sender.send((snapshot, seen)).is_err() {
                break;
            }
        }
        is_over.store(true, Ordering::Relaxed);
    });
    assert!(map.stats().panics == 0 && map.stats().rolled_back == 0);
}
