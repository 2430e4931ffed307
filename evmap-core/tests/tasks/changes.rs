//! Changes as a stream: what a subscriber is told, and what it costs others.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use evmap_core::SharedMap;
use evmap_core::shared_map::{Changes, ChangesError, Effect};

use crate::executor::{Counting, block_on, poll_once};
use crate::{FAR, eventually};

/// The effects of all changes that are there.
fn effects<K: Clone, V: Clone>(changes: &mut Changes<K, V>) -> Vec<Effect<K, V>> {
    let mut effects = Vec::new();
    while let Some(change) = changes.try_next().unwrap() {
        effects.extend(change.effects.iter().cloned());
    }
    effects
}

#[test]
fn each_write_has_the_effects_that_readers_see() {
    let map = SharedMap::from([("a", 1)]);
    let mut changes = map.subscribe(100);
    assert_eq!(changes.start(), map.read().version());
    map.insert("b", 2);
    map.remove("a");
    map.remove("absent");
    map.compute("b", |n| Some(n? + 1));
    map.compute("b", |_| None);
    map.extend([("c", 1), ("d", 2), ("c", 3)]);
    map.retain(|_, n| *n > 2);
    map.replace_if("c", |_| false, 9);
    map.reserve(100);
    map.clear();
    let seen = effects(&mut changes);
    assert_eq!(
        seen,
        [
            Effect::Insert("b", 2),
            Effect::Remove("a"),
            Effect::Insert("b", 3),
            Effect::Remove("b"),
            Effect::Insert("c", 1),
            Effect::Insert("d", 2),
            Effect::Insert("c", 3),
            Effect::Remove("d"),
            Effect::Clear,
        ]
    );
}

#[test]
fn a_batch_is_one_change_and_its_version_is_the_visible_one() {
    let map = SharedMap::new();
    let mut changes = map.subscribe(100);
    let (_, version) = map.write(|w| {
        w.insert("a", 1);
        w.insert("b", 2);
        w.remove("a");
    });
    let change = changes.try_next().unwrap().unwrap();
    assert_eq!(change.version, version);
    assert_eq!(change.effects.len(), 3);
    assert_eq!(changes.try_next(), Ok(None));
}

/// To settle both copies publishes nothing.
#[test]
fn settling_is_silent() {
    let map = SharedMap::from([(1, 1)]);
    let mut changes = map.subscribe(100);
    map.insert(2, 2);
    for _ in 0..3 {
        map.flush();
    }
    assert_eq!(effects(&mut changes), [Effect::Insert(2, 2)]);
}

#[test]
fn deferred_writes_are_changes_of_the_versions_that_show_them() {
    let map = SharedMap::builder().refresh_every(FAR * 60).build();
    map.insert("before", 0);
    let mut changes = map.subscribe(100);
    // The subscription has published it.
    assert_eq!(map.get_cloned("before"), Some(0));
    map.insert("a", 1);
    map.insert("b", 2);
    assert_eq!(changes.try_next(), Ok(None));
    let version = map.flush();
    let change = changes.try_next().unwrap().unwrap();
    assert_eq!(change.version, version);
    assert_eq!(
        *change.effects,
        [Effect::Insert("a", 1), Effect::Insert("b", 2)]
    );
}

/// The capacity counts effects that were not read yet.
#[test]
fn a_subscriber_lags_beyond_its_capacity_and_goes_on() {
    let map = SharedMap::new();
    let (mut two, mut ten) = (map.subscribe(2), map.subscribe(10));
    map.insert(1, 1);
    map.insert(2, 2);
    assert_eq!(effects(&mut two).len(), 2);
    for key in 3..6 {
        map.insert(key, key);
    }
    assert_eq!(two.try_next(), Err(ChangesError::Lagged));
    assert_eq!(two.start(), map.read().version());
    assert_eq!(two.try_next(), Ok(None));
    map.insert(6, 6);
    assert_eq!(effects(&mut two), [Effect::Insert(6, 6)]);
    assert_eq!(effects(&mut ten).len(), 6);
    // A capacity of 0 counts as 1.
    let mut one = map.subscribe(0);
    map.insert(7, 7);
    assert_eq!(effects(&mut one).len(), 1);
}

#[test]
fn a_filter_hides_other_keys_and_never_a_clear() {
    let map = SharedMap::new();
    let mut changes = map.subscribe(100).filter(|key| key % 2 == 0);
    map.insert(1, 1);
    map.write(|w| {
        w.insert(2, 2);
        w.insert(3, 3);
    });
    map.remove(&3);
    map.clear();
    map.remove(&1);
    assert_eq!(effects(&mut changes), [Effect::Insert(2, 2), Effect::Clear]);
}

#[test]
fn a_filter_that_panics_loses_no_change() {
    let map = SharedMap::new();
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let mut changes = map.subscribe(100).filter(move |_| {
        if counted.fetch_add(1, Ordering::Relaxed) == 0 {
            std::panic::resume_unwind(Box::new("planned"));
        }
        true
    });
    map.insert(1, 1);
    assert!(catch_unwind(AssertUnwindSafe(|| changes.try_next())).is_err());
    assert_eq!(effects(&mut changes), [Effect::Insert(1, 1)]);
}

#[test]
fn a_write_that_is_undone_has_no_effect() {
    let map = SharedMap::new();
    let mut changes = map.subscribe(100);
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        map.write(|w| {
            w.insert(1, 1);
            std::panic::resume_unwind(Box::new("planned"));
        })
    }));
    assert!(outcome.is_err());
    map.insert(2, 2);
    assert_eq!(effects(&mut changes), [Effect::Insert(2, 2)]);
}

/// A value that counts, and whose next clones may panic.
#[derive(Debug)]
struct Cloned(Arc<(AtomicUsize, AtomicUsize)>);

impl Clone for Cloned {
    fn clone(&self) -> Self {
        let (clones, panics_at) = &*self.0;
        if clones.fetch_add(1, Ordering::SeqCst) + 1 == panics_at.load(Ordering::SeqCst) {
            std::panic::resume_unwind(Box::new("planned"));
        }
        Cloned(Arc::clone(&self.0))
    }
}

/// A write clones a value for the second copy, and then for the subscribers. A panic in either undoes it, also for
/// subscribers, and one of its neighbours is still there.
#[test]
fn a_panic_while_an_effect_is_cloned_undoes_the_write() {
    let counts = Arc::<(AtomicUsize, AtomicUsize)>::default();
    let map = SharedMap::builder().refresh_every(FAR * 60).build();
    let mut changes = map.subscribe(100);
    map.insert(1, Cloned(Arc::clone(&counts)));
    let per_write = counts.0.load(Ordering::SeqCst);
    assert_eq!(per_write, 2);
    for nth in 1..=per_write {
        counts.0.store(0, Ordering::SeqCst);
        counts.1.store(nth, Ordering::SeqCst);
        let write = || map.insert(2, Cloned(Arc::clone(&counts)));
        assert!(catch_unwind(AssertUnwindSafe(write)).is_err());
        counts.1.store(0, Ordering::SeqCst);
    }
    map.insert(3, Cloned(Arc::clone(&counts)));
    map.flush();
    let keys: Vec<_> = effects(&mut changes)
        .iter()
        .map(|effect| *effect.key().unwrap())
        .collect();
    assert_eq!(keys, [1, 3]);
    assert_eq!(map.len(), 2);
}

/// Once a subscriber lags, writes clone no effects for it.
#[test]
fn a_forgotten_subscriber_costs_nothing_once_it_lags() {
    let counts = Arc::<(AtomicUsize, AtomicUsize)>::default();
    let map = SharedMap::new();
    std::mem::forget(map.subscribe(3));
    let clones_of = |key| {
        let before = counts.0.load(Ordering::SeqCst);
        map.insert(key, Cloned(Arc::clone(&counts)));
        counts.0.load(Ordering::SeqCst) - before
    };
    assert_eq!(clones_of(0), 2);
    for key in 1..10 {
        clones_of(key);
    }
    assert_eq!(clones_of(10), 1);
    // What was kept for it is dropped.
    map.clear();
    map.flush();
    map.flush();
    eventually("all values are dropped", || Arc::strong_count(&counts) == 1);
}

#[test]
fn a_subscriber_that_is_dropped_costs_nothing() {
    let counts = Arc::<(AtomicUsize, AtomicUsize)>::default();
    let map = SharedMap::new();
    drop(map.subscribe(1000));
    map.insert(0, Cloned(Arc::clone(&counts)));
    let before = counts.0.load(Ordering::SeqCst);
    map.insert(1, Cloned(Arc::clone(&counts)));
    assert_eq!(counts.0.load(Ordering::SeqCst) - before, 1);
}

#[test]
fn what_was_not_read_comes_before_the_end() {
    let map = SharedMap::new();
    let mut changes = map.subscribe(100);
    let mut late = map.subscribe(1);
    map.insert(1, 1);
    map.insert(2, 2);
    drop(map);
    assert_eq!(
        effects_to_the_end(&mut changes),
        [Effect::Insert(1, 1), Effect::Insert(2, 2)]
    );
    assert_eq!(changes.next(), Err(ChangesError::Closed));
    assert_eq!(late.next(), Err(ChangesError::Lagged));
    assert_eq!(late.next(), Err(ChangesError::Closed));
    assert_eq!(block_on(late.next_async()), Err(ChangesError::Closed));
}

/// A wait of one subscriber keeps the map's data, but nobody else can subscribe to it any more.
#[test]
fn one_that_has_lagged_is_told_of_the_end_while_another_one_waits() {
    let map = SharedMap::new();
    let (mut waiting, mut lagging) = (map.subscribe(10), map.subscribe(1));
    let mut next = Box::pin(waiting.next_async());
    assert!(poll_once(next.as_mut(), &Counting::new()).is_pending());
    map.insert(1, 1);
    map.insert(2, 2);
    drop(map);
    assert_eq!(lagging.next(), Err(ChangesError::Lagged));
    assert_eq!(lagging.next_timeout(FAR), Err(ChangesError::Closed));
    assert_eq!(block_on(next.as_mut()).unwrap().version.as_u64(), 1);
    drop(next);
    assert!(waiting.next().is_ok());
    assert_eq!(waiting.next(), Err(ChangesError::Closed));
}

/// What was kept for it is dropped although nobody writes.
#[test]
fn a_subscriber_that_is_dropped_keeps_nothing() {
    let counts = Arc::<(AtomicUsize, AtomicUsize)>::default();
    let map = SharedMap::new();
    let changes = map.subscribe(1000);
    map.insert(0, Cloned(Arc::clone(&counts)));
    map.clear();
    map.flush();
    map.flush();
    assert!(Arc::strong_count(&counts) > 1);
    drop(changes);
    eventually("the effects are dropped", || {
        Arc::strong_count(&counts) == 1
    });
}

fn effects_to_the_end<K: Clone, V: Clone>(changes: &mut Changes<K, V>) -> Vec<Effect<K, V>> {
    let mut effects = Vec::new();
    loop {
        match changes.next() {
            Ok(change) => effects.extend(change.effects.iter().cloned()),
            Err(error) => {
                assert_eq!(error, ChangesError::Closed);
                return effects;
            }
        }
    }
}

/// The last deferred writes are published when the last handle is dropped.
#[test]
fn the_last_deferred_writes_come_before_the_end() {
    let map = SharedMap::builder().refresh_every(FAR * 60).build();
    let mut changes = map.subscribe(100);
    map.insert(1, 1);
    drop(map);
    assert_eq!(effects_to_the_end(&mut changes), [Effect::Insert(1, 1)]);
}

#[test]
fn threads_and_tasks_that_wait_are_woken_by_a_change_and_by_the_end() {
    let map = SharedMap::new();
    let (mut by_thread, mut by_task) = (map.subscribe(10), map.subscribe(10));
    thread::scope(|scope| {
        let thread = scope.spawn(move || (by_thread.next(), by_thread.next()));
        let task = scope.spawn(move || {
            block_on(async { (by_task.next_async().await, by_task.next_async().await) })
        });
        // They may or may not wait by now.
        map.insert(1, 1);
        drop(map);
        for seen in [thread.join().unwrap(), task.join().unwrap()] {
            assert_eq!(*seen.0.unwrap().effects, [Effect::Insert(1, 1)]);
            assert_eq!(seen.1, Err(ChangesError::Closed));
        }
    });
}

#[test]
fn a_timeout_ends_the_wait() {
    let map = SharedMap::<u32, u32>::new();
    let mut changes = map.subscribe(10);
    assert_eq!(changes.next_timeout(Duration::from_millis(1)), Ok(None));
    map.insert(1, 1);
    assert!(changes.next_timeout(Duration::MAX).unwrap().is_some());
}

#[test]
fn a_future_that_is_dropped_loses_no_change() {
    let map = SharedMap::new();
    let mut changes = map.subscribe(10);
    let woken = Counting::new();
    {
        let mut next = pin!(changes.next_async());
        assert!(poll_once(next.as_mut(), &woken).is_pending());
        map.insert(1, 1);
        eventually("it is woken", || woken.count() > 0);
    }
    assert_eq!(effects(&mut changes), [Effect::Insert(1, 1)]);
}

#[test]
fn a_wait_inside_a_write_panics() {
    let map = SharedMap::<u32, u32>::new();
    let mut changes = map.subscribe(10);
    let wait = || map.write(|_| changes.next().map(drop));
    let panic = catch_unwind(AssertUnwindSafe(wait)).unwrap_err();
    assert!(
        panic
            .downcast::<String>()
            .unwrap()
            .contains("call back into a SharedMap")
    );
    assert_eq!(map.insert(1, 1), None);
}

/// Versions rise, and all effects of many writers together make the final state.
#[test]
fn the_effects_of_many_writers_make_the_state_that_readers_see() {
    const WRITES: u32 = 2_000;
    let map = SharedMap::new();
    let mut changes = map.subscribe(usize::MAX);
    thread::scope(|scope| {
        for writer in 0..3 {
            let map = &map;
            scope.spawn(move || {
                for n in 0..WRITES {
                    let key = (n * 7 + writer) % 50;
                    match n % 5 {
                        0 => _ = map.remove(&key),
                        1 => _ = block_on(map.insert_async(key, n)),
                        _ => _ = map.merge(key, n, |a, b| Some(a.wrapping_add(b))),
                    }
                }
            });
        }
    });
    let state: HashMap<u32, u32> = map.read().iter().map(|(k, v)| (*k, *v)).collect();
    drop(map);
    let (mut copy, mut version) = (HashMap::new(), changes.start());
    while let Ok(change) = changes.next() {
        assert!(change.version > version, "versions rise");
        version = change.version;
        crate::replay::apply(&mut copy, &change.effects);
    }
    assert_eq!(copy, state);
}
