//! Removal by calls, and a listener that takes its time.

use std::sync::{Mutex, mpsc};

use evmap_core::cache::{Cache, ManualClock, RemovalCause};

use super::Told;

#[test]
fn everything_invalidated_is_told_of_and_later_entries_stay() {
    let told = Told::new();
    let cache = Cache::builder()
        .max_capacity(100)
        .eviction_listener(told.listener())
        .build();
    for key in 0..3 {
        cache.insert(key, key * 10);
        assert_eq!(cache.get(&key), Some(key * 10));
    }
    cache.invalidate_all();
    cache.insert(3, 30);
    assert!((0..3).all(|key| cache.get(&key).is_none() && !cache.contains_key(&key)));
    assert_eq!((cache.get(&3), cache.entry_count()), (Some(30), 1));
    assert_eq!(
        told.take(&cache, 3),
        [0, 1, 2].map(|key| (key, key * 10, RemovalCause::Explicit))
    );
    assert_eq!(cache.get(&3), Some(30));
}

#[test]
fn a_predicate_removes_what_is_there_and_nothing_later() {
    let told = Told::new();
    let cache = Cache::builder()
        .eviction_listener(told.listener())
        // So the time does not distinguish earlier entries from later ones.
        .clock(&ManualClock::new())
        .build();
    for (key, value) in [(0, "red"), (1, "blue"), (2, "rose")] {
        cache.insert(key, value);
    }
    cache.invalidate_if(|_, value| value.starts_with('r'));
    cache.insert(3, "red");
    cache.run_pending_tasks();
    let found = [0, 1, 2, 3].map(|key| cache.get(&key));
    assert_eq!(found, [None, Some("blue"), None, Some("red")]);
    assert_eq!(
        told.take(&cache, 2),
        [
            (0, "red", RemovalCause::Explicit),
            (2, "rose", RemovalCause::Explicit),
        ]
    );
    cache.invalidate_if(|_, value| *value == "red");
    cache.invalidate_if(|_, value| *value == "blue");
    assert_eq!((cache.entry_count(), cache.iter().count()), (0, 0));
    assert_eq!(
        told.take(&cache, 2),
        [
            (1, "blue", RemovalCause::Explicit),
            (3, "red", RemovalCause::Explicit),
        ]
    );
}

#[test]
fn a_listener_that_takes_long_does_not_keep_entries() {
    let told = Told::new();
    let note = told.listener();
    let (open, gate) = mpsc::channel::<()>();
    let gate = Mutex::new(gate);
    let cache = Cache::builder()
        .max_capacity(20)
        .eviction_listener(move |key, value, cause| {
            // Until the sender is dropped.
            _ = gate.lock().expect("no panic").recv();
            note(key, value, cause);
        })
        .build();
    for n in 0..60 {
        cache.insert(n, n);
        assert_eq!(cache.entry_count(), (n + 1).min(20));
        assert_eq!(cache.iter().count() as u64, cache.entry_count());
    }
    drop(open);
    assert_eq!(told.take(&cache, 40).len(), 40);
    assert_eq!((cache.entry_count(), cache.stats().evicted), (20, 40));
}
