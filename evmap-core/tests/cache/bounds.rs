//! What a cache may hold, and what it keeps.

use std::hash::{BuildHasherDefault, DefaultHasher};
use std::thread;

use evmap_core::cache::Cache;

#[test]
fn a_full_cache_holds_its_capacity_and_never_more() {
    let cache = Cache::new(10);
    for n in 0..100 {
        cache.insert(n, n);
        assert_eq!(cache.entry_count(), (n + 1).min(10));
        assert_eq!(cache.iter().count() as u64, cache.entry_count());
        assert_eq!(cache.get(&n), Some(n), "what was inserted last is there");
    }
    assert_eq!(cache.stats().evicted, 90);
    assert_eq!(cache.stats().insertions, 100);
}

#[test]
fn weights_are_bounded_and_an_entry_heavier_than_the_cache_is_refused() {
    let cache = Cache::builder()
        .max_capacity(100)
        .weigher(|_key: &u32, weight: &u32| *weight)
        .build();
    for n in 1..50 {
        cache.insert(n, n);
        assert!(cache.weighted_size() <= 100);
        let sum: u32 = cache.iter().map(|(_, weight)| weight).sum();
        assert_eq!(u64::from(sum), cache.weighted_size());
    }
    cache.insert(1, 100);
    assert_eq!(
        (cache.get(&1), cache.weighted_size(), cache.entry_count()),
        (Some(100), 100, 1)
    );
    cache.insert(1, 101);
    assert_eq!(cache.get(&1), None, "the old value is out of date");
    assert_eq!((cache.stats().refused, cache.entry_count()), (1, 0));
    cache.insert(2, 101);
    assert_eq!((cache.stats().refused, cache.weighted_size()), (2, 0));
}

#[test]
fn a_replaced_value_changes_the_weight_and_evicts_others_if_it_is_heavier() {
    let cache = Cache::builder()
        .max_capacity(10)
        .weigher(|_key: &u32, weight: &u32| *weight)
        .build();
    for n in 0..5 {
        cache.insert(n, 2);
    }
    cache.insert(4, 1);
    assert_eq!((cache.weighted_size(), cache.entry_count()), (9, 5));
    cache.insert(4, 6);
    assert!(cache.weighted_size() <= 10);
    assert_eq!(cache.stats().replaced, 2);
    assert_eq!(cache.get(&4), Some(6));
}

#[test]
fn without_capacity_nothing_is_kept_and_without_a_limit_everything() {
    let nothing = Cache::new(0);
    nothing.insert(1, 1);
    assert_eq!(
        (
            nothing.get(&1),
            nothing.entry_count(),
            nothing.stats().refused
        ),
        (None, 0, 1)
    );
    let weightless = Cache::builder()
        .max_capacity(0)
        .weigher(|_: &u32, _: &u32| 0)
        .build();
    weightless.insert(1, 1);
    assert_eq!(weightless.get(&1), None);
    let all = Cache::builder().build();
    for n in 0..10_000 {
        all.insert(n, n);
    }
    assert_eq!((all.entry_count(), all.stats().evicted), (10_000, 0));
}

#[test]
fn entries_that_weigh_nothing_take_no_space() {
    let cache = Cache::builder()
        .max_capacity(1)
        .weigher(|_: &u32, weight: &u32| *weight)
        .build();
    for n in 0..100 {
        cache.insert(n, 0);
    }
    assert_eq!((cache.entry_count(), cache.weighted_size()), (100, 0));
    for n in 100..110 {
        cache.insert(n, 1);
        assert_eq!((cache.entry_count(), cache.weighted_size()), (101, 1));
    }
    cache.insert(50, 1);
    assert_eq!((cache.entry_count(), cache.weighted_size()), (100, 1));
    cache.insert(50, 0);
    assert_eq!((cache.entry_count(), cache.weighted_size()), (100, 0));
}

#[test]
fn what_is_read_often_survives_a_scan() {
    let cache = Cache::new(100);
    for n in 0..50 {
        cache.insert(n, n);
    }
    for _ in 0..3 {
        for n in 0..50 {
            assert_eq!(cache.get(&n), Some(n));
        }
    }
    for n in 1000..2000 {
        cache.insert(n, n);
    }
    let kept = (0..50).filter(|n| cache.contains_key(n)).count();
    assert_eq!(kept, 50);
}

#[test]
fn a_key_that_comes_back_after_its_eviction_is_kept_for_longer() {
    let cache = Cache::new(100);
    for n in 0..101 {
        cache.insert(n, n);
    }
    assert!(!cache.contains_key(&0), "the first was evicted");
    cache.insert(0, 0);
    // More new keys than the small queue has, and fewer than would evict the main queue.
    for n in 1000..1200 {
        cache.insert(n, n);
    }
    assert!(cache.contains_key(&0));
}

#[test]
fn colliding_keys_are_cached_like_others() {
    #[derive(Clone, Default)]
    struct Same;
    impl std::hash::Hasher for Same {
        fn finish(&self) -> u64 {
            7
        }
        fn write(&mut self, _: &[u8]) {}
    }
    let cache = Cache::builder()
        .max_capacity(20)
        .hasher(BuildHasherDefault::<Same>::default())
        .build();
    for n in 0..200 {
        cache.insert(n, n);
        assert_eq!(cache.get(&n), Some(n));
        assert!(cache.entry_count() <= 20);
        if n % 3 == 0 {
            cache.invalidate(&n);
            assert_eq!(cache.get(&n), None);
        }
    }
    assert_eq!(cache.iter().count() as u64, cache.entry_count());
}

#[test]
fn any_hasher_and_borrowed_keys_work() {
    let cache = Cache::builder()
        .max_capacity(10)
        .hasher(BuildHasherDefault::<DefaultHasher>::default())
        .build();
    cache.insert("a".to_string(), 1);
    assert_eq!(
        (cache.get("a"), cache.remove("a"), cache.get("a")),
        (Some(1), Some(1), None)
    );
}

#[test]
fn the_bounds_hold_while_threads_write_and_read() {
    let cache = Cache::new(64);
    thread::scope(|scope| {
        for thread in 0..4_u64 {
            let cache = &cache;
            scope.spawn(move || {
                for n in 0..2_000 {
                    let key = (n * 7 + thread * 13) % 200;
                    match cache.get(&key) {
                        Some(value) => assert_eq!(value, key),
                        None => cache.insert(key, key),
                    }
                    assert!(cache.iter().count() <= 64);
                    if n % 50 == 0 {
                        cache.invalidate(&key);
                    }
                }
            });
        }
    });
    assert_eq!(cache.iter().count() as u64, cache.entry_count());
    let stats = cache.stats();
    assert_eq!(
        stats.insertions - stats.replaced - stats.evicted - stats.invalidated,
        stats.entries
    );
}
