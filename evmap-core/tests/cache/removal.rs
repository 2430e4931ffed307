//! What happens to entries that were removed: the listener, and the drops of values.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use evmap_core::cache::{Cache, ManualClock, RemovalCause};

use crate::{Counted, eventually};

type Told = Arc<Mutex<Vec<(u32, u32, RemovalCause)>>>;

fn recording() -> (
    Told,
    impl Fn(&u32, &u32, RemovalCause) + Send + Sync + 'static,
) {
    let told = Told::default();
    let list = Arc::clone(&told);
    let listener = move |key: &u32, value: &u32, cause| {
        list.lock()
            .expect("no listener panics")
            .push((*key, *value, cause));
    };
    (told, listener)
}

#[test]
fn the_listener_learns_of_each_removal_once_with_its_cause() {
    let (told, listener) = recording();
    let clock = ManualClock::new();
    let cache = Cache::builder()
        .max_capacity(3)
        .clock(&clock)
        .weigher(|_, value: &u32| if *value == 99 { 4 } else { 1 })
        .eviction_listener(listener)
        .build();
    cache.insert(1, 10);
    cache.insert(1, 11);
    cache.invalidate(&1);
    cache.insert(2, 20);
    cache.insert_with_ttl(3, 30, Duration::from_secs(1));
    cache.insert(4, 40);
    cache.insert(5, 50);
    clock.advance(Duration::from_secs(1));
    cache.run_pending_tasks();
    cache.insert(6, 99);
    cache.insert_with_ttl(7, 70, Duration::ZERO);
    cache.run_pending_tasks();
    cache.invalidate_if(|key, _| *key == 4);
    cache.invalidate_all();
    cache.run_pending_tasks();
    eventually("all are told", || told.lock().expect("no panic").len() == 8);
    let mut told = told.lock().expect("no listener panics").clone();
    told.sort_unstable_by_key(|(key, value, _)| (*key, *value));
    assert_eq!(
        told,
        [
            (1, 10, RemovalCause::Replaced),
            (1, 11, RemovalCause::Explicit),
            (2, 20, RemovalCause::Size),
            (3, 30, RemovalCause::Expired),
            (4, 40, RemovalCause::Explicit),
            (5, 50, RemovalCause::Explicit),
            (6, 99, RemovalCause::Size),
            (7, 70, RemovalCause::Expired),
        ]
    );
    assert_eq!(cache.stats().unnotified, 0);
}

#[test]
fn the_listener_is_called_without_another_call_and_may_use_the_cache() {
    let told = Arc::new(AtomicUsize::new(0));
    let list = Arc::clone(&told);
    let own: Arc<Mutex<Option<Cache<u32, u32>>>> = Arc::default();
    let inside = Arc::clone(&own);
    let cache = Cache::builder()
        .max_capacity(10)
        .eviction_listener(move |key, value, _| {
            let cache = inside.lock().expect("no panic").clone();
            if let Some(cache) = cache
                && *value < 1_000
            {
                cache.insert(key + 1_000, value + 1_000);
                assert!(cache.get(&(key + 1_000)).is_some());
            }
            list.fetch_add(1, Ordering::SeqCst);
        })
        .build();
    *own.lock().expect("no panic") = Some(cache.clone());
    for n in 0..20 {
        cache.insert(n, n);
    }
    eventually("the listener was called for each", || {
        told.load(Ordering::SeqCst) as u64 == cache.stats().evicted && cache.stats().evicted >= 20
    });
    assert!(cache.entry_count() <= 10);
    // Else the cache would keep itself.
    own.lock().expect("no panic").take();
}

#[test]
fn a_listener_that_panics_is_counted_and_called_again() {
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let cache = Cache::builder()
        .max_capacity(1)
        .eviction_listener(move |_: &u32, _: &u32, _| {
            let nth = counted.fetch_add(1, Ordering::SeqCst);
            assert!(nth % 2 == 1, "the listener panics");
        })
        .build();
    for n in 0..11 {
        cache.insert(n, n);
    }
    eventually("all are told", || calls.load(Ordering::SeqCst) == 10);
    eventually("half have panicked", || cache.stats().panics == 5);
    assert_eq!(cache.get(&10), Some(10));
}

/// The janitor went on removing expired entries while another thread was inside the listener.
#[test]
fn expired_entries_wait_for_a_slow_listener() {
    let gate = Arc::new(Mutex::new(()));
    let told = Arc::new(AtomicUsize::new(0));
    let (wait, counted) = (Arc::clone(&gate), Arc::clone(&told));
    let clock = ManualClock::new();
    let cache = Cache::builder()
        .time_to_live(Duration::from_secs(1))
        .clock(&clock)
        .eviction_listener(move |_: &u32, _: &u32, _| {
            drop(wait.lock());
            counted.fetch_add(1, Ordering::SeqCst);
        })
        .build();
    for n in 0..40_000 {
        cache.insert(n, n);
    }
    clock.advance(Duration::from_secs(1));
    let closed = gate.lock().expect("no panic");
    thread::scope(|s| {
        s.spawn(|| cache.run_pending_tasks());
        eventually("some wait for the listener", || {
            cache.stats().expired > 8_000
        });
        // Time for what must not happen.
        thread::sleep(Duration::from_millis(50));
        drop(closed);
    });
    eventually("all are told", || {
        told.load(Ordering::SeqCst) as u64 + cache.stats().unnotified == 40_000
    });
    assert_eq!(cache.stats().unnotified, 0);
}

#[test]
fn one_write_that_removes_many_is_told_of_as_a_whole() {
    let told = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&told);
    let cache = Cache::builder()
        .eviction_listener(move |_: &u32, _: &u32, _| {
            counted.fetch_add(1, Ordering::SeqCst);
        })
        .build();
    for n in 0..40_000 {
        cache.insert(n, n);
    }
    cache.invalidate_if(|key, _| *key >= 20_000);
    cache.run_pending_tasks();
    cache.invalidate_all();
    cache.run_pending_tasks();
    eventually("all are told", || told.load(Ordering::SeqCst) == 40_000);
    assert_eq!(cache.stats().unnotified, 0);
}

#[test]
fn notifications_beyond_the_queue_are_counted_and_the_values_are_dropped() {
    let (gate, drops) = (Arc::new(Mutex::new(())), Arc::new(AtomicUsize::new(0)));
    let told = Arc::new(AtomicUsize::new(0));
    let (wait, counted) = (Arc::clone(&gate), Arc::clone(&told));
    let cache = Cache::builder()
        .max_capacity(1)
        .eviction_listener(move |_: &u32, _: &Counted, _| {
            drop(wait.lock());
            counted.fetch_add(1, Ordering::SeqCst);
        })
        .build();
    let closed = gate.lock().expect("no panic");
    for n in 0..40_000 {
        cache.insert(n, Counted(Arc::clone(&drops)));
    }
    let unnotified = cache.stats().unnotified as usize;
    assert!(unnotified >= 40_000 - 16_384 - 1_001, "{unnotified}");
    drop(closed);
    eventually("the others are told", || {
        told.load(Ordering::SeqCst) + unnotified == 39_999
    });
    eventually("all but the last are dropped", || {
        drops.load(Ordering::SeqCst) == 39_999
    });
    assert_eq!(cache.stats().panics, 0);
}

#[test]
fn removed_values_are_dropped_soon_each_once_and_not_by_the_writer() {
    let drops = Arc::new(AtomicUsize::new(0));
    let on_writer = Arc::new(AtomicUsize::new(0));
    struct Placed {
        _counted: Counted,
        writer: thread::ThreadId,
        on_writer: Arc<AtomicUsize>,
    }
    impl Drop for Placed {
        fn drop(&mut self) {
            let is_own = thread::current().id() == self.writer;
            self.on_writer.fetch_add(is_own.into(), Ordering::SeqCst);
        }
    }
    let place = || Placed {
        _counted: Counted(Arc::clone(&drops)),
        writer: thread::current().id(),
        on_writer: Arc::clone(&on_writer),
    };
    let cache = Cache::new(100);
    for n in 0..1_000 {
        cache.insert(n, place());
    }
    eventually("the evicted ones are dropped", || {
        drops.load(Ordering::SeqCst) == 900
    });
    cache.invalidate_all();
    eventually("all are dropped", || drops.load(Ordering::SeqCst) == 1_000);
    eventually("nothing waits", || cache.stats().undropped == 0);
    assert_eq!(on_writer.load(Ordering::SeqCst), 0);
}

#[test]
fn a_guard_keeps_its_value_and_the_rest_is_freed_once_it_has_left() {
    let drops = Arc::new(AtomicUsize::new(0));
    let cache = Cache::new(10);
    cache.insert(0, Counted(Arc::clone(&drops)));
    let guard = cache.get_ref(&0).expect("it is there");
    // By another thread, which waits for the guard for a while, and then goes past it.
    thread::scope(|scope| {
        scope.spawn(|| {
            for n in 1..200 {
                cache.insert(n, Counted(Arc::clone(&drops)));
            }
        });
    });
    assert_eq!(cache.entry_count(), 10);
    eventually("all but the entries and the guard's are dropped", || {
        drops.load(Ordering::SeqCst) as u64 == 199 - cache.entry_count()
    });
    assert_eq!(
        cache.stats().retired,
        1,
        "a copy is set aside for the guard"
    );
    assert_eq!(cache.stats().undropped, 1, "and one value is pinned");
    assert_eq!(
        guard.0.load(Ordering::SeqCst) as u64,
        199 - cache.entry_count()
    );
    drop(guard);
    eventually("it is dropped", || {
        drops.load(Ordering::SeqCst) as u64 == 200 - cache.entry_count()
    });
    drop(cache);
    assert_eq!(drops.load(Ordering::SeqCst), 200);
}

#[test]
fn the_last_handle_frees_everything_also_under_load() {
    let drops = Arc::new(AtomicUsize::new(0));
    for _ in 0..20 {
        drops.store(0, Ordering::SeqCst);
        let cache = Cache::builder()
            .max_capacity(50)
            .time_to_live(Duration::from_millis(1))
            .build();
        let made = thread::scope(|scope| {
            let threads: Vec<_> = (0..3)
                .map(|thread| {
                    let (cache, drops) = (cache.clone(), Arc::clone(&drops));
                    scope.spawn(move || {
                        for n in 0..300_u32 {
                            cache.insert(n * 3 + thread, Counted(Arc::clone(&drops)));
                            drop(cache.get_ref(&(n * 2)));
                        }
                        300
                    })
                })
                .collect();
            drop(cache);
            threads
                .into_iter()
                .map(|it| it.join().expect("no panic"))
                .sum::<usize>()
        });
        // The janitor may be in the middle of a step.
        eventually("everything is dropped", || {
            drops.load(Ordering::SeqCst) == made
        });
    }
}

#[test]
fn the_listener_is_not_called_once_the_last_handle_is_gone() {
    let (gate, calls) = (Arc::new(Mutex::new(())), Arc::new(AtomicUsize::new(0)));
    let (wait, counted) = (Arc::clone(&gate), Arc::clone(&calls));
    let cache = Cache::builder()
        .max_capacity(1)
        .eviction_listener(move |_: &u32, _: &u32, _| {
            counted.fetch_add(1, Ordering::SeqCst);
            drop(wait.lock());
        })
        .build();
    let closed = gate.lock().expect("no panic");
    for n in 0..100 {
        cache.insert(n, n);
    }
    let another = cache.clone();
    eventually("the first call is under way", || {
        calls.load(Ordering::SeqCst) == 1
    });
    drop((cache, another));
    drop(closed);
    // The listener is dropped with the rest of the cache.
    eventually("the cache is dropped", || Arc::strong_count(&calls) == 1);
    assert_eq!(calls.load(Ordering::SeqCst), 1);
}
