//! The writes that a panic is planted in.

use std::sync::Arc;

use evmap_core::table::SharedEngine;
use evmap_core::{DefaultHashBuilder, SharedMap};

use crate::world::{Key, Place, Plan, Value, World};

pub type Map<E> = SharedMap<Key, Value, DefaultHashBuilder, E>;

/// A write. Its results are dropped after it. The plan is already planted, or the write plants it.
pub type TestWrite<E> = fn(&Map<E>, &Arc<World>, Plan);

/// A key that is in the map, and one that is not.
const OLD: u32 = 3;
const NEW: u32 = 500;

/// The payload of the panicking closure of the recovery.
pub const OWN: &str = "the closure's own";

/// Each write by its name.
pub fn writes<E: SharedEngine<Key, Value>>() -> Vec<(&'static str, TestWrite<E>)> {
    vec![
        ("insert, absent", |map, world, _| {
            drop(map.insert(world.key(NEW), world.value(1)));
        }),
        ("insert, present", |map, world, _| {
            drop(map.insert(world.key(OLD), world.value(1)));
        }),
        ("remove", |map, world, _| {
            let key = world.key(OLD);
            drop(map.remove(&key));
        }),
        ("compute", |map, world, _| {
            drop(map.compute(world.key(OLD), |old| {
                world.may_panic(Place::Closure);
                Some(world.value(old.map_or(0, |old| old.number + 1)))
            }));
        }),
        ("compute to nothing", |map, world, _| {
            drop(map.compute(world.key(OLD), |_| {
                world.may_panic(Place::Closure);
                None
            }));
        }),
        ("compute that fails", |map, world, _| {
            let failed = map.try_compute(world.key(OLD), |_| {
                world.may_panic(Place::Closure);
                Err(world.value(9))
            });
            drop(failed.map(|_| ()));
        }),
        ("get or insert, present", |map, world, _| {
            drop(map.get_or_insert_with(world.key(OLD), || world.value(1)));
        }),
        ("get or insert, absent", |map, world, _| {
            drop(map.get_or_insert_with(world.key(NEW), || {
                world.may_panic(Place::Closure);
                world.value(1)
            }));
        }),
        ("merge", |map, world, _| {
            drop(map.merge(world.key(OLD), world.value(1), |_, new| {
                world.may_panic(Place::Closure);
                Some(new)
            }));
        }),
        ("replace, absent", |map, world, _| {
            drop(map.replace(world.key(NEW), world.value(1)));
        }),
        ("replace if not so", |map, world, _| {
            map.replace_if(world.key(OLD), |_| false, world.value(1));
        }),
        ("remove if", |map, world, _| {
            let key = world.key(OLD);
            map.remove_if(&key, |_| {
                world.may_panic(Place::Closure);
                true
            });
        }),
        ("retain", |map, world, _| {
            map.retain(|key, _| {
                world.may_panic(Place::Closure);
                key.name % 3 == 0 || key.name >= 1_000
            });
        }),
        ("clear", |map, _, _| map.clear()),
        ("load", |map, world, _| {
            map.extend((0..40).map(|n| (world.key(n * 2), world.value(n))));
        }),
        ("reserve", |map, _, _| map.reserve(200)),
        ("shrink to fit", |map, _, _| map.shrink_to_fit()),
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
