//! Removal by key, by predicate, and of everything.

use evmap_core::cache::Cache;

#[test]
fn an_invalidated_key_is_gone_when_the_call_returns() {
    let cache = Cache::new(100);
    cache.insert("a", 1);
    cache.insert("b", 2);
    cache.invalidate("a");
    cache.invalidate("absent");
    assert_eq!((cache.get("a"), cache.get("b")), (None, Some(2)));
    assert_eq!((cache.remove("b"), cache.remove("b")), (Some(2), None));
    assert_eq!((cache.entry_count(), cache.stats().invalidated), (0, 2));
    cache.insert("a", 3);
    assert_eq!(cache.get("a"), Some(3));
}

#[test]
fn everything_can_be_invalidated_at_once_and_the_cache_goes_on() {
    let cache = Cache::new(100);
    for round in 0..3 {
        for n in 0..150 {
            cache.insert(n, n + round);
        }
        cache.invalidate_all();
        assert_eq!((cache.entry_count(), cache.weighted_size()), (0, 0));
        assert_eq!(cache.iter().count(), 0);
    }
    cache.insert(1, 1);
    assert_eq!(cache.get(&1), Some(1));
    assert_eq!(cache.stats().invalidated, 300);
}

#[test]
fn a_predicate_sees_every_entry_once_and_removes_in_one_step() {
    let cache = Cache::new(100);
    for n in 0..50_u32 {
        cache.insert(n, n * 10);
    }
    let mut seen = Vec::new();
    cache.invalidate_if(|key, value| {
        assert_eq!(*value, key * 10);
        seen.push(*key);
        key % 2 == 0
    });
    seen.sort_unstable();
    assert_eq!(seen, (0..50).collect::<Vec<_>>());
    assert_eq!((cache.entry_count(), cache.stats().invalidated), (25, 25));
    assert!((0..50).all(|n| cache.contains_key(&n) == (n % 2 == 1)));
}

#[test]
fn the_values_of_one_call_are_of_one_version() {
    let cache = Cache::new(100);
    cache.insert(0, 0);
    cache.insert(1, 0);
    let reads_begin = std::sync::Barrier::new(2);
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            reads_begin.wait();
            loop {
                let [first, second] = cache.get_many_cloned([&0, &1]);
                let (Some(first), Some(second)) = (first, second) else {
                    return;
                };
                // Key 0 is written first.
                assert!(first == second || first == second + 1, "{first} {second}");
            }
        });
        reads_begin.wait();
        for n in 1..=2_000 {
            cache.insert(0, n);
            cache.insert(1, n);
        }
        cache.invalidate_all();
        reader.join().expect("every version was consistent");
    });
}

#[test]
fn a_write_from_inside_a_predicate_panics_and_changes_nothing() {
    let cache = Cache::new(100);
    cache.insert(1, 1);
    let panicked = std::panic::catch_unwind(|| {
        cache.invalidate_if(|_, _| {
            cache.insert(2, 2);
            true
        });
    });
    assert!(panicked.is_err());
    assert_eq!(
        (cache.get(&1), cache.get(&2), cache.entry_count()),
        (Some(1), None, 1)
    );
    cache.insert(3, 3);
    assert_eq!(cache.entry_count(), 2);
}
