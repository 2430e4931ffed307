//! [`Words`]: a sorted array with gaps, of hash bits and indices.
//!
//! ```text
//! home slots, 2^k                              overflow
//! [ a  .  b  b' c  .  .  d  ...           .  y ][ z  .  .  . ]
//!         ^ b and b' have one home; b' shifts c to the right
//! ```
//!
//! This is Robin Hood hashing (Celis, 1986) without wrap-around: the word that is nearest to its home gives way.
//! So all words are ordered by their hashes, and a search ends at the first greater word.
//!
//! # Invariants
//! - **S1** Words that are not empty are ordered by their bits. Words with equal bits are in any order.
//! - **S2** A word is at its home, or to the right of it with no empty slot between.
//! - **S3** No word could be one slot further left: a word is not at its home only if another word is in the slot
//!   before it. So the bits determine the array, up to the order of words with equal bits.
//! - **S4** The overflow has [`OVERFLOW`] slots, or as many as the home slots if these are fewer. If a larger
//!   cluster of words lies after the home slots, the overflow gets twice as many slots as the cluster has words, but
//!   no more than there are home slots.
//! - **S5** The last [`PADDING`] slots, after the overflow, are empty. So an incomplete block at the end of the array
//!   holds no word.
//!
//! # What a flood costs
//!
//! Words with the same home form a run. Finding or inserting a word of a run is linear in its length.
//! Doubling does not separate equal bits, so it is not repeated without end: a table that is less than a quarter
//! full gets a longer overflow instead, and memory remains proportional to the entries.
//!
//! [`OVERFLOW`]: super::size::OVERFLOW

use super::growth;
use super::size::{MAX_LOG, MIN_LOG, PADDING, capacity_of, len_for, log_for};
use super::word::{EMPTY, bits, home, index, pack};

/// Words that a search compares at a time.
pub(super) const BLOCK: usize = 8;

/// The array.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Words {
    slots: Vec<u64>,
    /// The home of a word is the word shifted to the right by this many bits.
    shift: u32,
}

impl Words {
    /// No slots.
    pub(super) const fn new() -> Self {
        Words {
            slots: Vec::new(),
            shift: 64 - MIN_LOG,
        }
    }

    /// An array of empty slots with this capacity.
    pub(super) fn with_capacity(words: usize) -> Self {
        if words == 0 {
            return Words::new();
        }
        let log = log_for(words);
        Words {
            slots: vec![EMPTY; len_for(log, 0)],
            shift: 64 - log,
        }
    }

    /// How many words fit before the array has to grow.
    pub(super) fn capacity(&self) -> usize {
        if self.slots.is_empty() {
            0
        } else {
            capacity_of(self.log())
        }
    }

    pub(super) fn log(&self) -> u32 {
        64 - self.shift
    }

    /// The home slots.
    fn homes(&self) -> usize {
        if self.slots.is_empty() {
            0
        } else {
            1 << self.log()
        }
    }

    /// The slots between the home slots and the padding.
    pub(super) fn overflow(&self) -> usize {
        self.slots.len().saturating_sub(self.homes() + PADDING)
    }

    /// A clone with the same capacity, or a [compact](Self::compact) one if memory does not suffice. `words` is the
    /// number of words.
    pub(super) fn duplicate(&self, words: usize) -> Self {
        let mut slots = Vec::new();
        if slots.try_reserve_exact(self.slots.len()).is_err() {
            return self.compact(words);
        }
        slots.extend_from_slice(&self.slots);
        let shift = self.shift;
        Words { slots, shift }
    }

    /// A clone with no more capacity than its `words` words need.
    pub(super) fn compact(&self, words: usize) -> Self {
        let mut sorted = Vec::with_capacity(words);
        sorted.extend(self.slots.iter().filter(|&&word| word != EMPTY));
        Words::from_sorted(&sorted, words)
    }

    #[cfg(test)]
    pub(super) fn slots(&self) -> &[u64] {
        &self.slots
    }

    #[cfg(test)]
    pub(super) fn allocated(&self) -> usize {
        self.slots.capacity()
    }

    pub(super) fn bytes(&self) -> usize {
        self.slots.len() * size_of::<u64>()
    }

    /// Calls `found_at` with the index of each word of these bits, if the index is below `len`, until it returns
    /// `Some`. Returns the slot of that word, and the result.
    #[inline(always)]
    pub(super) fn find<R>(
        &self,
        wanted: u32,
        len: usize,
        mut found_at: impl FnMut(usize) -> Option<R>,
    ) -> Option<(usize, R)> {
        // Words are inverted: words with smaller bits are above the threshold, the empty word is below.
        let threshold = pack(wanted, 0);
        let mut from = self.home_of(wanted);
        loop {
            let block = self.block(from)?;
            let above = above_in(block, threshold);
            let word = block[above];
            // The index if the bits are equal. If not, this is far greater than any index.
            let index = word ^ threshold;
            if index < len as u64 {
                if let Some(found) = found_at(index as usize) {
                    return Some((from + above, found));
                }
            } else if word < threshold {
                return None;
            }
            from += above + 1;
        }
    }

    /// Returns the first slot, from this one on, whose word is not above the threshold.
    fn seek(&self, mut from: usize, threshold: u64) -> Option<usize> {
        loop {
            let block = self.block(from)?;
            let above = above_in(block, threshold);
            if block[above] <= threshold {
                return Some(from + above);
            }
            from += above + 1;
        }
    }

    /// Returns the block that begins at this slot. `None`: there are fewer slots, and no word is here (S5).
    #[inline(always)]
    fn block(&self, from: usize) -> Option<&[u64; BLOCK]> {
        self.slots.get(from..)?.first_chunk()
    }

    /// Returns the slot of the word with this index, which is in the array. Its bits are `wanted`, unless a hasher
    /// lies.
    pub(super) fn slot_of(&self, wanted: u32, of: usize) -> Option<usize> {
        let found = self.find(wanted, of + 1, |index| (index == of).then_some(()));
        found.map(|(slot, ())| slot).or_else(|| {
            self.slots
                .iter()
                .position(|&word| word != EMPTY && index(word) == of)
        })
    }

    /// Inserts a word. `words` is the number of words before.
    pub(super) fn insert(&mut self, bits: u32, index: usize, words: usize) {
        self.reserve(words, 1);
        let word = pack(bits, index);
        while !self.try_insert(word) {
            // The overflow is full.
            if words >= self.homes() / 4 && self.log() < MAX_LOG {
                let len = len_for(self.log() + 1, 0);
                growth::grow(&mut self.slots, self.shift, 1, len);
                self.shift -= 1;
            } else {
                self.lengthen_for(self.overflow() + 1);
            }
        }
    }

    /// Lengthens the overflow for a cluster of this many words.
    fn lengthen_for(&mut self, cluster: usize) {
        let len = len_for(self.log(), cluster);
        self.slots.reserve_exact(len - self.slots.len());
        self.slots.resize(len, EMPTY);
    }

    /// Inserts the word if there is a slot for it. Returns whether there was.
    fn try_insert(&mut self, word: u64) -> bool {
        // After all words with equal bits, so that the fewest words are shifted.
        let threshold = word & !u64::from(u32::MAX);
        let Some(place) = self.seek(self.home_of(bits(word)), threshold) else {
            return false;
        };
        let end = self.slots.len() - PADDING;
        let Some(rest) = self.slots.get_mut(place..end) else {
            return false;
        };
        let Some(gap) = rest.iter().position(|&other| other == EMPTY) else {
            return false;
        };
        rest.copy_within(..gap, 1);
        rest[0] = word;
        true
    }

    /// Removes a word. The words after it that are not at home move one slot to the left.
    pub(super) fn remove(&mut self, slot: usize) {
        let shift = self.shift;
        let rest = &mut self.slots[slot + 1..];
        let moved = (slot + 1..)
            .zip(rest.iter())
            .take_while(|&(at, &word)| word != EMPTY && home(word, shift) < at)
            .count();
        self.slots.copy_within(slot + 1..slot + 1 + moved, slot);
        self.slots[slot + moved] = EMPTY;
    }

    /// Sets the index of the word at this slot.
    pub(super) fn set_index(&mut self, slot: usize, index: usize) {
        self.slots[slot] = pack(bits(self.slots[slot]), index);
    }

    pub(super) fn clear(&mut self) {
        self.slots.fill(EMPTY);
    }

    /// Reserves capacity for `more` words. `words` is the number of words now.
    pub(super) fn reserve(&mut self, words: usize, more: usize) {
        let wanted = words + more;
        if wanted <= self.capacity() {
            return;
        }
        let log = log_for(wanted);
        if self.slots.is_empty() {
            *self = Words::with_capacity(wanted);
        } else if log > self.log() {
            let doublings = log - self.log();
            growth::grow(&mut self.slots, self.shift, doublings, len_for(log, 0));
            self.shift -= doublings;
        }
    }

    /// As [`reserve`](Self::reserve), if memory suffices. Returns whether it does.
    pub(super) fn try_reserve(&mut self, words: usize, more: usize) -> bool {
        let wanted = words.saturating_add(more);
        if wanted <= self.capacity() {
            return true;
        }
        let log = log_for(wanted);
        if capacity_of(log) < wanted {
            return false;
        }
        // Allocates and frees: growth needs no more than this, in place or elsewhere.
        let len = len_for(log, 0) + self.slots.len() - self.homes();
        if Vec::<u64>::new().try_reserve_exact(len).is_err() {
            return false;
        }
        self.reserve(words, more);
        true
    }

    /// Frees the slots that its `words` words do not need.
    pub(super) fn shrink_to(&mut self, words: usize) {
        if words == 0 {
            *self = Words::new();
            return;
        }
        let log = log_for(words);
        if log < self.log() {
            self.compress(log);
        }
        let is_word = |&word: &u64| word != EMPTY;
        let end = self.slots.iter().rposition(is_word).map_or(0, |at| at + 1);
        let cluster = end.saturating_sub(self.homes());
        self.slots.truncate(len_for(self.log(), cluster));
        self.slots.shrink_to_fit();
    }

    /// Moves all words to fewer home slots. Does not shorten the array.
    fn compress(&mut self, log: u32) {
        let shift = 64 - log;
        // With fewer home slots, each home and each word is further left, so no word is overwritten before it is read.
        let mut next = 0;
        for at in 0..self.slots.len() {
            let word = self.slots[at];
            if word != EMPTY {
                self.slots[at] = EMPTY;
                let place = home(word, shift).max(next);
                self.slots[place] = word;
                next = place + 1;
            }
        }
        self.shift = shift;
    }

    /// An array of these words, which are ordered by their bits.
    pub(super) fn from_sorted(sorted: &[u64], capacity: usize) -> Self {
        let mut words = Words::with_capacity(capacity.max(sorted.len()));
        let mut next = 0;
        for (at, &word) in sorted.iter().enumerate() {
            let place = home(word, words.shift).max(next);
            if place >= words.slots.len() - PADDING {
                // The homes of all remaining words are before this slot, so there are no more gaps.
                let cluster = place + (sorted.len() - at) - words.homes();
                words.lengthen_for(cluster);
            }
            words.slots[place] = word;
            next = place + 1;
        }
        words
    }

    /// Doubles once with this many threads, for [`grow_probe`](super::grow_probe).
    pub(super) fn double(&mut self, threads: usize) {
        let len = len_for(self.log() + 1, 0);
        growth::grow_with(&mut self.slots, self.shift, 1, len, threads);
        self.shift -= 1;
    }

    /// Allocates and touches the memory that [`double`](Self::double) will need.
    pub(super) fn touch_memory_to_double(&mut self) {
        let len = self.slots.len();
        self.slots.resize(2 * len, EMPTY);
        self.slots.truncate(len);
    }

    #[inline]
    fn home_of(&self, bits: u32) -> usize {
        // As `home`, which shifts a word of 64 bits whose upper half these bits are.
        bits.wrapping_shr(self.shift) as usize
    }

    /// Checks the invariants.
    #[cfg(test)]
    pub(super) fn check(&self, words: usize) {
        let usual = self.homes().min(super::size::OVERFLOW);
        assert!((usual..=self.homes()).contains(&self.overflow()), "S4");
        let padding = self.slots.len().saturating_sub(PADDING);
        assert!(
            self.slots[padding..].iter().all(|&word| word == EMPTY),
            "S5"
        );
        let mut last: Option<(usize, u64)> = None;
        let mut seen = vec![false; words];
        for (at, &word) in self.slots.iter().enumerate() {
            if word == EMPTY {
                continue;
            }
            assert!(!std::mem::replace(&mut seen[index(word)], true), "twice");
            let mut place = home(word, self.shift);
            if let Some((before, previous)) = last {
                assert!(bits(previous) <= bits(word), "S1");
                place = place.max(before + 1);
            }
            assert_eq!(place, at, "S2, S3");
            last = Some((at, word));
        }
        assert!(seen.iter().all(|&is| is), "a word is missing");
    }
}

/// Returns how many words of the block are above the threshold, not counting the last word. They come first, so
/// bisection finds their number. There is no branch, since its outcome would be unpredictable.
#[inline(always)]
fn above_in(block: &[u64; BLOCK], threshold: u64) -> usize {
    let mut above = usize::from(block[3] > threshold) * 4;
    above += usize::from(block[above + 1] > threshold) * 2;
    above + usize::from(block[above] > threshold)
}
