//! What a cache holds, and shows.

use std::collections::HashSet;
use std::hash::{BuildHasherDefault, DefaultHasher};
use std::thread;
use std::time::Duration;

use evmap_core::cache::{Cache, ManualClock, RemovalCause};

use super::Told;

#[test]
fn what_is_read_stays_and_whatever_leaves_is_told_of() {
    let told = Told::new();
    let cache = Cache::builder()
        .max_capacity(3)
        .eviction_listener(told.listener())
        .build();
    for (key, value) in [("oak", 1), ("elm", 2), ("fir", 3)] {
        cache.insert(key, value);
    }
    for _ in 0..3 {
        assert_eq!((cache.get("oak"), cache.get("elm")), (Some(1), Some(2)));
    }
    cache.insert("yew", 4);
    let present = ["oak", "elm", "fir", "yew"].map(|key| cache.contains_key(key));
    assert_eq!(present, [true, true, false, true]);
    assert_eq!(cache.get("fir"), None);
    assert_eq!(told.take(&cache, 1), [("fir", 3, RemovalCause::Size)]);

    cache.invalidate("elm");
    assert!(cache.get("elm").is_none() && !cache.contains_key("elm"));
    assert_eq!(cache.remove("elm"), None);
    assert_eq!(cache.remove("yew"), Some(4));
    assert!(cache.get("yew").is_none() && !cache.contains_key("yew"));
    assert_eq!(
        told.take(&cache, 2),
        [
            ("elm", 2, RemovalCause::Explicit),
            ("yew", 4, RemovalCause::Explicit),
        ]
    );
    assert_eq!((cache.entry_count(), cache.get("oak")), (1, Some(1)));
}

#[test]
fn a_heavy_entry_evicts_as_many_light_ones_as_it_needs() {
    let told = Told::new();
    let cache = Cache::builder()
        .max_capacity(100)
        .weigher(|_: &u32, weight: &u32| *weight)
        .eviction_listener(told.listener())
        .build();
    for key in 0..10 {
        cache.insert(key, 10);
    }
    cache.insert(10, 35);
    assert_eq!((cache.entry_count(), cache.weighted_size()), (7, 95));
    let evicted = told.take(&cache, 4);
    assert!(evicted.iter().all(|it| it.2 == RemovalCause::Size));
    assert_eq!(evicted.len(), 4);
    for (key, ..) in evicted {
        assert!(cache.get(&key).is_none() && !cache.contains_key(&key));
    }
    cache.insert(10, 5);
    assert_eq!(told.take(&cache, 1), [(10, 35, RemovalCause::Replaced)]);
    assert_eq!((cache.entry_count(), cache.weighted_size()), (7, 65));
    cache.insert(10, 40);
    assert_eq!(told.take(&cache, 1), [(10, 5, RemovalCause::Replaced)]);
    assert_eq!((cache.get(&10), cache.weighted_size()), (Some(40), 100));
}

#[test]
fn threads_that_have_written_agree_about_the_result() {
    let cache = Cache::new(100);
    thread::scope(|scope| {
        for thread in 0..4 {
            let cache = cache.clone();
            scope.spawn(move || {
                cache.insert("left", thread);
                cache.insert("kept", thread);
                assert!(cache.get("kept").is_some_and(|by| by < 4));
                cache.invalidate("left");
            });
        }
    });
    assert!(cache.get("left").is_none() && !cache.contains_key("left"));
    assert!(cache.get("kept").is_some() && cache.contains_key("kept"));
    assert_eq!(cache.entry_count(), 1);
}

#[test]
fn a_key_that_is_removed_and_inserted_again_keeps_the_new_value() {
    let cache = Cache::new(2);
    cache.insert(1, "one");
    cache.insert(2, "two");
    cache.insert(3, "three");
    for key in [1, 2, 3] {
        cache.remove(&key);
    }
    assert_eq!(cache.entry_count(), 0);
    cache.insert(3, "again");
    cache.run_pending_tasks();
    assert_eq!((cache.get(&3), cache.entry_count()), (Some("again"), 1));
}

#[test]
fn an_iteration_meets_each_entry_once() {
    let cache = Cache::builder()
        .max_capacity(100)
        .time_to_idle(Duration::from_secs(10))
        .clock(&ManualClock::new())
        .build();
    for key in 0..60_u32 {
        cache.insert(key, format!("value {key}"));
    }
    let entries = cache.iter();
    assert_eq!(entries.len(), 60);
    let mut met = HashSet::new();
    for (key, value) in entries {
        assert_eq!(value, format!("value {key}"));
        assert!(met.insert(key));
    }
    assert_eq!(met, (0..60).collect());
}

#[test]
fn iterations_meet_every_key_while_threads_replace_values() {
    const KEYS: u32 = 200;
    let cache = Cache::builder()
        .max_capacity(400)
        .time_to_idle(Duration::from_secs(10))
        .clock(&ManualClock::new())
        .build();
    for key in 0..KEYS {
        cache.insert(key, format!("value {key}"));
    }
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for key in 0..KEYS {
                    cache.insert(key, format!("value {key}"));
                }
            });
            scope.spawn(|| {
                for _ in 0..5 {
                    let mut met = HashSet::new();
                    for (key, value) in cache.iter() {
                        assert_eq!(value, format!("value {key}"));
                        assert!(met.insert(key));
                    }
                    assert_eq!(met.len() as u32, KEYS);
                }
            });
        }
    });
    assert_eq!(cache.iter().count() as u32, KEYS);
}

#[test]
fn a_key_is_found_by_its_borrowed_form() {
    let cache: Cache<Vec<u8>, u32> = Cache::new(10);
    let (owned, borrowed): (Vec<u8>, &[u8]) = (vec![1, 2], &[1, 2]);
    for round in 0..2 {
        cache.insert(owned.clone(), round);
        assert!(cache.contains_key(&owned) && cache.contains_key(borrowed));
        assert_eq!(cache.get(&owned), cache.get(borrowed));
        assert_eq!(cache.get_ref(borrowed).as_deref(), Some(&round));
        match round {
            0 => cache.invalidate(borrowed),
            _ => assert_eq!(cache.remove(borrowed), Some(round)),
        }
        assert!(!cache.contains_key(&owned));
    }
}

#[test]
fn debug_shows_figures_and_no_entries() {
    let cache = Cache::new(10);
    cache.insert("key", "secret");
    let shown = format!("{cache:?}");
    assert!(shown.starts_with("Cache") && shown.contains("entry_count: 1"));
    assert!(!shown.contains("key") && !shown.contains("secret"));
}

#[test]
fn settings_survive_a_change_of_the_hasher() {
    let (clock, told) = (ManualClock::new(), Told::new());
    let cache = Cache::builder()
        .max_capacity(10)
        .initial_capacity(10)
        .weigher(|_: &u32, weight: &u32| *weight)
        .eviction_listener(told.listener())
        .time_to_live(Duration::from_secs(60))
        .time_to_idle(Duration::from_secs(32))
        .record_stats()
        .clock(&clock)
        .hasher(BuildHasherDefault::<DefaultHasher>::default())
        .build();
    cache.insert(1, 4);
    assert_eq!(cache.weighted_size(), 4);
    cache.insert(2, 11);
    assert_eq!(told.take(&cache, 1), [(2, 11, RemovalCause::Size)]);
    for _ in 0..2 {
        clock.advance(Duration::from_secs(30));
        cache.get(&1);
    }
    assert_eq!((cache.stats().hits, cache.stats().misses), (1, 1));
    assert_eq!(told.take(&cache, 1), [(1, 4, RemovalCause::Expired)]);
    cache.insert(1, 3);
    clock.advance(Duration::from_secs(34));
    assert_eq!(cache.get(&1), None);
}

#[test]
fn weights_stay_bounded_while_threads_insert_old_and_new_keys() {
    const CAPACITY: u64 = 160;
    let cache = Cache::builder()
        .max_capacity(CAPACITY)
        .weigher(|key: &u32, _: &[u8; 64]| 1 + key % 3)
        .build();
    thread::scope(|scope| {
        for thread in 0..4 {
            let cache = &cache;
            scope.spawn(move || {
                for n in 0..1_000 {
                    // Half of the threads insert keys of a small pool again and again.
                    let key = match thread % 2 {
                        0 => n % 250,
                        _ => (thread + 1) * 10_000 + n,
                    };
                    cache.insert(key, [0; 64]);
                    assert!(cache.weighted_size() <= CAPACITY);
                    if n % 7 == 0 {
                        cache.invalidate(&key);
                    }
                }
            });
        }
    });
    cache.run_pending_tasks();
    let sum: u32 = cache.iter().map(|(key, _)| 1 + key % 3).sum();
    assert_eq!(u64::from(sum), cache.weighted_size());
    assert!(cache.weighted_size() <= CAPACITY);
    assert_eq!(cache.iter().count() as u64, cache.entry_count());
}
