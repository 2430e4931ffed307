//! What the readers have besides lookups: equality, iteration over clones, the capacity.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use evmap_core::SharedMap;
use evmap_core::table::{Engine, SharedEngine};

use crate::{each_engine, map_of};

on_each! {
    readers_are_equal_if_the_published_entries_are,
    shared_maps_are_equal_if_the_visible_entries_are,
    a_reader_equals_itself_while_it_is_written,
    a_loop_over_a_reader_takes_clones_of_one_version,
    a_clone_that_panics_ends_the_read,
    each_reader_tells_the_capacity,
}

fn readers_are_equal_if_the_published_entries_are<E: Engine>() {
    let ((mut writer, reader), (_other_writer, other)) = (map_of::<E>(50), map_of::<E>(50));
    assert!(reader == other && reader == reader.clone());
    assert!(reader.shared_reader() == other.shared_reader());
    writer.insert(50, String::new());
    assert!(reader == other, "not published yet");
    writer.refresh();
    assert!(reader != other);
    assert!(reader.shared_reader() != other.shared_reader());
    writer.refresh();
    writer.try_refresh().expect("both reads have ended");
}

fn shared_maps_are_equal_if_the_visible_entries_are<E: SharedEngine<u32, u32>>() {
    let entries = || (0..50).map(|n| (n, n));
    let one = SharedMap::builder().engine::<E>().build_from(entries());
    let other = SharedMap::builder().engine::<E>().build();
    assert!(one == one.clone() && one != other);
    other.extend(entries());
    assert!(one == other);
    other.insert(49, 0);
    assert!(one != other);
}

fn a_reader_equals_itself_while_it_is_written<E: SharedEngine<u32, u32>>() {
    let map = SharedMap::<u32, u32>::builder().engine::<E>().build();
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            for n in 0..500 {
                map.write(|w| {
                    w.clear();
                    w.extend((0..8).map(|key| (key, n)));
                });
            }
            is_over.store(true, Ordering::Relaxed);
        });
        let (handle, shared) = (map.read_handle(), map.shared_reader());
        loop {
            #[expect(clippy::eq_op, reason = "this is what is tested")]
            let are_equal = handle == handle && shared == shared && map == map;
            assert!(are_equal);
            if is_over.load(Ordering::Relaxed) {
                break;
            }
        }
    });
}

fn a_loop_over_a_reader_takes_clones_of_one_version<E: SharedEngine<u32, String>>() {
    let (mut writer, reader) = map_of::<E>(50);
    let (shared, mut seen) = (reader.shared_reader(), BTreeMap::new());
    for (key, text) in &reader {
        writer.remove(&key);
        writer.try_refresh().expect("the loop holds no view");
        seen.insert(key, text);
    }
    assert!(seen.into_iter().eq((0..50).map(|n| (n, n.to_string()))));
    assert_eq!((&reader).into_iter().len(), 0);
    assert_eq!((&shared).into_iter().next(), None);
    writer.insert(1, "one".to_string());
    writer.refresh();
    assert_eq!((&shared).into_iter().next(), Some((1, "one".to_string())));
    let map = SharedMap::builder()
        .engine::<E>()
        .build_from([(1, "one".to_string())]);
    for (key, text) in &map {
        map.insert(key + 1, text);
    }
    assert_eq!(map.len(), 2);
}

fn a_clone_that_panics_ends_the_read<E: Engine>() {
    struct Bomb(AtomicBool);
    impl Clone for Bomb {
        fn clone(&self) -> Self {
            assert!(!self.0.load(Ordering::Relaxed), "planted");
            Bomb(AtomicBool::new(false))
        }
    }
    let (mut writer, reader) = each_engine::map::<u32, Bomb, E>();
    writer.insert(1, Bomb(AtomicBool::new(false)));
    writer.refresh();
    reader.get(&1).unwrap().0.store(true, Ordering::Relaxed);
    assert!(catch_unwind(AssertUnwindSafe(|| (&reader).into_iter())).is_err());
    writer.insert(1, Bomb(AtomicBool::new(false)));
    writer.refresh();
    writer.try_refresh().expect("the read has ended");
    assert_eq!((&reader).into_iter().len(), 1);
}

fn each_reader_tells_the_capacity<E: SharedEngine<u32, u32>>() {
    let (_writer, reader) = evmap_core::Builder::new()
        .capacity(1000)
        .engine::<E>()
        .build::<u32, u32>();
    let map = SharedMap::<u32, u32>::builder()
        .capacity(1000)
        .engine::<E>()
        .build();
    for capacity in [
        reader.capacity(),
        reader.shared_reader().capacity(),
        map.capacity(),
    ] {
        assert!((1000..2000).contains(&capacity), "{capacity}");
    }
    assert_eq!(reader.capacity(), reader.read().capacity());
}
