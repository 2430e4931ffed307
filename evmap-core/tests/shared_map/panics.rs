//! Panics of user code in a map with many writers.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;
use std::time::Duration;

use evmap_core::SharedMap;

use crate::eventually;
use crate::things::{Census, IS_ARMED, Thing, is_planted, plant, unplant};

fn panics<R>(call: impl FnOnce() -> R) {
    assert!(
        catch_unwind(AssertUnwindSafe(call)).is_err(),
        "it did not panic"
    );
}

type Things = SharedMap<Thing, Thing>;

fn names(map: &Things) -> Vec<(u32, u32)> {
    let mut names: Vec<_> = map.read().iter().map(|(k, v)| (k.name, v.name)).collect();
    names.sort_unstable();
    names
}

#[test]
fn a_closure_that_panics_undoes_its_write_and_no_other() {
    let map = SharedMap::new();
    map.insert(1, 1);
    for late in [false, true] {
        panics(|| {
            map.write(|w| {
                if late {
                    w.insert(1, 100);
                    w.insert(2, 100);
                    w.clear();
                    w.insert(3, 100);
                }
                panic!("planted");
            })
        });
        assert_eq!(map.get_cloned(&1), Some(1));
        assert_eq!((map.len(), map.stats().pending), (1, 0));
    }
    panics(|| map.merge(1, 1, |_, _| panic!("planted")));
    panics(|| map.retain(|_, _| panic!("planted")));
    map.insert(2, 2);
    assert_eq!(map.len(), 2);
    let stats = map.stats();
    assert_eq!((stats.rebuilds, stats.rolled_back, stats.panics), (1, 0, 0));
}

/// Others write deferred, so their operations are pending when the panic comes.
#[test]
fn pending_writes_of_others_outlive_a_panic_and_become_visible() {
    let map = SharedMap::<_, _>::builder()
        .refresh_every(Duration::MAX)
        .build();
    map.insert(1, 1);
    map.write(|w| w.extend([(2, 2), (3, 3)]));
    panics(|| {
        map.write(|w| {
            w.insert(4, 4);
            w.remove(&1);
            panic!("planted");
        })
    });
    map.insert(5, 5);
    assert!(map.is_empty());
    assert_eq!(map.insert(5, 6), Some(5));
    map.flush();
    let mut entries: Vec<_> = map.read().iter().map(|(k, v)| (*k, *v)).collect();
    entries.sort_unstable();
    assert_eq!(entries, [(1, 1), (2, 2), (3, 3), (5, 6)]);
}

#[test]
fn a_write_whose_closure_catches_a_panic_of_the_map_is_undone() {
    let census = Census::default();
    let map = Things::new();
    map.insert(census.born(1), census.born(10));
    panics(|| {
        map.write(|w| {
            w.insert(census.born(2), census.born(20));
            plant("eq", 0);
            let caught = catch_unwind(AssertUnwindSafe(|| {
                w.insert(census.born(1), census.born(11));
            }));
            assert!(caught.is_err());
            // And continues as if nothing had happened.
        })
    });
    assert_eq!(names(&map), [(1, 10)]);
}

#[test]
fn a_panic_in_user_code_of_any_kind_undoes_the_write_and_drops_everything_once() {
    for place in ["hash", "eq", "clone", "drop"] {
        for after in 0..8 {
            let census = Census::default();
            let map = Things::new();
            for name in 0..20 {
                map.insert(census.born(name), census.born(name));
            }
            map.flush();
            assert_eq!(census.alive(), 80);
            let before = names(&map);
            let (one, two) = (census.born(3), census.born(4));
            plant(place, after);
            let outcome = catch_unwind(AssertUnwindSafe(|| {
                map.write(|w| {
                    w.insert(one, census.born(103));
                    w.remove(&two);
                    w.insert(census.born(21), census.born(21));
                })
                .1
            }));
            unplant();
            match outcome {
                Err(_) => assert_eq!(names(&map), before, "{place} {after}"),
                Ok(version) => {
                    assert!(map.version() >= version);
                    assert_eq!(names(&map).len(), 20, "{place} {after}");
                }
            }
            map.insert(census.born(50), census.born(50));
            map.flush();
            assert!(names(&map).contains(&(50, 50)));
            drop(two); // `one` was moved into the write
            let leaked = census.alive() - 4 * map.len();
            // A `Drop` that panics may leak what was dropped together with it.
            assert!(
                leaked <= usize::from(place == "drop") * 2,
                "{place} {after}"
            );
            drop(map);
            assert_eq!(census.alive(), leaked, "{place} {after}");
        }
    }
}

#[test]
fn a_panic_on_the_second_copy_affects_no_write_and_is_counted() {
    let census = Census::default();
    let map = Things::new();
    map.insert(census.born(1), census.born(1));
    map.flush();
    map.insert(census.born(1), census.born(2));
    // The other copy gets the same insertion with the next write, which is another thread's.
    plant("eq", 0);
    map.insert(census.born(2), census.born(2));
    assert!(!is_planted(), "it did not panic");
    assert_eq!(names(&map), [(1, 2), (2, 2)]);
    assert_eq!((map.stats().panics, map.stats().rebuilds), (1, 1));
    drop(map);
    assert_eq!(census.alive(), 0);
}

#[test]
fn a_panicking_drop_of_a_replaced_value_is_counted_and_the_rest_is_dropped() {
    let census = Census::default();
    let map = Things::new();
    map.extend((0..10).map(|name| (census.born(name), census.born(name))));
    map.flush();
    // On the copy that is published next, then on the other one.
    for copy in 0..2 {
        plant("drop", 3);
        if copy == 0 {
            map.retain(|_, _| false);
        } else {
            map.flush();
        }
        assert!(!is_planted(), "it did not panic");
    }
    assert_eq!(map.stats().panics, 2);
    map.flush();
    assert_eq!(census.alive(), 0);
}

#[test]
fn a_clone_that_panics_during_recovery_loses_nothing() {
    let census = Census::default();
    let map = Things::builder().refresh_every(Duration::MAX).build();
    map.extend((0..10).map(|name| (census.born(name), census.born(name))));
    map.flush();
    map.insert(census.born(10), census.born(10)); // pending, somebody else's
    panics(|| {
        map.write(|w| {
            w.insert(census.born(11), census.born(11));
            // The panic is planted in the clone that recovery makes.
            plant("clone", 5);
            panic!("planted");
        })
    });
    assert!(!is_planted(), "the recovery did not panic");
    assert_eq!(names(&map).len(), 10);
    // The next write recovers, and keeps the pending operations.
    assert!(map.write(|w| w.contains_key(&census.born(10))).0);
    map.flush();
    assert_eq!(names(&map).last(), Some(&(10, 10)));
    drop(map);
    eventually("all are dropped", || census.alive() == 0);
}

/// The clone of this value panics when it is made once more, in the recovery from another write's panic.
#[test]
fn a_write_that_cannot_be_applied_once_more_is_undone_completely_and_counted() {
    let census = Census::default();
    let map = Things::builder().refresh_every(Duration::MAX).build();
    map.insert(census.born(1), census.born(1));
    map.write(|w| {
        w.insert(census.born(2), census.born(2));
        w.insert(census.born(3), census.born(3));
    });
    map.insert(census.born(4), census.born(4));
    panics(|| {
        map.write(|w| {
            w.insert(census.born(5), census.born(5));
            // The published copy is empty, so these are the clones of what is applied again: key
            // and value of 1, of 2, and the key of 3.
            plant("clone", 5);
            panic!("planted");
        })
    });
    assert!(!is_planted(), "applying it once more did not panic");
    assert_eq!(map.stats().rolled_back, 1);
    map.flush();
    assert_eq!(names(&map), [(1, 1), (4, 4)]);
    drop(map);
    eventually("all are dropped", || census.alive() == 0);
}

#[test]
fn panics_of_some_threads_never_affect_the_writes_of_others() {
    let map = SharedMap::new();
    thread::scope(|scope| {
        for thread in 0..4u64 {
            let map = map.clone();
            scope.spawn(move || {
                for n in 0..300 {
                    if thread == 0 {
                        panics(|| {
                            map.write(|w| {
                                w.insert(n % 7, 1_000_000);
                                w.clear();
                                panic!("planted");
                            })
                        });
                    } else {
                        map.merge(n % 7, 1, |sum, one| Some(sum + one));
                    }
                }
            });
        }
    });
    assert_eq!(map.read().values().sum::<u64>(), 900);
    let stats = map.stats();
    assert_eq!((stats.pending, stats.rolled_back, stats.panics), (0, 0, 0));
}

#[test]
fn every_write_that_cannot_be_applied_once_more_is_undone_and_no_neighbour() {
    let census = Census::default();
    let map = Things::builder().refresh_every(Duration::MAX).build();
    let thing = |name| census.born(name);
    // Other entries, published before.
    for name in 100..110 {
        map.insert(thing(name), thing(1));
    }
    map.flush();
    map.clear();
    map.flush();

    map.insert(thing(1), thing(1));
    map.write(|w| w.extend([(thing(2), thing(1)), (thing(3), thing(1_000))]));
    map.insert(thing(4), thing(1));
    map.write(|w| w.extend([(thing(5), thing(1_001)), (thing(6), thing(1))]));
    map.write(|w| w.extend([(thing(7), thing(1)), (thing(8), thing(1))]));
    panics(|| {
        map.write(|w| {
            w.insert(thing(9), thing(1));
            IS_ARMED.set(true);
            panic!("planted");
        })
    });
    IS_ARMED.set(false);
    map.insert(thing(10), thing(1));
    map.flush();
    let kept: Vec<_> = names(&map).iter().map(|(key, _)| *key).collect();
    assert_eq!(kept, [1, 4, 7, 8, 10]);
    assert_eq!(map.stats().rolled_back, 2);
}

#[test]
fn a_reserved_version_is_published_although_its_write_is_undone() {
    let census = Census::default();
    let map = Things::builder().refresh_every(Duration::MAX).build();
    let (_, reserved) = map.write(|w| w.insert(census.born(1), census.born(1_000)));
    panics(|| {
        map.write(|w| {
            w.insert(census.born(2), census.born(2));
            IS_ARMED.set(true);
            panic!("planted");
        })
    });
    IS_ARMED.set(false);
    assert_eq!(map.flush(), reserved);
    assert_eq!((map.wait_for(reserved), map.len()), (reserved, 0));
}

#[test]
fn dropping_a_map_whose_values_panic_does_not_abort() {
    struct Loud;
    impl Drop for Loud {
        fn drop(&mut self) {
            panic!("planted in drop");
        }
    }
    impl Clone for Loud {
        fn clone(&self) -> Self {
            Loud
        }
    }
    let map = SharedMap::new();
    map.insert(1, Loud);
    map.flush();
    panics(|| drop(map));
    let (mut writer, reader) = evmap_core::new();
    writer.insert(1, Loud);
    writer.refresh();
    writer.refresh();
    panics(|| drop((writer, reader)));
}

/// So a closure that writes may be passed to `catch_unwind` without a wrapper.
#[test]
fn a_shared_map_is_unwind_safe() {
    fn demand<T: std::panic::UnwindSafe + std::panic::RefUnwindSafe>() {}
    demand::<SharedMap<String, u32>>();
}
