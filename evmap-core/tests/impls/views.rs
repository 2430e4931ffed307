//! What a view of one state has besides lookups: indexing, equality, iteration.

use std::collections::HashMap;
use std::hash::RandomState;
use std::panic::{AssertUnwindSafe, catch_unwind};

use evmap_core::table::{Engine, Incremental, RobinHood, Swiss};
use evmap_core::{Builder, DefaultHashBuilder};

use crate::{each_engine, map_of};

on_each! {
    an_index_is_a_lookup,
    views_are_equal_if_their_entries_are,
    a_view_equals_a_std_map_of_the_same_entries,
    a_loop_over_a_view_lends,
}

fn an_index_is_a_lookup<E: Engine>() {
    let (mut writer, reader) = each_engine::map::<String, u32, E>();
    writer.extend((0..100).map(|n| (n.to_string(), n)));
    writer.refresh();
    let view = reader.read();
    assert_eq!((view["7"], view[&"99".to_string()]), (7, 99));
    drop(view);
    let panic = catch_unwind(AssertUnwindSafe(|| reader.read()["100"])).unwrap_err();
    assert_eq!(
        panic.downcast_ref(),
        Some(&"no entry found for key".to_string())
    );
    writer.insert("100".to_string(), 100);
    writer.try_refresh().expect("the panic ended the read");
    assert_eq!(reader.read()["100"], 100);
}

fn views_are_equal_if_their_entries_are<E: Engine>() {
    equal_to_those_of::<E, Swiss>();
    equal_to_those_of::<E, Incremental>();
    equal_to_those_of::<E, RobinHood>();
}

fn equal_to_those_of<E: Engine, E2: Engine>() {
    let (mut writer, reader) = map_of::<E>(100);
    let other = Builder::new()
        .hasher(RandomState::new())
        .meta("of another type")
        .engine::<E2>();
    let entries = (0..100).rev().map(|n| (n, n.to_string()));
    let (mut other_writer, other) = other.build_from(entries);
    assert_ne!(reader.version(), other.version());
    assert!(reader.read() == other.read() && other.read() == reader.read());
    let before = reader.read();
    writer.insert(7, "eight".to_string());
    writer.refresh();
    assert!(before == other.read(), "a view does not change");
    drop(before);
    assert!(reader.read() != other.read(), "a value differs");
    writer.insert(7, "7".to_string());
    writer.remove(&8);
    writer.refresh();
    assert!(reader.read() != other.read(), "a key lacks");
    assert!(other.read() != reader.read(), "a key lacks");
    writer.insert(100, "8".to_string());
    writer.refresh();
    assert!(reader.read() != other.read(), "a key differs");
    writer.clear();
    writer.refresh();
    other_writer.clear();
    other_writer.refresh();
    assert!(reader.read() == other.read(), "both are empty");
}

fn a_view_equals_a_std_map_of_the_same_entries<E: Engine>() {
    let (mut writer, reader) = map_of::<E>(100);
    let mut std: HashMap<_, _> = (0..100).map(|n| (n, n.to_string())).collect();
    assert!(reader.read() == std);
    std.insert(100, String::new());
    assert!(reader.read() != std);
    writer.insert(100, "100".to_string());
    writer.refresh();
    assert!(reader.read() != std);
    let hashed: HashMap<_, _, DefaultHashBuilder> = (0..=100).map(|n| (n, n.to_string())).collect();
    assert!(reader.read() == hashed);
}

fn a_loop_over_a_view_lends<E: Engine>() {
    let (_writer, reader) = map_of::<E>(100);
    let view = reader.read();
    let mut longest = "";
    for (_, text) in &view {
        if text.len() > longest.len() {
            longest = text;
        }
    }
    assert_eq!(longest.len(), 2);
    let mut sum = 0;
    for (key, _) in &reader.read() {
        sum += key;
    }
    assert_eq!(sum, 99 * 50);
    assert_eq!(format!("{:?}", map_of::<E>(1).1.read()), r#"{0: "0"}"#);
}

/// Values may be unequal to themselves, as a NaN is, so even a view may be unequal to itself.
#[test]
fn a_view_of_a_nan_is_not_equal_to_itself() {
    let (_writer, reader) = Builder::new().build_from([(1, f64::NAN)]);
    let view = reader.read();
    assert!(view != view);
    assert!(reader != reader);
}
