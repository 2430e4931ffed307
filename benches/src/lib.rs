//! What the measurements share: the contenders, the keys they are asked for, the check of their
//! answers, and the statistics.
//!
//! The programs that measure are `cargo compare` (every peer in one run, interleaved) and the
//! criterion benches (our own crates against bare hashbrown).

pub mod check;
pub mod contender;
pub mod crowd;
pub mod slice;
pub mod stats;
pub mod stream;

/// The value that every contender holds for this key.
#[inline]
pub fn value_of(key: u64) -> u64 {
    key.wrapping_mul(3) + 1
}
