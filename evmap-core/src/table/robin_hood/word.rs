//! One word: 32 bits of a hash and the index of an entry.
//!
//! A word is kept inverted, so that the empty one is zero, and fresh zeroed memory is an array of
//! empty words that nobody had to write.
//!
//! # Invariants
//! - **W1** Words that are not empty have an index below [`MAX_ENTRIES`], so none of them is zero.

/// No entry.
pub(super) const EMPTY: u64 = 0;
/// So many indices there are; the one beyond them is that of the empty word.
pub(super) const MAX_ENTRIES: usize = u32::MAX as usize;

/// The bits of a hash that a word holds.
///
/// All 64 go into them: a hasher may be good in its low bits only, or in its high bits only.
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

/// Where the word would be if nothing were in its way.
#[inline]
pub(super) fn home(word: u64, shift: u32) -> usize {
    (!word >> shift) as usize
}
