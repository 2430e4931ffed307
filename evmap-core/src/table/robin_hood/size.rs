//! How many slots the array of words has.

use super::word::MAX_ENTRIES;
use super::words::BLOCK;

/// The maximal number of home slots: one per value of a word's bits, if memory can hold that many.
pub(super) const MAX_LOG: u32 = if usize::BITS > 32 {
    32
} else {
    usize::BITS - 5
};
pub(super) const MIN_LOG: u32 = 3;
/// Slots after the home slots, unless more are needed.
///
/// With good hashes in 7/8 of the slots, words reach this far less than once in a million times.
pub(super) const OVERFLOW: usize = 64;
/// Slots at the end that are always empty.
pub(super) const PADDING: usize = BLOCK - 1;

/// No array has more bytes than a pointer offset can express.
const _: () = assert!(len_for(MAX_LOG, 0) <= isize::MAX as usize / size_of::<u64>());

/// Returns the home slots that this many words need, as a power of two.
pub(super) fn log_for(words: usize) -> u32 {
    let mut log = MIN_LOG;
    while log < MAX_LOG && capacity_of(log) < words {
        log += 1;
    }
    log
}

/// Returns the capacity: at most 7/8 of the home slots, except where their number is maximal.
pub(super) fn capacity_of(log: u32) -> usize {
    if log < MAX_LOG {
        (1 << log) / 8 * 7
    } else {
        MAX_ENTRIES
    }
}

/// Returns the number of all slots, where a cluster of this many words lies after the home slots.
pub(super) const fn len_for(log: u32, cluster: usize) -> usize {
    let homes = 1 << log;
    homes + overflow_for(homes, cluster) + PADDING
}

/// Returns the overflow slots: twice the cluster, but no more than can ever be needed.
const fn overflow_for(homes: usize, cluster: usize) -> usize {
    let usual = least(homes, OVERFLOW);
    let overflow = least(2 * cluster, homes);
    if cluster <= usual {
        usual
    } else if cluster <= overflow {
        overflow
    } else {
        // Only where the number of home slots is maximal and smaller than the number of words.
        cluster
    }
}

/// As `min`, which is not `const`.
const fn least(a: usize, b: usize) -> usize {
    if a < b { a } else { b }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_eighth_of_the_home_slots_is_free() {
        assert_eq!((log_for(1), log_for(7), log_for(8)), (3, 3, 4));
        assert_eq!((log_for(14), log_for(15)), (4, 5));
        assert_eq!(capacity_of(20), (1 << 20) - (1 << 17));
    }

    #[test]
    fn the_overflow_is_twice_its_cluster_and_never_longer_than_the_home_slots() {
        let overflow = |log, cluster| len_for(log, cluster) - (1 << log) - PADDING;
        assert_eq!(
            (overflow(3, 0), overflow(6, 64), overflow(10, 0)),
            (8, 64, 64)
        );
        assert_eq!((overflow(10, 64), overflow(10, 65)), (64, 130));
        assert_eq!((overflow(10, 512), overflow(10, 1023)), (1024, 1024));
    }
}
