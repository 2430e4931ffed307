//! User code that panics, and user code that uses the cache.

use std::cell::Cell;
use std::hash::{BuildHasher, Hash, Hasher};
use std::panic::{RefUnwindSafe, UnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

use evmap_core::cache::{Builder, Cache, CacheStats, Iter, ManualClock};

use crate::eventually;

thread_local! {
    static PANICS: Cell<&'static str> = const { Cell::new("nowhere") };
}

/// Panics if the test wants it here.
fn may_panic(here: &str) {
    assert!(PANICS.get() != here, "{here} panics");
}

#[derive(Debug)]
struct Key(u32);

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        may_panic("hash");
        self.0.hash(state);
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        may_panic("eq");
        self.0 == other.0
    }
}

impl Eq for Key {}

impl Clone for Key {
    fn clone(&self) -> Self {
        may_panic("clone of a key");
        Key(self.0)
    }
}

struct Value(u32);

impl Clone for Value {
    fn clone(&self) -> Self {
        may_panic("clone of a value");
        Value(self.0)
    }
}

fn values<S: BuildHasher>(cache: &Cache<Key, Value, S>) -> Vec<Option<u32>> {
    (0..6)
        .map(|key| cache.get(&Key(key)).map(|value| value.0))
        .collect()
}

#[test]
fn a_panic_changes_nothing_and_the_cache_works_on() {
    type Call = fn(&Cache<Key, Value>);
    let calls: [Call; 9] = [
        |cache| cache.insert(Key(1), Value(10)),
        |cache| cache.insert(Key(5), Value(50)),
        |cache| _ = cache.remove(&Key(2)),
        |cache| cache.invalidate(&Key(2)),
        |cache| cache.invalidate_if(|key, _| key.0 > 1),
        |cache| {
            cache.invalidate_if(|key, _| {
                may_panic("condition");
                key.0 > 1
            });
        },
        |cache| _ = cache.get(&Key(2)),
        |cache| _ = cache.get_ref(&Key(2)),
        |cache| _ = cache.iter().count(),
    ];
    let mut panics = 0;
    for place in [
        "hash",
        "eq",
        "clone of a key",
        "clone of a value",
        "condition",
        "weigher",
    ] {
        for (index, call) in calls.iter().enumerate() {
            let cache = Cache::builder()
                .max_capacity(4)
                .weigher(|_: &Key, _: &Value| {
                    may_panic("weigher");
                    1
                })
                .build();
            for n in 0..4 {
                cache.insert(Key(n), Value(n));
            }
            PANICS.set(place);
            let outcome = catch_unwind(|| call(&cache));
            PANICS.set("nowhere");
            // A value is removed before it is cloned.
            if outcome.is_err() && (index, place) != (2, "clone of a value") {
                let unchanged = [Some(0), Some(1), Some(2), Some(3), None, None];
                assert_eq!(values(&cache), unchanged, "{place}, call {index}");
                panics += 1;
            }
            for n in 0..6 {
                cache.insert(Key(n), Value(n + 10));
                assert_eq!(cache.get(&Key(n)).map(|value| value.0), Some(n + 10));
                assert!(cache.entry_count() <= 4);
                assert_eq!(cache.iter().count() as u64, cache.entry_count());
            }
        }
    }
    assert!(panics >= 15, "{panics} calls have panicked");
}

#[test]
fn a_drop_that_panics_is_counted_and_reaches_no_caller() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("a drop panics");
        }
    }
    let cache = Cache::new(2);
    for n in 0..10 {
        cache.insert(n, Bomb);
    }
    cache.insert(9, Bomb);
    cache.invalidate(&9);
    cache.invalidate_all();
    cache.run_pending_tasks();
    eventually("all are dropped", || cache.stats().panics == 11);
    let left = (cache.stats().undropped, cache.entry_count());
    assert_eq!(left, (0, 0));
}

#[test]
fn a_drop_of_a_value_may_use_the_cache() {
    type Own = Arc<Mutex<Option<Cache<u32, Busy>>>>;
    struct Busy(Option<Own>, u32);
    impl Drop for Busy {
        fn drop(&mut self) {
            let Some(own) = &self.0 else { return };
            let cache = own.lock().expect("no panic").clone();
            if let Some(cache) = cache {
                cache.insert(self.1 + 1_000, Busy(None, 0));
                cache.invalidate(&(self.1 + 999));
                drop(cache.get_ref(&self.1));
                cache.run_pending_tasks();
            }
        }
    }
    let own = Own::default();
    let cache = Cache::new(10);
    *own.lock().expect("no panic") = Some(cache.clone());
    for n in 0..100 {
        cache.insert(n, Busy(Some(Arc::clone(&own)), n));
        cache.run_pending_tasks();
    }
    cache.invalidate_all();
    cache.run_pending_tasks();
    eventually("all are dropped", || cache.stats().undropped == 0);
    assert_eq!(cache.stats().panics, 0);
    // Else the cache would keep itself.
    own.lock().expect("no panic").take();
}

#[test]
fn a_clone_of_a_value_may_write_to_the_cache() {
    struct Writes(Option<Cache<u32, Writes>>);
    impl Clone for Writes {
        fn clone(&self) -> Self {
            if let Some(cache) = &self.0 {
                for n in 10..20 {
                    cache.insert(n, Writes(None));
                }
            }
            Writes(None)
        }
    }
    let cache = Cache::new(50);
    cache.insert(1, Writes(Some(cache.clone())));
    assert!(cache.get(&1).is_some() && cache.contains_key(&15));
    cache.invalidate(&15);
    assert!(cache.remove(&1).is_some() && cache.contains_key(&15));
}

#[test]
fn a_guard_of_the_same_thread_delays_no_write() {
    let cache = Cache::new(100);
    cache.insert(0, String::from("kept"));
    let guard = cache.get_ref(&0).expect("it is there");
    for n in 0..50 {
        cache.insert(n, n.to_string());
    }
    cache.invalidate_all();
    assert_eq!((guard.as_str(), cache.entry_count()), ("kept", 0));
    // The thread sees the state of its guard.
    assert!(cache.contains_key(&0));
    drop(guard);
    assert!(!cache.contains_key(&0));
}

#[test]
fn the_last_handle_of_a_cache_may_be_dropped_by_another_cache() {
    struct Inner {
        _cache: Cache<u32, String>,
    }
    let outer = Cache::new(1);
    for n in 0..20 {
        let inner = Cache::builder()
            .time_to_live(std::time::Duration::from_millis(1))
            .eviction_listener(|_: &u32, _: &String, _| ())
            .build();
        for n in 0..100 {
            inner.insert(n, n.to_string());
        }
        outer.insert(n, Inner { _cache: inner });
    }
    eventually("all but one are dropped", || outer.stats().undropped == 0);
}

#[test]
fn handles_iterators_and_builders_are_sent_and_shared() {
    fn is_shared<T: Send + Sync + Unpin>() {}
    fn is_unwind_safe<T: UnwindSafe + RefUnwindSafe>() {}
    is_shared::<Cache<String, Mutex<u32>>>();
    is_shared::<Iter<String, String>>();
    is_shared::<Builder<String, String>>();
    is_shared::<(ManualClock, CacheStats)>();
    is_unwind_safe::<Cache<String, String>>();
    is_unwind_safe::<ManualClock>();
}
