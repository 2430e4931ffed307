//! Many keys at once.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use evmap_core::cache::Cache;

use super::{Gate, Task};

#[test]
fn all_that_is_missing_is_loaded_by_one_call() {
    let builder = Cache::builder().negative_ttl(Duration::from_secs(600));
    let cache = builder.build();
    cache.insert(1, 10);
    let mut calls = Vec::new();
    let values = cache.get_all_with([3, 1, 2, 3, 4], |missing| {
        calls.push(missing.to_vec());
        // In another order, without one, and with one that nobody has asked for.
        vec![(2, 20), (3, 30), (9, 90)]
    });
    assert_eq!(values, [Some(30), Some(10), Some(20), Some(30), None]);
    assert_eq!(calls, [[3, 2, 4]]);
    assert_eq!((cache.stats().loads, cache.entry_count()), (1, 3));
    // What has no value is remembered.
    let values = cache.get_all_with([4, 2], |_| -> [(i32, i32); 0] { unreachable!() });
    assert_eq!(values, [None, Some(20)]);
    let none: [i32; 0] = [];
    assert!(
        cache
            .get_all_with(none, |_| -> [(i32, i32); 0] { unreachable!() })
            .is_empty()
    );
    let task = cache.get_all_with_async([5, 1], |missing| async move {
        assert_eq!(missing, [5]);
        [(5, 50)]
    });
    assert_eq!(Task::new(task).finish(), [Some(50), Some(10)]);
}

#[test]
fn what_is_loaded_is_inserted_in_one_step() {
    let cache = Cache::new(10_000);
    let keys: Vec<u32> = (0..1_000).collect();
    thread::scope(|scope| {
        let (cache, keys) = (&cache, &keys);
        let reader = scope.spawn(move || {
            loop {
                let found = cache.get_many_cloned([&keys[0], &keys[500], &keys[999]]);
                match found {
                    [None, None, None] => {}
                    [Some(0), Some(500), Some(999)] => return,
                    _ => panic!("{found:?}"),
                }
            }
        });
        cache.get_all_with(keys.clone(), |missing| {
            missing.iter().map(|key| (*key, *key)).collect::<Vec<_>>()
        });
        reader.join().expect("no panic");
    });
}

#[test]
fn keys_that_others_load_are_waited_for() {
    let cache = Cache::new(100);
    let gate = Gate::default();
    let mut other = Task::new(cache.get_with_async(1, async {
        gate.pass().await;
        10
    }));
    assert_eq!(other.poll(), None);
    let mut many = Task::new(cache.get_all_with_async([1, 2], |missing| async move {
        missing
            .into_iter()
            .map(|key| (key, key * 100))
            .collect::<Vec<_>>()
    }));
    assert_eq!(many.poll(), None);
    // Its own keys are there already.
    assert_eq!(cache.get(&2), Some(200));
    gate.open();
    assert_eq!(
        (other.finish(), many.finish()),
        (10, vec![Some(10), Some(200)])
    );

    // The other load is dropped, so this one is called again for its key.
    let mut other = Task::new(cache.get_with_async(3, std::future::pending()));
    assert_eq!(other.poll(), None);
    let calls = AtomicUsize::new(0);
    let mut many = Task::new(cache.get_all_with_async([3, 4], |missing| {
        calls.fetch_add(1, Ordering::SeqCst);
        async move {
            missing
                .into_iter()
                .map(|key| (key, key))
                .collect::<Vec<_>>()
        }
    }));
    assert_eq!(many.poll(), None);
    drop(other);
    assert_eq!(
        (many.finish(), calls.into_inner()),
        (vec![Some(3), Some(4)], 2)
    );
}

/// Each of two calls waits for a key of the other one.
#[test]
fn calls_that_overlap_end() {
    for _ in 0..100 {
        let cache = Cache::new(100);
        thread::scope(|scope| {
            for first in 0..4_u32 {
                let cache = &cache;
                scope.spawn(move || {
                    let keys: Vec<_> = (first..first + 6).map(|key| key % 8).collect();
                    let load = |missing: &[u32]| {
                        thread::yield_now();
                        missing
                            .iter()
                            .map(|key| (*key, key * 2))
                            .collect::<Vec<_>>()
                    };
                    let values = cache.get_all_with(keys.clone(), load);
                    let expected: Vec<_> = keys.iter().map(|key| Some(key * 2)).collect();
                    assert_eq!(values, expected);
                });
            }
        });
    }
}

#[test]
fn a_call_for_many_keys_that_is_dropped_or_panics_leaves_all_its_places() {
    let cache = Cache::new(100);
    let mut many =
        Task::new(cache.get_all_with_async([1, 2], |_| std::future::pending::<Vec<_>>()));
    assert_eq!(many.poll(), None);
    let mut waiting = [1, 2].map(|key| Task::new(cache.get_with_async(key, async move { key })));
    for task in &mut waiting {
        assert_eq!(task.poll(), None);
    }
    drop(many);
    assert_eq!(waiting.map(Task::finish), [1, 2]);
    let panic = std::panic::AssertUnwindSafe(|| {
        cache.get_all_with([3, 4], |_| -> Vec<(i32, i32)> {
            panic!("the loader panics")
        })
    });
    assert!(std::panic::catch_unwind(panic).is_err());
    assert_eq!((cache.get_with(3, || 3), cache.get_with(4, || 4)), (3, 4));
}
