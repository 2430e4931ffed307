//! The writer's view of its own state.

use std::collections::HashMap;

use evmap_core::table::Engine;
use evmap_core::{Builder, OwnView, multimap};

use crate::{each_engine, map_of};

on_each! {
    it_shows_changes_that_are_not_published,
    what_it_lends_outlives_it,
    it_is_equal_to_views_of_the_same_entries,
    it_blocks_no_refresh,
    a_multimap_has_one,
}

fn it_shows_changes_that_are_not_published<E: Engine>() {
    let (mut writer, reader) = Builder::new().meta("old").engine::<E>().build();
    writer.extend((0..100).map(|n| (n.to_string(), n)));
    writer.set_meta("new");
    writer.remove("99");
    let own = writer.catch_up();
    assert_eq!((own.len(), own.is_empty(), *own.meta()), (99, false, "new"));
    assert!(own.capacity() >= 99);
    assert_eq!((own["7"], own.get("7"), own.get("99")), (7, Some(&7), None));
    assert_eq!(own.get_key_value("7"), Some((&"7".to_string(), &7)));
    assert!(own.contains_key("98") && !own.contains_key("99"));
    assert_eq!(own.iter().len(), 99);
    assert_eq!(own.keys().filter(|key| key.len() == 1).count(), 10);
    assert_eq!(own.values().sum::<i32>(), 98 * 99 / 2);
    assert!(reader.is_empty() && *reader.read().meta() == "old");
    writer.clear();
    let own = writer.catch_up();
    assert!(own.is_empty() && own.iter().next().is_none());
    assert_eq!(format!("{own:?}"), "{}");
    writer.insert("one".to_string(), 1);
    assert_eq!(format!("{:?}", writer.catch_up()), r#"{"one": 1}"#);
}

fn what_it_lends_outlives_it<E: Engine>() {
    let (mut writer, _reader) = map_of::<E>(10);
    let (value, key, entry, mut entries, meta) = {
        let own = writer.catch_up();
        let copy = own;
        (
            copy.get(&1),
            own.keys().next(),
            own.get_key_value(&2),
            own.iter(),
            own.meta(),
        )
    };
    assert_eq!((value.unwrap().as_str(), entry.unwrap().0), ("1", &2));
    assert!(key.is_some() && entries.next().is_some());
    let () = meta;
    drop(entries);
    let mut lent = Vec::new();
    for (key, _) in writer.catch_up() {
        lent.push(*key);
    }
    let own = writer.catch_up();
    for (key, _) in &own {
        lent.push(*key);
    }
    lent.sort_unstable();
    assert!(lent.chunk_by(|a, b| a == b).all(|twice| twice.len() == 2));
}

fn it_is_equal_to_views_of_the_same_entries<E: Engine>() {
    let (mut writer, reader) = map_of::<E>(50);
    let (mut other, other_reader) = map_of::<evmap_core::table::Swiss>(50);
    let std: HashMap<_, _> = (0..50).map(|n| (n, n.to_string())).collect();
    let own = writer.catch_up();
    let copy = own;
    assert!(own == copy && own == other.catch_up() && other.catch_up() == own);
    assert!(own == other_reader.read() && other_reader.read() == own && own == std);
    writer.insert(0, "1".to_string());
    let own = writer.catch_up();
    assert!(own != other.catch_up() && other.catch_up() != own && own != std);
    assert!(own != reader.read() && reader.read() != own);
    let same: fn(OwnView<'_, u32, String, _, _, E>) -> bool = |own| own.eq(&own);
    assert!(same(own));
}

fn it_blocks_no_refresh<E: Engine>() {
    let (mut writer, reader) = each_engine::map::<u32, u32, E>();
    for n in 0..10 {
        writer.insert(n, n);
        assert_eq!(writer.catch_up()[&n], n);
        writer.try_refresh().unwrap();
        assert!(writer.catch_up() == reader.read());
    }
}

fn a_multimap_has_one<E: Engine>() {
    let (mut writer, _reader) = multimap::Builder::new().engine::<E>().build::<&str, u32>();
    writer.insert("a", 1);
    writer.insert("a", 2);
    let own: multimap::OwnView<'_, &str, u32, _, (), E> = writer.catch_up();
    assert_eq!(own["a"].as_slice(), [1, 2]);
}
