//! Changes of a key while it is loaded: what was loaded before the change is not kept.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use evmap_core::cache::Cache;

use super::{Gate, Task, pause};
use crate::FAR;

/// Marsaglia's xorshift with 64 bits ("Xorshift RNGs", 2003).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit) as usize
    }
}

/// The ways to change a key after its value in the database was changed.
#[derive(Clone, Copy, Debug)]
enum Change {
    Invalidate,
    Remove,
    Tag,
    If,
    All,
    Insert,
}

const CHANGES: [Change; 6] = [
    Change::Invalidate,
    Change::Remove,
    Change::Tag,
    Change::If,
    Change::All,
    Change::Insert,
];

impl Change {
    fn make(self, cache: &Cache<usize, u64>, key: usize, now: u64) {
        match self {
            Change::Invalidate => cache.invalidate(&key),
            Change::Remove => _ = cache.remove(&key),
            Change::Tag => cache.invalidate_tag(&format!("key {key}")),
            Change::If => cache.invalidate_if(|other, _| *other == key),
            Change::All => cache.invalidate_all(),
            Change::Insert => cache.insert_tagged(key, now, &[&format!("key {key}")]),
        }
    }
}

/// Steps of loads and changes in 10,000 random orders. A step of a load is a poll: the first one reads the database.
#[test]
fn a_load_that_began_before_a_change_is_not_kept() {
    const ORDERS: usize = 10_000;
    let mut random = Random(7);
    let mut not_kept = 0;
    for order in 0..ORDERS {
        let cache = Cache::new(100);
        let database = [const { Cell::new(0_u64) }; 2];
        let check = |order| {
            for (key, now) in database.iter().enumerate() {
                let (found, now) = (cache.get(&key), now.get());
                assert!(
                    found.is_none_or(|value| value == now),
                    "order {order}: {found:?}, {now}"
                );
            }
        };
        let mut tasks: Vec<Task<'_, u64>> = Vec::new();
        for _ in 0..12 {
            let key = random.below(2);
            match random.below(4) {
                0 => {
                    let (cache, value) = (&cache, &database[key]);
                    tasks.push(Task::new(async move {
                        let load = async {
                            let value = value.get();
                            pause(2).await;
                            value
                        };
                        let tag = format!("key {key}");
                        cache.get_with_tagged_async(key, &[&tag], load).await
                    }));
                }
                1 => {
                    let now = database[key].get() + 1;
                    database[key].set(now);
                    CHANGES[random.below(6)].make(&cache, key, now);
                }
                _ if tasks.is_empty() => {}
                _ => {
                    let task = random.below(tasks.len() as u64);
                    if tasks[task].poll().is_some() {
                        drop(tasks.swap_remove(task));
                    }
                }
            }
            check(order);
        }
        // Some wait for others.
        while !tasks.is_empty() {
            let before = tasks.len();
            tasks.retain_mut(|task| {
                let value = task.poll();
                let is_old = |value| database.iter().all(|it| it.get() != value);
                not_kept += u32::from(value.is_some_and(is_old));
                value.is_none()
            });
            let goes_on = tasks.len() < before || tasks.iter().any(Task::is_woken);
            assert!(goes_on, "order {order}");
        }
        check(order);
    }
    // Else no order would show anything.
    assert!(not_kept > 1_000, "{not_kept}");
}

/// The same by threads.
#[test]
fn a_load_that_races_with_a_change_is_not_kept() {
    let cache = Cache::new(100);
    let (database, has_ended) = (AtomicU64::new(0), AtomicBool::new(false));
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !has_ended.load(Ordering::SeqCst) {
                    cache.get_with_tagged(0, &["key 0"], || {
                        let value = database.load(Ordering::SeqCst);
                        thread::yield_now();
                        value
                    });
                }
            });
        }
        for n in 0..3_000 {
            let now = database.fetch_add(1, Ordering::SeqCst) + 1;
            CHANGES[n % 6].make(&cache, 0, now);
            let found = cache.get(&0);
            assert!(found.is_none_or(|value| value == now), "{found:?} {now}");
        }
        has_ended.store(true, Ordering::SeqCst);
    });
}

#[test]
fn who_asks_after_a_change_waits_for_no_load_from_before() {
    for change in CHANGES {
        let cache = Cache::new(100);
        let gate = Gate::default();
        let load = async {
            gate.pass().await;
            1
        };
        let mut before = Task::new(cache.get_with_tagged_async(0, &["key 0"], load));
        assert_eq!(before.poll(), None);
        let mut waiting = Task::new(cache.get_with_async(0, async { unreachable!() }));
        assert_eq!(waiting.poll(), None);
        change.make(&cache, 0, 2);
        assert_eq!(cache.get_with(0, || 2), 2, "{change:?}");
        gate.open();
        // Those that asked before get what was loaded for them.
        assert_eq!((before.finish(), waiting.finish()), (1, 1), "{change:?}");
        assert_eq!(cache.get(&0), Some(2), "{change:?}");
    }
}

#[test]
fn a_change_of_another_tag_or_key_disturbs_no_load() {
    let cache = Cache::new(100);
    let gate = Gate::default();
    let load = || async {
        gate.pass().await;
        1
    };
    let mut tagged = Task::new(cache.get_with_tagged_async(0, &["red"], load()));
    let mut plain = Task::new(cache.get_with_async(1, load()));
    assert_eq!((tagged.poll(), plain.poll()), (None, None));
    cache.invalidate_tag("blue");
    cache.invalidate(&2);
    cache.insert(3, 3);
    gate.open();
    assert_eq!((tagged.finish(), plain.finish()), (1, 1));
    assert_eq!((cache.get(&0), cache.get(&1)), (Some(1), Some(1)));
}

#[test]
fn tags_belong_to_a_value_and_not_to_its_key() {
    let cache = Cache::new(3);
    cache.insert_tagged(1, "a", &["red", "round", "red"]);
    cache.insert_tagged(2, "b", &["red"]);
    cache.insert_tagged(1, "c", &["blue"]);
    cache.invalidate_tag("red");
    assert_eq!((cache.get(&1), cache.get(&2)), (Some("c"), None));
    cache.insert(1, "d");
    cache.invalidate_tag("blue");
    assert_eq!((cache.get(&1), cache.stats().invalidated), (Some("d"), 1));
    // An entry that takes the place of an evicted one has no tags of that one.
    for n in 10..20 {
        cache.insert_tagged(n, "e", &["green"]);
    }
    for n in 20..23 {
        cache.insert(n, "f");
    }
    let before = cache.entry_count();
    cache.invalidate_tag("green");
    let left = (20..23).filter(|n| cache.contains_key(n)).count() as u64;
    assert_eq!(
        cache.entry_count(),
        before.min(left + u64::from(cache.contains_key(&1)))
    );
    cache.invalidate_all();
    cache.invalidate_tag("green");
    assert_eq!(cache.entry_count(), 0);
}

#[test]
fn tags_survive_a_panic_of_another_write() {
    let cache = Cache::new(100);
    for n in 0..50 {
        cache.insert_tagged(n, n, &["even"; 1][..(n % 2 == 0) as usize]);
    }
    let panic = std::panic::AssertUnwindSafe(|| {
        cache.invalidate_if(|key, _| {
            assert!(*key != 49, "the condition panics");
            true
        });
    });
    assert!(std::panic::catch_unwind(panic).is_err());
    assert_eq!(cache.entry_count(), 50);
    cache.invalidate_tag("even");
    assert_eq!(cache.entry_count(), 25);
    assert!(cache.iter().all(|(key, _)| key % 2 == 1));
}

/// The insertion had to wait for other writers, and the load began meanwhile: it replaced the value that came first.
#[test]
fn a_load_replaces_no_value_that_was_inserted_meanwhile() {
    let cache = Cache::new(100);
    cache.insert(0, 0);
    let mut load = Task::new(cache.get_with_async(1, async { 10 }));
    let (begins, begun) = mpsc::channel();
    let (ends, end) = mpsc::channel::<()>();
    thread::scope(|scope| {
        let cache = &cache;
        scope.spawn(move || {
            cache.invalidate_if(|_, _| {
                begins.send(()).expect("it is awaited");
                // Until the sender is dropped.
                _ = end.recv();
                false
            });
        });
        let ends = ends;
        begun.recv_timeout(FAR).expect("it writes");
        // It detaches the loads of its key, of which there is none yet, and waits for the other write. Whether it waits
        // by then decides what the test shows, not whether it passes.
        let inserting = scope.spawn(|| cache.insert(1, 20));
        thread::sleep(Duration::from_millis(20));
        assert_eq!(load.poll(), None);
        drop(ends);
        assert_eq!(load.finish(), 10);
        inserting.join().expect("no panic");
    });
    assert_eq!(cache.get(&1), Some(20));
}
