//! Tests of the table and of its words.

use std::cell::Cell;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use proptest::collection::vec;
use proptest::prelude::*;

use super::word::{EMPTY, MAX_ENTRIES, bits, bits_of, home, index, pack};
use super::words::Words;
use super::*;

/// A developer's run is short; the CI script asks for more.
fn cases() -> u32 {
    if std::env::var_os("LEFT_RIGHT_LONG").is_some() {
        10_000
    } else {
        200
    }
}

/// Hashers, good and bad.
fn hashers() -> [(&'static str, fn(u32) -> u64); 8] {
    fn good(key: u32) -> u64 {
        let hash = u64::from(key).wrapping_mul(0xd6e8_feb8_6659_fd93);
        (hash ^ hash >> 32).wrapping_mul(0xd6e8_feb8_6659_fd93)
    }
    [
        ("good", good),
        ("constant high half", |key| good(key) & 0xffff_ffff),
        ("constant low half", |key| good(key) << 32),
        ("the key itself", u64::from),
        ("the key, at the top", |key| u64::from(key) << 48),
        ("all equal", |_| 7),
        ("all equal, at the end of the array", |_| last_hash()),
        ("a few homes", |key| good(key % 5)),
    ]
}

/// A hash whose bits are all ones, as those of an empty word are.
fn last_hash() -> u64 {
    // The inverse of the constant in `bits_of`, by Newton's method.
    let constant = 0x9e37_79b9_7f4a_7c15_u64;
    let mut inverse = constant;
    for _ in 0..6 {
        inverse = inverse.wrapping_mul(2_u64.wrapping_sub(constant.wrapping_mul(inverse)));
    }
    let hash = inverse.wrapping_mul(u64::MAX);
    assert_eq!(bits_of(hash), u32::MAX);
    hash
}

/// The words that these bits give, laid one by one.
fn naive(all: &[u64], log: u32, len: usize) -> Vec<u64> {
    let mut sorted = all.to_vec();
    sorted.sort_by_key(|&word| bits(word));
    let mut slots = vec![EMPTY; len];
    let mut next = 0;
    for word in sorted {
        next = home(word, 64 - log).max(next);
        slots[next] = word;
        next += 1;
    }
    slots
}

#[test]
fn a_word_gives_back_what_it_was_made_of_and_none_is_the_empty_one() {
    for bits_in in [0, 1, 0x8000_0000, u32::MAX] {
        for index_in in [0, 1, MAX_ENTRIES - 1] {
            let word = pack(bits_in, index_in);
            assert_ne!(word, EMPTY);
            assert_eq!((bits(word), index(word)), (bits_in, index_in));
        }
    }
    assert_eq!((bits(EMPTY), index(EMPTY)), (u32::MAX, MAX_ENTRIES));
}

#[test]
fn words_lie_where_a_naive_model_lays_them_after_every_insertion() {
    for (name, hasher) in hashers() {
        let mut words = Words::new();
        let mut all = Vec::new();
        for key in 0..600 {
            let bits = bits_of(hasher(key));
            words.insert(bits, key as usize, key as usize);
            all.push(pack(bits, key as usize));
            words.check(all.len());
            let slots = words.slots();
            assert_eq!(
                slots,
                naive(&all, slots.len().ilog2().min(words.log()), slots.len()),
                "{name}"
            );
        }
    }
}

fn word_bits() -> impl Strategy<Value = Vec<u32>> {
    // Good ones; some at either end; few different ones; a narrow range.
    prop_oneof![
        vec(any::<u32>(), 0..3000),
        vec(
            prop_oneof![0..64u32, u32::MAX - 64..=u32::MAX, any::<u32>()],
            0..3000
        ),
        vec((0..9u32).prop_map(|n| n << 28), 0..3000),
        vec((0..1u32 << 20).prop_map(|n| n + (3 << 29)), 0..3000),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), ..ProptestConfig::default() })]

    #[test]
    fn growth_by_any_factor_and_threads_is_the_model_s(
        all in word_bits(),
        doublings in 1..4u32,
        threads in 1..4usize,
    ) {
        let mut words = Words::new();
        let all: Vec<u64> = all
            .into_iter()
            .enumerate()
            .map(|(index, bits)| {
                words.insert(bits, index, index);
                pack(bits, index)
            })
            .collect();
        if words.slots().is_empty() {
            return Ok(());
        }
        let mut slots = words.slots().to_vec();
        let log = words.log();
        growth::grow_with(&mut slots, 64 - log, doublings, 64, threads);
        prop_assert_eq!(&slots, &naive(&all, log + doublings, slots.len()));
    }

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
        keys in vec(0..400u32, 0..600),
        room in 0..300usize,
        is_exact: bool,
    ) {
        let hasher = hashers()[which].1;
        let rehash = |key: &u32| hasher(*key);
        let mut table = RobinHoodTable::with_capacity(room);
        let mut other = RobinHoodTable::with_capacity(0);
        let entries = keys.iter().enumerate().map(|(at, &key)| (hasher(key), key, at));
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
        prop_assert!(table.iter().eq(other.iter()));
        replaced.sort();
        out.sort();
        prop_assert_eq!(out, replaced);
        for key in 0..400 {
            prop_assert_eq!(table.find(hasher(key), &key), other.find(hasher(key), &key));
        }
    }
}

/// Sizes at which a claimed range ends in the middle of a run, or is all of the array.
#[test]
fn large_arrays_are_the_same_word_for_word_with_any_number_of_threads() {
    let skews: [fn(u32) -> u32; 4] = [
        |n| n.wrapping_mul(0x9e37_79b9) ^ n >> 3,
        |n| n.wrapping_mul(0x9e37_79b9) >> 6,
        |n| !(n.wrapping_mul(0x9e37_79b9) >> 4),
        |n| (n % 3) << 30,
    ];
    for entries in [57_000, 114_687, 200_000] {
        for skew in skews {
            let mut sorted: Vec<u64> = (0..entries).map(|n| pack(skew(n), n as usize)).collect();
            sorted.sort_unstable_by(|a, b| b.cmp(a));
            let one = Words::from_sorted(&sorted, sorted.len());
            one.check(sorted.len());
            let mut serial = one.clone();
            serial.double(1);
            serial.check(sorted.len());
            for threads in 2..5 {
                let mut parallel = one.clone();
                parallel.double(threads);
                assert!(serial == parallel, "{entries} by {threads}");
            }
        }
    }
}

#[test]
fn equal_hashes_take_memory_in_proportion_and_are_all_found() {
    for hash in [7, last_hash(), 0] {
        let mut table = RobinHoodTable::with_capacity(0);
        for key in 0..2000u32 {
            assert_eq!(table.insert(hash, key, key, |_| hash), None);
            assert!(table.words.bytes() <= 8 * (16 * (key as usize + 1) + 64));
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
fn a_full_spill_grows_a_fuller_table_and_is_lengthened_in_an_emptier_one() {
    let mut words = Words::with_room(800);
    let slots = words.slots().len();
    // All at the end: the spill is full long before the table is.
    for n in 0..=64 {
        words.insert(u32::MAX, n, n);
    }
    assert_eq!(words.slots().len(), slots);
    words.insert(u32::MAX, 65, 65);
    words.check(66);
    assert_eq!(words.slots().len(), slots + 64 + 7);

    let mut words = Words::with_room(800);
    for n in 0..256 {
        words.insert(n as u32 * 4096, n, n);
    }
    for n in 256..=322 {
        words.insert(u32::MAX, n, n);
    }
    words.check(323);
    // It was more than a quarter full; then it was not, and equal bits had not been parted.
    assert_eq!(words.slots().len(), 2048 + 2 * (64 + 7));
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

#[test]
fn one_entry_more_than_an_index_can_name_is_refused() {
    let mut table = RobinHoodTable::with_capacity(0);
    for key in 0..10u32 {
        table.insert_within(10, u64::from(key), key, 1);
    }
    assert_eq!(
        table.insert_within(10, 3, 3, 2),
        Some((3, 1)),
        "no entry more"
    );
    let panic = catch_unwind(AssertUnwindSafe(|| table.insert_within(10, 10, 10, 1))).unwrap_err();
    let message = panic.downcast_ref::<String>().unwrap();
    assert!(message.contains("no more than 10 entries"), "{message}");
    table.check();
    assert_eq!(table.len(), 10);
}

/// Equal by number; whoever compares it may have to panic.
struct Fragile<'a>(u32, &'a Cell<u32>);

impl PartialEq for Fragile<'_> {
    fn eq(&self, other: &Self) -> bool {
        let left = self.1.get();
        assert_ne!(left, 0, "no comparison more");
        self.1.set(left - 1);
        self.0 == other.0
    }
}

impl Eq for Fragile<'_> {}

#[test]
fn a_panic_in_eq_or_hash_leaves_each_entry_once() {
    let left = Cell::new(u32::MAX);
    let mut table = RobinHoodTable::with_capacity(0);
    let hash_of = |key: &Fragile<'_>| u64::from(key.0 % 7);
    for n in 0..40 {
        let key = Fragile(n, &left);
        table.insert(hash_of(&key), key, n, hash_of);
    }
    for n in 0..40 {
        for allowed in 0..3 {
            left.set(allowed);
            let key = Fragile(n, &left);
            let _ = catch_unwind(AssertUnwindSafe(|| {
                table.remove(hash_of(&key), &key, hash_of)
            }));
            table.check();
            let _ = catch_unwind(AssertUnwindSafe(|| {
                table.insert(hash_of(&key), Fragile(n, &left), n, hash_of)
            }));
            table.check();
            left.set(u32::MAX);
            let len = table.len();
            let hashing = |_: &Fragile<'_>| -> u64 { panic!("no hash") };
            if catch_unwind(AssertUnwindSafe(|| {
                table.remove(hash_of(&key), &key, hashing)
            }))
            .is_err()
            {
                assert_eq!(table.len(), len);
            }
            table.check();
        }
        left.set(u32::MAX);
    }
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
fn a_probe_says_what_it_made() {
    for threads in 1..3 {
        let (_, bytes) = grow_probe_with(100_000, threads);
        assert_eq!(bytes, 8 * ((1 << 18) + 64 + 7));
    }
    assert_eq!(grow_probe(1).1, 8 * (16 + 16 + 7));
    assert_eq!(grow_probe_warm(100_000).1, 8 * ((1 << 18) + 64 + 7));
}

#[test]
fn room_touched_beforehand_is_all_that_doubling_wants() {
    for count in [1, 28, 29, 100, 5_000] {
        let mut sorted: Vec<u64> = (0..count).map(|at| pack(at as u32 * 7, at)).collect();
        sorted.sort_unstable_by(|a, b| b.cmp(a));
        let mut words = Words::from_sorted(&sorted, count);
        let before = words.clone();
        words.touch_room_to_double();
        assert_eq!(words, before);
        let slots = words.slots().as_ptr();
        words.double(1);
        assert_eq!(words.slots().as_ptr(), slots, "moved, so not enough");
        words.check(count);
    }
}
