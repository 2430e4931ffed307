//! How many slots the array of words has.

use super::word::MAX_ENTRIES;
use super::words::BLOCK;

/// The most home slots: as many as there are values of a word's bits, if memory has so many slots.
pub(super) const MAX_LOG: u32 = if usize::BITS > 32 {
    32
} else {
    usize::BITS - 5
};
pub(super) const MIN_LOG: u32 = 3;
/// Slots beyond the home slots, unless more are needed.
///
/// With 7/8 of the slots taken by good hashes, words reach so far less than once in a million times.
pub(super) const SPILL: usize = 64;
/// Slots at the end that stay empty.
pub(super) const PADDING: usize = BLOCK - 1;

/// No array has more bytes than a pointer can be moved by.
const _: () = assert!(len_for(MAX_LOG, 0) <= isize::MAX as usize / size_of::<u64>());

/// The home slots that so many words need, as a power of two.
pub(super) fn log_for(words: usize) -> u32 {
    let mut log = MIN_LOG;
    while log < MAX_LOG && room_of(log) < words {
        log += 1;
    }
    log
}

/// At most 7/8 of the home slots are taken, but where there cannot be more of these.
pub(super) fn room_of(log: u32) -> usize {
    if log < MAX_LOG {
        (1 << log) / 8 * 7
    } else {
        MAX_ENTRIES
    }
}

/// All slots, where so many words crowd beyond the home slots.
pub(super) const fn len_for(log: u32, crowd: usize) -> usize {
    let homes = 1 << log;
    homes + spill_for(homes, crowd) + PADDING
}

/// Room for as many again as crowd there, though for no more than there can be.
const fn spill_for(homes: usize, crowd: usize) -> usize {
    let usual = least(homes, SPILL);
    let spill = least(2 * crowd, homes);
    if crowd <= usual {
        usual
    } else if crowd <= spill {
        spill
    } else {
        // Only where there cannot be as many home slots as there are words.
        crowd
    }
}

/// As `min`, which no constant may call.
const fn least(a: usize, b: usize) -> usize {
    if a < b { a } else { b }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_eighth_of_the_home_slots_stays_free() {
        assert_eq!((log_for(1), log_for(7), log_for(8)), (3, 3, 4));
        assert_eq!((log_for(14), log_for(15)), (4, 5));
        assert_eq!(room_of(20), (1 << 20) - (1 << 17));
    }

    #[test]
    fn a_spill_is_twice_its_crowd_and_never_longer_than_the_home_slots() {
        let spill = |log, crowd| len_for(log, crowd) - (1 << log) - PADDING;
        assert_eq!((spill(3, 0), spill(6, 64), spill(10, 0)), (8, 64, 64));
        assert_eq!((spill(10, 64), spill(10, 65)), (64, 130));
        assert_eq!((spill(10, 512), spill(10, 1023)), (1024, 1024));
    }
}
