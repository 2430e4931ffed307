//! Many who ask for one key, or for many.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, mpsc};
use std::thread;
use std::time::Duration;

use evmap_core::cache::Cache;

use super::{Gate, Task, pause};
use crate::{FAR, eventually};

#[test]
fn a_thousand_tasks_that_ask_for_one_key_share_one_load() {
    let cache = Cache::new(100);
    let loads = AtomicUsize::new(0);
    let gate = Gate::default();
    let mut tasks: Vec<_> = (0..1_000)
        .map(|_| {
            Task::new(cache.get_with_async("a", async {
                gate.pass().await;
                loads.fetch_add(1, Ordering::SeqCst)
            }))
        })
        .collect();
    for task in &mut tasks {
        assert_eq!(task.poll(), None);
    }
    gate.open();
    for task in tasks {
        assert_eq!(task.finish(), 0);
    }
    assert_eq!((loads.load(Ordering::SeqCst), cache.stats().loads), (1, 1));
    assert_eq!(cache.get("a"), Some(0));
}

#[test]
fn threads_that_ask_for_one_key_share_one_load() {
    for round in 0..50 {
        let cache = Cache::new(100);
        let (loads, begin) = (AtomicUsize::new(0), Barrier::new(8));
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    begin.wait();
                    let value = cache.get_with(7, || {
                        loads.fetch_add(1, Ordering::SeqCst);
                        thread::yield_now();
                        round
                    });
                    assert_eq!(value, round);
                });
            }
        });
        assert_eq!(loads.load(Ordering::SeqCst), 1);
    }
}

#[test]
fn a_thread_waits_for_a_task_and_a_task_for_a_thread() {
    let cache = Cache::builder().max_capacity(100).record_stats().build();
    let gate = Gate::default();
    let mut task = Task::new(cache.get_with_async("a", async {
        gate.pass().await;
        1
    }));
    assert_eq!(task.poll(), None);
    thread::scope(|scope| {
        let other = scope.spawn(|| cache.get_with("a", || 2));
        eventually("the thread has missed", || cache.stats().misses == 2);
        gate.open();
        assert_eq!(task.finish(), 1);
        assert_eq!(other.join().expect("no panic"), 1);
        let (begins, begun) = mpsc::channel();
        let (ends, end) = mpsc::channel::<()>();
        let cache = &cache;
        let leader = scope.spawn(move || {
            cache.get_with("b", || {
                begins.send(()).expect("it is awaited");
                end.recv().expect("it is told");
                3
            })
        });
        begun.recv_timeout(FAR).expect("it loads");
        let mut task = Task::new(cache.get_with_async("b", async { 4 }));
        assert_eq!(task.poll(), None);
        ends.send(()).expect("it waits");
        assert_eq!(task.finish(), 3);
        assert_eq!(leader.join().expect("no panic"), 3);
    });
}

#[test]
fn ten_thousand_keys_are_loaded_at_once() {
    let cache = Cache::new(20_000);
    let gate = Gate::default();
    let mut tasks: Vec<_> = (0..20_000)
        .map(|n| {
            let gate = gate.clone();
            let load = async move {
                gate.pass().await;
                n % 10_000
            };
            Task::new(cache.get_with_async(n % 10_000, load))
        })
        .collect();
    for task in &mut tasks {
        assert_eq!(task.poll(), None);
    }
    gate.open();
    for (n, task) in tasks.into_iter().enumerate() {
        assert_eq!(task.finish(), n % 10_000);
    }
    assert_eq!((cache.stats().loads, cache.entry_count()), (10_000, 10_000));
}

#[test]
fn a_hit_loads_nothing_and_drops_its_future() {
    let cache = Cache::new(100);
    cache.insert("a", 1);
    assert_eq!(cache.get_with("a", || unreachable!()), 1);
    let never = Task::new(cache.get_with_async("a", std::future::pending()));
    assert_eq!(never.finish(), 1);
    assert_eq!(cache.stats().loads, 0);
}

#[test]
fn a_loader_may_use_the_cache() {
    let cache = Cache::new(100);
    let value = cache.get_with("a", || {
        cache.insert("b", 2);
        cache.get_with("c", || 3) + cache.get("b").unwrap_or(0)
    });
    assert_eq!(
        (value, cache.get("a"), cache.entry_count()),
        (5, Some(5), 3)
    );
}

#[test]
fn a_loader_that_asks_for_its_own_key_panics_with_a_message() {
    let cache: Cache<&str, i32> = Cache::new(100);
    let outcome = std::panic::catch_unwind(|| cache.get_with("a", || cache.get_with("a", || 1)));
    let panic = outcome.expect_err("it panics");
    let message = panic.downcast_ref::<&str>().copied().or_else(|| {
        let message = panic.downcast_ref::<String>();
        message.map(String::as_str)
    });
    assert_eq!(
        message,
        Some("a loader asks for the key that it is loading: it would wait for itself")
    );
    let many = || {
        cache.get_with("b", || {
            cache.get_all_with(["a", "b"], |_| [])[0].unwrap_or(0)
        })
    };
    assert!(std::panic::catch_unwind(many).is_err());
    assert_eq!(
        (cache.get_with("a", || 2), cache.get_with("b", || 3)),
        (2, 3)
    );
}

#[test]
fn keys_with_the_same_hash_are_loaded_apart() {
    #[derive(Clone, PartialEq, Eq, Debug)]
    struct Same(u32);
    impl std::hash::Hash for Same {
        fn hash<H: std::hash::Hasher>(&self, _: &mut H) {}
    }
    let cache = Cache::new(100);
    let gate = Gate::default();
    let mut tasks: Vec<_> = (0..40)
        .map(|n| {
            let gate = gate.clone();
            let load = async move {
                gate.pass().await;
                n % 20
            };
            Task::new(cache.get_with_async(Same(n % 20), load))
        })
        .collect();
    for task in &mut tasks {
        assert_eq!(task.poll(), None);
    }
    gate.open();
    for (n, task) in (0..).zip(tasks) {
        assert_eq!(task.finish(), n % 20);
    }
    assert_eq!(cache.stats().loads, 20);
}

#[test]
fn a_thread_does_not_wait_longer_than_it_may() {
    let builder = Cache::builder().max_capacity(100);
    let cache = builder.load_timeout(Duration::from_millis(10)).build();
    let (begins, begun) = mpsc::channel();
    let (ends, end) = mpsc::channel::<()>();
    thread::scope(|scope| {
        let cache = &cache;
        let slow = scope.spawn(move || {
            cache.get_with("a", || {
                begins.send(()).expect("it is awaited");
                end.recv().expect("it is told");
                1
            })
        });
        begun.recv_timeout(FAR).expect("it loads");
        // The slow loader returns only after these.
        assert_eq!(cache.get_with("a", || 2), 2);
        assert_eq!(
            cache.get_all_with(["a", "b"], |_| [("b", 3)]),
            [Some(2), Some(3)]
        );
        ends.send(()).expect("it waits");
        assert_eq!(slow.join().expect("no panic"), 1);
    });
    assert_eq!(cache.get("a"), Some(2));
}

#[test]
fn a_value_that_is_not_kept_is_returned() {
    let cache = Cache::builder()
        .max_capacity(10)
        .weigher(|_: &&str, weight: &u32| *weight)
        .build();
    assert_eq!(cache.get_with("a", || 11), 11);
    assert_eq!((cache.get("a"), cache.stats().refused), (None, 1));
    let short = Cache::builder().time_to_live(Duration::ZERO).build();
    assert_eq!((short.get_with("a", || 1), short.get("a")), (1, None));
}

#[test]
fn tasks_on_many_threads_share_loads() {
    let cache = Cache::new(1_000);
    let loads = Arc::new(AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for key in 0..300 {
                    let load = async {
                        pause(3).await;
                        loads.fetch_add(1, Ordering::SeqCst);
                        key * 10
                    };
                    let task = Task::new(cache.get_with_async(key, load));
                    assert_eq!(task.finish(), key * 10);
                }
            });
        }
    });
    assert_eq!(loads.load(Ordering::SeqCst), 300);
    eventually("all are there", || cache.entry_count() == 300);
}

/// A load that takes longer than others wait for it is kept all the same, unless another value came first.
#[test]
fn a_slow_load_is_kept_unless_another_was_faster() {
    let builder = Cache::builder().max_capacity(100);
    let cache = builder.load_timeout(Duration::from_millis(1)).build();
    let gate = Gate::default();
    let load = |n| {
        let gate = gate.clone();
        async move {
            gate.pass().await;
            n
        }
    };
    let mut alone = Task::new(cache.get_with_async("a", load(1)));
    let mut first = Task::new(cache.get_with_async("b", load(2)));
    assert_eq!((alone.poll(), first.poll()), (None, None));
    thread::sleep(Duration::from_millis(2));
    let second = Task::new(cache.get_with_async("b", async { 3 }));
    assert_eq!((second.finish(), cache.get("b")), (3, Some(3)));
    gate.open();
    assert_eq!((alone.finish(), first.finish()), (1, 2));
    assert_eq!((cache.get("a"), cache.get("b")), (Some(1), Some(3)));
}

/// Each of many threads gets a value, though the first loaders never end.
#[test]
fn loads_that_hang_hold_up_nobody_for_long() {
    let builder = Cache::builder().refresh_after(Duration::from_secs(3_600));
    let cache = builder.load_timeout(Duration::from_millis(5)).build();
    let mut hanging = Task::new(cache.get_with_async("a", std::future::pending()));
    assert_eq!(hanging.poll(), None);
    let loads = AtomicUsize::new(0);
    thread::scope(|scope| {
        for n in 0..6 {
            let (cache, loads) = (&cache, &loads);
            scope.spawn(move || {
                let load = || {
                    if loads.fetch_add(1, Ordering::SeqCst) == 0 {
                        // Far longer than others wait.
                        thread::sleep(Duration::from_millis(200));
                    }
                    n
                };
                assert!(cache.get_with("a", load) < 6);
            });
        }
    });
    drop(hanging);
    assert!(cache.get("a").is_some_and(|value| value < 6));
}

/// The janitor must not wait for a load whose insertion may wait for the janitor.
#[test]
fn a_listener_loads_a_key_that_a_task_is_loading() {
    let own: Arc<std::sync::Mutex<Option<Cache<u32, u32>>>> = Arc::default();
    let inside = Arc::clone(&own);
    let (tells, told) = mpsc::channel();
    let tells = std::sync::Mutex::new(tells);
    let cache = Cache::builder()
        .eviction_listener(move |key: &u32, _: &u32, _| {
            let cache = inside.lock().expect("no panic").clone();
            if let (1, Some(cache)) = (key, cache) {
                let value = cache.get_with(0, || 5);
                tells
                    .lock()
                    .expect("no panic")
                    .send(value)
                    .expect("it is awaited");
            }
        })
        .build();
    *own.lock().expect("no panic") = Some(cache.clone());
    let mut task = Task::new(cache.get_with_async(0, std::future::pending()));
    assert_eq!(task.poll(), None);
    cache.insert(1, 1);
    cache.invalidate(&1);
    assert_eq!(told.recv_timeout(FAR), Ok(5));
    drop(task);
    own.lock().expect("no panic").take();
}

#[test]
fn a_load_inside_a_write_is_refused() {
    let cache = Cache::new(100);
    cache.insert("a", 1);
    let panic = std::panic::AssertUnwindSafe(|| {
        cache.invalidate_if(|_, _| cache.get_with("b", || 2) == 2);
    });
    assert!(std::panic::catch_unwind(panic).is_err());
    // A hit is a read.
    cache.invalidate_if(|_, _| cache.get_with("a", || 2) == 2);
    assert_eq!((cache.get("a"), cache.get("b")), (Some(1), None));
}

#[test]
fn the_futures_may_be_sent_to_other_threads() {
    fn is_send<T: Send>(_: T) {}
    let cache: Cache<String, String> = Cache::new(100);
    let (key, value) = (|| "a".to_string(), async { "b".to_string() });
    is_send(cache.get_with_async(key(), value));
    is_send(cache.try_get_with_async(key(), async { Err("it fails") }));
    is_send(cache.optionally_get_with_async(key(), async { None }));
    is_send(cache.try_optionally_get_with_async(key(), async { Err("it fails") }));
    is_send(cache.get_with_tagged_async(key(), &["c"], async { key() }));
    is_send(cache.try_get_with_tagged_async(key(), &["c"], async { Err("it fails") }));
    is_send(cache.get_all_with_async([key()], |_| async { [(key(), key())] }));
    is_send(cache.insert_async(key(), key()));
    is_send(cache.insert_tagged_async(key(), key(), &["c"]));
    is_send(cache.remove_async("a"));
    is_send(cache.invalidate_async("a"));
    is_send(cache.invalidate_tag_async("c"));
    is_send(cache.invalidate_all_async());
}
