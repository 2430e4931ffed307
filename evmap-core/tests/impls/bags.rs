//! The bag of values of one key, and lookups of a value in it.

use std::borrow::Borrow;
use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU32, Ordering};

use evmap_core::multimap::{self, Values};
use evmap_core::table::Engine;

on_each! {
    a_value_is_found_in_its_keys_bag,
    a_bag_is_a_slice,
}

fn a_value_is_found_in_its_keys_bag<E: Engine>() {
    let (mut writer, reader) = multimap::Builder::new()
        .engine::<E>()
        .build::<String, u32>();
    for n in 0..300 {
        writer.insert((n / 3).to_string(), n);
    }
    let own = writer.catch_up();
    assert_eq!(own.get_one("7"), Some(&21));
    assert!(own.contains_value("7", &23) && !own.contains_value("7", &24));
    assert!(!reader.contains_value("7", &23), "not published yet");
    writer.refresh();
    let (shared, view) = (reader.shared_reader(), reader.read());
    assert_eq!((view.get_one("7"), view.get_one("100")), (Some(&21), None));
    for n in 0..301 {
        for key in [n / 3, n / 3 + 1] {
            let (is_there, key) = (key == n / 3 && n < 300, key.to_string());
            assert_eq!(reader.contains_value(&key, &n), is_there);
            assert_eq!(shared.contains_value(&key, &n), is_there);
            assert_eq!(view.contains_value(&key, &n), is_there);
        }
    }
    drop(view);
    writer.refresh();
    writer.try_refresh().expect("no lookup is still reading");
}

fn a_bag_is_a_slice<E: Engine>() {
    let (_writer, reader) =
        multimap::Builder::new()
            .engine::<E>()
            .build_from([(1, 30), (1, 10), (1, 20)]);
    let bag = reader.get(&1).unwrap();
    assert_eq!((bag[0], bag.last(), bag.get(3)), (30, Some(&20), None));
    assert_eq!(bag.to_vec(), [30, 10, 20]);
    assert_eq!(*bag, [30, 10, 20]);
    assert_eq!(*bag, [30, 10, 20][..]);
    assert_eq!(*bag, &[30, 10, 20]);
    assert_eq!(*bag, &[30, 10, 20][..]);
    assert_eq!(*bag, vec![30, 10, 20]);
    assert_ne!(*bag, [30, 20, 10]);
    assert_ne!(*bag, vec![30, 10]);
    let sum = |slice: &[i32]| slice.iter().sum::<i32>();
    assert_eq!((sum(&bag), sum((*bag).as_ref())), (60, 60));
}

fn bag<V>(values: impl IntoIterator<Item = V>) -> Values<V> {
    values.into_iter().collect()
}

#[test]
fn a_bag_borrows_as_a_slice_that_hashes_alike() {
    let hasher = RandomState::new();
    let words = bag(["a", "b"].map(String::from));
    let slice: &[String] = words.borrow();
    assert_eq!(hasher.hash_one(&words), hasher.hash_one(slice));
    assert_eq!(
        words,
        ["a", "b"],
        "compares with what its values compare with"
    );
    let set = HashSet::from([words.clone()]);
    assert!(set.contains(slice) && !set.contains(&slice[1..]));
}

#[test]
fn a_bag_is_iterated_by_value_from_both_ends() {
    for len in 0..4 {
        let mut values = bag((0..len).map(|n| n.to_string())).into_iter();
        assert_eq!(values.len(), len as usize);
        assert_eq!(values.next_back(), (len > 0).then(|| (len - 1).to_string()));
        let clone = values.clone();
        assert!(clone.eq((0..(len - 1).max(0)).map(|n| n.to_string())));
    }
    let mut values = bag([1, 2, 3]).into_iter();
    assert_eq!(
        (values.next(), format!("{values:?}")),
        (Some(1), "[2, 3]".to_string())
    );
    assert_eq!(values.as_slice(), [2, 3]);
}

/// Each value is dropped once, though several drops panic and the iteration ends early.
#[test]
fn values_that_are_left_are_dropped() {
    struct Loud<'a>(u32, &'a AtomicU32);
    impl Drop for Loud<'_> {
        fn drop(&mut self) {
            self.1.fetch_add(1, Ordering::Relaxed);
            assert!(!self.0.is_multiple_of(2), "planted in {}", self.0);
        }
    }
    let drops = AtomicU32::new(0);
    let mut values = bag((0..9).map(|n| Loud(n, &drops))).into_iter();
    std::mem::forget(values.next());
    drop(values.next());
    let panic = catch_unwind(AssertUnwindSafe(|| drop(values))).unwrap_err();
    assert_eq!(panic.downcast_ref(), Some(&"planted in 2".to_string()));
    assert_eq!(drops.load(Ordering::Relaxed), 8);
}
