//! Serialisation of one state, and deserialisation into a new map.

use evmap_core::{SharedMap, WriteHandle, multimap};
use serde_json::{Value, from_str, from_value, json, to_value};

fn two() -> Value {
    json!({ "a": 1, "b": 2 })
}

#[test]
fn every_reader_serialises_what_it_sees() {
    let (mut writer, reader) = evmap_core::new();
    writer.extend([("a", 1), ("b", 2)]);
    writer.refresh();
    assert_eq!(to_value(writer.catch_up()).unwrap(), two());
    let view = reader.read();
    writer.insert("c", 3);
    writer.refresh();
    assert_eq!(to_value(&view).unwrap(), two());
    assert_eq!(to_value(&reader).unwrap(), two(), "one snapshot");
    drop(view);
    let three = json!({ "a": 1, "b": 2, "c": 3 });
    assert_eq!(to_value(&reader).unwrap(), three);
    let snapshot = reader.clone().into_snapshot();
    writer.clear();
    writer.refresh();
    assert_eq!(to_value(&snapshot).unwrap(), three);
    assert_eq!(to_value(&reader).unwrap(), json!({}));
    writer.extend([("a", 1), ("b", 2), ("c", 3)]);
    drop(snapshot);
    writer.refresh();
    assert_eq!(to_value(reader.shared_reader()).unwrap(), three);
    let map: SharedMap<_, _> = [("a", 1), ("b", 2)].into_iter().collect();
    assert_eq!(to_value(&map).unwrap(), two());
}

#[test]
fn a_counted_map_serialises_as_any_other() {
    let map = SharedMap::builder()
        .count_lookups()
        .build_from([("a", 1), ("b", 2)]);
    assert_eq!(to_value(&map).unwrap(), two());
    assert_eq!(to_value(map.read_handle()).unwrap(), two());
    assert_eq!((map.stats().hits, map.stats().misses), (0, 0));
}

#[test]
fn a_deserialised_map_has_its_entries_published() {
    let writer: WriteHandle<String, u32> = from_value(two()).unwrap();
    assert_eq!(to_value(writer.read_handle()).unwrap(), two());
    assert!(!writer.has_pending());
    let map: SharedMap<String, u32> = from_value(two()).unwrap();
    assert_eq!(to_value(&map).unwrap(), two());
    let twice: SharedMap<String, u32> = from_str(r#"{"a": 1, "a": 2}"#).unwrap();
    assert_eq!(twice.get_cloned("a"), Some(2));
}

#[test]
fn a_multimap_is_a_map_of_lists() {
    let lists = json!({ "a": [1, 2, 1], "b": [3] });
    let writer: multimap::WriteHandle<String, u32> = from_value(lists.clone()).unwrap();
    assert_eq!(to_value(writer.read_handle()).unwrap(), lists);
}

#[test]
fn input_that_is_not_a_map_is_refused() {
    for text in ["[]", "1", r#"{"a": "x"}"#, r#"{"a": 1"#] {
        assert!(from_str::<SharedMap<String, u32>>(text).is_err(), "{text}");
        assert!(
            from_str::<WriteHandle<String, u32>>(text).is_err(),
            "{text}"
        );
    }
}
