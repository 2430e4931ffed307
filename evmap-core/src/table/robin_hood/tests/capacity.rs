//! Capacity: its limit, when the table keeps it, and when it frees it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::super::*;

#[test]
fn one_entry_more_than_an_index_can_name_is_refused() {
    let mut table = RobinHoodTable::with_capacity(0);
    for key in 0..10u32 {
        table.insert_within(10, u64::from(key), key, 1);
    }
    assert_eq!(table.insert(3, 3, 2, |_| 0), Some((3, 1)));
    let panic = catch_unwind(AssertUnwindSafe(|| table.insert_within(10, 10, 10, 1))).unwrap_err();
    let message = panic.downcast_ref::<String>().unwrap();
    assert!(message.contains("no more than 10 entries"), "{message}");
    table.check();
    assert_eq!(table.len(), 10);
}

#[test]
fn a_load_of_more_entries_than_an_index_can_name_is_refused() {
    let entries = |count| (0..count).map(|key: u32| (u64::from(key), key, 1));
    let mut discarded = Vec::new();
    let mut table = RobinHoodTable::with_capacity(0);
    table.load_empty(40, entries(40), |key, _| discarded.push(key));
    assert_eq!((table.len(), discarded.len()), (40, 0));

    let mut table = RobinHoodTable::with_capacity(0);
    let load = AssertUnwindSafe(|| table.load_empty(40, entries(41), |key, _| discarded.push(key)));
    let panic = catch_unwind(load).unwrap_err();
    let message = panic.downcast_ref::<String>().unwrap();
    assert!(message.contains("no more than 40 entries"), "{message}");
    table.check();
    assert_eq!(table.len(), 0);
    assert!(discarded.into_iter().eq(0..40));
}

#[test]
fn reserving_too_much_is_ignored() {
    let mut table = RobinHoodTable::<(), ()>::with_capacity(0);
    table.insert(1, (), (), |()| 1);
    table.reserve(usize::MAX, |()| 1);
    table.reserve(usize::MAX / 2, |()| 1);
    table.check();
    assert_eq!(table.len(), 1);
}

#[test]
fn reserved_capacity_outlasts_a_load_a_clone_and_a_clear() {
    let rehash = |key: &u32| u64::from(*key);
    let entries = || (0..100).map(|key: u32| (u64::from(key), key, key));
    let mut table = RobinHoodTable::with_capacity(14_336);
    let before = (table.capacity(), table.entries.as_ptr());
    assert_eq!(before.0, 14_336);
    table.load(entries(), rehash, |_, _| {});
    assert_eq!((table.capacity(), table.entries.as_ptr()), before);
    let capacity = before.0;
    let mut clone = table.duplicate();
    assert!(clone.iter().eq(table.iter()));
    assert_eq!(clone.capacity(), capacity);
    clone.clear();
    assert_eq!((clone.len(), clone.capacity()), (0, capacity));

    // If none was reserved, a load allocates some spare slots, and as much capacity for entries.
    let mut table = RobinHoodTable::with_capacity(0);
    table.load(entries(), rehash, |_, _| {});
    assert_eq!(table.capacity(), 112);
}

#[test]
fn shrinking_frees_what_is_not_needed() {
    let rehash = |key: &u32| u64::from(*key) << 32;
    let mut table = RobinHoodTable::with_capacity(10_000);
    for key in 0..100u32 {
        table.insert(rehash(&key), key, key, rehash);
    }
    table.shrink_to_fit(rehash);
    table.check();
    let allocated = (table.entries.capacity(), table.words.allocated());
    assert_eq!(allocated, (100, 128 + 64 + 7));
    table.shrink_to_fit(rehash);
    assert_eq!(
        allocated,
        (table.entries.capacity(), table.words.allocated())
    );
    for key in 0..100 {
        assert_eq!(table.remove(rehash(&key), &key, rehash), Some((key, key)));
    }
    table.shrink_to_fit(rehash);
    assert_eq!((table.entries.capacity(), table.words.allocated()), (0, 0));
}

/// An overflow that was lengthened is freed although all home slots are needed.
#[test]
fn shrinking_frees_a_long_overflow() {
    let last = super::last_hash();
    let mut table = RobinHoodTable::with_capacity(2_000);
    for key in 0..300u32 {
        table.insert(last, key, (), |_| last);
    }
    let slots = table.words.allocated();
    for key in 0..290u32 {
        table.remove(last, &key, |_| last);
    }
    for key in 1_000..2_000u32 {
        table.insert(u64::from(key), key, (), |key| u64::from(*key));
    }
    let rehash = |key: &u32| if *key < 1_000 { last } else { u64::from(*key) };
    table.shrink_to_fit(rehash);
    table.check();
    assert_eq!(
        (slots, table.words.allocated()),
        (4_096 + 526 + 7, 2_048 + 64 + 7)
    );
}
