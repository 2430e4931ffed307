//! The multimap: what each call does to a bag.

use evmap_core::multimap::{self, ReadHandle, Values, WriteHandle};

fn fruit() -> (
    WriteHandle<&'static str, u32>,
    ReadHandle<&'static str, u32>,
) {
    let (mut writer, reader) = multimap::new();
    writer.extend([("apple", 1), ("pear", 7), ("apple", 2), ("apple", 1)]);
    writer.refresh();
    (writer, reader)
}

fn bag(reader: &ReadHandle<&'static str, u32>, key: &str) -> Vec<u32> {
    reader
        .get(key)
        .map_or_else(Vec::new, |bag| bag.as_slice().to_vec())
}

#[test]
fn insert_adds_to_the_bag_and_len_counts_keys() {
    let (_writer, reader) = fruit();
    assert_eq!(bag(&reader, "apple"), [1, 2, 1]);
    assert_eq!(reader.len(), 2);
    let apples = reader.get("apple").unwrap();
    assert_eq!(apples.len(), 3);
    assert!(!apples.is_empty() && apples.contains(&2) && !apples.contains(&7));
    assert_eq!(apples.iter().sum::<u32>(), 4);
    assert_eq!((&*apples).into_iter().count(), 3);
    assert_eq!(format!("{apples:?}"), "[1, 2, 1]");
    assert_eq!(*reader.get_one("apple").unwrap(), 1);
    assert!(reader.get_one("plum").is_none());
    assert_eq!(reader.read().get_one("pear"), Some(&7));
    assert_eq!(reader.shared_reader().get_one("pear").as_deref(), Some(&7));
    assert_eq!(
        reader.get_cloned("pear"),
        Some([7].into_iter().collect::<Values<_>>())
    );
}

#[test]
fn update_leaves_one_value() {
    let (mut writer, reader) = fruit();
    writer.update("apple", 9);
    writer.update("plum", 3);
    writer.refresh();
    assert_eq!(bag(&reader, "apple"), [9]);
    assert_eq!(bag(&reader, "plum"), [3]);
    assert_eq!(writer.verify_copies(), Ok(()));
}

#[test]
fn remove_value_removes_one_occurrence_and_an_empty_bag_is_absent() {
    let (mut writer, reader) = fruit();
    writer.remove_value("apple", 1);
    writer.remove_value("pear", 7);
    writer.remove_value("pear", 7);
    writer.remove_value("plum", 7);
    writer.remove_value("apple", 99);
    writer.refresh();
    assert_eq!(bag(&reader, "apple"), [2, 1]);
    assert!(reader.get("pear").is_none());
    assert!(!reader.contains_key("pear"));
    assert_eq!(reader.len(), 1);
    assert_eq!(writer.verify_copies(), Ok(()));
}

#[test]
fn remove_entry_removes_the_bag() {
    let (mut writer, reader) = fruit();
    writer.remove_entry("apple");
    writer.remove_entry("plum");
    writer.refresh();
    assert!(reader.get("apple").is_none());
    assert_eq!(reader.len(), 1);
}

#[test]
fn retain_calls_its_closure_once_and_an_empty_bag_is_absent() {
    let (mut writer, reader) = fruit();
    let mut asked = Vec::new();
    writer.insert("apple", 5);
    writer.retain("apple", |&value| {
        asked.push(value);
        value == 1
    });
    writer.retain("pear", |_| false);
    writer.retain("plum", |_| true);
    assert_eq!(asked, [1, 2, 1, 5]);
    writer.refresh();
    assert_eq!(bag(&reader, "apple"), [1, 1]);
    assert!(reader.get("pear").is_none());
    assert_eq!(writer.verify_copies(), Ok(()));
}

#[test]
fn clear_and_purge_remove_everything() {
    let (mut writer, reader) = fruit();
    writer.clear();
    writer.insert("apple", 4);
    writer.refresh();
    assert_eq!(reader.len(), 1);
    writer.purge();
    writer.refresh();
    assert!(reader.is_empty());
    writer.insert("apple", 4);
    writer.refresh();
    assert_eq!(bag(&reader, "apple"), [4]);
    assert_eq!(writer.verify_copies(), Ok(()));
}

#[test]
fn purge_frees_the_capacity_that_clear_keeps() {
    let (mut writer, reader) = multimap::Builder::new()
        .capacity(1000)
        .build::<&'static str, u32>();
    writer.insert("apple", 1);
    writer.clear();
    for _ in 0..2 {
        writer.refresh();
        assert!(reader.is_empty() && reader.read().capacity() >= 1000);
        writer.set_meta(());
    }
    writer.purge();
    for _ in 0..2 {
        writer.refresh();
        assert!(reader.is_empty() && reader.read().capacity() == 0);
        writer.set_meta(());
    }
}

#[test]
fn reserving_in_a_bag_changes_nothing_else() {
    let (mut writer, reader) = fruit();
    let capacities = |writer: &mut WriteHandle<&'static str, u32>| {
        // Each refresh shows the other copy.
        [0, 1].map(|_| {
            writer.set_meta(());
            writer.refresh();
            reader.get("apple").unwrap().capacity()
        })
    };
    writer.reserve("apple", 100);
    writer.reserve("plum", 100);
    assert!(
        capacities(&mut writer)
            .iter()
            .all(|&capacity| capacity >= 103)
    );
    writer.fit("apple");
    writer.fit("plum");
    assert_eq!(capacities(&mut writer), [3, 3]);
    writer.reserve("apple", usize::MAX);
    assert_eq!(capacities(&mut writer), [3, 3], "memory does not suffice");
    assert_eq!(bag(&reader, "apple"), [1, 2, 1]);
    assert!(
        reader.get("plum").is_none(),
        "reserving does not create a bag"
    );
    assert_eq!(writer.verify_copies(), Ok(()));
}

#[test]
fn the_writer_reads_its_own_unrefreshed_bags() {
    let (mut writer, reader) = fruit();
    writer.insert("plum", 1);
    writer.insert("plum", 2);
    assert_eq!(writer.get("plum").unwrap().as_slice(), [1, 2]);
    assert_eq!(writer.len(), 3);
    assert_eq!(reader.len(), 2);
    let view = reader.read();
    assert!(view.get("plum").is_none());
}

#[test]
fn update_with_replaces_the_bag_and_an_empty_one_is_absent() {
    let (mut writer, reader) = multimap::new();
    let mut calls = 0;
    writer.update_with("a", |values: &[i32]| {
        calls += 1;
        assert!(values.is_empty());
        [1, 2]
    });
    writer.update_with("a", |values| {
        calls += 1;
        values.iter().rev().copied().collect::<Vec<_>>()
    });
    writer.update_with("b", |_| []);
    assert!(reader.is_empty(), "not published yet");
    writer.refresh();
    assert_eq!(reader.get("a").unwrap().as_slice(), [2, 1]);
    assert_eq!(reader.len(), 1);
    writer.update_with("a", |_| None);
    writer.refresh();
    assert!(reader.is_empty());
    assert_eq!(calls, 2, "once for each, though there are two copies");
    writer.verify_copies().unwrap();
}

#[test]
fn a_multimap_is_collected_from_its_values() {
    let writer: WriteHandle<_, _> = [("a", 1), ("b", 2), ("a", 3)].into_iter().collect();
    let reader = writer.read_handle();
    assert_eq!(reader.get("a").unwrap().as_slice(), [1, 3]);
    assert_eq!((reader.len(), writer.has_pending()), (2, false));
}
