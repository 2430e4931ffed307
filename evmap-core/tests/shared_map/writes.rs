//! Effects and results of writes, by one thread and by many.

use std::collections::HashMap;
use std::hash::RandomState;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use evmap_core::table::Swiss;
use evmap_core::{FenceMode, SharedMap, Version};

#[test]
fn every_write_returns_its_result_and_is_visible_when_it_returns() {
    let map = SharedMap::new();
    assert_eq!(map.insert("a", 1), None);
    assert_eq!(map.get_cloned("a"), Some(1));
    assert_eq!(map.insert("a", 2), Some(1));
    assert_eq!(map.remove(&"b"), None);
    assert_eq!(map.remove(&"a"), Some(2));
    assert!(map.is_empty());

    assert_eq!(map.merge("n", 1, |n, m| Some(n + m)), Some(1));
    assert_eq!(map.merge("n", 5, |n, m| Some(n + m)), Some(6));
    assert_eq!(map.merge("n", 0, |_, _| None), None);
    assert!(!map.contains_key("n"));
    assert_eq!(map.compute("n", |n| Some(n.copied().unwrap_or(7))), Some(7));
    assert_eq!(map.compute_if_absent("n", || panic!("called")), Some(7));
    assert_eq!(map.compute_if_present("n", |n| Some(n + 1)), Some(8));
    assert_eq!(map.compute_if_present("m", |_| panic!("called")), None);
    assert_eq!(map.get_or_insert_with("m", || 3), 3);
    assert_eq!(map.replace("m", 4), Some(3));
    assert_eq!(map.replace("x", 4), None);
    assert!(map.replace_if("m", |&m| m == 4, 5));
    assert!(!map.replace_if("m", |&m| m == 4, 6));
    assert!(!map.remove_if(&"m", |&m| m == 4));
    assert!(map.remove_if(&"m", |&m| m == 5));
    assert_eq!(map.len(), 1);

    map.extend([("p", 1), ("q", 2), ("p", 3)]);
    map.retain(|key, _| *key != "n");
    let mut entries: Vec<_> = map.read().iter().map(|(k, v)| (*k, *v)).collect();
    entries.sort_unstable();
    assert_eq!(entries, [("p", 3), ("q", 2)]);
    map.reserve(100);
    assert!(map.read().capacity() >= 100);
    map.clear();
    assert!(map.is_empty());
    map.shrink_to_fit();
    assert_eq!(map.stats().pending, 0);
}

#[test]
fn a_write_that_changes_nothing_publishes_nothing() {
    let map = SharedMap::new();
    map.insert(1, 1);
    let before = map.stats();
    map.remove(&2);
    map.replace(2, 2);
    map.get_or_insert_with(1, || 2);
    map.retain(|_, _| true);
    assert_eq!(map.write(|w| w.len()), (1, before.version));
    assert_eq!(
        map.try_compute(1, |_| Err::<Option<i32>, _>("no")),
        Err("no")
    );
    assert_eq!(map.stats(), before);
}

#[test]
fn a_batch_sees_itself_and_is_one_step_for_readers() {
    let map = SharedMap::new();
    map.extend([(1, 10), (2, 20)]);
    let inside = map.clone();
    let (sum, version) = map.write(|w| {
        assert_eq!(w.insert(3, 30), None);
        assert_eq!(w.remove(&1), Some(10));
        assert_eq!(w.merge(2, 5, |old, more| Some(old + more)), Some(25));
        assert_eq!((w.get(&1), w.contains_key(&3), w.len()), (None, true, 2));
        assert_eq!(inside.len(), 2, "a read inside shows what is published");
        assert_eq!(inside.get_cloned(&3), None);
        w.extend([(4, 1), (5, 1)]);
        w.retain(|key, _| *key != 5);
        assert!(!w.is_empty());
        w.iter().map(|(_, value)| value).sum::<i32>()
    });
    assert_eq!(sum, 56);
    let view = map.read();
    assert_eq!(view.version(), version);
    assert_eq!((view.len(), view.values().sum::<i32>()), (3, 56));
}

#[test]
fn readers_of_every_kind_see_the_writes_and_keep_the_last_state() {
    let map = SharedMap::new();
    let (handle, shared) = (map.read_handle(), map.shared_reader());
    let factory = map.factory();
    map.insert("a", "1".to_string());
    assert_eq!(*map.get("a").unwrap(), "1");
    assert_eq!(map.with(|view| view.len()), 1);
    assert!(handle.is_writer_alive());
    drop(map);
    assert!(!handle.is_writer_alive());
    assert_eq!(*handle.get("a").unwrap(), "1");
    assert_eq!(*shared.get("a").unwrap(), "1");
    assert_eq!(*factory.handle().get("a").unwrap(), "1");
}

#[test]
fn maps_are_made_in_every_way() {
    let map: SharedMap<_, _> = (0..10).map(|n| (n, n * n)).collect();
    assert_eq!((map.len(), map.get_cloned(&3)), (10, Some(9)));
    assert_eq!(
        map.version().as_u64(),
        0,
        "they were there before it was read"
    );
    assert_eq!((map.stats().writes, map.stats().pending), (0, 0));
    assert!(SharedMap::<u8, u8>::default().is_empty());
    let map = SharedMap::<String, u32>::builder()
        .capacity(1000)
        .hasher(RandomState::new())
        .engine::<Swiss>()
        .fence(FenceMode::SeqCst)
        .build();
    assert!(map.read().capacity() >= 1000);
    assert_eq!(map.stats().fence_mode, FenceMode::SeqCst);
    map.insert("x".into(), 1);
    assert_eq!(format!("{map:?}"), r#"{"x": 1}"#);
    fn is_shared<T: Clone + Send + Sync>(_: &T) {}
    is_shared(&map);
}

/// 8 threads, 400,000 increments, 16 keys.
#[test]
fn no_increment_is_lost_and_each_result_is_seen_once() {
    const THREADS: usize = 8;
    const EACH: usize = 50_000;
    const KEYS: usize = 16;
    let map = SharedMap::new();
    let results: Vec<Vec<(usize, u64)>> = thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|thread| {
                let map = map.clone();
                scope.spawn(move || {
                    (0..EACH)
                        .map(|n| {
                            let key = (n * 7 + thread) % KEYS;
                            let sum = map.merge(key, 1, |sum, one| Some(sum + one)).unwrap();
                            if n % 64 == 0 {
                                assert!(map.get_cloned(&key).unwrap() >= sum, "not visible");
                            }
                            (key, sum)
                        })
                        .collect()
                })
            })
            .collect();
        threads.into_iter().map(|t| t.join().unwrap()).collect()
    });
    let mut seen: HashMap<usize, Vec<u64>> = HashMap::new();
    for (key, sum) in results.into_iter().flatten() {
        seen.entry(key).or_default().push(sum);
    }
    let total = (THREADS * EACH / KEYS) as u64;
    for key in 0..KEYS {
        let sums = seen.get_mut(&key).unwrap();
        sums.sort_unstable();
        assert!(sums.iter().copied().eq(1..=total), "key {key}");
        assert_eq!(map.get_cloned(&key), Some(total));
    }
    let stats = map.stats();
    assert_eq!(stats.writes, (THREADS * EACH) as u64);
    assert!(stats.publications <= stats.writes);
    assert_eq!((stats.pending, stats.rolled_back, stats.panics), (0, 0, 0));
}

/// Money moves between accounts. A reader that saw half a transfer would miss some.
#[test]
fn no_reader_sees_half_a_batch_and_versions_never_go_back() {
    let map: SharedMap<_, _> = (0..8).map(|account| (account, 1000i64)).collect();
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let readers: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| {
                    let mut last = Version::default();
                    let mut reads = 0u64;
                    while !is_over.load(Ordering::Relaxed) || reads == 0 {
                        let view = map.read();
                        assert_eq!(view.values().sum::<i64>(), 8000);
                        assert!(view.version() >= last);
                        last = view.version();
                        reads += 1;
                    }
                })
            })
            .collect();
        let writers: Vec<_> = (0..4u32)
            .map(|thread| {
                let map = map.clone();
                scope.spawn(move || {
                    for n in 0..5_000 {
                        let (from, to) = ((n + thread) % 8, (n * 3 + 1) % 8);
                        let ((), version) = map.write(|w| {
                            w.compute_if_present(from, |sum| Some(sum - 1));
                            w.compute_if_present(to, |sum| Some(sum + 1));
                        });
                        assert!(map.version() >= version, "not visible on return");
                    }
                })
            })
            .collect();
        for writer in writers {
            writer.join().unwrap();
        }
        is_over.store(true, Ordering::Relaxed);
        for reader in readers {
            reader.join().unwrap();
        }
    });
}

#[test]
fn the_closure_of_compute_if_absent_runs_at_most_once() {
    let map = SharedMap::new();
    for key in 0..200 {
        let made: usize = thread::scope(|scope| {
            let threads: Vec<_> = (0..4)
                .map(|_| {
                    scope.spawn(|| {
                        let mut made = 0;
                        let value = map.compute_if_absent(key, || {
                            made += 1;
                            Some(key)
                        });
                        assert_eq!(value, Some(key));
                        made
                    })
                })
                .collect();
            threads.into_iter().map(|t| t.join().unwrap()).sum()
        });
        assert_eq!(made, 1);
    }
}

/// With a barrier for each publication, a writer leaves it to the next one if that is awake.
#[test]
fn a_write_whose_publication_was_left_to_another_is_visible_when_it_returns() {
    for mode in [FenceMode::Membarrier, FenceMode::SeqCst] {
        let map = SharedMap::<_, _>::builder().fence(mode).build();
        thread::scope(|scope| {
            for thread in 0..4u32 {
                let map = map.clone();
                scope.spawn(move || {
                    let reader = map.read_handle();
                    for n in 0..2_000u32 {
                        let ((), version) = map.write(|w| {
                            w.insert(thread, n);
                        });
                        assert_eq!(reader.get_cloned(&thread), Some(n), "not visible");
                        assert!(reader.version() >= version);
                    }
                });
            }
        });
        assert_eq!(map.stats().writes, 8_000);
        assert_eq!(map.version().as_u64(), map.stats().publications);
    }
}
