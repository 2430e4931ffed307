//! What the measurements share: the contenders, the keys they are asked for, the check of their
//! answers, and the statistics.
//!
//! The programs that measure are `cargo compare` (every peer in one run, interleaved) and the
//! criterion benches (our own crates against bare hashbrown).

pub mod check;
pub mod contender;
pub mod cpu;
pub mod kind;
pub mod lookups;
pub mod rhythm;
pub mod shared_slice;
pub mod slice;
pub mod stats;
pub mod stream;

/// The value that every contender holds for this key.
#[inline]
pub fn value_of(key: u64) -> u64 {
    key.wrapping_mul(3) + 1
}

/// The value of a key in one slice of those that have to tell what they wrote: another one in each,
/// so that what is left of an earlier slice is not taken for it.
#[inline]
pub fn stamped(key: u64, stamp: u64) -> u64 {
    value_of(key).wrapping_add(stamp)
}
