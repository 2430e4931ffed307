//! The array of words: their slots, and the length of the array.

use super::super::word::{EMPTY, MAX_ENTRIES, bits, bits_of, index, pack};
use super::super::words::Words;
use super::{hashers, naive, sorted};

#[test]
fn a_word_returns_its_parts_and_is_never_the_empty_word() {
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
fn words_are_where_a_naive_model_puts_them_after_every_insertion() {
    for (name, hasher) in hashers() {
        let mut words = Words::new();
        let mut all = Vec::new();
        for key in 0..600 {
            let bits = bits_of(hasher(key));
            words.insert(bits, key as usize, key as usize);
            all.push(pack(bits, key as usize));
            words.check(all.len());
            assert!(words.overflow() <= (2 * all.len()).max(64), "{name}");
            let slots = words.slots();
            assert_eq!(
                slots,
                naive(&all, slots.len().ilog2().min(words.log()), slots.len()),
                "{name}"
            );
        }
    }
}

#[test]
fn a_full_overflow_grows_a_fuller_table_and_is_lengthened_in_an_emptier_one() {
    let mut words = Words::with_capacity(800);
    let slots = words.slots().len();
    // All at the end: the overflow is full long before the table is.
    for n in 0..=64 {
        words.insert(u32::MAX, n, n);
    }
    assert_eq!(words.slots().len(), slots);
    words.insert(u32::MAX, 65, 65);
    words.check(66);
    assert_eq!(words.slots().len(), slots + 66);

    let mut words = Words::with_capacity(800);
    for n in 0..256 {
        words.insert(n as u32 * 4096, n, n);
    }
    for n in 256..=322 {
        words.insert(u32::MAX, n, n);
    }
    words.check(323);
    // It was more than a quarter full. After one doubling it was not, and the equal bits were still together.
    assert_eq!(words.slots().len(), 2048 + 2 * 65 + 7);
}

#[test]
fn sorted_words_get_the_same_slots_as_by_insertion() {
    for count in [1, 7, 56, 64, 66, 100, 112, 200, 1_000, 3_000] {
        for clustered in [0, 1, 64, 65, 66, 100, count / 2, count] {
            let clustered = clustered.min(count);
            let apart = (0..count - clustered).map(|at| at as u32);
            let mut words = Words::from_sorted(
                &sorted(apart.chain((0..clustered).map(|_| u32::MAX))),
                count,
            );
            words.check(count);
            // One of them is at home.
            let cluster = clustered.saturating_sub(1);
            let homes = 1 << words.log();
            if cluster > homes.min(64) {
                assert_eq!(words.overflow(), (2 * cluster).min(homes));
            } else {
                assert_eq!(words.overflow(), homes.min(64));
            }
            if cluster > 64 && words.capacity() > count {
                let slots = words.slots().len();
                words.insert(u32::MAX, count, count);
                words.check(count + 1);
                assert_eq!(
                    words.slots().len(),
                    slots,
                    "there was no free slot for one more"
                );
            }
        }
    }
}

#[test]
fn a_compact_clone_has_the_same_words() {
    for (name, hasher) in hashers() {
        let mut words = Words::with_capacity(5_000);
        for key in 0..300 {
            words.insert(bits_of(hasher(key)), key as usize, key as usize);
        }
        assert_eq!(words.duplicate(300), words, "{name}");
        let compact = words.compact(300);
        compact.check(300);
        assert!(compact.slots().len() <= 512 + 2 * 300 + 7, "{name}");
    }
}
