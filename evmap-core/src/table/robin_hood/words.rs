//! [`Words`]: a sorted array with gaps, of hash bits and indices.
//!
//! ```text
//! home slots, 2^k                              spill
//! [ a  .  b  b' c  .  .  d  ...           .  y ][ z  .  .  . ]
//!         ^ b and b' have one home; c is pushed on by b'
//! ```
//!
//! This is Robin Hood hashing (Celis, 1986) without wrap-around: whoever is nearest to home gives
//! way, so all words are in the order of their hashes, and a search ends at the first greater one.
//!
//! # Invariants
//! - **S1** Words that are not empty are ordered by their bits; those of equal bits in any order.
//! - **S2** A word is at its home, or right of it with no empty slot from home to there.
//! - **S3** Each slot of a run is taken by the first word that it can be given to: a word is not at
//!   home only because the slot before it is taken by another. So bits decide the array, up to the
//!   order of equal ones.
//! - **S4** The spill has [`SPILL`] slots, or as many as there are home slots if these are fewer. Where
//!   more words than that crowd at the end, it gets twice as many slots as crowd there, and still no
//!   more than there are home slots.
//! - **S5** The last [`PADDING`] slots, behind the spill, are empty, so a block that is not all there
//!   holds no word.
//!
//! # What a flood costs
//!
//! Words with one home are a run; finding one of a run, or adding one, is linear in it.
//! Doubling does not part equal bits, so it is not tried for ever: a table that is less than a
//! quarter full gets a longer spill instead, and memory stays in proportion to the entries.
//!
//! [`SPILL`]: super::size::SPILL

use super::growth;
use super::size::{MAX_LOG, MIN_LOG, PADDING, len_for, log_for, room_of};
use super::word::{EMPTY, bits, home, index, pack};

/// Words that a search compares at a time.
pub(super) const BLOCK: usize = 8;

/// The array.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Words {
    slots: Vec<u64>,
    /// The home of a word is what is left of it after a shift by so many bits.
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

    /// Empty slots for so many words.
    pub(super) fn with_room(words: usize) -> Self {
        if words == 0 {
            return Words::new();
        }
        let log = log_for(words);
        Words {
            slots: vec![EMPTY; len_for(log, 0)],
            shift: 64 - log,
        }
    }

    /// How many words fit before growth is due.
    pub(super) fn room(&self) -> usize {
        if self.slots.is_empty() {
            0
        } else {
            room_of(self.log())
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
    pub(super) fn spill(&self) -> usize {
        self.slots.len().saturating_sub(self.homes() + PADDING)
    }

    /// A clone, with the room that there is, if there is so much; `words` are there.
    pub(super) fn duplicate(&self, words: usize) -> Self {
        let mut slots = Vec::new();
        if slots.try_reserve_exact(self.slots.len()).is_err() {
            return self.compact(words);
        }
        slots.extend_from_slice(&self.slots);
        let shift = self.shift;
        Words { slots, shift }
    }

    /// A clone of no more room than so many words, which are there, need.
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

    /// The first of the words of these bits at whose index, which is below `len`, the caller finds
    /// what it looks for: its slot, and that.
    #[inline(always)]
    pub(super) fn find<R>(
        &self,
        wanted: u32,
        len: usize,
        mut found_at: impl FnMut(usize) -> Option<R>,
    ) -> Option<(usize, R)> {
        // Words are inverted: those of lesser bits are above this one, the empty word is below.
        let bar = pack(wanted, 0);
        let mut from = self.home_of(wanted);
        loop {
            let block = self.block(from)?;
            let above = above_in(block, bar);
            let word = block[above];
            // The index if the bits are these; far more than any index if they are others.
            let index = word ^ bar;
            if index < len as u64 {
                if let Some(found) = found_at(index as usize) {
                    return Some((from + above, found));
                }
            } else if word < bar {
                return None;
            }
            from += above + 1;
        }
    }

    /// The first slot from this one on whose word is not above the bar.
    fn seek(&self, mut from: usize, bar: u64) -> Option<usize> {
        loop {
            let block = self.block(from)?;
            let above = above_in(block, bar);
            if block[above] <= bar {
                return Some(from + above);
            }
            from += above + 1;
        }
    }

    /// The words from this slot on; if there are not so many, all words are before it (S5).
    #[inline(always)]
    fn block(&self, from: usize) -> Option<&[u64; BLOCK]> {
        self.slots.get(from..)?.first_chunk()
    }

    /// The slot of this index, which is there; with these bits, unless a hasher lies.
    pub(super) fn slot_of(&self, wanted: u32, of: usize) -> Option<usize> {
        let found = self.find(wanted, of + 1, |index| (index == of).then_some(()));
        found.map(|(slot, ())| slot).or_else(|| {
            self.slots
                .iter()
                .position(|&word| word != EMPTY && index(word) == of)
        })
    }

    /// Adds a word; `words` are there.
    pub(super) fn insert(&mut self, bits: u32, index: usize, words: usize) {
        self.make_room_for(words, 1);
        let word = pack(bits, index);
        while !self.try_insert(word) {
            // The spill is full.
            if words >= self.homes() / 4 && self.log() < MAX_LOG {
                let len = len_for(self.log() + 1, 0);
                growth::grow(&mut self.slots, self.shift, 1, len);
                self.shift -= 1;
            } else {
                self.lengthen_for(self.spill() + 1);
            }
        }
    }

    /// Lengthens the spill, where so many crowd.
    fn lengthen_for(&mut self, crowd: usize) {
        let len = len_for(self.log(), crowd);
        self.slots.reserve_exact(len - self.slots.len());
        self.slots.resize(len, EMPTY);
    }

    /// Whether there was a slot for the word.
    fn try_insert(&mut self, word: u64) -> bool {
        // Behind its equals, so that the fewest words move on.
        let bar = word & !u64::from(u32::MAX);
        let Some(place) = self.seek(self.home_of(bits(word)), bar) else {
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

    /// Takes a word out; those that it kept from home move up.
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

    /// Gives the word at this slot another index.
    pub(super) fn set_index(&mut self, slot: usize, index: usize) {
        self.slots[slot] = pack(bits(self.slots[slot]), index);
    }

    pub(super) fn clear(&mut self) {
        self.slots.fill(EMPTY);
    }

    /// Makes room for so many more; `words` are there.
    pub(super) fn make_room_for(&mut self, words: usize, more: usize) {
        let wanted = words + more;
        if wanted <= self.room() {
            return;
        }
        let log = log_for(wanted);
        if self.slots.is_empty() {
            *self = Words::with_room(wanted);
        } else if log > self.log() {
            let doublings = log - self.log();
            growth::grow(&mut self.slots, self.shift, doublings, len_for(log, 0));
            self.shift -= doublings;
        }
    }

    /// Makes room for so many more, if there is so much: whether there is.
    pub(super) fn try_make_room_for(&mut self, words: usize, more: usize) -> bool {
        let wanted = words.saturating_add(more);
        if wanted <= self.room() {
            return true;
        }
        let log = log_for(wanted);
        if room_of(log) < wanted {
            return false;
        }
        // Asked for and given back: what grows in place and what grows elsewhere needs no more.
        let len = len_for(log, 0) + self.slots.len() - self.homes();
        if Vec::<u64>::new().try_reserve_exact(len).is_err() {
            return false;
        }
        self.make_room_for(words, more);
        true
    }

    /// Gives back slots that so many words, which are there, do not need.
    pub(super) fn shrink_to(&mut self, words: usize) {
        if words == 0 {
            *self = Words::new();
            return;
        }
        let log = log_for(words);
        if log < self.log() {
            self.draw_together(log);
        }
        let is_word = |&word: &u64| word != EMPTY;
        let end = self.slots.iter().rposition(is_word).map_or(0, |at| at + 1);
        let crowd = end.saturating_sub(self.homes());
        self.slots.truncate(len_for(self.log(), crowd));
        self.slots.shrink_to_fit();
    }

    /// Moves all words to fewer home slots, and makes the array no shorter.
    fn draw_together(&mut self, log: u32) {
        let shift = 64 - log;
        // A home in fewer slots is further left, and so is each word, so none is overwritten unread.
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

    /// As many slots as these words need, which are ordered by their bits.
    pub(super) fn from_sorted(sorted: &[u64], room: usize) -> Self {
        let mut words = Words::with_room(room.max(sorted.len()));
        let mut next = 0;
        for (at, &word) in sorted.iter().enumerate() {
            let place = home(word, words.shift).max(next);
            if place >= words.slots.len() - PADDING {
                // All that follow have their homes before this place, so there is no gap any more.
                let crowd = place + (sorted.len() - at) - words.homes();
                words.lengthen_for(crowd);
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

    /// Gets the memory that [`double`](Self::double) will want beforehand, and touches all of it.
    pub(super) fn touch_room_to_double(&mut self) {
        let len = self.slots.len();
        self.slots.resize(2 * len, EMPTY);
        self.slots.truncate(len);
    }

    #[inline]
    fn home_of(&self, bits: u32) -> usize {
        // As `home`, which shifts 64 bits of which these are the upper ones.
        bits.wrapping_shr(self.shift) as usize
    }

    /// The invariants.
    #[cfg(test)]
    pub(super) fn check(&self, words: usize) {
        let usual = self.homes().min(super::size::SPILL);
        assert!((usual..=self.homes()).contains(&self.spill()), "S4");
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
        assert!(seen.iter().all(|&is| is), "one is missing");
    }
}

/// How many words of the block are above the bar, without the last one: they are the first ones, so
/// bisecting finds their number. No branch, since nobody could foresee where a search ends.
#[inline(always)]
fn above_in(block: &[u64; BLOCK], bar: u64) -> usize {
    let mut above = usize::from(block[3] > bar) * 4;
    above += usize::from(block[above + 1] > bar) * 2;
    above + usize::from(block[above] > bar)
}
