//! Calls that a migration needs, on every engine. `model` compares the writes with std's map.

use std::cell::Cell;
use std::collections::HashMap;
use std::hash::RandomState;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use evmap_core::table::SharedEngine;
use evmap_core::{DefaultHashBuilder, SharedMap, TryReserveError, WriteHandle, multimap};

use crate::each_engine;

type Shared<K, V, E> = SharedMap<K, V, DefaultHashBuilder, E>;

fn shared<E: SharedEngine<u32, u32>>(len: u32) -> Shared<u32, u32, E> {
    let builder = SharedMap::<u32, u32>::builder().engine::<E>();
    builder.build_from((0..len).map(|n| (n, n)))
}

/// `Arc<str>`, `Box<str>` and `&'static str` cannot be made of a `&str`; the log keeps the map's own key.
fn a_plain_writer_removes_by_any_borrowed_form<E: SharedEngine<Arc<str>, u32>>() {
    let (mut writer, reader) = each_engine::map::<Arc<str>, u32, E>();
    for name in ["published", "pending", "both", "kept"] {
        writer.insert(name.into(), 1);
        if name == "published" {
            writer.refresh();
        }
    }
    writer.remove("published");
    writer.remove("pending");
    writer.insert("both".into(), 2);
    writer.remove("both");
    writer.insert("again".into(), 1);
    writer.remove("again");
    writer.insert("again".into(), 2);
    writer.refresh();
    assert_eq!((reader.len(), reader.get_cloned("again")), (2, Some(2)));
    assert!(reader.contains_key("kept"));
    assert_eq!(writer.verify_copies(), Ok(()));
}

fn removing_what_is_nowhere_logs_nothing<E: SharedEngine<String, u32>>() {
    let (mut writer, reader) = each_engine::map::<String, u32, E>();
    writer.remove("absent");
    assert!(!writer.has_pending());
    // Both forms of an insertion of many are found, and the index keeps up with them.
    writer.extend((0..100).map(|n| (n.to_string(), n)));
    writer.remove("99");
    writer.extend((100..110).map(|n| (n.to_string(), n)));
    writer.remove("109");
    let pending = writer.stats().pending;
    writer.remove("absent");
    assert_eq!(writer.stats().pending, pending);
    writer.refresh();
    assert_eq!(reader.len(), 108);
}

/// The place of a key among the operations of one refresh says nothing about those of the next.
fn a_pending_key_is_found_where_it_is_now<E: SharedEngine<String, u32>>() {
    let (mut writer, reader) = each_engine::map::<String, u32, E>();
    writer.insert("a".into(), 0);
    writer.insert("b".into(), 0);
    writer.remove("b");
    writer.refresh();
    for way in 0..3 {
        let last = format!("last{way}");
        for name in ["c", "d", &last] {
            writer.insert(name.into(), 0);
        }
        writer.remove(&last[..]);
        match way {
            0 => _ = writer.refresh(),
            1 => _ = writer.try_refresh().unwrap(),
            _ => _ = writer.refresh_timeout(Duration::from_secs(60)).unwrap(),
        }
        // As many operations are pending as before, and the key is elsewhere.
        for name in [&last[..], "e", "f", "g"] {
            writer.insert(name.into(), 0);
        }
        writer.remove(&last[..]);
        writer.refresh();
        assert!(!reader.contains_key(&last[..]));
    }
    assert_eq!(reader.len(), 6);
}

#[derive(Clone)]
#[expect(dead_code, reason = "the fields are cloned and dropped")]
struct Counted(Fuse, Arc<()>);

/// Panics when it is cloned for the `n`-th time.
struct Fuse(Arc<AtomicU32>);

impl Clone for Fuse {
    fn clone(&self) -> Self {
        let left = self.0.fetch_sub(1, Ordering::Relaxed);
        assert!(left != 0, "planted");
        Fuse(Arc::clone(&self.0))
    }
}

fn a_deep_clone_that_panics_leaves_nothing_behind<E: SharedEngine<u32, Counted>>() {
    let (left, alive) = (Arc::new(AtomicU32::new(u32::MAX)), Arc::new(()));
    let builder = SharedMap::<u32, Counted>::builder().engine::<E>();
    let values = (0..10).map(|n| (n, Counted(Fuse(Arc::clone(&left)), Arc::clone(&alive))));
    let map = builder.build_from(values);
    let before = Arc::strong_count(&alive);
    // In the first copy, and in the second.
    for after in [5, 15] {
        left.store(after, Ordering::Relaxed);
        let copy = catch_unwind(AssertUnwindSafe(|| map.deep_clone()));
        assert!(copy.is_err());
        assert_eq!(Arc::strong_count(&alive), before);
    }
    left.store(u32::MAX, Ordering::Relaxed);
    assert_eq!(map.deep_clone().len(), 10);
}

fn a_view_of_the_writers_own_state_needs_no_mut<E: SharedEngine<u32, u32>>() {
    let (mut writer, reader) = each_engine::map::<u32, u32, E>();
    assert!(writer.view().is_some_and(|own| own.is_empty()));
    writer.insert(1, 10);
    assert!(writer.view().is_none(), "it is not applied yet");
    let own = writer.catch_up();
    assert_eq!((own[&1], own.len()), (10, 1));
    let (first, second) = (writer.view().unwrap(), writer.view().unwrap());
    assert_eq!(first, second);
    assert!(reader.is_empty());
    writer.insert_if_absent(2, 20).unwrap();
    assert_eq!(writer.view().unwrap().len(), 2, "a compute call applies");
    writer.refresh();
    assert!(writer.view().is_none(), "the other copy lacks both");
    let view = reader.read();
    assert!(writer.try_catch_up().unwrap() == view);
    assert_eq!(writer.view().unwrap()[&2], 20);
}

fn capacity_is_reserved_or_refused<E: SharedEngine<u32, u32>>() {
    let (mut writer, reader) = each_engine::map::<u32, u32, E>();
    assert_eq!(writer.try_reserve(1000), Ok(()));
    assert!(writer.catch_up().capacity() >= 1000);
    let refused: TryReserveError = writer.try_reserve(usize::MAX).unwrap_err();
    assert_eq!(refused.additional, usize::MAX);
    assert_eq!(writer.stats().pending, 1, "a refusal logs nothing");
    for _ in 0..2 {
        writer.refresh();
        assert!(reader.capacity() >= 1000);
        writer.reserve(0);
    }
    let map = shared::<E>(3);
    let before = map.version();
    assert!(map.try_reserve(usize::MAX).is_err());
    assert_eq!(map.version(), before);
    assert_eq!(map.try_reserve(1000), Ok(()));
    assert!(map.capacity() >= 1000);
    let (refused, _) = map.write(|w| w.try_reserve(usize::MAX).is_err());
    assert!(refused && map.len() == 3);
}

fn a_deep_clone_is_another_map_with_the_same_settings<E: SharedEngine<u32, u32>>() {
    let builder = SharedMap::<u32, u32>::builder()
        .engine::<E>()
        .refresh_every(Duration::MAX);
    let map = builder.build_from((0..1000).map(|n| (n, n)));
    let copy = map.deep_clone();
    assert!(copy == map);
    assert_eq!(copy.version().as_u64(), 0);
    copy.insert(0, 7);
    assert!(copy == map, "deferred, as in the map that was cloned");
    copy.flush();
    assert!(copy != map);
    assert_eq!(map.get_cloned(&0), Some(0));
    for n in 0..1000 {
        copy.remove(&n);
        map.insert(n, n + 1);
    }
    copy.flush();
    assert!(copy.is_empty() && map.len() == 1000);
}

fn closures_need_not_be_send<E: SharedEngine<u32, u32>>() {
    let map = shared::<E>(3);
    let calls = Rc::new(Cell::new(0));
    let count = || calls.set(calls.get() + 1);
    map.update(&1, |n| {
        count();
        n + 1
    });
    map.merge(1, 1, |n, m| {
        count();
        Some(n + m)
    });
    map.retain(|key, _| {
        count();
        *key == 1
    });
    map.write(|w| {
        count();
        w.compute_if_absent(2, || {
            count();
            Some(2)
        })
    });
    map.try_write(|_| count()).unwrap();
    map.write_timeout(Duration::from_secs(60), |_| count())
        .unwrap();
    assert_eq!(
        (calls.get(), map.len(), map.get_cloned(&1)),
        (9, 2, Some(3))
    );
}

fn maps_are_made_from_what_std_has<E: SharedEngine<u32, u32>>() {
    let std: HashMap<u32, u32, RandomState> = (0..50).map(|n| (n, n * n)).collect();
    let mut map = SharedMap::<u32, u32>::builder().engine::<E>().build();
    Extend::extend(&mut map, &std);
    Extend::extend(&mut map, [(50, 2500)]);
    assert_eq!((map.len(), map.get_cloned(&7)), (51, Some(49)));
    map.remove(&50);
    assert!(map.read() == std);

    let (mut writer, reader) = each_engine::map::<u32, u32, E>();
    writer.extend(&std);
    writer.refresh();
    assert!(reader.read() == std);
}

on_each! {
    a_plain_writer_removes_by_any_borrowed_form,
    removing_what_is_nowhere_logs_nothing,
    a_pending_key_is_found_where_it_is_now,
    a_deep_clone_that_panics_leaves_nothing_behind,
    a_view_of_the_writers_own_state_needs_no_mut,
    capacity_is_reserved_or_refused,
    a_deep_clone_is_another_map_with_the_same_settings,
    closures_need_not_be_send,
    maps_are_made_from_what_std_has,
}

#[test]
fn handles_with_the_usual_settings_are_made_from_arrays_and_maps() {
    let std = HashMap::from([(1, 1), (2, 4)]);
    assert!(SharedMap::from([(1, 1), (2, 3), (2, 4)]).read() == std);
    assert!(SharedMap::from(std.clone()).read() == std);
    assert!(std.iter().collect::<SharedMap<_, _>>().read() == std);
    assert!(WriteHandle::from([(1, 1), (2, 4)]).read_handle().read() == std);
    assert!(WriteHandle::from(std.clone()).read_handle().read() == std);
    assert!(
        std.iter()
            .collect::<WriteHandle<_, _>>()
            .read_handle()
            .read()
            == std
    );
    let with_capacity = SharedMap::<u32, u32>::with_capacity(500);
    let with_both = SharedMap::<u32, u32, _>::with_capacity_and_hasher(500, RandomState::new());
    assert!(with_capacity.capacity() >= 500 && with_both.capacity() >= 500);
    assert!(SharedMap::<u32, u32, _>::with_hasher(RandomState::new()).is_empty());
}

#[test]
fn a_multimap_is_made_from_an_array_and_from_references() {
    let writer = multimap::WriteHandle::from([("a", 1), ("b", 2), ("a", 3)]);
    let reader = writer.read_handle();
    assert_eq!(reader.get("a").unwrap().as_slice(), [1, 3]);
    let mut copy: multimap::WriteHandle<_, _> = reader
        .read()
        .iter()
        .flat_map(|(key, bag)| bag.iter().map(move |value| (key, value)))
        .collect();
    assert!(copy.read_handle() == reader);
    copy.extend([(&"b", &7)]);
    copy.refresh();
    assert_eq!(copy.read_handle().get("b").unwrap().as_slice(), [2, 7]);
}

/// evmap's `clear` keeps the key. Here a key has a bag only while it has a value.
#[test]
fn a_bag_that_becomes_empty_is_no_longer_there() {
    let mut writer = multimap::WriteHandle::from([(1, 1), (2, 2), (3, 3), (4, 4), (5, 5)]);
    let reader = writer.read_handle();
    writer.remove_value(&1, 1);
    writer.clear_values(&2);
    writer.retain(&3, |_| false);
    writer.remove_entry(&4);
    writer.remove_value(&5, 9);
    writer.refresh();
    assert_eq!((reader.len(), reader.contains_value(&5, &5)), (1, true));
}
