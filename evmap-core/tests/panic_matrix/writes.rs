//! The writes that a panic is planted in.

use std::sync::Arc;

use evmap_core::table::SharedEngine;
use evmap_core::{DefaultHashBuilder, SharedMap};

use crate::operations::{Apply, KINDS, Kind, Number, Op, Things};
use crate::world::{Key, Place, Plan, Value, World};

pub type Map<E> = SharedMap<Key, Value, DefaultHashBuilder, E>;

/// A write. Its results are dropped after it. The plan is already planted, or the write plants it.
pub type TestWrite<E> = Box<dyn Fn(&Map<E>, &Arc<World>, Plan) + Send>;

/// Keys that are in the map, with values of their own number, and a key that is not.
const OLD: u32 = 3;
const EVEN: u32 = 4;
const NEW: u32 = 500;

/// Operations that take no key.
const WITHOUT_KEY: [Kind; 6] = [
    Kind::Extend,
    Kind::Clear,
    Kind::Reserve,
    Kind::TryReserve,
    Kind::ShrinkToFit,
    Kind::RetainLess,
];

/// The payload of the panicking closure of the recovery.
pub const OWN: &str = "the closure's own";

/// Each write by its name: each of the map's operations, with keys that are present and absent, and some more.
pub fn writes<E: SharedEngine<Key, Value>>() -> Vec<(String, TestWrite<E>)> {
    let to_nothing = [Kind::Compute, Kind::ComputeIfAbsent, Kind::ComputeIfPresent];
    let to_nothing = to_nothing.into_iter().map(|kind| (kind, OLD, None));
    let of_even = [
        Kind::Merge,
        Kind::ReplaceIfOdd,
        Kind::RemoveIfOdd,
        Kind::RemoveEntryIfOdd,
    ];
    let of_even = of_even.into_iter().map(|kind| (kind, EVEN, Some(7)));
    let kinds = KINDS.iter().map(|&(_, _, kind)| kind);
    let operations = kinds
        .flat_map(|kind| {
            let of_new = (!WITHOUT_KEY.contains(&kind)).then_some((kind, NEW, Some(7)));
            [(kind, OLD, Some(7))].into_iter().chain(of_new)
        })
        .chain(to_nothing)
        .chain(of_even)
        .map(|(kind, key, option)| operation(kind, key, option));
    let others = others::<E>().into_iter();
    operations
        .chain(others.map(|(name, write)| (name.to_owned(), Box::new(write) as TestWrite<E>)))
        .collect()
}

fn operation<E: SharedEngine<Key, Value>>(
    kind: Kind,
    key: u32,
    option: Option<u32>,
) -> (String, TestWrite<E>) {
    let op = Op {
        kind,
        key,
        value: match kind {
            // More than fits beside the entries.
            Kind::Reserve | Kind::TryReserve => 200,
            // Half of the values are less. The sum with an odd value is even, so a merge keeps that key.
            _ => 51,
        },
        option,
        entries: (0..40).map(|n| (n * 2, n)).collect(),
    };
    let name = format!("{kind:?} of {key} to {option:?}");
    let write = move |map: &Map<E>, world: &Arc<World>, _: Plan| _ = map.apply(world, &op);
    (name, Box::new(write))
}

impl Things for Arc<World> {
    type Key = Key;
    type Value = Value;

    fn key(&self, number: u32) -> Key {
        World::key(self, number)
    }

    fn value(&self, number: u32) -> Value {
        World::value(self, number)
    }

    fn inside(&self) {
        self.may_panic(Place::Closure);
    }
}

impl Number for Key {
    fn number(&self) -> u32 {
        self.name
    }
}

impl Number for Value {
    fn number(&self) -> u32 {
        self.number
    }
}

type Function<E> = fn(&Map<E>, &Arc<World>, Plan);

/// Writes that are more than one operation.
fn others<E: SharedEngine<Key, Value>>() -> Vec<(&'static str, Function<E>)> {
    vec![
        ("merge that keeps the given value", |map, world, _| {
            drop(map.merge(world.key(OLD), world.value(1), |_, new| {
                world.may_panic(Place::Closure);
                Some(new)
            }));
        }),
        ("batch", |map, world, _| {
            let key = world.key(OLD + 1);
            let (out, _) = map.write(|w| {
                let replaced = w.insert(world.key(OLD), world.value(1));
                let added = w.insert(world.key(NEW), world.value(2));
                w.remove_if(&key, |_| true);
                world.may_panic(Place::Closure);
                let failed = w.try_compute(world.key(OLD), |_| Err(world.value(7)));
                let kept = w.get_or_insert_with(world.key(OLD), || world.value(3));
                w.retain(|key, _| key.name % 5 != 0 || key.name >= 1_000);
                (replaced, added, failed.map(|_| ()), kept)
            });
            drop(out);
        }),
        ("batch that clears", |map, world, _| {
            let (out, _) = map.write(|w| {
                w.clear();
                w.insert(world.key(OLD), world.value(1))
            });
            drop(out);
        }),
        ("flush", |map, _, _| {
            map.flush();
        }),
        ("settle", |map, _, _| {
            for _ in 0..4 {
                map.flush();
            }
        }),
        ("recovery", |map, world, plan| {
            // The plan is for the time after the closure's own panic.
            world.unplant();
            map.write(|w| {
                w.insert(world.key(NEW), world.value(1));
                w.clear();
                world.plant(plan);
                panic!("{OWN}");
            });
        }),
    ]
}
