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
    let cache = Cache::new(100);
    let gate = Gate::default();
    let mut task = Task::new(cache.get_with_async("a", async {
        gate.pass().await;
        1
    }));
    assert_eq!(task.poll(), None);
    thread::scope(|scope| {
        let other = scope.spawn(|| cache.get_with("a", || 2));
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
