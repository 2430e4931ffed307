//! [`Held`]: a map that is read while nobody writes it.

use std::borrow::Borrow;
use std::hint::black_box;

use benches::contender::Hasher;
use benches::slice::{PIECE, Pace, Sample, timed};
use benches::value_of;
use evmap_core::Builder;
use evmap_core::table::{Engine, Incremental};

use crate::course::{Reader, Writer, insert, settle};
use crate::kind::{Kind, Number, Questions};

/// Questions that are asked before anything is timed.
const CHECKED: usize = 1 << 16;

/// A map of one engine, and its reader.
pub struct Held<K: Kind, E: Engine> {
    writer: Writer<K, E>,
    reader: Reader<K, E>,
}

/// Such a map, whatever its engine: called through a `dyn` once for each slice.
pub trait Ask<K: Kind> {
    /// Looks these keys up, one after the other, each through a guard of its own.
    fn look_up(&self, questions: &K::Questions, pace: Pace) -> Sample;

    /// Goes through all entries, and adds their values up.
    fn iterate(&self, pace: Pace) -> Sample;

    /// Whether a growth is under way.
    fn is_growing(&self) -> bool;

    /// # Panics
    /// If an answer is wrong.
    fn check(&self, hits: &K::Questions, misses: &K::Questions);
}

/// With this number of entries, and nothing left to do.
pub fn settled<K: Kind, E: Engine>(entries: u64, hasher: &Hasher) -> Held<K, E> {
    let (mut writer, reader) = build::<K, E>(0, hasher);
    settle::<K, E>(&mut writer, 0..entries);
    Held { writer, reader }
}

/// With one entry more than the capacity, both copies having grown for it: where an engine
/// drains a full table, nearly all entries are still there, and stay, since nobody writes.
pub fn just_grown<K: Kind, E: Engine>(capacity: usize, hasher: &Hasher) -> Held<K, E> {
    let (mut writer, reader) = build::<K, E>(capacity, hasher);
    settle::<K, E>(&mut writer, 0..capacity as u64);
    assert_eq!(reader.read().capacity(), capacity, "not full");
    insert::<K, E>(&mut writer, capacity as u64..capacity as u64 + 1);
    assert!(reader.read().capacity() > capacity, "not grown");
    // Gives the writer's copy its entry as well, without a refresh, which would move more.
    assert_eq!(writer.len(), capacity + 1);
    Held { writer, reader }
}

/// The number of entries that fill a table exactly, of those the nearest to this one.
pub fn full_near(entries: usize) -> usize {
    let (_writer, reader) = build::<Number, Incremental>(entries / 4 * 3, &Hasher::default());
    reader.read().capacity()
}

fn build<K: Kind, E: Engine>(capacity: usize, hasher: &Hasher) -> (Writer<K, E>, Reader<K, E>) {
    let builder = Builder::new().hasher(hasher.clone()).capacity(capacity);
    builder.engine::<E>().build::<K::Key, u64>()
}

impl<K: Kind, E: Engine> Ask<K> for Held<K, E> {
    fn look_up(&self, questions: &K::Questions, pace: Pace) -> Sample {
        let pieces = questions.len() / PIECE;
        // Another stretch in each round, the same for every engine.
        let mut piece = pace.seed.wrapping_mul(1_000_003);
        timed(pace, || {
            black_box(sum_of::<K, E>(&self.reader, questions, piece % pieces));
            piece += 1;
            PIECE
        })
    }

    fn iterate(&self, pace: Pace) -> Sample {
        timed(pace, || {
            black_box(sum_of_all::<K, E>(&self.reader));
            self.reader.len()
        })
    }

    fn is_growing(&self) -> bool {
        // Everything is published and in both copies, so there is nothing else to settle.
        !self.writer.is_settled()
    }

    fn check(&self, hits: &K::Questions, misses: &K::Questions) {
        for at in 0..hits.len().min(CHECKED) {
            let found = self.reader.get_cloned(hits.get(at).borrow());
            assert!(found.is_some(), "a key is lost");
            assert_eq!(self.reader.get_cloned(misses.get(at).borrow()), None);
        }
        for number in (0..self.reader.len() as u64).step_by(997) {
            let found = self.reader.get_cloned(K::key(number).borrow());
            assert_eq!(found, Some(value_of(number)));
        }
    }
}

/// The measured loop of lookups.
#[inline(never)]
fn sum_of<K: Kind, E: Engine>(
    reader: &Reader<K, E>,
    questions: &K::Questions,
    piece: usize,
) -> u64 {
    let mut sum = 0_u64;
    for at in piece * PIECE..(piece + 1) * PIECE {
        if let Some(value) = reader.get(questions.get(at).borrow()) {
            sum = sum.wrapping_add(*value);
        }
    }
    sum
}

/// The measured loop of iteration.
#[inline(never)]
fn sum_of_all<K: Kind, E: Engine>(reader: &Reader<K, E>) -> u64 {
    let view = reader.read();
    let mut sum = 0_u64;
    for (_, &value) in view.iter() {
        sum = sum.wrapping_add(value);
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kind::Text;
    use evmap_core::table::{RobinHood, Swiss};

    #[test]
    fn full_is_near_what_was_asked_for() {
        assert_eq!(full_near(100_000), 114_688);
        assert_eq!(full_near(1_000), 896);
    }

    #[test]
    fn only_the_incremental_engine_is_still_growing() {
        fn check<K: Kind, E: Engine>(is_growing: bool) {
            let held = just_grown::<K, E>(full_near(1_000), &Hasher::default());
            let (hits, misses) = (K::questions(0..897), K::questions(897..2_000));
            held.check(&hits, &misses);
            assert_eq!(held.is_growing(), is_growing);
            assert!(!settled::<K, E>(5_000, &Hasher::default()).is_growing());
        }
        check::<Number, Swiss>(false);
        check::<Text, Incremental>(true);
        check::<Number, Incremental>(true);
        check::<Text, RobinHood>(false);
    }
}
