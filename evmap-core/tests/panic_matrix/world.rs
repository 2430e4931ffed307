//! Keys and values of one map. They count their clones and drops, panic at planted places, and check at each drop
//! whether the thread is inside a write of the map.

use std::cell::Cell;
use std::collections::HashSet;
use std::hash::{Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

use evmap_core::{DefaultHashBuilder, SharedMap, Version, table::SharedEngine};

/// The user code that may panic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The hash of a key that is passed to a call.
    HashGiven,
    /// The hash of a key that is in the map.
    HashStored,
    Eq,
    CloneKey,
    CloneValue,
    DropKey,
    DropValue,
    Closure,
}

pub const PLACES: [Place; 8] = [
    Place::HashGiven,
    Place::HashStored,
    Place::Eq,
    Place::CloneKey,
    Place::CloneValue,
    Place::DropKey,
    Place::DropValue,
    Place::Closure,
];

/// A planned panic.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    pub place: Place,
    /// How many calls of that place succeed before.
    pub after: u32,
    /// Whether the payload panics, too, when it is dropped.
    pub has_bomb: bool,
}

/// The state that the keys and values of one map share.
pub struct World(Mutex<State>);

#[derive(Default)]
struct State {
    plan: Option<Plan>,
    alive: HashSet<u64>,
    born: u64,
    dropped_inside: u32,
    asks: Option<Ask>,
}

/// Whether the calling thread is inside a write of the map.
type Ask = Arc<dyn Fn() -> bool + Send + Sync>;

impl World {
    pub fn new() -> Arc<Self> {
        Arc::new(World(Mutex::default()))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// From now on, each drop checks this map.
    pub fn ask<E: SharedEngine<Key, Value>>(
        &self,
        map: &SharedMap<Key, Value, DefaultHashBuilder, E>,
    ) {
        let map = map.clone();
        let ask = move || {
            let never = Version::from_u64(u64::MAX);
            // It refuses a thread that is inside a write, before it looks at the time.
            let asked = || map.wait_for_timeout(never, Duration::ZERO).is_err();
            match catch_unwind(AssertUnwindSafe(asked)) {
                Ok(is_waiting) => !is_waiting,
                Err(panic) => {
                    let text = panic.downcast_ref::<String>().map(String::as_str);
                    text.or_else(|| panic.downcast_ref::<&str>().copied())
                        .is_some_and(|text| text.contains("call back into a SharedMap"))
                }
            }
        };
        self.state().asks = Some(Arc::new(ask));
    }

    /// Drops no longer check a map.
    pub fn ask_nobody(&self) {
        let asks = self.state().asks.take();
        drop(asks);
    }

    pub fn plant(&self, plan: Plan) {
        self.state().plan = Some(plan);
    }

    /// Removes the plan. Returns whether it had not panicked yet.
    pub fn unplant(&self) -> bool {
        self.state().plan.take().is_some()
    }

    pub fn alive(&self) -> usize {
        self.state().alive.len()
    }

    pub fn dropped_inside(&self) -> u32 {
        self.state().dropped_inside
    }

    pub fn key(self: &Arc<Self>, name: u32) -> Key {
        Key {
            name,
            is_stored: false,
            life: self.begin(),
        }
    }

    /// A key that is marked as being in the map.
    pub fn stored(self: &Arc<Self>, name: u32) -> Key {
        let mut key = self.key(name);
        key.is_stored = true;
        key
    }

    pub fn value(self: &Arc<Self>, number: u32) -> Value {
        Value {
            number,
            life: self.begin(),
        }
    }

    pub fn may_panic(&self, place: Place) {
        if thread::panicking() {
            return;
        }
        let mut state = self.state();
        match &mut state.plan {
            Some(plan) if plan.place == place && plan.after == 0 => {
                let has_bomb = plan.has_bomb;
                state.plan = None;
                drop(state);
                if has_bomb {
                    panic_any(Bomb(2));
                }
                panic!("planted");
            }
            Some(plan) if plan.place == place => plan.after -= 1,
            _ => {}
        }
    }

    fn begin(self: &Arc<Self>) -> Life {
        let mut state = self.state();
        state.born += 1;
        let number = state.born;
        state.alive.insert(number);
        drop(state);
        Life {
            number,
            world: Arc::clone(self),
        }
    }
}

/// A payload that panics when it is dropped, with another one.
struct Bomb(u32);

impl Drop for Bomb {
    fn drop(&mut self) {
        if self.0 > 0 && !thread::panicking() {
            panic_any(Bomb(self.0 - 1));
        }
    }
}

/// Must be dropped exactly once, and not inside a write.
struct Life {
    number: u64,
    world: Arc<World>,
}

impl Life {
    fn another(&self) -> Self {
        self.world.begin()
    }

    fn end(&self, place: Place) {
        thread_local! {
            static IS_ASKING: Cell<bool> = const { Cell::new(false) };
        }
        let mut state = self.world.state();
        let was_alive = state.alive.remove(&self.number);
        let asks = state.asks.clone();
        drop(state);
        if thread::panicking() {
            return;
        }
        assert!(was_alive, "dropped twice");
        if let (Some(is_inside), false) = (asks, IS_ASKING.get()) {
            IS_ASKING.set(true);
            let is_inside = is_inside();
            IS_ASKING.set(false);
            self.world.state().dropped_inside += u32::from(is_inside);
        }
        self.world.may_panic(place);
    }
}

pub struct Key {
    pub name: u32,
    is_stored: bool,
    life: Life,
}

impl Clone for Key {
    fn clone(&self) -> Self {
        self.life.world.may_panic(Place::CloneKey);
        Key {
            name: self.name,
            is_stored: self.is_stored,
            life: self.life.another(),
        }
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.life.world.may_panic(Place::Eq);
        self.name == other.name
    }
}

impl Eq for Key {}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.life.world.may_panic(if self.is_stored {
            Place::HashStored
        } else {
            Place::HashGiven
        });
        self.name.hash(state);
    }
}

impl Drop for Key {
    fn drop(&mut self) {
        self.life.end(Place::DropKey);
    }
}

pub struct Value {
    pub number: u32,
    life: Life,
}

impl Clone for Value {
    fn clone(&self) -> Self {
        self.life.world.may_panic(Place::CloneValue);
        Value {
            number: self.number,
            life: self.life.another(),
        }
    }
}

impl Drop for Value {
    fn drop(&mut self) {
        self.life.end(Place::DropValue);
    }
}
