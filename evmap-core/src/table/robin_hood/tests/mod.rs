//! Tests of the table and of its words.

mod capacity;
mod growth;
mod panics;
mod table;
mod words;

use super::word::{EMPTY, bits, bits_of, home, pack};

/// A developer's run is short. The CI script asks for more cases.
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

/// Returns the array of these words, written one by one.
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

/// Returns words of these bits, sorted for [`Words::from_sorted`](super::words::Words::from_sorted).
fn sorted(all: impl Iterator<Item = u32>) -> Vec<u64> {
    let mut sorted: Vec<u64> = all.enumerate().map(|(at, bits)| pack(bits, at)).collect();
    // Words are inverted.
    sorted.sort_unstable_by(|a, b| b.cmp(a));
    sorted
}
