//! [`grow_probe`]: times one growth, for benchmarks.

use std::time::{Duration, Instant};

use super::word::{bits_of, pack};
use super::words::Words;

/// Times one doubling of an array of this many words, on one thread and in place. Returns the time, and the size of
/// the new array in bytes.
#[doc(hidden)]
pub fn grow_probe(entries: usize) -> (Duration, usize) {
    grow_probe_with(entries, 1)
}

/// As [`grow_probe`], with this many threads.
#[doc(hidden)]
pub fn grow_probe_with(entries: usize, threads: usize) -> (Duration, usize) {
    time_double(words_of(entries), threads)
}

/// As [`grow_probe`], into memory that was touched before. So this times the pass alone, without the time that the
/// system takes to provide pages.
#[doc(hidden)]
pub fn grow_probe_warm(entries: usize) -> (Duration, usize) {
    let mut words = words_of(entries);
    words.touch_memory_to_double();
    time_double(words, 1)
}

fn words_of(entries: usize) -> Words {
    let mut sorted: Vec<u64> = (0..entries)
        .map(|index| {
            let hash = (index as u64 ^ (index as u64) << 32).wrapping_mul(0xd6e8_feb8_6659_fd93);
            pack(bits_of(hash ^ hash >> 29), index)
        })
        .collect();
    // Words are inverted.
    sorted.sort_unstable_by(|a, b| b.cmp(a));
    Words::from_sorted(&sorted, entries.max(1))
}

fn time_double(mut words: Words, threads: usize) -> (Duration, usize) {
    let begin = Instant::now();
    words.double(threads);
    (begin.elapsed(), words.bytes())
}
