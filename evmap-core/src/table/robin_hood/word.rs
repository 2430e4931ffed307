//! One word: 32 bits of a hash and the index of an entry.
//!
//! A word is stored inverted, so the empty word is zero, and zeroed memory from the system is an array of empty
//! words that needs no write.
//!
//! # Invariants
//! - **W1** Words that are not empty have an index below [`MAX_ENTRIES`], so none of them is zero.

/// No entry.
pub(super) const EMPTY: u64 = 0;
/// The number of valid indices. The next index is that of the empty word.
pub(super) const MAX_ENTRIES: usize = u32::MAX as usize;

/// The bits of a hash that a word holds.
///
/// They depend on all 64 bits: a hasher may be good in its low bits only, or in its high bits only.
/// (The constant is the golden ratio's, as in Knuth's multiplicative hashing.)
#[inline]
pub(super) fn bits_of(hash: u64) -> u32 {
    (hash.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as u32
}

#[inline]
pub(super) fn pack(bits: u32, index: usize) -> u64 {
    debug_assert!(index < MAX_ENTRIES, "W1");
    !(u64::from(bits) << 32 | index as u64)
}

#[inline]
pub(super) fn bits(word: u64) -> u32 {
    (!word >> 32) as u32
}

#[inline]
pub(super) fn index(word: u64) -> usize {
    !word as u32 as usize
}

/// Returns the slot where the word would be in an otherwise empty array.
#[inline]
pub(super) fn home(word: u64, shift: u32) -> usize {
    (!word >> shift) as usize
}
