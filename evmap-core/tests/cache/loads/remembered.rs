//! What is remembered of loads: that there is no value, and when a value is to be loaded anew.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use evmap_core::cache::{Cache, ManualClock};

use super::{Gate, Task};
use crate::FAR;

#[test]
fn a_key_without_a_value_is_loaded_each_time_unless_that_is_remembered() {
    let cache = Cache::<_, u32>::new(100);
    for _ in 0..2 {
        assert_eq!(cache.optionally_get_with("a", || None), None);
    }
    assert_eq!((cache.stats().loads, cache.entry_count()), (2, 0));

    let clock = ManualClock::new();
    let cache = Cache::builder()
        .negative_ttl(Duration::from_secs(10))
        .clock(&clock)
        .build();
    for _ in 0..3 {
        assert_eq!(cache.optionally_get_with("a", || None), None);
        let task = cache.optionally_get_with_async("a", async { None });
        assert_eq!(Task::new(task).finish(), None);
    }
    assert_eq!((cache.stats().loads, cache.entry_count()), (1, 0));
    assert_eq!((cache.get("a"), cache.contains_key("a")), (None, false));
    clock.advance(Duration::from_secs(10));
    assert_eq!(cache.optionally_get_with("a", || Some(1)), Some(1));
    assert_eq!(cache.stats().loads, 2);
}

#[test]
fn a_change_of_the_key_ends_what_is_remembered() {
    let clock = ManualClock::new();
    let builder = Cache::builder().negative_ttl(Duration::from_secs(10));
    let cache = builder.clock(&clock).build();
    let forget: [&dyn Fn(); 4] = [
        &|| cache.invalidate("a"),
        &|| cache.invalidate_all(),
        &|| _ = cache.remove("a"),
        &|| {
            cache.insert("a", 1);
            cache.invalidate("a");
        },
    ];
    for (n, forget) in (1..).zip(forget) {
        assert_eq!(cache.optionally_get_with("a", || None), None);
        assert_eq!(cache.optionally_get_with("a", || unreachable!()), None);
        forget();
        assert_eq!(cache.optionally_get_with("a", || None), None);
        assert_eq!(cache.stats().loads, 2 * n);
        // For the next round.
        cache.invalidate("a");
    }
    // Other calls load it all the same, and then there is a value.
    assert_eq!(cache.optionally_get_with("a", || None), None);
    assert_eq!(cache.get_with("a", || 2), 2);
    assert_eq!(cache.optionally_get_with("a", || unreachable!()), Some(2));
}

#[test]
fn that_there_is_no_value_is_not_remembered_if_the_key_was_changed_meanwhile() {
    let builder = Cache::<_, u32>::builder().negative_ttl(Duration::from_secs(10));
    let clock = ManualClock::new();
    let cache = builder.clock(&clock).build();
    let gate = Gate::default();
    let mut task = Task::new(cache.optionally_get_with_async("a", async {
        gate.pass().await;
        None
    }));
    assert_eq!(task.poll(), None);
    let mut waiting = Task::new(cache.optionally_get_with_async("a", async { unreachable!() }));
    assert_eq!(waiting.poll(), None);
    cache.invalidate("a");
    gate.open();
    assert_eq!((task.finish(), waiting.finish()), (None, None));
    assert_eq!(cache.optionally_get_with("a", || Some(1)), Some(1));
}

#[test]
fn few_keys_without_a_value_are_remembered() {
    let builder = Cache::<_, u32>::builder().max_capacity(10);
    let cache = builder.negative_ttl(Duration::from_secs(600)).build();
    cache.insert(0, 1);
    for key in 1..1_000 {
        assert_eq!(cache.optionally_get_with(key, || None), None);
    }
    let before = cache.stats().loads;
    for key in 1..1_000 {
        assert_eq!(cache.optionally_get_with(key, || None), None);
    }
    assert!(cache.stats().loads >= before + 989);
    assert_eq!(cache.optionally_get_with(999, || unreachable!()), None);
    // They take no part of the capacity.
    assert_eq!((cache.get(&0), cache.entry_count()), (Some(1), 1));
}

#[test]
fn one_caller_refreshes_an_old_value_and_the_others_get_it() {
    let clock = ManualClock::new();
    let builder = Cache::builder().refresh_after(Duration::from_secs(10));
    let cache = builder.clock(&clock).build();
    assert_eq!(cache.get_with("a", || 1), 1);
    clock.advance(Duration::from_secs(9));
    assert_eq!(cache.get_with("a", || unreachable!()), 1);
    clock.advance(Duration::from_secs(1));
    // A lookup that has nothing to load with shows the value.
    assert_eq!(cache.get("a"), Some(1));
    let gate = Gate::default();
    let mut refresh = Task::new(cache.get_with_async("a", async {
        gate.pass().await;
        2
    }));
    assert_eq!(refresh.poll(), None);
    assert_eq!(cache.get_with("a", || unreachable!()), 1);
    let other = Task::new(cache.get_with_async("a", async { unreachable!() }));
    assert_eq!(other.finish(), 1);
    gate.open();
    assert_eq!(
        (refresh.finish(), cache.get_with("a", || unreachable!())),
        (2, 2)
    );
    assert_eq!((cache.stats().loads, cache.entry_count()), (2, 1));
}

#[test]
fn a_refresh_that_fails_leaves_the_old_value() {
    let clock = ManualClock::new();
    let builder = Cache::builder().refresh_after(Duration::from_secs(10));
    let cache = builder.clock(&clock).build();
    assert_eq!(cache.get_with("a", || 1), 1);
    clock.advance(Duration::from_secs(10));
    for _ in 0..2 {
        assert_eq!(cache.try_get_with("a", || Err("it fails")), Ok(1));
    }
    let panic = AssertUnwindSafe(|| cache.get_with("a", || panic!("the loader panics")));
    assert!(catch_unwind(panic).is_err());
    assert_eq!((cache.stats().stale, cache.stats().load_failures), (2, 3));
    assert_eq!((cache.get("a"), cache.get_with("a", || 2)), (Some(1), 2));
    // There is no value any more.
    clock.advance(Duration::from_secs(10));
    assert_eq!(cache.optionally_get_with("a", || None), None);
    assert_eq!((cache.get("a"), cache.entry_count()), (None, 0));
}

#[test]
fn a_refresh_by_a_thread_does_not_hold_up_others() {
    let clock = ManualClock::new();
    let builder = Cache::builder().refresh_after(Duration::from_secs(10));
    let cache = builder.clock(&clock).build();
    cache.insert("a", 1);
    clock.advance(Duration::from_secs(10));
    let (begins, begun) = mpsc::channel();
    let (ends, end) = mpsc::channel::<()>();
    thread::scope(|scope| {
        let cache = &cache;
        let refresh = scope.spawn(move || {
            cache.get_with("a", || {
                begins.send(()).expect("it is awaited");
                end.recv().expect("it is told");
                2
            })
        });
        begun.recv_timeout(FAR).expect("it loads");
        for _ in 0..10 {
            assert_eq!(cache.get_with("a", || unreachable!()), 1);
        }
        assert_eq!(cache.get_all_with(["a"], |_| []), [Some(1)]);
        ends.send(()).expect("it waits");
        assert_eq!(refresh.join().expect("no panic"), 2);
    });
    assert_eq!(cache.get_with("a", || unreachable!()), 2);
}

#[test]
fn a_load_may_find_no_value_or_fail() {
    let clock = ManualClock::new();
    let builder = Cache::builder()
        .time_to_live(Duration::from_secs(10))
        .stale_if_error(Duration::from_secs(60))
        .negative_ttl(Duration::from_secs(10));
    let cache = builder.clock(&clock).build();
    let fails = || Err::<Option<i32>, _>("it fails");
    assert_eq!(
        *cache.try_optionally_get_with("a", fails).unwrap_err(),
        "it fails"
    );
    let none = cache.try_optionally_get_with("a", || Ok::<_, &str>(None));
    assert_eq!((none, cache.stats().loads), (Ok(None), 2));
    // That is remembered, and the failure was not.
    assert_eq!(cache.try_optionally_get_with("a", fails), Ok(None));
    clock.advance(Duration::from_secs(10));
    let task = cache.try_optionally_get_with_async("a", async { Ok::<_, &str>(Some(1)) });
    assert_eq!(Task::new(task).finish(), Ok(Some(1)));
    clock.advance(Duration::from_secs(10));
    assert_eq!(cache.try_optionally_get_with("a", fails), Ok(Some(1)));
    let task = cache.try_optionally_get_with_async("a", async { fails() });
    assert_eq!(
        (Task::new(task).finish(), cache.stats().stale),
        (Ok(Some(1)), 2)
    );
}

#[test]
fn writes_of_tasks_do_what_the_others_do() {
    let clock = ManualClock::new();
    let builder = Cache::builder().negative_ttl(Duration::from_secs(600));
    let cache = builder.clock(&clock).build();
    let absent = |key| assert_eq!(cache.optionally_get_with(key, || None), None);
    absent("a");
    Task::new(cache.insert_async("a", 1)).finish();
    Task::new(cache.insert_with_ttl_async("b", 2, Duration::from_secs(10))).finish();
    Task::new(cache.insert_tagged_async("c", 3, &["red"])).finish();
    clock.advance(Duration::from_secs(10));
    assert_eq!(
        cache.get_many_cloned(["a", "b", "c"]),
        [Some(1), None, Some(3)]
    );
    assert_eq!(Task::new(cache.remove_async("a")).finish(), Some(1));
    assert_eq!(Task::new(cache.remove_async("a")).finish(), None);
    // What was remembered of it is forgotten.
    assert_eq!(cache.optionally_get_with("a", || Some(4)), Some(4));
    Task::new(cache.invalidate_tag_async("red")).finish();
    Task::new(cache.invalidate_async("a")).finish();
    assert_eq!((cache.get("a"), cache.get("c")), (None, None));
    absent("d");
    cache.insert("e", 5);
    Task::new(cache.invalidate_all_async()).finish();
    assert_eq!(cache.optionally_get_with("d", || Some(6)), Some(6));
    assert_eq!(cache.entry_count(), 1);
    // A load that began before is not kept.
    for change in 0..5 {
        let gate = Gate::default();
        let load = async {
            gate.pass().await;
            7
        };
        let mut task = Task::new(cache.get_with_tagged_async("f", &["blue"], load));
        assert_eq!(task.poll(), None);
        match change {
            0 => Task::new(cache.insert_async("f", 8)).finish(),
            1 => Task::new(cache.invalidate_async("f")).finish(),
            2 => _ = Task::new(cache.remove_async("f")).finish(),
            3 => Task::new(cache.invalidate_tag_async("blue")).finish(),
            _ => Task::new(cache.invalidate_all_async()).finish(),
        }
        gate.open();
        assert_eq!(task.finish(), 7);
        assert_ne!(cache.get("f"), Some(7));
        cache.invalidate("f");
    }
}

#[test]
fn a_value_that_another_call_loads_ends_what_is_remembered() {
    let clock = ManualClock::new();
    let builder = Cache::builder()
        .negative_ttl(Duration::from_secs(600))
        .refresh_after(Duration::from_secs(10))
        .time_to_live(Duration::from_secs(100));
    let cache = builder.clock(&clock).build();
    assert_eq!(cache.get_all_with(["a", "b", "c"], |_| []), [None; 3]);
    assert_eq!(cache.get_with("a", || 1), 1);
    assert_eq!(
        Task::new(cache.get_with_async("b", async { 2 })).finish(),
        2
    );
    clock.advance(Duration::from_secs(10));
    // It is due for a refresh, and not absent.
    assert_eq!(cache.optionally_get_with("a", || Some(3)), Some(3));
    clock.advance(Duration::from_secs(100));
    let values = cache.get_all_with(["a", "b", "c"], |missing| {
        assert_eq!(missing, ["a", "b"]);
        [("a", 4)]
    });
    assert_eq!(values, [Some(4), None, None]);
    clock.advance(Duration::from_secs(100));
    assert_eq!(
        cache.get_all_with(["a", "b"], |_| [("a", 5)]),
        [Some(5), None]
    );
    cache.invalidate_if(|_, _| false);
    assert_eq!(cache.optionally_get_with("b", || Some(6)), Some(6));
}
