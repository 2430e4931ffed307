//! Panics of user code while many entries are inserted.

use std::panic::{AssertUnwindSafe, catch_unwind};

use evmap_core::Builder;
use evmap_core::op::MapOp;
use evmap_core::table::Engine;

use crate::things::{Census, panics_at};
use crate::{expected, map, names, tags};

on_each! {
    a_panic_at_any_entry_poisons_and_publishes_nothing,
    a_panic_on_the_second_copy_is_recovered_from,
    an_iterator_that_panics_leaves_what_came_before,
    a_panic_while_a_map_is_built_drops_all,
}

fn a_panic_at_any_entry_poisons_and_publishes_nothing<E: Engine>() {
    for (place, after) in ["clone", "eq"]
        .into_iter()
        .flat_map(|place| [0, 1, 20, 41, 62].map(|after| (place, after)))
    {
        let census = Census::default();
        let (mut writer, reader) = map::<_, _, E>();
        writer.insert(census.born(500, 0), census.born(0, 0));
        writer.refresh();
        if after % 2 == 0 {
            // The load finds an empty table.
            writer.clear();
        }
        // So that earlier changes are done before the load.
        writer.catch_up();
        let version = reader.version();
        writer.extend(census.entries(80, 15));
        writer.insert(census.born(600, 0), census.born(0, 0));
        assert!(panics_at(place, after, || {
            writer.refresh();
        }));
        assert!(writer.is_poisoned());
        assert_eq!((reader.version(), reader.len()), (version, 1));

        let Ok(Some(MapOp::Load(entries))) = writer.rebuild() else {
            panic!("it is not handed back");
        };
        assert_eq!(entries.len(), 80, "all of it");
        assert_eq!(writer.stats().pending, 1 + usize::from(after % 2 == 0));
        writer.refresh();
        let cleared = [600, 500];
        let left = &cleared[..2 - usize::from(after % 2 == 0)];
        assert_eq!(names(&reader), left.iter().copied().collect());
        writer.verify_copies().unwrap();
        drop(entries);
        drop((writer, reader));
        assert_eq!(census.alive(), 0, "{place} {after}");
    }
}

fn a_panic_on_the_second_copy_is_recovered_from<E: Engine>() {
    for (place, after) in [("eq", 0), ("eq", 40), ("drop", 0), ("drop", 30)] {
        let census = Census::default();
        let (mut writer, reader) = map::<_, _, E>();
        writer.extend(census.entries(80, 20));
        writer.refresh();
        assert!(panics_at(place, after, || {
            writer.refresh();
        }));
        assert!(writer.is_poisoned());
        assert_eq!(tags(&reader), expected(80, 20));
        assert!(writer.rebuild().unwrap().is_none(), "it was published");
        writer.verify_copies().unwrap();
        assert_eq!(tags(&reader), expected(80, 20));
        drop((writer, reader));
        assert_eq!(census.alive(), 0);
    }
}

fn an_iterator_that_panics_leaves_what_came_before<E: Engine>() {
    for count in [5, 31, 32, 70] {
        let census = Census::default();
        let (mut writer, reader) = map::<_, _, E>();
        let mut entries = census.entries(count, count).into_iter();
        // Its size hint is that it never ends, and memory does not suffice for that.
        let endless = std::iter::repeat_with(|| entries.next().expect("planted"));
        assert_eq!(endless.size_hint().0, usize::MAX);
        catch_unwind(AssertUnwindSafe(|| writer.extend(endless))).unwrap_err();
        assert_eq!(writer.stats().pending, count as usize);
        let more = census.entries(80, 80);
        assert!(panics_at("hash", 40, || writer.extend(more)));
        assert_eq!(writer.stats().pending, count as usize + 40);
        assert!(!writer.is_poisoned());
        writer.refresh();
        assert_eq!(reader.len(), count.max(40) as usize);
        writer.verify_copies().unwrap();
        drop((writer, reader));
        assert_eq!(census.alive(), 0);
    }
}

fn a_panic_while_a_map_is_built_drops_all<E: Engine>() {
    for place in ["hash", "eq", "clone", "drop"] {
        for after in [0, 1, 30] {
            let census = Census::default();
            let entries = census.entries(80, 20);
            assert!(panics_at(place, after, || {
                drop(Builder::new().engine::<E>().build_from(entries));
            }));
            assert_eq!(census.alive(), 0, "{place} {after}");
        }
    }
}
