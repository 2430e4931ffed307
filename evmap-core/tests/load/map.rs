//! Entries into a map.

use std::collections::HashMap;

use evmap_core::table::{Engine, SharedEngine};
use evmap_core::{Builder, SharedMap, multimap};

use crate::things::{Census, count_of};
use crate::{expected, map, swap_copies, tags};

on_each! {
    an_extend_is_that_of_a_hash_map,
    an_extend_keeps_its_place_among_other_changes,
    each_is_hashed_and_cloned_once_and_dropped_once,
    a_map_is_built_from_entries,
    one_entry_is_cloned_once_and_its_key_only_if_it_is_absent,
}

fn an_extend_is_that_of_a_hash_map<E: Engine>() {
    for count in [0, 1, 31, 32, 33, 500] {
        for names in [1, 7, 1000] {
            for is_lazy in [false, true] {
                let census = Census::default();
                let (mut writer, reader) = map::<_, _, E>();
                let entries = census.entries(count, names);
                if is_lazy {
                    writer.extend(entries.into_iter().filter(|_| true));
                } else {
                    writer.extend(entries);
                }
                assert_eq!(writer.has_pending(), count > 0);
                assert_eq!(writer.stats().pending, count as usize);
                writer.refresh();
                assert_eq!(tags(&reader), expected(count, names));
                swap_copies(&mut writer);
                assert_eq!(tags(&reader), expected(count, names), "the other copy");
                writer.verify_copies().unwrap();
            }
        }
    }
}

fn an_extend_keeps_its_place_among_other_changes<E: Engine>() {
    let census = Census::default();
    let (mut writer, reader) = map::<_, _, E>();
    writer.insert(census.born(1, 1000), census.born(0, 1000));
    writer.refresh();
    writer.insert(census.born(0, 2000), census.born(0, 2000));
    writer.extend(census.entries(40, 40));
    writer.remove(&census.born(2, 0));
    writer.insert(census.born(3, 3000), census.born(0, 3000));
    let mut model = expected(40, 40);
    model.extend([(0, (2000, 0)), (1, (1000, 1)), (3, (3, 3000))]);
    model.remove(&2);
    for _ in 0..2 {
        swap_copies(&mut writer);
        assert_eq!(tags(&reader), model);
    }
    // Empty again, with capacity.
    writer.clear();
    writer.extend(census.entries(50, 40));
    swap_copies(&mut writer);
    assert_eq!(tags(&reader), expected(50, 40));
    writer.verify_copies().unwrap();
}

fn one_entry_is_cloned_once_and_its_key_only_if_it_is_absent<E: Engine>() {
    let census = Census::default();
    let (mut writer, reader) = map::<_, _, E>();
    for (tag, clones) in [(1, 2), (2, 1)] {
        let (key, value) = (census.born(7, tag), census.born(0, tag));
        let births = census.births();
        writer.insert(key, value);
        swap_copies(&mut writer);
        assert_eq!(census.births() - births, clones);
        assert_eq!(census.alive(), 4, "two copies of one entry");
        assert_eq!(tags(&reader), [(7, (1, tag))].into());
    }
}

fn each_is_hashed_and_cloned_once_and_dropped_once<E: Engine>() {
    let census = Census::default();
    // With capacity, since a growth hashes, too.
    let builder = || Builder::new().engine::<E>();
    let (mut writer, reader) = builder().capacity(400).build();
    // Into an empty table, and into one that has some of the keys.
    for count in [200, 300] {
        let (births, entries) = (census.births(), census.entries(count, 150));
        let hashed = count_of("hash", || {
            writer.extend(entries);
            writer.refresh();
            writer.refresh();
        });
        assert_eq!(hashed, count);
        assert_eq!(census.births() - births, 4 * u64::from(count));
        assert_eq!(census.alive(), 4 * 150, "a key and a value in each copy");
    }
    writer.extend(census.entries(100, 100));
    drop(writer);
    assert_eq!(reader.len(), 150);
    drop(reader);
    assert_eq!(census.alive(), 0);

    let mut map = None;
    let entries = census.entries(200, 150);
    let births = census.births();
    // The iterator states how many entries it has.
    let hashed = count_of("hash", || map = Some(builder().build_from(entries)));
    assert_eq!(hashed, 200);
    assert_eq!(
        census.births() - births,
        2 * 150,
        "clones for the second copy"
    );
    assert_eq!(
        map.as_ref().map(|(_, reader)| tags(reader)),
        Some(expected(200, 150))
    );
    assert_eq!(census.alive(), 4 * 150);
    drop(map);
    assert_eq!(census.alive(), 0);
}

fn a_map_is_built_from_entries<E: SharedEngine<u32, u32>>() {
    for count in [0, 1, 40, 1000] {
        let entries = (0..count).map(|n| (n % 700, n));
        let model: HashMap<u32, u32> = entries.clone().collect();
        let builder = Builder::new().engine::<E>().capacity(50).meta("m");
        let (mut writer, reader) = builder.build_from(entries.clone().filter(|_| true));
        let view = reader.read();
        assert!(view.capacity() >= 50);
        assert_eq!((view.len(), *view.meta()), (model.len(), "m"));
        assert_eq!(view.version().as_u64(), 0);
        assert!(
            model
                .iter()
                .all(|(key, value)| view.get(key) == Some(value))
        );
        drop(view);
        assert!(!writer.has_pending());
        writer.verify_copies().unwrap();
        writer.insert(9999, 1);
        writer.refresh();
        assert_eq!(reader.len(), model.len() + 1);

        // With a size hint, capacity is reserved, and no growth is needed.
        let (writer, reader) = Builder::new().engine::<E>().build_from(entries.clone());
        assert!(reader.read().capacity() >= model.len() && writer.is_settled());

        let shared = SharedMap::builder()
            .engine::<E>()
            .build_from(entries.clone());
        assert_eq!((shared.len(), shared.version().as_u64()), (model.len(), 0));
        assert_eq!(shared.insert(0, 7), model.get(&0).copied());

        let builder = multimap::Builder::new().engine::<E>();
        let (mut writer, reader) = builder.build_from(entries);
        assert_eq!((reader.len(), writer.version().as_u64()), (model.len(), 0));
        for (key, bag) in &reader.read() {
            let all = (0..count).filter(|n| n % 700 == *key);
            assert!(bag.iter().copied().eq(all), "{bag:?}");
        }
        writer.verify_copies().unwrap();
    }
}
