//! Keys and values that count their clones and drops, and panic at planted places.

use std::cell::Cell;
use std::collections::HashSet;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

thread_local! {
    /// The place where user code of this thread panics, and how many calls there succeed before.
    static PLANTED: Cell<Option<(&'static str, u32)>> = const { Cell::new(None) };
}

pub fn may_panic(place: &str) {
    match PLANTED.get() {
        Some((planted, 0)) if planted == place => {
            PLANTED.set(None);
            panic!("planted in {place}");
        }
        Some((planted, after)) if planted == place => PLANTED.set(Some((planted, after - 1))),
        _ => {}
    }
}

/// Returns whether the call panicked at the planted place.
pub fn panics_at(place: &'static str, after: u32, call: impl FnOnce()) -> bool {
    PLANTED.set(Some((place, after)));
    let is_panic = catch_unwind(AssertUnwindSafe(call)).is_err();
    let is_reached = PLANTED.take().is_none();
    assert_eq!(is_panic, is_reached, "another panic");
    is_panic
}

/// Returns how often the call reaches this place.
pub fn count_of(place: &'static str, call: impl FnOnce()) -> u32 {
    PLANTED.set(Some((place, u32::MAX)));
    call();
    let left = PLANTED.take().map_or(0, |(_, after)| after);
    u32::MAX - left
}

/// Every thing has a number, and must be dropped exactly once.
#[derive(Clone, Default)]
pub struct Census(Arc<Mutex<HashSet<u64>>>, Arc<AtomicU64>);

impl Census {
    pub fn born(&self, name: u32, tag: u32) -> Thing {
        let life = self.1.fetch_add(1, Ordering::Relaxed);
        self.0.lock().unwrap().insert(life);
        let census = self.clone();
        Thing {
            name,
            tag,
            life,
            census,
        }
    }

    /// This many entries, with keys of this many names. Tags are indices in this list.
    pub fn entries(&self, count: u32, names: u32) -> Vec<(Thing, Thing)> {
        let place = |at| (self.born(at % names, at), self.born(at, at));
        (0..count).map(place).collect()
    }

    pub fn alive(&self) -> usize {
        self.0.lock().unwrap().len()
    }

    /// The number of things ever made.
    pub fn births(&self) -> u64 {
        self.1.load(Ordering::Relaxed)
    }
}

/// A key or a value: equal by name, told apart by tag, and counted.
pub struct Thing {
    pub name: u32,
    pub tag: u32,
    life: u64,
    census: Census,
}

impl Clone for Thing {
    fn clone(&self) -> Self {
        may_panic("clone");
        self.census.born(self.name, self.tag)
    }
}

impl fmt::Debug for Thing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.name.fmt(f)
    }
}

impl PartialEq for Thing {
    fn eq(&self, other: &Self) -> bool {
        may_panic("eq");
        self.name == other.name
    }
}

impl Eq for Thing {}

impl Hash for Thing {
    fn hash<H: Hasher>(&self, state: &mut H) {
        may_panic("hash");
        self.name.hash(state);
    }
}

impl Drop for Thing {
    fn drop(&mut self) {
        let was_alive = self.census.0.lock().unwrap().remove(&self.life);
        assert!(was_alive || thread::panicking(), "dropped twice");
        may_panic("drop");
    }
}
