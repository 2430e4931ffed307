//! A snapshot: a view that is owned.

use std::collections::HashMap;
use std::hash::RandomState;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

use evmap_core::table::{Engine, Incremental, RobinHood, SharedEngine, Swiss};
use evmap_core::{Builder, SharedMap, Snapshot, multimap};

use crate::{each_engine, map_of};

on_each! {
    it_reads_as_a_view_does,
    it_is_equal_to_views_of_the_same_entries,
    it_pins_as_a_guard_does_and_an_error_names_it,
    it_is_read_and_dropped_in_another_thread,
    it_outlives_the_map_and_its_readers,
    each_reader_takes_one,
    a_multimap_has_one,
}

fn it_reads_as_a_view_does<E: Engine>() {
    let (mut writer, reader) = Builder::new().meta("old").engine::<E>().build();
    writer.extend((0..100).map(|n| (n.to_string(), n)));
    writer.refresh();
    let snapshot = reader.clone().into_snapshot();
    writer.clear();
    writer.set_meta("new");
    writer.refresh();
    assert!(reader.is_empty() && *reader.read().meta() == "new");
    let (len, is_empty) = (snapshot.len(), snapshot.is_empty());
    assert_eq!((len, is_empty, *snapshot.meta()), (100, false, "old"));
    assert!(snapshot.capacity() >= 100);
    assert_eq!(snapshot.version().as_u64(), 1);
    assert_eq!((snapshot["7"], snapshot[&"99".to_string()]), (7, 99));
    assert_eq!((snapshot.get("7"), snapshot.get("100")), (Some(&7), None));
    assert_eq!(snapshot.get_key_value("7"), Some((&"7".to_string(), &7)));
    assert!(snapshot.contains_key("99") && !snapshot.contains_key("100"));
    assert_eq!(snapshot.iter().len(), 100);
    assert_eq!(snapshot.keys().filter(|key| key.len() == 1).count(), 10);
    assert_eq!(snapshot.values().sum::<i32>(), 99 * 50);
    let mut sum = 0;
    for (_, value) in &snapshot {
        sum += value;
    }
    assert_eq!(sum, 99 * 50);
    let panic = catch_unwind(AssertUnwindSafe(|| snapshot["100"])).unwrap_err();
    assert_eq!(
        panic.downcast_ref(),
        Some(&"no entry found for key".to_string())
    );
    let one = map_of::<E>(1).1.into_snapshot();
    assert_eq!(format!("{one:?}"), r#"{0: "0"}"#);
    let empty = reader.into_snapshot();
    assert!(empty.is_empty() && empty.iter().next().is_none());
}

fn it_is_equal_to_views_of_the_same_entries<E: Engine>() {
    equal_to_those_of::<E, Swiss>();
    equal_to_those_of::<E, Incremental>();
    equal_to_those_of::<E, RobinHood>();
}

fn equal_to_those_of<E: Engine, E2: Engine>() {
    let (mut writer, reader) = map_of::<E>(50);
    let std: HashMap<_, _> = (0..50).map(|n| (n, n.to_string())).collect();
    let (mut other_writer, other) = Builder::new()
        .hasher(RandomState::new())
        .meta("of another type")
        .engine::<E2>()
        .build_from(std.clone());
    let (one, two) = (
        reader.clone().into_snapshot(),
        other.clone().into_snapshot(),
    );
    assert_ne!(one.version(), two.version());
    assert!(one == two && one == std);
    assert!(two == one && two == std);
    assert!(one == other.read() && other.read() == one);
    assert!(one == other_writer.catch_up() && other_writer.catch_up() == one);
    writer.insert(0, "1".to_string());
    writer.refresh();
    let new = reader.clone().into_snapshot();
    assert!(new != one && new != two && new != std);
    assert!(one != new && two != new);
    assert!(new == reader.read() && reader.read() != one);
    assert!(new != other_writer.catch_up() && other_writer.catch_up() != new);
    let itself: fn(&Snapshot<u32, String, _, _, E>) -> bool = |new| new.eq(new);
    assert!(itself(&new));
}

fn it_pins_as_a_guard_does_and_an_error_names_it<E: Engine>() {
    let (mut writer, reader) = each_engine::map::<u32, u32, E>();
    reader.set_label("report");
    let snapshot = reader.into_snapshot();
    writer.insert(1, 1);
    writer
        .try_refresh()
        .expect("the first one waits for nobody");
    writer.insert(2, 2);
    let busy = writer.try_refresh().unwrap_err();
    assert!(busy.to_string().contains(r#"snapshot "report""#), "{busy}");
    snapshot.set_label("another");
    let busy = writer.try_refresh().unwrap_err();
    assert!(busy.to_string().contains(r#"snapshot "another""#), "{busy}");
    assert!(snapshot.is_empty());
    drop(snapshot);
    writer.try_refresh().expect("nobody is left");
    assert_eq!(writer.stats().readers, 0);
}

fn it_is_read_and_dropped_in_another_thread<E: SharedEngine<u32, String>>() {
    let (mut writer, reader) = map_of::<E>(100);
    let snapshot = reader.shared_reader().snapshot();
    writer.clear();
    writer.refresh();
    writer.insert(0, String::new());
    assert!(writer.try_refresh().is_err(), "the pin is here");
    let thread = thread::spawn(move || snapshot.values().map(String::len).sum::<usize>());
    assert_eq!(thread.join().unwrap(), 10 + 2 * 90);
    writer.try_refresh().expect("the pin went with it");
}

fn it_outlives_the_map_and_its_readers<E: SharedEngine<u32, String>>() {
    let (writer, reader) = map_of::<E>(10);
    let snapshot = reader.into_snapshot();
    drop(writer);
    assert_eq!((snapshot.len(), &*snapshot[&7]), (10, "7"));
    let map = SharedMap::<u32, String>::builder().engine::<E>().build();
    map.insert(1, "one".to_string());
    let snapshot = map.snapshot();
    map.clear();
    drop(map);
    let thread = thread::spawn(move || snapshot[&1].clone());
    assert_eq!(thread.join().unwrap(), "one");
}

fn each_reader_takes_one<E: SharedEngine<u32, u32>>() {
    let map = SharedMap::builder().engine::<E>().build_from([(1, 2)]);
    let snapshots: [Snapshot<u32, u32, _, (), E>; 4] = [
        map.snapshot(),
        map.shared_reader().snapshot(),
        map.read_handle().into_snapshot(),
        map.factory().handle().into_snapshot(),
    ];
    assert_eq!(map.stats().readers, 4, "no thread has a slot");
    assert!(snapshots.iter().all(|snapshot| snapshot[&1] == 2));
    drop(snapshots);
    assert_eq!(map.stats().readers, 0);
}

fn a_multimap_has_one<E: Engine>() {
    let (mut writer, reader) = multimap::Builder::new().engine::<E>().build::<&str, u32>();
    writer.insert("a", 1);
    writer.insert("a", 2);
    writer.refresh();
    let snapshot: multimap::Snapshot<&str, u32, _, (), E> = reader.into_snapshot();
    writer.clear();
    writer.refresh();
    assert_eq!(snapshot["a"].as_slice(), [1, 2]);
    assert_eq!(
        (snapshot.get_one("a"), snapshot.get_one("b")),
        (Some(&1), None)
    );
    assert!(snapshot.contains_value("a", &2) && !snapshot.contains_value("a", &3));
}
