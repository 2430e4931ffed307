//! Calls of the map from inside one of its writes.

use std::cell::Cell;
use std::collections::VecDeque;
use std::hash::{Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use evmap_core::{SharedMap, Version};

/// Returns the panic message of a call.
fn panic_of(call: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(call)).expect_err("it did not panic");
    match panic.downcast_ref::<String>() {
        Some(text) => text.clone(),
        None => panic.downcast_ref::<&str>().unwrap_or(&"").to_string(),
    }
}

#[test]
fn a_call_that_would_wait_for_itself_panics_with_a_message() {
    let map = SharedMap::new();
    map.insert(1, 1);
    let inner = map.clone();
    let (soon, later) = (Duration::from_millis(1), Version::from_u64(99));
    let calls: [&(dyn Fn() + Sync); 8] = [
        &|| assert!(inner.insert(2, 2).is_none()),
        &|| assert!(inner.try_write(|w| w.len()).is_err()),
        &|| assert!(inner.write_timeout(soon, |w| w.len()).is_err()),
        &|| assert!(inner.flush() < later),
        &|| assert!(inner.wait_for(later) >= later),
        &|| assert!(inner.wait_for_timeout(later, soon).is_err()),
        &|| assert!(inner.changed_since(later) > later),
        &|| assert!(inner.changed_since_timeout(later, soon).is_err()),
    ];
    for call in calls {
        let message = panic_of(|| {
            map.compute(1, |_| {
                call();
                unreachable!("it came back")
            });
        });
        assert!(message.contains("call back into a SharedMap"), "{message}");
        assert_eq!(map.get_cloned(&1), Some(1));
    }
    // The map still works.
    assert_eq!(map.insert(2, 2), None);
    // Reads are allowed.
    let seen = map.compute(1, |old| Some(old? + map.get_cloned(&2)? + map.len() as i32));
    assert_eq!(seen, Some(5));
}

/// A thread pool whose thread takes on other jobs while it waits for one.
#[derive(Default)]
struct Pool(Mutex<VecDeque<Box<dyn FnOnce() + Send>>>);

impl Pool {
    fn add(&self, job: impl FnOnce() + Send + 'static) {
        self.0.lock().unwrap().push_back(Box::new(job));
    }

    /// Runs the queued jobs, as a thread of the pool does while it waits.
    fn wait(&self) {
        let next = || self.0.lock().unwrap().pop_front();
        while let Some(job) = next() {
            job();
        }
    }
}

/// With rayon, the panic was in a job that had nothing to do with the write, and its message blamed a
/// closure that was nowhere in that job.
#[test]
fn the_panic_of_a_pools_job_inside_a_write_names_the_pool() {
    let (map, pool) = (SharedMap::new(), Pool::default());
    map.insert(1, 1);
    let other = map.clone();
    pool.add(move || {
        other.insert(2, 2);
    });
    let message = panic_of(|| {
        map.write(|w| {
            w.insert(1, 10);
            // The closure means to wait for another job.
            pool.wait();
        });
    });
    assert!(message.contains("call back into a SharedMap"), "{message}");
    assert!(
        message.contains("a job that this thread took on while it waited"),
        "{message}"
    );
    assert!(message.contains("thread pool"), "{message}");
    // The write is undone, and the map still works.
    assert_eq!((map.get_cloned(&1), map.get_cloned(&2)), (Some(1), None));
    assert_eq!(map.insert(2, 2), None);
}

#[test]
fn two_maps_may_be_written_one_inside_the_other() {
    let (one, other) = (SharedMap::new(), SharedMap::new());
    one.compute(1, |_| {
        other.insert(1, "inside");
        Some("outside")
    });
    assert_eq!(
        (one.get_cloned(&1), other.get_cloned(&1)),
        (Some("outside"), Some("inside"))
    );
}

type Map = SharedMap<u32, WritesOnDrop>;

/// Writes to the map when it is dropped.
#[derive(Clone)]
struct WritesOnDrop(Arc<OnceLock<Map>>, Arc<Mutex<u32>>);

impl Drop for WritesOnDrop {
    fn drop(&mut self) {
        if let Some(map) = self.0.get() {
            // Limited: the drops that this very call causes would write again.
            let mut writes = self.1.lock().unwrap();
            if *writes < 100 {
                *writes += 1;
                drop(writes);
                map.remove(&u32::MAX);
            }
        }
    }
}

#[test]
fn the_drop_of_what_is_replaced_or_removed_may_call_the_map() {
    let (there, writes) = (Arc::new(OnceLock::new()), Arc::new(Mutex::new(0)));
    let value = || WritesOnDrop(Arc::clone(&there), Arc::clone(&writes));
    let map = Map::builder().stall_limit(Duration::ZERO).build();
    map.insert(1, value());
    map.insert(2, value());
    there.set(map.clone()).ok().unwrap();
    map.insert(1, value());
    map.remove(&1);
    map.insert(3, value());
    map.retain(|key, _| *key != 2);
    map.insert(4, value());
    // Arguments that a call does not need.
    map.replace(99, value());
    map.replace_if(4, |_| false, value());
    // The tables of both copies, and a copy that is set aside and then freed.
    map.clear();
    let view = map.read();
    map.insert(5, value());
    map.insert(6, value());
    drop(view);
    map.flush();
    // In the fresh copy.
    map.insert(5, value());
    map.insert(5, value());
    map.flush();
    assert!(map.stats().rebuilds > 0 && map.stats().retired == 0);
    assert!(*writes.lock().unwrap() > 5);
    assert_eq!((map.len(), map.stats().panics), (2, 0));
    // The values keep the map alive, and the map keeps the values.
    map.clear();
    map.flush();
}

thread_local! {
    static CALL: Cell<Option<&'static str>> = const { Cell::new(None) };
}

/// A key whose own code calls its map.
#[derive(Clone)]
struct Caller(u32, Arc<OnceLock<SharedMap<Caller, u32>>>);

impl Caller {
    fn may_call(&self, place: &str) {
        if CALL.get() == Some(place) {
            CALL.set(None);
            if let Some(map) = self.1.get() {
                map.clear();
            }
        }
    }
}

impl PartialEq for Caller {
    fn eq(&self, other: &Self) -> bool {
        self.may_call("eq");
        self.0 == other.0
    }
}

impl Eq for Caller {}

impl Hash for Caller {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

#[test]
fn an_eq_that_calls_the_map_panics_too_and_the_write_is_undone() {
    let there = Arc::new(OnceLock::new());
    let map = SharedMap::new();
    there.set(map.clone()).ok().unwrap();
    map.insert(Caller(1, Arc::clone(&there)), 1);
    CALL.set(Some("eq"));
    let message = panic_of(|| {
        map.insert(Caller(1, Arc::clone(&there)), 2);
    });
    assert!(message.contains("call back into a SharedMap"), "{message}");
    assert_eq!(map.get_cloned(&Caller(1, Arc::clone(&there))), Some(1));
    map.insert(Caller(1, Arc::clone(&there)), 3);
    assert_eq!(map.get_cloned(&Caller(1, there)), Some(3));
    // The keys keep the map alive, and the map keeps the keys.
    map.clear();
    map.flush();
}

/// A key that writes to its map when it is dropped, a limited number of times.
#[derive(Clone)]
struct WritingKey(
    u32,
    Arc<OnceLock<SharedMap<WritingKey, u32>>>,
    Arc<Mutex<u32>>,
);

impl PartialEq for WritingKey {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl Eq for WritingKey {}

impl Hash for WritingKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl Drop for WritingKey {
    fn drop(&mut self) {
        let Some(map) = self.1.get() else { return };
        let mut left = self.2.lock().unwrap();
        if *left > 0 {
            *left -= 1;
            drop(left);
            map.retain(|_, value| *value != u32::MAX);
        }
    }
}

#[test]
fn the_drop_of_a_key_that_is_not_needed_may_call_the_map() {
    let (there, left) = (Arc::new(OnceLock::new()), Arc::new(Mutex::new(0)));
    let key = |n| WritingKey(n, Arc::clone(&there), Arc::clone(&left));
    let map = SharedMap::new();
    map.insert(key(1), 1);
    there.set(map.clone()).ok().unwrap();
    let calls: [&dyn Fn(); 7] = [
        &|| assert_eq!(map.insert(key(1), 1), Some(1)),
        &|| assert_eq!(map.get_or_insert_with(key(1), || 2), 1),
        &|| assert_eq!(map.compute_if_absent(key(1), || Some(2)), Some(1)),
        &|| assert_eq!(map.replace(key(2), 2), None),
        &|| assert_eq!(map.compute(key(2), |_| None), None),
        &|| map.extend([(key(1), 1), (key(3), 3)]),
        // In the other copy, too.
        &|| assert_eq!(map.remove(&key(3)), Some(3)),
    ];
    for call in calls {
        *left.lock().unwrap() = 20;
        call();
        map.flush();
        map.flush();
    }
    *left.lock().unwrap() = 0;
    let stats = map.stats();
    assert_eq!((stats.panics, stats.rebuilds, map.len()), (0, 0, 1));
    // The keys keep the map alive, and the map keeps the keys.
    map.clear();
    map.flush();
}
