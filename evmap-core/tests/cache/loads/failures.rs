//! Loads that fail: by a panic, by an error, or because a future is dropped.

use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use evmap_core::cache::{Cache, ManualClock};

use super::{Gate, Task, pause};
use crate::{FAR, eventually};

#[test]
fn a_loader_that_panics_leaves_its_place_to_one_that_waits() {
    let cache = Cache::new(100);
    let (begins, begun) = mpsc::channel();
    let (ends, end) = mpsc::channel::<()>();
    thread::scope(|scope| {
        let cache = &cache;
        let leader = scope.spawn(move || {
            let load = || {
                begins.send(()).expect("it is awaited");
                end.recv().expect("it is told");
                panic!("the loader panics");
            };
            catch_unwind(AssertUnwindSafe(|| cache.get_with("a", load))).is_err()
        });
        begun.recv_timeout(FAR).expect("it loads");
        let mut tasks: Vec<_> = (0..100)
            .map(|n| Task::new(cache.get_with_async("a", async move { n })))
            .collect();
        for task in &mut tasks {
            assert_eq!(task.poll(), None);
        }
        ends.send(()).expect("it waits");
        assert!(leader.join().expect("it is caught"));
        let values: Vec<_> = tasks.into_iter().map(Task::finish).collect();
        assert!(values.iter().all(|value| *value == values[0]));
    });
    assert_eq!((cache.stats().loads, cache.stats().load_failures), (2, 1));
}

/// A load is dropped at each point where it is pending: in its future, at the lock of the writers, and in the wait for
/// another load.
#[test]
fn a_future_that_is_dropped_anywhere_leaves_its_place_to_one_that_waits() {
    for polls in 1..=4 {
        let cache = Cache::new(100);
        let mut leader = Task::new(cache.get_with_async("a", async {
            pause(4).await;
            1
        }));
        for _ in 0..polls {
            assert_eq!(leader.poll(), None);
        }
        let mut tasks = [2, 3, 4].map(|n| Task::new(cache.get_with_async("a", async move { n })));
        for task in &mut tasks {
            assert_eq!(task.poll(), None);
        }
        let [first, second, third] = tasks;
        // One that waits may be dropped, too.
        drop(first);
        drop(leader);
        assert!(second.is_woken() && third.is_woken());
        // Also after it was woken.
        drop(second);
        assert_eq!((third.finish(), cache.get("a")), (4, Some(4)), "{polls}");
    }
}

#[test]
fn a_future_that_is_dropped_while_it_waits_to_insert_leaves_its_place() {
    let cache = Cache::new(100);
    cache.insert("b", 0);
    for polls in 1..4 {
        let mut leader = Some(Task::new(cache.get_with_async("a", async { 1 })));
        let mut waiting = Task::new(cache.get_with_async("a", async { 2 }));
        let (begins, begun) = mpsc::channel();
        let (ends, end) = mpsc::channel::<()>();
        thread::scope(|scope| {
            let cache = &cache;
            scope.spawn(move || {
                cache.invalidate_if(|_, _| {
                    begins.send(()).expect("it is awaited");
                    end.recv().expect("it is told");
                    false
                });
            });
            begun.recv_timeout(FAR).expect("it writes");
            // Another thread has the map.
            for _ in 0..polls {
                assert_eq!(leader.as_mut().and_then(Task::poll), None);
            }
            assert_eq!(waiting.poll(), None);
            leader = None;
            assert!(waiting.is_woken());
            assert_eq!(waiting.poll(), None);
            ends.send(()).expect("it waits");
            assert_eq!(waiting.finish(), 2);
        });
        drop(leader);
        cache.invalidate("a");
    }
}

/// A load is dropped after each number of polls, until it ends before that. It waits for its future, for another thread that has
/// the map, and for the janitor, since a guard of this thread is in the copy that is written next.
#[test]
fn a_future_that_is_dropped_after_any_number_of_polls_leaves_its_place() {
    for kind in 0..3 {
        for polls in 1..100 {
            assert!(polls < 99, "it does not end");
            let builder = Cache::builder().negative_ttl(Duration::from_secs(600));
            let cache = builder.build();
            cache.insert("b", 0);
            let guard = cache.get_ref("b");
            cache.insert("c", 0);
            let load = async {
                pause(2).await;
                (kind != 1).then_some(1)
            };
            let mut leader = Task::new(async {
                match kind {
                    0 => {
                        cache
                            .get_with_async("a", async { load.await.unwrap_or(0) })
                            .await
                    }
                    1 => cache
                        .optionally_get_with_async("a", load)
                        .await
                        .unwrap_or(0),
                    _ => {
                        let pairs = async { load.await.map(|value| ("a", value)) };
                        let mut pairs = Some(pairs);
                        let load = |_| pairs.take().expect("it is called once");
                        cache.get_all_with_async(["a"], load).await[0].unwrap_or(0)
                    }
                }
            });
            let mut has_ended = false;
            for poll in 0..polls {
                if poll > 0 {
                    eventually("it goes on", || leader.is_woken());
                }
                has_ended = leader.poll().is_some();
                if has_ended {
                    break;
                }
            }
            let waiting = Task::new(cache.get_with_async("a", async { 2 }));
            drop(leader);
            drop(guard);
            let value = waiting.finish();
            assert!([1, 2].contains(&value) && cache.get("a") == Some(value));
            if has_ended {
                assert!(
                    polls > 3 || kind == 1,
                    "{kind}: it never waited for the copy"
                );
                break;
            }
        }
    }
}

#[test]
fn those_who_wait_share_an_error_and_the_next_caller_loads_again() {
    let cache = Cache::<_, u32>::new(100);
    let gate = Gate::default();
    let mut leader = Task::new(cache.try_get_with_async("a", async {
        gate.pass().await;
        Err("it fails")
    }));
    assert!(leader.poll().is_none());
    let mut same = Task::new(cache.try_get_with_async("a", async { Ok::<_, &str>(1) }));
    let mut other = Task::new(cache.try_get_with_async("a", async { Ok::<_, u8>(2) }));
    let mut plain = Task::new(cache.get_with_async("a", async { 3 }));
    assert!(same.poll().is_none() && other.poll().is_none() && plain.poll().is_none());
    gate.open();
    assert_eq!(leader.finish(), Err(Arc::new("it fails")));
    assert_eq!(same.finish(), Err(Arc::new("it fails")));
    // Its errors are of another type, so it loads the value itself, and the last one waits for that or finds it.
    assert_eq!((other.finish(), plain.finish()), (Ok(2), 2));
    assert_eq!((cache.stats().loads, cache.stats().load_failures), (2, 1));
    let failing = Cache::<_, u32>::new(100);
    for _ in 0..3 {
        let outcome = failing.try_get_with("a", || "x".parse::<u32>());
        assert!(outcome.is_err());
    }
    assert_eq!(
        (failing.stats().loads, failing.stats().load_failures),
        (3, 3)
    );
    assert_eq!(failing.try_get_with("a", || Ok::<_, Infallible>(4)), Ok(4));
}

#[test]
fn an_old_value_is_returned_instead_of_an_error() {
    let clock = ManualClock::new();
    let cache = Cache::builder()
        .time_to_live(Duration::from_secs(10))
        .stale_if_error(Duration::from_secs(60))
        .clock(&clock)
        .build();
    let fails = || cache.try_get_with("a", || Err("it fails"));
    cache.insert("a", 1);
    clock.advance(Duration::from_secs(10));
    assert_eq!((cache.get("a"), cache.entry_count()), (None, 1));
    assert!(!cache.contains_key("a") && cache.iter().next().is_none());
    assert_eq!(fails(), Ok(1));
    let task = cache.try_get_with_async("a", async { Err("it fails") });
    assert_eq!(Task::new(task).finish(), Ok(1));
    assert_eq!(cache.stats().stale, 2);
    clock.advance(Duration::from_secs(59));
    cache.run_pending_tasks();
    assert_eq!((fails(), cache.entry_count()), (Ok(1), 1));
    clock.advance(Duration::from_secs(1));
    assert_eq!(fails(), Err(Arc::new("it fails")));
    cache.run_pending_tasks();
    assert_eq!((cache.entry_count(), cache.stats().expired), (0, 1));
    // A load that succeeds replaces it.
    cache.insert("a", 2);
    clock.advance(Duration::from_secs(20));
    assert_eq!(cache.get_with("a", || 3), 3);
    assert_eq!((cache.get("a"), cache.entry_count()), (Some(3), 1));
    // What was removed is not kept for that.
    clock.advance(Duration::from_secs(10));
    cache.invalidate("a");
    assert!(fails().is_err());
}

#[test]
fn a_panic_in_user_code_of_an_insertion_leaves_nobody_waiting() {
    let cache = Cache::builder()
        .max_capacity(100)
        .weigher(|_: &&str, value: &u32| {
            assert!(*value != 0, "the weigher panics");
            1
        })
        .build();
    let gate = Gate::default();
    let mut leader = Task::new(cache.get_with_async("a", async {
        gate.pass().await;
        0
    }));
    assert_eq!(leader.poll(), None);
    let mut waiting = Task::new(cache.get_with_async("a", async { 1 }));
    assert_eq!(waiting.poll(), None);
    gate.open();
    assert!(catch_unwind(AssertUnwindSafe(|| leader.poll())).is_err());
    drop(leader);
    assert_eq!(waiting.finish(), 1);
    assert!(catch_unwind(AssertUnwindSafe(|| cache.get_with("b", || 0))).is_err());
    assert_eq!(cache.get_with("b", || 2), 2);
}

#[test]
fn a_failed_load_shows_nobody_a_value_whose_time_is_over() {
    let clock = ManualClock::new();
    let builder = Cache::builder()
        .time_to_live(Duration::from_secs(10))
        .refresh_after(Duration::from_secs(9));
    let cache = builder.clock(&clock).build();
    cache.insert("a", 1);
    clock.advance(Duration::from_secs(9));
    let gate = Gate::default();
    let mut refresh = Task::new(cache.try_get_with_async("a", async {
        gate.pass().await;
        Err("it fails")
    }));
    assert!(refresh.poll().is_none());
    // The value expires while it is loaded anew.
    clock.advance(Duration::from_secs(2));
    let mut waiting = Task::new(cache.try_get_with_async("a", async { Err("it fails, too") }));
    assert!(waiting.poll().is_none());
    gate.open();
    assert_eq!(refresh.finish(), Err(Arc::new("it fails")));
    assert_eq!(waiting.finish(), Err(Arc::new("it fails")));
    assert_eq!(cache.stats().stale, 0);
}

#[test]
fn a_caller_that_cannot_fail_gets_no_old_value() {
    let clock = ManualClock::new();
    let builder = Cache::builder()
        .time_to_live(Duration::from_secs(10))
        .stale_if_error(Duration::from_secs(60));
    let cache = builder.clock(&clock).build();
    cache.insert("a", 1);
    clock.advance(Duration::from_secs(10));
    let gate = Gate::default();
    let mut failing = Task::new(cache.try_get_with_async("a", async {
        gate.pass().await;
        Err("it fails")
    }));
    let mut same = Task::new(cache.try_get_with_async("a", async { Err("it fails, too") }));
    let mut plain = Task::new(cache.get_with_async("a", async { 2 }));
    assert!(failing.poll().is_none() && same.poll().is_none() && plain.poll().is_none());
    gate.open();
    assert_eq!((failing.finish(), same.finish()), (Ok(1), Ok(1)));
    assert_eq!((plain.finish(), cache.stats().stale), (2, 2));
}
