//! Keys and values that count their clones and drops.

use std::collections::HashSet;
use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use evmap_core::multimap;
use evmap_core::table::Engine;

use crate::map;

on_each! {
    every_key_and_value_is_dropped_exactly_once,
    every_value_of_a_bag_is_dropped_exactly_once,
}

/// Every value has a number, and must be dropped exactly once.
#[derive(Clone, Default)]
struct Census(Arc<Mutex<HashSet<u64>>>, Arc<AtomicU64>);

struct Counted {
    number: u64,
    census: Census,
}

impl Census {
    fn born(&self) -> Counted {
        let number = self.1.fetch_add(1, Ordering::Relaxed);
        self.0.lock().unwrap().insert(number);
        Counted {
            number,
            census: self.clone(),
        }
    }

    fn alive(&self) -> usize {
        self.0.lock().unwrap().len()
    }
}

impl Clone for Counted {
    fn clone(&self) -> Self {
        self.census.born()
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let was_alive = self.census.0.lock().unwrap().remove(&self.number);
        assert!(was_alive, "dropped twice");
    }
}

/// Equal by name, whatever its number.
#[derive(Clone)]
struct Name(
    u32,
    #[expect(dead_code, reason = "held for its drop")] Counted,
);

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl Eq for Name {}

impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

fn every_key_and_value_is_dropped_exactly_once<E: Engine>() {
    let census = Census::default();
    let (mut writer, reader) = map::<_, _, E>();
    for round in 0..3 {
        for n in 0..200 {
            writer.insert(Name(n, census.born()), census.born());
        }
        for n in 0..50 {
            writer.remove(&Name(n * 3 + round, census.born()));
        }
        writer.refresh();
        let _view = reader.read();
        writer.retain(|name, _| name.0 % 7 != 0);
        writer.refresh();
    }
    // After two empty refreshes both copies are up to date, and removed entries are dropped.
    writer.refresh();
    writer.refresh();
    assert_eq!(
        census.alive(),
        4 * reader.len(),
        "a key and a value in each copy"
    );
    writer.clear();
    writer.refresh();
    writer.refresh();
    assert_eq!(census.alive(), 0);
    writer.insert(Name(1, census.born()), census.born());
    writer.refresh();
    writer.insert(Name(2, census.born()), census.born());
    drop(writer);
    assert_eq!(reader.len(), 1);
    drop(reader);
    assert_eq!(census.alive(), 0);
}

fn every_value_of_a_bag_is_dropped_exactly_once<E: Engine>() {
    #[derive(Clone)]
    struct Value(
        u32,
        #[expect(dead_code, reason = "held for its drop")] Counted,
    );
    impl PartialEq for Value {
        fn eq(&self, other: &Self) -> bool {
            self.0 == other.0
        }
    }
    let census = Census::default();
    let (mut writer, reader) = multimap::Builder::new().engine::<E>().build();
    for n in 0..100 {
        writer.insert(n % 10, Value(n, census.born()));
        writer.remove_value(&(n % 5), Value(n / 2, census.born()));
        writer.update(n % 3, Value(n, census.born()));
        if n % 10 == 0 {
            writer.retain(&(n % 7), |value| value.0 % 2 == 0);
            writer.refresh();
        }
    }
    writer.refresh();
    writer.refresh();
    let values: usize = reader.read().values().map(|bag| bag.len()).sum();
    assert_eq!(census.alive(), 2 * values);
    drop((writer, reader));
    assert_eq!(census.alive(), 0);
}
