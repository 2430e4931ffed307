//! Growth of the array: the same words with any number of threads, and several threads for large arrays.

use std::thread;

use proptest::collection::vec;
use proptest::prelude::*;

use super::super::share::tests::SHARED;
use super::super::word::pack;
use super::super::words::Words;
use super::super::{grow_probe, grow_probe_warm, grow_probe_with, growth};
use super::{cases, naive, sorted};

fn word_bits() -> impl Strategy<Value = Vec<u32>> {
    // Good bits; bits at either end; few different bits; a narrow range.
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
}

/// At these sizes a claimed range ends in the middle of a run, or is the whole array.
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
            let sorted = sorted((0..entries).map(skew));
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

/// In an array this large, threads share more than the first pass, and the slots of the second pass are not empty.
#[test]
fn every_large_pass_is_shared_and_writes_all_its_slots() {
    let sorted = sorted((0..400_000u32).map(|n| n.wrapping_mul(0x9e37_79b9) ^ n >> 3));
    let one = Words::from_sorted(&sorted, sorted.len());
    assert_eq!(one.log(), 19);
    let shared = || SHARED.replace(0);
    let mut serial = one.clone();
    serial.double(1);
    serial.check(sorted.len());
    assert_eq!(shared(), 0);
    let mut parallel = one.clone();
    parallel.double(3);
    assert!(serial == parallel);
    // In pieces of 2^16 slots: the fresh memory, the upper half, and the upper half of the rest.
    assert!(shared() >= 8 + 4 + 2);
}

#[test]
fn an_array_of_more_than_a_million_slots_is_grown_by_all_cores_up_to_four() {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    assert_eq!(growth::threads_for((1 << 20) - 1), 1);
    assert_eq!(growth::threads_for(1 << 20), cores.min(4));

    let mut words = Words::with_capacity(900_000);
    words.insert(7, 0, 0);
    SHARED.set(0);
    words.reserve(1, 1_000_000);
    words.check(1);
    assert_eq!(SHARED.get() > 0, cores > 1);
}

#[test]
fn a_probe_returns_the_size_of_the_new_array() {
    for threads in 1..3 {
        let (_, bytes) = grow_probe_with(100_000, threads);
        assert_eq!(bytes, 8 * ((1 << 18) + 64 + 7));
    }
    assert_eq!(grow_probe(1).1, 8 * (16 + 16 + 7));
    assert_eq!(grow_probe_warm(100_000).1, 8 * ((1 << 18) + 64 + 7));
}

#[test]
fn memory_touched_beforehand_is_enough_for_doubling() {
    for count in [1, 28, 29, 100, 5_000] {
        let sorted = sorted((0..count as u32).map(|at| at * 7));
        let mut words = Words::from_sorted(&sorted, count);
        let before = words.clone();
        words.touch_memory_to_double();
        assert_eq!(words, before);
        let slots = words.slots().as_ptr();
        words.double(1);
        assert_eq!(words.slots().as_ptr(), slots, "moved, so not enough");
        words.check(count);
    }
}
