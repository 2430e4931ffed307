//! Counted lookups, in every engine.

use std::cell::Cell;
use std::hash::{Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

use evmap_core::table::{Counted, Engine, SharedEngine, Swiss};
use evmap_core::{Builder, DefaultHashBuilder, LookupCounts, SharedMap, multimap};

#[macro_use]
mod each_engine;

use each_engine::map;

on_each! {
    each_lookup_of_each_reader_counts_once,
    other_reads_and_writes_count_nothing,
    a_map_counts_only_if_it_is_made_so,
    an_engine_that_is_counted_twice_counts_once,
    the_last_call_on_a_builder_decides,
    a_deep_clone_counts_anew,
    counts_outlive_their_readers,
    counts_are_exact_beside_writers,
    lookups_under_a_guard_count_for_its_reader,
    each_lookup_counts_once_while_a_table_grows,
    a_lookup_that_panics_counts_nothing,
    lookups_of_bags_count_by_their_keys,
}

fn counts(counts: LookupCounts) -> (u64, u64) {
    (counts.hits, counts.misses)
}

/// A counted map with an entry for each number below 50.
fn counted<E: SharedEngine<u32, u32>>() -> SharedMap<u32, u32, DefaultHashBuilder, Counted<E>> {
    let builder = SharedMap::builder().engine::<E>().count_lookups();
    builder.build_from((0..50).map(|n| (n, n)))
}

fn each_lookup_of_each_reader_counts_once<E: SharedEngine<u32, u32>>() {
    let map = counted::<E>();
    let (handle, shared) = (map.read_handle(), map.shared_reader());
    let mut expected = (0, 0);
    let mut check = |found: bool, is_there: bool| {
        assert_eq!(found, is_there);
        *if found {
            &mut expected.0
        } else {
            &mut expected.1
        } += 1;
        for seen in [
            map.lookup_counts(),
            handle.lookup_counts(),
            shared.lookup_counts(),
        ] {
            assert_eq!(counts(seen), expected);
        }
        let stats = map.stats();
        assert_eq!((stats.hits, stats.misses), expected);
    };
    for key in [3, 70, 4, 71] {
        let is_there = key < 50;
        check(map.get(&key).is_some(), is_there);
        check(map.get_cloned(&key).is_some(), is_there);
        check(map.contains_key(&key), is_there);
        check(handle.get(&key).is_some(), is_there);
        check(handle.get_cloned(&key).is_some(), is_there);
        check(handle.contains_key(&key), is_there);
        check(shared.get(&key).is_some(), is_there);
        check(shared.get_cloned(&key).is_some(), is_there);
        check(shared.contains_key(&key), is_there);
    }
    assert_eq!(counts(map.lookup_counts()), (18, 18));
}

fn other_reads_and_writes_count_nothing<E: SharedEngine<u32, u32>>() {
    let map = counted::<E>();
    let view = map.read();
    assert_eq!((view.get(&1), view[&2], view.get(&70)), (Some(&1), 2, None));
    assert!(view.get_key_value(&1).is_some() && !view.contains_key(&70));
    assert!(view.iter().count() == 50 && (&map).into_iter().count() == 50);
    drop(view);
    assert!(map.with(|view| view.contains_key(&1)));
    assert!(map == map.clone() && !map.is_empty() && map.version().as_u64() == 0);
    assert_eq!(map.insert(1, 1), Some(1));
    assert_eq!(map.merge(70, 1, |sum, one| Some(sum + one)), Some(1));
    assert_eq!(map.compute(71, |value| value.copied()), None);
    assert_eq!(map.insert_if_absent(2, 7), Err(7));
    assert_eq!(map.write(|w| w.get(&1).copied()).0, Some(1));
    assert_eq!(map.remove(&70), Some(1));
    assert_eq!(counts(map.lookup_counts()), (0, 0));

    let builder = Builder::new().engine::<E>().count_lookups();
    let (mut writer, reader) = builder.build_from([(1, 1)]);
    writer.insert(2, 2);
    assert!(writer.contains_key(&2) && writer.get(&3).is_none());
    writer.remove(&1);
    writer.refresh();
    assert_eq!(reader.read().get(&2), Some(&2));
    assert_eq!(counts(writer.lookup_counts()), (0, 0));
}

fn a_map_counts_only_if_it_is_made_so<E: SharedEngine<u32, u32>>() {
    let map = SharedMap::builder().engine::<E>().build_from([(1, 1)]);
    assert!(map.get(&1).is_some() && !map.contains_key(&2));
    let (mut writer, reader) = self::map::<u32, u32, E>();
    assert!(reader.get_cloned(&1).is_none() && reader.shared_reader().get(&1).is_none());
    writer.refresh();
    for seen in [
        map.lookup_counts(),
        map.shared_reader().lookup_counts(),
        reader.lookup_counts(),
        writer.lookup_counts(),
    ] {
        assert_eq!(seen, LookupCounts::default());
    }
    assert_eq!((map.stats().hits, map.stats().misses), (0, 0));
}

fn an_engine_that_is_counted_twice_counts_once<E: SharedEngine<u32, u32>>() {
    let builder = SharedMap::builder()
        .engine::<Counted<E>>()
        .count_lookups()
        .count_lookups();
    let map: SharedMap<_, _, _, Counted<Counted<Counted<E>>>> = builder.build_from([(1, 1)]);
    assert!(map.contains_key(&1) && map.get(&2).is_none());
    assert_eq!(counts(map.lookup_counts()), (1, 1));
}

fn the_last_call_on_a_builder_decides<E: SharedEngine<u32, u32>>() {
    let after = SharedMap::builder().engine::<E>().count_lookups();
    let after: SharedMap<u32, u32, _, Counted<E>> = after.capacity(10).build();
    let before = SharedMap::builder().count_lookups().engine::<E>();
    let before: SharedMap<u32, u32, _, E> = before.capacity(10).build();
    let named = SharedMap::builder().engine::<Counted<E>>();
    let named: SharedMap<u32, u32, _, Counted<E>> = named.build();
    assert!(!after.contains_key(&1) && !before.contains_key(&1) && !named.contains_key(&1));
    let misses = [after.stats(), before.stats(), named.stats()].map(|stats| stats.misses);
    assert_eq!(misses, [1, 0, 1]);

    let builder = Builder::new().count_lookups().meta(7).engine::<E>();
    let (writer, reader) = builder.build::<u32, u32>();
    assert!(!reader.contains_key(&1));
    assert_eq!(counts(writer.lookup_counts()), (0, 0));
}

fn a_deep_clone_counts_anew<E: SharedEngine<u32, u32>>() {
    let map = counted::<E>();
    assert!(map.contains_key(&1));
    let copy = map.deep_clone();
    assert_eq!(counts(copy.lookup_counts()), (0, 0));
    assert!(copy.contains_key(&1) && !copy.contains_key(&70));
    assert_eq!(counts(copy.lookup_counts()), (1, 1));
    // A clone is the same map.
    assert!(!map.clone().contains_key(&70));
    assert_eq!(counts(map.lookup_counts()), (1, 1));
}

fn counts_outlive_their_readers<E: SharedEngine<u32, u32>>() {
    let map = counted::<E>();
    let shared = map.shared_reader();
    assert!(map.read_handle().contains_key(&1));
    assert!(map.factory().handle().clone().get(&70).is_none());
    let thread = thread::spawn({
        let (map, shared) = (map.clone(), shared.clone());
        move || {
            assert!(map.contains_key(&1) && shared.contains_key(&2) && !shared.contains_key(&70));
            // A forgotten guard keeps its reader.
            std::mem::forget(map.get(&3));
        }
    });
    thread.join().expect("no panic");
    assert_eq!(counts(map.lookup_counts()), (4, 2));
    // Readers that are left count on after the map's end.
    drop(map);
    assert!(shared.contains_key(&1));
    assert_eq!(counts(shared.lookup_counts()), (5, 2));
}

fn counts_are_exact_beside_writers<E: SharedEngine<u32, u32>>() {
    let map = counted::<E>();
    thread::scope(|scope| {
        for first in [0, 25] {
            let (map, handle) = (&map, map.read_handle());
            scope.spawn(move || {
                for n in 0..1_000 {
                    map.insert(10_000 + first + n % 25, n);
                    assert!(handle.contains_key(&(first + n % 25)));
                    assert!(map.get(&(100 + n)).is_none());
                }
            });
        }
        scope.spawn(|| {
            let mut last = (0, 0);
            for _ in 0..1_000 {
                let now = counts(map.lookup_counts());
                assert!(now.0 >= last.0 && now.1 >= last.1, "{last:?}, then {now:?}");
                last = now;
                thread::yield_now();
            }
        });
    });
    assert_eq!(counts(map.lookup_counts()), (2_000, 2_000));
}

fn lookups_under_a_guard_count_for_its_reader<E: SharedEngine<u32, u32>>() {
    let map = counted::<E>();
    let handle = map.read_handle();
    let (outer, view) = (handle.get(&1), handle.read());
    assert!(handle.contains_key(&2) && handle.get(&70).is_none());
    drop(outer);
    assert!(handle.contains_key(&3));
    drop(view);
    assert_eq!(counts(handle.lookup_counts()), (3, 1));
}

fn each_lookup_counts_once_while_a_table_grows<E: SharedEngine<u32, u32>>() {
    let map = SharedMap::builder().engine::<E>().count_lookups().build();
    let (mut hits, mut misses) = (0, 0);
    for n in 0..2_000 {
        map.insert(n, n);
        assert_eq!(map.get_cloned(&(n / 2)), Some(n / 2));
        hits += 1;
        if n % 3 == 0 {
            assert!(!map.contains_key(&(n + 1)));
            misses += 1;
        }
    }
    assert_eq!(counts(map.lookup_counts()), (hits, misses));
}

/// Panics where a key of this number is hashed or compared.
#[derive(Clone, Debug)]
struct Fragile(u32);

const BAD_HASH: u32 = 900;
const BAD_EQ: u32 = 901;

impl Hash for Fragile {
    fn hash<H: Hasher>(&self, state: &mut H) {
        assert_ne!(self.0, BAD_HASH, "planted");
        // That of the key 1, so that it is compared.
        (if self.0 == BAD_EQ { 1 } else { self.0 }).hash(state);
    }
}

impl PartialEq for Fragile {
    fn eq(&self, other: &Self) -> bool {
        assert!(self.0 != BAD_EQ && other.0 != BAD_EQ, "planted");
        self.0 == other.0
    }
}

impl Eq for Fragile {}

thread_local! {
    static MAY_CLONE: Cell<bool> = const { Cell::new(true) };
}

/// A value whose clones panic unless the thread allows them.
struct Value;

impl Clone for Value {
    fn clone(&self) -> Self {
        assert!(MAY_CLONE.get(), "planted");
        Value
    }
}

fn a_lookup_that_panics_counts_nothing<E: Engine>() {
    let builder = Builder::new().engine::<E>().count_lookups();
    MAY_CLONE.set(true);
    let (_writer, handle) = builder.build_from([(Fragile(1), Value)]);
    let shared = handle.shared_reader();
    for key in [BAD_HASH, BAD_EQ].map(Fragile) {
        let lookups: [&dyn Fn() -> bool; 6] = [
            &|| handle.get(&key).is_some(),
            &|| handle.get_cloned(&key).is_some(),
            &|| handle.contains_key(&key),
            &|| shared.get(&key).is_some(),
            &|| shared.get_cloned(&key).is_some(),
            &|| shared.contains_key(&key),
        ];
        for lookup in lookups {
            assert!(catch_unwind(AssertUnwindSafe(lookup)).is_err());
        }
    }
    MAY_CLONE.set(false);
    let lookups: [&dyn Fn() -> bool; 2] = [&|| handle.get_cloned(&Fragile(1)).is_some(), &|| {
        shared.get_cloned(&Fragile(1)).is_some()
    }];
    for lookup in lookups {
        assert!(catch_unwind(AssertUnwindSafe(lookup)).is_err());
    }
    assert_eq!(counts(handle.lookup_counts()), (0, 0));
    assert!(handle.contains_key(&Fragile(1)) && !shared.contains_key(&Fragile(2)));
    assert_eq!(counts(handle.lookup_counts()), (1, 1));
}

fn lookups_of_bags_count_by_their_keys<E: Engine>() {
    let builder = multimap::Builder::new().engine::<E>().count_lookups();
    let (_writer, reader) = builder.build_from([("a", 1), ("a", 2)]);
    assert_eq!(reader.get("a").map(|bag| bag.len()), Some(2));
    assert_eq!(reader.get_one("a").as_deref(), Some(&1));
    assert!(reader.get_one("b").is_none());
    // Its key is there.
    assert!(!reader.contains_value("a", &3));
    assert!(!reader.shared_reader().contains_value("b", &1));
    assert_eq!(counts(reader.lookup_counts()), (3, 2));
}

/// Code that is generic over the engine needs no other bound for one that counts.
#[test]
fn a_counted_engine_is_an_engine_like_any_other() {
    fn fill<E: SharedEngine<u32, u32>>() -> SharedMap<u32, u32, DefaultHashBuilder, E> {
        SharedMap::builder().engine::<E>().build_from([(1, 1)])
    }
    let map = fill::<Counted<Swiss>>();
    let thread = thread::spawn(move || map.contains_key(&1).then_some(map));
    let map = thread.join().expect("no panic").expect("it is there");
    assert_eq!(counts(map.lookup_counts()), (1, 0));
    // Maps are compared whatever their engines are.
    assert!(map.read() == fill::<Swiss>().read());
}
