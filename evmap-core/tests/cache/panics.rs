//! Every piece of user code panics at its n-th call, in every kind of write.
//!
//! After each panic, the change is made completely or not at all, the cache agrees with itself, its bounds hold, and every
//! value is dropped once.

use std::cell::Cell;
use std::hash::{Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use evmap_core::cache::{Cache, ManualClock};

use crate::{Counted, eventually};

/// A piece of user code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Hash,
    Eq,
    CloneKey,
    CloneValue,
    Weigher,
    Predicate,
}

const PLACES: [Place; 6] = [
    Place::Hash,
    Place::Eq,
    Place::CloneKey,
    Place::CloneValue,
    Place::Weigher,
    Place::Predicate,
];

thread_local! {
    /// Where user code of this thread panics, and after how many calls.
    static PLAN: Cell<Option<(Place, u32)>> = const { Cell::new(None) };
}

/// Called by user code. Panics once if it is planned.
fn pass(place: Place) {
    if let Some((planned, left)) = PLAN.get()
        && planned == place
    {
        PLAN.set((left > 0).then(|| (place, left - 1)));
        assert!(left > 0, "planned");
    }
}

#[derive(Debug)]
struct Key(u32);

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        pass(Place::Hash);
        self.0.hash(state);
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        pass(Place::Eq);
        self.0 == other.0
    }
}

impl Eq for Key {}

impl Clone for Key {
    fn clone(&self) -> Self {
        pass(Place::CloneKey);
        Key(self.0)
    }
}

struct Value {
    number: u32,
    _counted: Counted,
}

impl Clone for Value {
    fn clone(&self) -> Self {
        pass(Place::CloneValue);
        // Not counted as another value.
        Value {
            number: self.number,
            _counted: Counted(Arc::default()),
        }
    }
}

type Cached = Cache<Key, Value>;

/// A cache that is nearly full, with a few entries that have expired.
struct World {
    cache: Cached,
    drops: Arc<AtomicUsize>,
    made: Cell<usize>,
}

impl World {
    fn new(has_listener: bool) -> Self {
        let clock = ManualClock::new();
        let builder = Cache::builder()
            .max_capacity(20)
            .weigher(|_: &Key, value: &Value| {
                pass(Place::Weigher);
                1 + value.number % 3
            })
            .clock(&clock);
        let builder = if has_listener {
            builder.eviction_listener(|_, _, _| {})
        } else {
            builder
        };
        let world = World {
            cache: builder.build(),
            drops: Arc::default(),
            made: Cell::new(0),
        };
        for n in 0..12 {
            let ttl = Duration::from_secs(if n % 5 == 0 { 1 } else { 100 });
            let value = world.value(n);
            world.cache.insert_with_ttl(Key(n), value, ttl);
        }
        clock.advance(Duration::from_secs(2));
        world
    }

    fn value(&self, number: u32) -> Value {
        self.made.set(self.made.get() + 1);
        Value {
            number,
            _counted: Counted(Arc::clone(&self.drops)),
        }
    }

    /// The numbers of the values that a lookup finds, by key.
    fn state(&self) -> Vec<(u32, u32)> {
        let found = |n: u32| Some((n, self.cache.get_ref(&Key(n))?.number));
        (0..40).filter_map(found).collect()
    }

    fn check(&self) {
        // A write makes the policy agree with the map again.
        self.cache.invalidate(&Key(1_000));
        let stats = self.cache.stats();
        assert!(stats.weight <= 20);
        let weight: u32 = self.state().iter().map(|(_, number)| 1 + number % 3).sum();
        assert!(u64::from(weight) <= stats.weight);
        self.cache.run_pending_tasks();
        let stats = self.cache.stats();
        let state = self.state();
        assert_eq!(stats.entries, state.len() as u64);
        assert_eq!(
            stats.weight,
            state
                .iter()
                .map(|(_, number)| u64::from(1 + number % 3))
                .sum::<u64>()
        );
        // It evicts, expires and removes as before.
        for n in 100..150 {
            let value = self.value(n);
            self.cache.insert(Key(n), value);
            assert!(self.cache.get_ref(&Key(n)).is_some());
        }
        assert!(self.cache.weighted_size() <= 20);
        self.cache.invalidate_all();
        assert_eq!(self.cache.entry_count(), 0);
    }

    fn end(self) {
        let World { cache, drops, made } = self;
        drop(cache);
        let made = made.get();
        eventually("all values are dropped", || {
            drops.load(Ordering::SeqCst) >= made
        });
        assert_eq!(drops.load(Ordering::SeqCst), made, "each once");
    }
}

type Write = fn(&World);

const WRITES: [(&str, Write); 9] = [
    ("insert", |world| {
        let value = world.value(30);
        world.cache.insert(Key(30), value);
    }),
    ("replace", |world| {
        let value = world.value(14);
        world.cache.insert(Key(3), value);
    }),
    ("replace what has expired", |world| {
        let value = world.value(14);
        world.cache.insert(Key(5), value);
    }),
    ("refuse", |world| {
        let value = world.value(3);
        world.cache.insert_with_ttl(Key(3), value, Duration::ZERO);
    }),
    ("remove", |world| _ = world.cache.remove(&Key(4))),
    ("invalidate", |world| world.cache.invalidate(&Key(4))),
    ("invalidate_if", |world| {
        world.cache.invalidate_if(|key, _| {
            pass(Place::Predicate);
            key.0 % 2 == 0
        });
    }),
    ("invalidate_all", |world| world.cache.invalidate_all()),
    ("run_pending_tasks", |world| world.cache.run_pending_tasks()),
];

#[test]
fn a_panic_in_user_code_undoes_its_write_and_the_cache_goes_on() {
    let mut met = 0;
    for has_listener in [false, true] {
        for (name, write) in WRITES {
            let world = World::new(has_listener);
            let before = world.state();
            write(&world);
            let after = world.state();
            world.check();
            world.end();
            for place in PLACES {
                for calls in 0.. {
                    let world = World::new(has_listener);
                    assert_eq!(world.state(), before);
                    PLAN.set(Some((place, calls)));
                    let outcome = catch_unwind(AssertUnwindSafe(|| write(&world)));
                    let is_met = PLAN.take().is_none();
                    let state = world.state();
                    // The clone of the value that is returned is made after the removal. What panics while a fresh copy
                    // is made after another panic reaches nobody.
                    let is_late = place == Place::CloneValue;
                    if outcome.is_err() && !is_late {
                        assert_eq!(state, before, "{name}, {place:?}, {calls}");
                    } else {
                        assert_eq!(state, after, "{name}, {place:?}, {calls}");
                    }
                    world.check();
                    world.end();
                    if !is_met {
                        break;
                    }
                    met += 1;
                }
            }
        }
    }
    assert!(met > 100, "only {met} panics were met");
}

#[test]
fn a_panic_in_a_lookup_ends_the_read_and_nothing_else() {
    let world = World::new(false);
    for place in [Place::Hash, Place::Eq, Place::CloneValue] {
        PLAN.set(Some((place, 0)));
        assert!(catch_unwind(AssertUnwindSafe(|| world.cache.get(&Key(3)))).is_err());
    }
    PLAN.set(Some((Place::CloneKey, 3)));
    assert!(catch_unwind(AssertUnwindSafe(|| world.cache.iter().count())).is_err());
    // No guard is left: two writes do not wait.
    world.check();
    world.end();
}

/// A value whose drop panics if its number is divisible by three.
struct Fragile {
    number: u32,
    _counted: Counted,
}

impl Drop for Fragile {
    fn drop(&mut self) {
        assert!(!self.number.is_multiple_of(3), "the drop panics");
    }
}

#[test]
fn values_whose_drop_panics_are_counted_and_all_others_are_dropped() {
    let drops = Arc::new(AtomicUsize::new(0));
    let cache = Cache::new(10);
    for number in 1..=100 {
        let _counted = Counted(Arc::clone(&drops));
        cache.insert(number, Fragile { number, _counted });
    }
    eventually("all are dropped", || drops.load(Ordering::SeqCst) == 90);
    let is_gone = |n: &u32| n.is_multiple_of(3) && !cache.contains_key(n);
    let panicked = (1..=100).filter(is_gone).count() as u64;
    eventually("the panics are counted", || {
        cache.stats().panics == panicked
    });
    assert!(cache.contains_key(&100) && panicked < 33);
    // Those that are left: the drop of the cache drops each, and then panics once.
    assert!(catch_unwind(AssertUnwindSafe(|| drop(cache))).is_err());
    assert_eq!(drops.load(Ordering::SeqCst), 100);
}

#[test]
fn an_iteration_that_outlives_its_cache_drops_each_value_and_panics_once() {
    let drops = Arc::new(AtomicUsize::new(0));
    let cache = Cache::new(10);
    for number in 1..=10 {
        let _counted = Counted(Arc::clone(&drops));
        cache.insert(number, Fragile { number, _counted });
    }
    let entries = cache.iter();
    drop(cache);
    assert_eq!(drops.load(Ordering::SeqCst), 0);
    assert!(catch_unwind(AssertUnwindSafe(|| drop(entries))).is_err());
    assert_eq!(drops.load(Ordering::SeqCst), 10);
}
