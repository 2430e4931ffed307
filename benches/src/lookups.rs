//! [`Lookups`]: slices of lookups, in each of the [`Way`]s in which a program may look up.

use std::borrow::Borrow;
use std::hint::black_box;

use crate::contender::{Lookup, Visit};
use crate::kind::{Kind, Questions};
use crate::slice::{PIECE, Pace, Sample, timed};

/// How lookups follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Each enters and leaves by itself.
    Single,
    /// So too, and which key is next depends on the value just read: no lookup can begin before the
    /// one before has ended.
    Dependent,
    /// This many between entering and leaving once.
    Together(usize),
}

/// One thread's lookups in one contender; called through a `dyn` once for each slice.
pub trait Lookups<K: Kind>: Send {
    /// Looks these keys up for as long as `pace` says.
    ///
    /// # Panics
    /// If the contender cannot look up in this way.
    fn look_up(&mut self, questions: &K::Questions, way: Way, pace: Pace) -> Sample;
}

/// A contender each of whose lookups enters and leaves.
pub struct OneByOne<L>(pub L);

/// A contender that can look many keys up between entering and leaving.
pub struct Visiting<L>(pub L);

impl<K: Kind, L: Lookup<K>> Lookups<K> for OneByOne<L> {
    fn look_up(&mut self, questions: &K::Questions, way: Way, pace: Pace) -> Sample {
        let zero = black_box(0);
        pieces::<K>(questions, pace, |first| match way {
            Way::Single => single(&mut self.0, questions, first),
            Way::Dependent => dependent(&mut self.0, questions, first, zero),
            Way::Together(_) => panic!("a contender without a view"),
        })
    }
}

impl<K: Kind, L: Visit<K>> Lookups<K> for Visiting<L> {
    fn look_up(&mut self, questions: &K::Questions, way: Way, pace: Pace) -> Sample {
        let zero = black_box(0);
        pieces::<K>(questions, pace, |first| match way {
            Way::Single => single(&mut self.0, questions, first),
            Way::Dependent => dependent(&mut self.0, questions, first, zero),
            Way::Together(count) => together(&mut self.0, questions, first, count),
        })
    }
}

/// Pieces of the questions, round and round, from where the seed says: the same for every contender.
fn pieces<K: Kind>(
    questions: &K::Questions,
    pace: Pace,
    mut piece: impl FnMut(usize) -> u64,
) -> Sample {
    let pieces = questions.len() / PIECE;
    let mut number = pace.seed.wrapping_mul(1_000_003);
    timed(pace, || {
        black_box(piece(number % pieces * PIECE));
        number += 1;
        PIECE
    })
}

/// The measured loop. The sum is only there to be used, so that no lookup is optimised away.
#[inline(never)]
fn single<K: Kind, L: Lookup<K>>(reader: &mut L, questions: &K::Questions, first: usize) -> u64 {
    let mut sum = 0_u64;
    for key in questions.piece(first..first + PIECE) {
        if let Some(value) = reader.get(key.borrow()) {
            sum = sum.wrapping_add(value);
        }
    }
    sum
}

/// The measured loop; `zero` is 0, which the compiler and the processor cannot know.
#[inline(never)]
fn dependent<K: Kind, L: Lookup<K>>(
    reader: &mut L,
    questions: &K::Questions,
    first: usize,
    zero: u64,
) -> u64 {
    let (mut sum, mut last) = (0_u64, 0_u64);
    for at in first..first + PIECE {
        let at = at + (last & zero) as usize;
        if let Some(value) = reader.get(questions.get(at).borrow()) {
            sum = sum.wrapping_add(value);
            last = value;
        }
    }
    sum
}

/// The measured loop.
#[inline(never)]
fn together<K: Kind, L: Visit<K>>(
    reader: &mut L,
    questions: &K::Questions,
    first: usize,
    count: usize,
) -> u64 {
    let mut sum = 0_u64;
    let end = first + PIECE;
    for start in (first..end).step_by(count) {
        let keys = questions.piece(start..(start + count).min(end));
        sum = sum.wrapping_add(reader.visit(keys));
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contender::{Hasher, bare};
    use crate::kind::{Number, Text};
    use crate::value_of;
    use std::time::Duration;

    const ENTRIES: u64 = 3_000;

    /// All ways add the same values up.
    fn adds<K: Kind>() {
        let mut reader = bare::reader_of::<K>(ENTRIES as usize, &Hasher::default());
        let questions = K::questions((0..2 * PIECE as u64).map(|n| n * 2));
        // Those that are there, of the second piece.
        let there = (PIECE as u64..).map(|n| n * 2).take_while(|&n| n < ENTRIES);
        let right = there.map(value_of).sum::<u64>();
        assert_eq!(single::<K, _>(&mut reader, &questions, PIECE), right);
        assert_eq!(dependent::<K, _>(&mut reader, &questions, PIECE, 0), right);
        for count in [1, 16, 1_000, PIECE] {
            let found = together::<K, _>(&mut reader, &questions, PIECE, count);
            assert_eq!(found, right, "{count} together");
        }
    }

    #[test]
    fn all_ways_find_the_same_values() {
        adds::<Number>();
        adds::<Text>();
    }

    #[test]
    fn a_slice_counts_its_lookups() {
        let reader = bare::reader(100, &Hasher::default());
        let questions = Number::questions(0..3 * PIECE as u64);
        let pace = Pace {
            warm_up: Duration::ZERO,
            timed: Duration::from_millis(1),
            seed: 7,
        };
        let mut slice: Box<dyn Lookups<Number>> = Box::new(Visiting(reader));
        for way in [Way::Single, Way::Dependent, Way::Together(16)] {
            let sample = slice.look_up(&questions, way, pace);
            assert!(sample.count >= PIECE && sample.count.is_multiple_of(PIECE));
        }
    }
}
