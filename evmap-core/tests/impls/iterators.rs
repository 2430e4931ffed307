//! The iterators of a view: their lengths, ends, clones and `Debug`.

use std::fmt::Debug;
use std::iter::FusedIterator;

use evmap_core::map::{Iter, Keys, Values};
use evmap_core::table::{Engine, RobinHood, Table};

use crate::map_of;

on_each! {
    a_views_iterators_know_their_length_and_end,
    a_tables_iterator_knows_its_length_and_end,
    they_show_what_is_left,
    the_keys_and_values_are_those_of_the_entries,
}

/// Sizes before, in and after a growth.
const SIZES: [u32; 6] = [0, 1, 7, 28, 900, 2000];

fn check<T: Copy + PartialEq + Debug>(
    len: u32,
    mut entries: impl ExactSizeIterator<Item = T> + FusedIterator + Clone,
) {
    let len = len as usize;
    let all: Vec<T> = entries.clone().collect();
    assert_eq!((all.len(), entries.clone().count()), (len, len));
    for (n, &entry) in all.iter().enumerate() {
        let left = len - n;
        assert_eq!(
            (entries.len(), entries.size_hint()),
            (left, (left, Some(left)))
        );
        if n % 100 == 0 {
            assert_eq!(entries.clone().fold(0, |sum, _| sum + 1), left);
            assert_eq!(entries.clone().count(), left);
            assert!(entries.clone().eq(all[n..].iter().copied()));
            for step in [0, 1, left / 2, left - 1, left, usize::MAX] {
                let mut skipped = entries.clone();
                let wanted = all[n..].get(step).copied();
                assert_eq!(skipped.nth(step), wanted);
                let rest = left.saturating_sub(step.saturating_add(1));
                assert_eq!((skipped.len(), skipped.count()), (rest, rest));
            }
        }
        assert_eq!(entries.next(), Some(entry));
    }
    for _ in 0..3 {
        assert_eq!(
            (entries.next(), entries.nth(1), entries.len()),
            (None, None, 0)
        );
    }
}

fn a_views_iterators_know_their_length_and_end<E: Engine>() {
    for len in SIZES {
        let (_writer, reader) = map_of::<E>(len);
        let view = reader.read();
        check(len, view.iter());
        check(len, view.keys());
        check(len, view.values());
        check(len, (&view).into_iter());
    }
}

fn a_tables_iterator_knows_its_length_and_end<E: Engine>() {
    let rehash = |key: &u64| key.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    for len in SIZES {
        let mut table = E::Table::<u64, u32>::with_capacity(0);
        for n in 0..len {
            let key = u64::from(n);
            assert!(table.insert(rehash(&key), key, n, rehash).is_none());
        }
        check(len, table.iter());
    }
}

fn they_show_what_is_left<E: Engine>() {
    let (_writer, reader) = map_of::<E>(1);
    let view = reader.read();
    let (mut entries, mut keys, mut values) = (view.iter(), view.keys(), view.values());
    assert_eq!(format!("{entries:?}"), r#"[(0, "0")]"#);
    assert_eq!(format!("{keys:?} {values:?}"), r#"[0] ["0"]"#);
    assert!(entries.next().is_some() && keys.next().is_some() && values.next().is_some());
    assert_eq!(format!("{entries:?} {keys:?} {values:?}"), "[] [] []");
}

fn the_keys_and_values_are_those_of_the_entries<E: Engine>() {
    let (_writer, reader) = map_of::<E>(100);
    let view = reader.read();
    let (keys, values): (Vec<&u32>, Vec<&String>) = view.iter().unzip();
    assert!(view.keys().eq(keys) && view.values().eq(values));
}

/// Entries that only some code shows may be neither `Debug` nor `Clone`.
#[test]
fn keys_and_values_are_shown_without_each_other() {
    #[derive(PartialEq, Eq, Hash, Clone)]
    struct Silent;
    let (_writer, reader) = evmap_core::Builder::new().build_from([(1, Silent)]);
    assert_eq!(format!("{:?}", reader.read().keys()), "[1]");
    let (_writer, reader) = evmap_core::Builder::new().build_from([(Silent, 1)]);
    assert_eq!(format!("{:?}", reader.read().values()), "[1]");
}

#[test]
fn default_iterators_are_empty() {
    assert_eq!(Iter::<'_, u32, u32>::default().next(), None);
    assert_eq!(Keys::<'_, u32, u32>::default().len(), 0);
    assert_eq!(Values::<'_, u32, u32, RobinHood>::default().count(), 0);
    type OfTable =
        <<evmap_core::table::Incremental as Engine>::Table<u8, u8> as Table<u8, u8>>::Iter<'static>;
    assert_eq!(OfTable::default().len(), 0);
}
