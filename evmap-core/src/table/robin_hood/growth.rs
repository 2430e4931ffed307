//! Growth of the array of words, in one streaming pass that hashes no key.
//!
//! # Invariants
//! - **G1** A cut is a slot whose word is at home or empty. With `d` doublings, exactly the words
//!   before a cut `c` move to slots before `c << d`: the other words have no home before `c`, and the word at `p`
//!   moves no further than `(p << d) + (1 << d) - 1`, by induction from the start of its run.
//! - **G2** No word moves further beyond the home slots than it was, so the overflow remains long enough.
//!
//! So the range between two cuts can be moved independently, in any order and by any thread. The result is the same,
//! word for word, and needs no merge.
//!
//! In place, the upper half moves first: its new slots are after all words that have not been read yet.
//! Then the upper half of the rest moves, and so on.
//!
//! A few threads grow a large array. First they claim ranges of the fresh memory and touch its pages, then ranges of
//! words that begin and end at a cut.
//! (A fresh array instead of a grown one would save a pass over the upper half. But then the system must provide twice
//! as much memory, which takes longer.)

use std::hint;
use std::mem::MaybeUninit;
use std::ops::Range;
use std::thread;

use super::share::share;
use super::word::{EMPTY, home};

/// The number of words that are moved at a time. Their new slots fit into a core's own cache.
const BLOCK: usize = 4096;
/// The number of words that a thread claims at a time.
const RANGE: usize = 1 << 16;
/// No page of memory has fewer words.
const PAGE: usize = 512;
/// The growth of a smaller array would be over before a thread has started.
const LARGE: usize = 1 << 20;
/// More threads than this gain little.
const MAX_THREADS: usize = 4;

/// Doubles the home slots `doublings` times. The array gets `least` slots, or more if the overflow needs them. The
/// home of a word is the word shifted by `shift`.
pub(super) fn grow(slots: &mut Vec<u64>, shift: u32, doublings: u32, least: usize) {
    grow_with(slots, shift, doublings, least, threads_for(slots.len()));
}

/// Returns how many threads grow an array of this many slots.
pub(super) fn threads_for(slots: usize) -> usize {
    if slots < LARGE {
        1
    } else {
        thread::available_parallelism().map_or(1, |cores| cores.get().min(MAX_THREADS))
    }
}

/// As [`grow`], with this many threads.
pub(super) fn grow_with(
    slots: &mut Vec<u64>,
    shift: u32,
    doublings: u32,
    least: usize,
    threads: usize,
) {
    let homes = 1 << (64 - shift);
    let len = least.max((homes << doublings) + (slots.len() - homes));
    let stretch = Stretch {
        doublings,
        old_shift: shift,
    };
    let old = slots.len();
    slots.reserve_exact(len - old);
    if threads > 1 {
        touch(&mut slots.spare_capacity_mut()[..len - old], threads);
        slots.resize(len, EMPTY);
        stretch.in_place(slots, old, len, threads);
    } else {
        let (left, unwritten) = stretch.append_upper(slots, len);
        stretch.in_place(slots, left, unwritten, 1);
    }
}

/// Touches fresh memory page by page, so that the system provides it. This is by far the slowest part of filling it,
/// and threads can share it.
fn touch(fresh: &mut [MaybeUninit<u64>], threads: usize) {
    share(threads, fresh.chunks_mut(RANGE), |range| {
        for page in range.chunks_mut(PAGE) {
            page[0].write(EMPTY);
        }
    });
}

/// By how much the home slots grow.
#[derive(Clone, Copy)]
struct Stretch {
    doublings: u32,
    old_shift: u32,
}

impl Stretch {
    /// Moves the words of the upper half (or more, with several doublings) to slots after the old ones, and gives the
    /// array its new length. Returns how many slots remain to be moved, and how many to be written.
    ///
    /// It appends blocks from a core's own cache, so the new memory is written once.
    fn append_upper(self, slots: &mut Vec<u64>, len: usize) -> (usize, usize) {
        let old = slots.len();
        let Some(cut) = self.middle(slots) else {
            slots.resize(len, EMPTY);
            return (old, len);
        };
        let target = cut << self.doublings;
        slots.resize(target, EMPTY);
        let mut block = Vec::new();
        let mut start = cut;
        while start < old {
            let next = self.cut(&slots[..old], start + BLOCK);
            let end = if next == old {
                len
            } else {
                next << self.doublings
            };
            block.clear();
            block.resize(end - slots.len(), EMPTY);
            let first = start << self.doublings;
            lay(&slots[start..next], &mut block, first, self.new_shift());
            slots.extend_from_slice(&block);
            start = next;
        }
        (cut, target)
    }

    /// Moves the words of the first `end` slots to the first `unwritten` slots. If these are all slots, the slots
    /// after the words are empty.
    fn in_place(self, slots: &mut [u64], mut end: usize, mut unwritten: usize, threads: usize) {
        // Then the first words that move find empty slots.
        let mut is_empty = unwritten == slots.len();
        while let Some(cut) = self.middle(&slots[..end]) {
            let target = cut << self.doublings;
            let (low, high) = slots[..unwritten].split_at_mut(target);
            self.ranges(&low[..end], cut..end, high, is_empty, threads);
            (end, unwritten, is_empty) = (cut, target, false);
        }
        // The rest is short, or a single run. Only a copy does not overlap its new slots.
        let rest = slots[..end].to_vec();
        self.range(&rest, 0..end, &mut slots[..unwritten], false);
    }

    /// Returns a cut after which all words move to slots after these. `None` if there are few slots, or one run
    /// covers too many of them.
    fn middle(self, slots: &[u64]) -> Option<usize> {
        let cut = self.cut(slots, slots.len().div_ceil(1 << self.doublings));
        (slots.len() > BLOCK && cut < slots.len()).then_some(cut)
    }

    /// Moves the words of a range between two cuts. Threads share a large range.
    fn ranges(
        self,
        slots: &[u64],
        all: Range<usize>,
        target: &mut [u64],
        is_empty: bool,
        threads: usize,
    ) {
        if threads == 1 || all.len() < 2 * RANGE {
            return self.range(slots, all, target, is_empty);
        }
        let mut pieces = Vec::new();
        let (mut start, mut rest) = (all.start, target);
        while start < all.end {
            let (next, target, others) = self.split(slots, start, RANGE, rest);
            pieces.push((start..next, target));
            (start, rest) = (next, others);
        }
        share(threads, pieces.into_iter(), |(range, target)| {
            self.range(&slots[..range.end], range, target, is_empty);
        });
    }

    /// Moves the words of a range between two cuts to `target`, their new slots.
    fn range(self, slots: &[u64], range: Range<usize>, target: &mut [u64], is_empty: bool) {
        let Range { mut start, end } = range;
        let mut rest = target;
        while start < end {
            let (next, block, others) = self.split(&slots[..end], start, BLOCK, rest);
            if !is_empty {
                block.fill(EMPTY);
            }
            let first = start << self.doublings;
            lay(&slots[start..next], block, first, self.new_shift());
            (start, rest) = (next, others);
        }
    }

    /// Returns the end of a range of about `len` slots that begins at the cut `start`, the part of `rest` that the
    /// range fills, and the remainder.
    fn split<'a>(
        self,
        slots: &[u64],
        start: usize,
        len: usize,
        rest: &'a mut [u64],
    ) -> (usize, &'a mut [u64], &'a mut [u64]) {
        let next = self.cut(slots, start + len);
        let len = if next == slots.len() {
            rest.len()
        } else {
            (next - start) << self.doublings
        };
        let (target, others) = rest.split_at_mut(len);
        (next, target, others)
    }

    /// Returns the first cut from this slot on, or the end. The overflow has no cut.
    fn cut(self, slots: &[u64], from: usize) -> usize {
        let homes = 1 << (64 - self.old_shift);
        let is_cut =
            |&(at, &word): &(usize, &u64)| word == EMPTY || home(word, self.old_shift) == at;
        (from..=homes)
            .zip(slots.get(from..).unwrap_or_default())
            .find(is_cut)
            .map_or(slots.len(), |(at, _)| at)
    }

    fn new_shift(self) -> u32 {
        self.old_shift - self.doublings
    }
}

/// Writes words into an empty block that begins at slot `first`.
///
/// An empty word is written too, to the next free slot, which changes nothing. This avoids a branch that would be
/// unpredictable.
fn lay(words: &[u64], block: &mut [u64], first: usize, shift: u32) {
    let mut next = 0;
    for &word in words {
        let is_word = word != EMPTY;
        // This part does not depend on the word before. The rest is a chain of dependencies.
        let own = hint::select_unpredictable(is_word, home(word, shift).wrapping_sub(first), 0);
        let place = own.max(next);
        match block.get_mut(place) {
            Some(slot) => *slot = word,
            None => debug_assert!(!is_word, "G1"),
        }
        next = place + usize::from(is_word);
    }
}
