//! Keys and values that count their clones and drops, and panic at planted places.

use std::cell::Cell;
use std::collections::HashSet;
use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

thread_local! {
    /// The place where user code of this thread panics, and how many calls there succeed before.
    static PLANTED: Cell<Option<(&'static str, u32)>> = const { Cell::new(None) };
}

pub fn plant(place: &'static str, after: u32) {
    PLANTED.set(Some((place, after)));
}

pub fn unplant() {
    PLANTED.set(None);
}

pub fn is_planted() -> bool {
    PLANTED.get().is_some()
}

/// Panics once, if a panic is planted here and due. Does not panic while another panic unwinds.
pub fn may_panic(place: &str) {
    match PLANTED.get() {
        Some((planted, 0)) if planted == place && !thread::panicking() => {
            PLANTED.set(None);
            panic!("planted in {place}");
        }
        Some((planted, after)) if planted == place => PLANTED.set(Some((planted, after - 1))),
        _ => {}
    }
}

/// Every thing has a number, and must be dropped exactly once.
#[derive(Clone, Default)]
pub struct Census(Arc<Mutex<HashSet<u64>>>, Arc<AtomicU64>);

impl Census {
    pub fn born(&self, name: u32) -> Thing {
        let life = self.1.fetch_add(1, Ordering::Relaxed);
        self.0.lock().unwrap().insert(life);
        Thing {
            name,
            life,
            census: self.clone(),
        }
    }

    pub fn alive(&self) -> usize {
        self.0.lock().unwrap().len()
    }
}

/// A key or a value: equal by name, and counted.
pub struct Thing {
    pub name: u32,
    life: u64,
    census: Census,
}

thread_local! {
    /// Whether the clone of things with a name of 1,000 or more panics.
    pub static IS_ARMED: Cell<bool> = const { Cell::new(false) };
}

impl Clone for Thing {
    fn clone(&self) -> Self {
        may_panic("clone");
        assert!(
            !(IS_ARMED.get() && self.name >= 1_000),
            "planted in a thing"
        );
        self.census.born(self.name)
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
        if !was_alive && !thread::panicking() {
            panic!("dropped twice");
        }
        may_panic("drop");
    }
}
