//! Calls of the map from inside one of its writes.

use std::cell::Cell;
use std::hash::{Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use evmap_core::{SharedMap, Version};

/// What a call panicked with.
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
    // The map goes on.
    assert_eq!(map.insert(2, 2), None);
    // Reads are welcome.
    let seen = map.compute(1, |old| Some(old? + map.get_cloned(&2)? + map.len() as i32));
    assert_eq!(seen, Some(5));
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

type Told = SharedMap<u32, Teller>;

/// Writes to the map when it is dropped.
#[derive(Clone)]
struct Teller(Arc<OnceLock<Told>>, Arc<Mutex<u32>>);

impl Drop for Teller {
    fn drop(&mut self) {
        if let Some(map) = self.0.get() {
            // Not for ever: what is dropped by this very call would tell again.
            let mut told = self.1.lock().unwrap();
            if *told < 100 {
                *told += 1;
                drop(told);
                map.remove(&u32::MAX);
            }
        }
    }
}

#[test]
fn the_drop_of_what_is_replaced_or_removed_may_call_the_map() {
    let (there, told) = (Arc::new(OnceLock::new()), Arc::new(Mutex::new(0)));
    let teller = || Teller(Arc::clone(&there), Arc::clone(&told));
    let map = Told::builder().stall_limit(Duration::ZERO).build();
    map.insert(1, teller());
    map.insert(2, teller());
    there.set(map.clone()).ok().unwrap();
    map.insert(1, teller());
    map.remove(&1);
    map.insert(3, teller());
    map.retain(|key, _| *key != 2);
    map.insert(4, teller());
    // Both copies' tables, and a copy that is set aside and then given up.
    map.clear();
    let view = map.read();
    map.insert(5, teller());
    map.insert(6, teller());
    drop(view);
    map.flush();
    assert!(map.stats().rebuilds > 0 && map.stats().retired == 0);
    assert!(*told.lock().unwrap() > 5);
    assert_eq!((map.len(), map.stats().panics), (2, 0));
}

thread_local! {
    static CALL: Cell<Option<&'static str>> = const { Cell::new(None) };
}

/// A key whose own code calls the map that it is in.
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
}
