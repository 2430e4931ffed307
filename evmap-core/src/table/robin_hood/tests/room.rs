//! Room: how much there may be, when it is kept, and when it is given back.

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
fn room_is_a_hint_that_may_be_too_much() {
    let mut table = RobinHoodTable::<(), ()>::with_capacity(0);
    table.insert(1, (), (), |()| 1);
    table.reserve(usize::MAX, |()| 1);
    table.reserve(usize::MAX / 2, |()| 1);
    table.check();
    assert_eq!(table.len(), 1);
}

#[test]
fn room_that_was_made_outlasts_a_load_a_clone_and_a_clear() {
    let rehash = |key: &u32| u64::from(*key);
    let entries = || (0..100).map(|key: u32| (u64::from(key), key, key));
    let mut table = RobinHoodTable::with_capacity(14_336);
    let room = (table.capacity(), table.entries.as_ptr());
    assert_eq!(room.0, 14_336);
    table.load(entries(), rehash, |_, _| {});
    assert_eq!((table.capacity(), table.entries.as_ptr()), room);
    let room = room.0;
    let mut clone = table.duplicate();
    assert!(clone.iter().eq(table.iter()));
    assert_eq!(clone.capacity(), room);
    clone.clear();
    assert_eq!((clone.len(), clone.capacity()), (0, room));

    // Where none was made, the slots of a load have some to spare, and entries have as much.
    let mut table = RobinHoodTable::with_capacity(0);
    table.load(entries(), rehash, |_, _| {});
    assert_eq!(table.capacity(), 112);
}

#[test]
fn shrinking_gives_back_what_is_allocated() {
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

/// A spill that was lengthened is given back although the home slots are all needed.
#[test]
fn shrinking_gives_a_long_spill_back() {
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
