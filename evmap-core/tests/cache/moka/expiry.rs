//! When entries expire, and how they are told of then.

use std::thread;
use std::time::Duration;

use evmap_core::cache::{Cache, ManualClock, RemovalCause};

use super::Told;

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn the_listener_learns_what_was_replaced_and_what_has_expired() {
    let (clock, told) = (ManualClock::new(), Told::new());
    let cache = Cache::builder()
        .time_to_live(10 * SECOND)
        .eviction_listener(told.listener())
        .clock(&clock)
        .build();
    cache.insert("lake", 1);
    clock.advance(6 * SECOND);
    cache.run_pending_tasks();
    cache.insert("lake", 2);
    assert_eq!(told.take(&cache, 1), [("lake", 1, RemovalCause::Replaced)]);
    clock.advance(6 * SECOND);
    cache.run_pending_tasks();
    assert_eq!((cache.get("lake"), cache.entry_count()), (Some(2), 1));
    clock.advance(4 * SECOND);
    assert!(cache.get("lake").is_none() && !cache.contains_key("lake"));
    assert_eq!(cache.iter().count(), 0);
    assert_eq!(told.take(&cache, 1), [("lake", 2, RemovalCause::Expired)]);
    assert_eq!(cache.entry_count(), 0);
}

#[test]
fn a_read_counts_at_once() {
    let clock = ManualClock::new();
    let cache = Cache::builder()
        .time_to_idle(64 * SECOND)
        .clock(&clock)
        .build();
    cache.insert("a", 1);
    clock.advance(50 * SECOND);
    assert_eq!(cache.get("a"), Some(1));
    clock.advance(50 * SECOND);
    assert_eq!(cache.get("a"), Some(1));
    cache.run_pending_tasks();
    assert_eq!(cache.get("a"), Some(1));
}

#[test]
fn a_replacement_of_an_expired_entry_has_its_own_time() {
    let clock = ManualClock::new();
    let cache = Cache::builder().max_capacity(10).clock(&clock).build();
    for tidies in [true, false] {
        let tidy = || {
            if tidies {
                cache.run_pending_tasks();
            }
        };
        cache.insert_with_ttl("timed", 1, SECOND);
        cache.insert_with_ttl("lasting", 1, SECOND);
        clock.advance(2 * SECOND);
        tidy();
        assert_eq!((cache.get("timed"), cache.get("lasting")), (None, None));
        cache.insert_with_ttl("timed", 2, SECOND);
        cache.insert("lasting", 2);
        tidy();
        assert_eq!(
            (cache.get("timed"), cache.get("lasting")),
            (Some(2), Some(2))
        );
        clock.advance(10 * SECOND);
        tidy();
        assert_eq!((cache.get("timed"), cache.get("lasting")), (None, Some(2)));
    }
}

#[test]
fn an_expired_entry_that_is_replaced_and_removed_leaves_nothing() {
    let clock = ManualClock::new();
    let cache = Cache::builder()
        .max_capacity(2)
        .time_to_idle(SECOND)
        .clock(&clock)
        .build();
    for key in ["a", "b", "c"] {
        cache.insert(key, "old");
    }
    clock.advance(2 * SECOND);
    cache.insert("c", "new");
    assert_eq!(cache.remove("c"), Some("new"));
    clock.advance(2 * SECOND);
    cache.run_pending_tasks();
    assert_eq!((cache.entry_count(), cache.weighted_size()), (0, 0));
}

#[test]
fn an_expired_entry_that_is_replaced_or_invalidated_is_told_of_as_expired() {
    let (clock, told) = (ManualClock::new(), Told::new());
    let cache = Cache::builder()
        .time_to_live(7 * SECOND)
        .time_to_idle(4 * SECOND)
        .eviction_listener(told.listener())
        .clock(&clock)
        .build();
    let mut value = 0;
    for is_read in [false, true] {
        for is_replaced in [true, false] {
            value += 1;
            cache.insert("a", value);
            clock.advance(3 * SECOND);
            if is_read {
                // So its time to live ends before it is idle.
                assert_eq!(cache.get("a"), Some(value));
                clock.advance(3 * SECOND);
                assert_eq!(cache.get("a"), Some(value));
                clock.advance(SECOND);
            } else {
                clock.advance(2 * SECOND);
            }
            assert_eq!((cache.get("a"), cache.entry_count()), (None, 1));
            if is_replaced {
                cache.insert("a", value + 100);
                let expired = ("a", value, RemovalCause::Expired);
                assert_eq!(told.take(&cache, 1), [expired]);
                cache.invalidate("a");
                let invalidated = ("a", value + 100, RemovalCause::Explicit);
                assert_eq!(told.take(&cache, 1), [invalidated]);
            } else {
                cache.invalidate("a");
                let expired = ("a", value, RemovalCause::Expired);
                assert_eq!(told.take(&cache, 1), [expired]);
            }
            assert_eq!(cache.entry_count(), 0);
        }
    }
}

#[test]
fn one_run_of_pending_tasks_removes_all_that_has_expired() {
    let clock = ManualClock::new();
    let cache = Cache::builder().time_to_live(SECOND).clock(&clock).build();
    for n in 0..5_000 {
        cache.insert(n, ());
    }
    clock.advance(SECOND);
    assert_eq!(cache.entry_count(), 5_000);
    cache.run_pending_tasks();
    assert_eq!((cache.entry_count(), cache.stats().expired), (0, 5_000));
}

#[test]
fn times_beyond_all_measure_mean_never() {
    let cache = Cache::builder()
        .time_to_live(Duration::MAX)
        .time_to_idle(Duration::MAX)
        .build();
    cache.insert(1, ());
    cache.insert_with_ttl(2, (), Duration::MAX - SECOND);
    cache.insert_with_ttl(3, (), Duration::from_millis(u64::MAX - 1));
    cache.insert_with_ttl(4, (), Duration::from_millis(1 << 60));
    cache.run_pending_tasks();
    assert!((1..=4).all(|key| cache.get(&key).is_some()));
    let clock = ManualClock::new();
    let cache = Cache::builder()
        .time_to_idle(Duration::MAX)
        .clock(&clock)
        .build();
    cache.insert(1, ());
    cache.insert_with_ttl(2, (), Duration::MAX);
    // A million years.
    clock.advance(Duration::from_secs(1_000_000 * 366 * 24 * 3600));
    cache.run_pending_tasks();
    assert!((1..=2).all(|key| cache.get(&key).is_some()));
}

#[test]
fn entries_lose_their_times_while_others_expire() {
    const KEYS: u32 = 50;
    let clock = ManualClock::new();
    let cache = Cache::builder()
        .max_capacity(10_000)
        .time_to_idle(240 * SECOND)
        .clock(&clock)
        .build();
    let short = Duration::from_millis(100);
    thread::scope(|scope| {
        for thread in 0..2 {
            let cache = &cache;
            scope.spawn(move || {
                for round in 0..20_u32 {
                    for key in thread * KEYS..(thread + 1) * KEYS {
                        cache.insert_with_ttl(key, Err("not yet"), short);
                        if key % 3 == 0 {
                            cache.invalidate(&key);
                        }
                        cache.insert(key, Ok(round));
                        cache.insert_with_ttl(key + 1_000, Err("no"), short);
                        _ = cache.get(&(2 * KEYS - key));
                    }
                }
            });
        }
        for _ in 0..100 {
            clock.advance(short / 10);
            cache.run_pending_tasks();
        }
    });
    clock.advance(short);
    cache.run_pending_tasks();
    assert!((0..2 * KEYS).all(|key| cache.get(&key) == Some(Ok(19))));
    assert_eq!(cache.entry_count(), u64::from(2 * KEYS));
}
