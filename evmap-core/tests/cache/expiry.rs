//! Entries expire when they should, by a clock that stands still until it is advanced.

use std::time::{Duration, Instant};

use evmap_core::cache::{Cache, ManualClock};

use crate::eventually;

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn an_entry_lives_for_its_time_and_an_insertion_begins_it_again() {
    let clock = ManualClock::new();
    let cache = Cache::builder()
        .time_to_live(10 * SECOND)
        .clock(&clock)
        .record_stats()
        .build();
    cache.insert("a", 1);
    clock.advance(9 * SECOND);
    assert_eq!(cache.get("a"), Some(1));
    cache.insert("a", 2);
    clock.advance(9 * SECOND);
    assert_eq!(cache.get("a"), Some(2));
    clock.advance(SECOND);
    assert_eq!(cache.get("a"), None);
    assert!(cache.get_ref("a").is_none() && !cache.contains_key("a"));
    assert_eq!(cache.iter().count(), 0);
    assert_eq!(cache.get_many_cloned(["a"]), [None]);
    assert_eq!(cache.entry_count(), 1, "not removed yet");
    cache.run_pending_tasks();
    assert_eq!((cache.entry_count(), cache.stats().expired), (0, 1));
    assert_eq!((cache.stats().hits, cache.stats().misses), (2, 3));
}

#[test]
fn each_entry_may_have_its_own_time() {
    let clock = ManualClock::new();
    let cache = Cache::builder()
        .time_to_live(10 * SECOND)
        .clock(&clock)
        .build();
    cache.insert_with_ttl(1, (), SECOND);
    cache.insert_with_ttl(2, (), 20 * SECOND);
    cache.insert_with_ttl(3, (), Duration::MAX);
    cache.insert_with_ttl(4, (), Duration::ZERO);
    cache.insert_with_ttl(5, (), Duration::from_nanos(1));
    cache.insert(6, ());
    let present = || {
        (1..=6)
            .filter(|key| cache.contains_key(key))
            .collect::<Vec<_>>()
    };
    assert_eq!(present(), [1, 2, 3, 5, 6]);
    clock.advance(Duration::from_millis(1));
    assert_eq!(present(), [1, 2, 3, 6]);
    clock.advance(SECOND);
    assert_eq!(present(), [2, 3, 6]);
    clock.advance(10 * SECOND);
    assert_eq!(present(), [2, 3]);
    clock.advance(Duration::MAX);
    assert_eq!(present(), [3]);
    cache.run_pending_tasks();
    assert_eq!((cache.entry_count(), cache.stats().expired), (1, 4));
}

#[test]
fn an_entry_without_a_time_to_live_removes_the_one_that_it_replaces() {
    let cache = Cache::builder().clock(&ManualClock::new()).build();
    cache.insert("a", 1);
    cache.insert_with_ttl("a", 2, Duration::ZERO);
    assert_eq!((cache.get("a"), cache.entry_count()), (None, 0));
    let never = Cache::builder()
        .time_to_live(Duration::ZERO)
        .clock(&ManualClock::new())
        .build();
    never.insert("a", 1);
    assert_eq!((never.get("a"), never.entry_count()), (None, 0));
}

#[test]
fn reads_and_insertions_keep_an_entry_from_idling_and_other_looks_do_not() {
    let clock = ManualClock::new();
    let cache = Cache::builder()
        .time_to_idle(64 * SECOND)
        .clock(&clock)
        .build();
    for key in ["read", "lent", "inserted", "looked at", "left"] {
        cache.insert(key, ());
    }
    for _ in 0..10 {
        clock.advance(60 * SECOND);
        cache.get("read");
        drop(cache.get_ref("lent"));
        cache.insert("inserted", ());
        cache.contains_key("looked at");
        assert!(cache.iter().count() >= 3);
        cache.run_pending_tasks();
    }
    let mut left: Vec<_> = cache.iter().map(|(key, ())| key).collect();
    left.sort_unstable();
    assert_eq!(left, ["inserted", "lent", "read"]);
    assert_eq!(cache.stats().expired, 2);
}

#[test]
fn an_idle_entry_expires_between_its_time_and_a_32nd_more() {
    for time in [64_u64, 100, 6_400, 64_000, 1_000_000] {
        let clock = ManualClock::new();
        let time = Duration::from_millis(time);
        let cache = Cache::builder().time_to_idle(time).clock(&clock).build();
        // At the beginning of a tick, in its middle, and at its end.
        for wait in [0, 1, 7, 499, 999] {
            clock.advance(Duration::from_millis(wait));
            cache.insert("a", ());
            clock.advance(time - Duration::from_millis(1));
            assert!(cache.contains_key("a"), "{time:?} after {wait}");
            clock.advance(time / 32 + Duration::from_millis(2));
            assert!(!cache.contains_key("a"), "{time:?} after {wait}");
        }
    }
}

#[test]
fn the_earlier_of_both_times_counts() {
    let clock = ManualClock::new();
    let cache = Cache::builder()
        .time_to_live(10 * SECOND)
        .time_to_idle(3 * SECOND)
        .clock(&clock)
        .build();
    cache.insert("a", ());
    for _ in 0..9 {
        clock.advance(SECOND);
        assert!(cache.get("a").is_some());
    }
    clock.advance(SECOND);
    assert!(cache.get("a").is_none());
}

#[test]
fn jitter_shortens_lifetimes_and_never_lengthens_them() {
    let clock = ManualClock::new();
    let cache = Cache::builder()
        .time_to_live(100 * SECOND)
        .expiry_jitter(0.5)
        .clock(&clock)
        .build();
    for n in 0..1_000 {
        cache.insert(n, ());
    }
    let live = || cache.iter().count();
    clock.advance(50 * SECOND - Duration::from_millis(1));
    assert_eq!(live(), 1_000);
    clock.advance(25 * SECOND);
    assert!((300..700).contains(&live()), "half of them: {}", live());
    clock.advance(25 * SECOND + Duration::from_millis(1));
    assert_eq!(live(), 0);
}

#[test]
fn a_fraction_that_makes_no_sense_is_taken_as_the_nearest_that_does() {
    for fraction in [f64::NAN, -1.0, f64::NEG_INFINITY, 7.0, f64::INFINITY] {
        let clock = ManualClock::new();
        let builder = Cache::builder().time_to_live(SECOND).clock(&clock);
        let cache = builder.expiry_jitter(fraction).build();
        for n in 0..100 {
            cache.insert(n, ());
        }
        assert_eq!(cache.iter().count(), 100);
        clock.advance(SECOND);
        assert_eq!(cache.iter().count(), 0);
    }
}

#[test]
fn what_has_expired_is_removed_before_anything_is_evicted() {
    let clock = ManualClock::new();
    let cache = Cache::builder().max_capacity(10).clock(&clock).build();
    for n in 0..5 {
        cache.insert_with_ttl(n, (), SECOND);
    }
    for n in 5..10 {
        cache.insert(n, ());
    }
    clock.advance(SECOND);
    for n in 10..15 {
        cache.insert(n, ());
    }
    assert_eq!((cache.stats().evicted, cache.stats().expired), (0, 5));
    assert!((5..15).all(|n| cache.contains_key(&n)));
}

#[test]
fn remove_returns_nothing_of_what_has_expired() {
    let clock = ManualClock::new();
    let cache = Cache::builder().time_to_live(SECOND).clock(&clock).build();
    cache.insert("a", 1);
    clock.advance(SECOND);
    assert_eq!(cache.remove("a"), None);
    assert_eq!((cache.stats().expired, cache.stats().invalidated), (1, 0));
}

#[test]
fn by_the_real_clock_entries_expire_and_leave_memory_without_another_call() {
    for is_exact in [false, true] {
        let builder = Cache::builder().time_to_live(Duration::from_millis(20));
        let builder = if is_exact {
            builder.exact_expiry()
        } else {
            builder
        };
        let cache = builder.build();
        for n in 0..100 {
            cache.insert(n, n);
        }
        eventually("all have expired", || {
            (0..100).all(|n| cache.get(&n).is_none())
        });
        eventually("all are removed", || cache.entry_count() == 0);
        assert_eq!(cache.stats().expired, 100);
    }
}

#[test]
fn by_the_real_clock_idle_entries_leave_memory_and_those_that_are_read_stay() {
    let cache = Cache::builder()
        .time_to_idle(Duration::from_millis(100))
        .build();
    cache.insert("idle", 1);
    eventually("it is removed", || cache.entry_count() == 0);
    // Long enough for a test that is not scheduled for seconds.
    let cache = Cache::builder().time_to_idle(crate::FAR).build();
    cache.insert("read", 1);
    assert_eq!(cache.get("read"), Some(1));
}

/// A cache without entries has no ticks, and an insertion once took the tick at which the last of them had left.
#[test]
fn an_entry_that_is_inserted_after_a_long_pause_is_not_idle() {
    let time = Duration::from_millis(300);
    let cache = Cache::builder().time_to_idle(time).build();
    loop {
        std::thread::sleep(2 * time);
        let begin = Instant::now();
        cache.insert("a", 1);
        let found = cache.get("a");
        // Else this thread was not scheduled for long.
        if begin.elapsed() < time {
            assert_eq!(found, Some(1));
            break;
        }
    }
}

#[test]
fn a_later_write_with_an_earlier_time_is_not_forgotten() {
    let cache = Cache::builder().build();
    cache.insert_with_ttl("late", (), Duration::from_secs(3600));
    cache.insert_with_ttl("early", (), Duration::from_millis(5));
    eventually("the early one is removed", || cache.entry_count() == 1);
    assert!(cache.contains_key("late"));
}

#[test]
fn with_exact_expiry_nothing_is_shown_late_by_the_systems_clock() {
    let cache = Cache::builder().exact_expiry().build();
    for round in 0..20_u64 {
        let lifetime = Duration::from_millis(1 + round % 3);
        cache.insert_with_ttl(round, round, lifetime);
        // It is rounded up to milliseconds.
        let end = Instant::now() + lifetime + Duration::from_millis(1);
        loop {
            let before = Instant::now();
            let is_shown = cache.get(&round).is_some();
            assert!(!is_shown || before < end, "shown {:?} late", before - end);
            if !is_shown {
                break;
            }
        }
        let begin = Instant::now();
        cache.insert_with_ttl(round, round, lifetime);
        // Nor is it hidden early.
        let is_hidden = cache.get(&round).is_none();
        assert!(!is_hidden || begin.elapsed() >= lifetime);
    }
}
