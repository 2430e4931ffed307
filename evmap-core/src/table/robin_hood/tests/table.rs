//! The table against std's, with every hasher.

use std::collections::HashMap;

use proptest::collection::vec;
use proptest::prelude::*;

use super::super::*;
use super::{cases, hashers, last_hash};

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), ..ProptestConfig::default() })]

    #[test]
    fn tables_act_as_std_s_with_every_hasher(
        which in 0..8usize,
        steps in vec((0..10u8, 0..200u32), 1..400),
    ) {
        let hasher = hashers()[which].1;
        let rehash = |key: &u32| hasher(*key);
        let mut table = RobinHoodTable::with_capacity(0);
        let mut model = HashMap::new();
        for (at, (step, key)) in steps.into_iter().enumerate() {
            match step {
                0..5 => prop_assert_eq!(
                    table.insert(hasher(key), key, at, rehash),
                    model.insert(key, at).map(|old| (key, old))
                ),
                5..8 => prop_assert_eq!(
                    table.remove(hasher(key), &key, rehash),
                    model.remove_entry(&key)
                ),
                8 => table.shrink_to_fit(rehash),
                _ if key == 0 => {
                    table.clear();
                    model.clear();
                }
                _ => table.reserve(key as usize, rehash),
            }
            table.check();
            prop_assert_eq!(table.len(), model.len());
        }
        for key in 0..200 {
            prop_assert_eq!(table.find(hasher(key), &key), model.get_key_value(&key));
        }
    }

    #[test]
    fn loading_is_inserting_one_by_one(
        which in 0..8usize,
        present in prop_oneof![Just(0), 1..50u32],
        keys in vec(0..400u32, 0..600),
        capacity in 0..300usize,
        is_exact: bool,
    ) {
        let hasher = hashers()[which].1;
        let rehash = |key: &u32| hasher(*key);
        let mut table = RobinHoodTable::with_capacity(capacity);
        let mut other = RobinHoodTable::with_capacity(0);
        let entries = keys.iter().enumerate().map(|(at, &key)| (hasher(key), key, at));
        for key in 0..present {
            table.insert(hasher(key), key, 0, rehash);
            other.insert(hasher(key), key, 0, rehash);
        }
        let mut replaced = Vec::new();
        for (hash, key, value) in entries.clone() {
            replaced.extend(other.insert(hash, key, value, rehash));
        }
        let mut out = Vec::new();
        if is_exact {
            table.load(entries, rehash, |key, value| out.push((key, value)));
        } else {
            table.load(entries.filter(|_| true), rehash, |key, value| out.push((key, value)));
        }
        table.check();
        prop_assert!(table.words.overflow() <= (2 * table.len()).max(64));
        prop_assert!(table.iter().eq(other.iter()));
        replaced.sort();
        out.sort();
        prop_assert_eq!(out, replaced);
        for key in 0..400 {
            prop_assert_eq!(table.find(hasher(key), &key), other.find(hasher(key), &key));
        }
    }
}

#[test]
fn equal_hashes_take_memory_in_proportion_and_are_all_found() {
    for hash in [7, last_hash(), 0] {
        let mut table = RobinHoodTable::with_capacity(0);
        for key in 0..2000u32 {
            assert_eq!(table.insert(hash, key, key, |_| hash), None);
            assert!(table.words.bytes() <= 80 * (key as usize + 1) + 8 * (64 + 7));
        }
        table.check();
        for key in 0..2000 {
            assert_eq!(table.find(hash, &key), Some((&key, &key)));
        }
        assert_eq!(table.find(hash, &2000), None);
        for key in 0..2000 {
            assert_eq!(table.remove(hash, &key, |_| hash), Some((key, key)));
        }
        table.check();
        table.shrink_to_fit(|_| hash);
        assert_eq!(table.words.bytes(), 0);
    }
}

#[test]
fn a_removed_entry_s_place_is_taken_by_the_last_one() {
    let rehash = |key: &u32| u64::from(*key);
    let mut table = RobinHoodTable::with_capacity(0);
    for key in 0..5u32 {
        table.insert(rehash(&key), key, (), rehash);
    }
    table.remove(1, &1, rehash);
    table.check();
    let keys: Vec<u32> = table.iter().map(|(key, ())| *key).collect();
    assert_eq!(keys, [0, 4, 2, 3]);
    assert!(table.find(4, &4).is_some());
}

#[test]
fn a_hash_that_changes_makes_entries_unfindable_and_no_more() {
    let mut table = RobinHoodTable::with_capacity(0);
    for key in 0..100u32 {
        table.insert(u64::from(key), key, (), |_| 0);
    }
    for key in 0..50 {
        assert!(
            table
                .remove(u64::from(key), &key, |key| !u64::from(*key))
                .is_some()
        );
        table.check();
    }
    assert_eq!(table.iter().count(), 50);
}
