//! [`Lookups`]: tables of lookups by one thread, or by one and by two.

use std::hint::black_box;

use super::{MOST, number, or};
use crate::contenders::{Map, Read, Way, check};
use crate::keys::{Asking, Kind, Number, Order, draw, pieces};
use crate::paired::{Case, Head, Pace, Plan, Quartiles, count, ratios};
use crate::slice::{Sample, beside, timed};

/// By one thread alone.
pub const ONE: &str = "1 thread";
/// By two at once.
pub const TWO: &str = "2 threads";
/// Both.
pub const CONDITIONS: [&str; 2] = [ONE, TWO];

/// Lookups between two looks at the clock, which then cost next to nothing.
pub const PIECE: usize = 1024;
/// How many times as much two threads of the base have to get done as one, of 2 at best: where they have one processor
/// between them, everybody scales as well.
const GAIN: f64 = 1.5;

/// What is looked up, and how.
pub struct Lookups<K: Kind> {
    keys: Vec<u32>,
    asking: K::Asking,
    are_there: bool,
    way: Way,
}

impl<K: Kind> Lookups<K> {
    /// Of these keys, all of which are there, or none.
    pub fn new(keys: Vec<u32>, are_there: bool, way: Way) -> Self {
        let asking = K::asking(&keys);
        Lookups {
            keys,
            asking,
            are_there,
            way,
        }
    }

    /// A table under one condition for each of `head`.
    ///
    /// # Panics
    /// If a contender gives a wrong answer.
    pub fn table(
        &self,
        head: Head,
        plan: &Plan,
        build: impl Fn() -> Vec<(&'static str, Map<K>)>,
    ) -> Case {
        let has_two = head.conditions.len() == 2;
        let build = || {
            let contenders = build().into_iter();
            let with_second = contenders.map(|(name, mut map)| {
                check(name, &mut *map.reader, &self.keys, self.are_there);
                let second = map.reader.another();
                (name, (map, second))
            });
            with_second.collect()
        };
        let samples = plan.run(head.conditions.len(), build, |(map, second), step, pace| {
            let reader = &mut *map.reader;
            let sample = match step {
                0 => look_up(reader, &self.asking, self.way, pace),
                _ => self.two(reader, &mut **second, pace),
            };
            [sample.ns()]
        });
        let case = Case::new(head, samples);
        if !has_two {
            return case;
        }
        let base = &case.rows[0].cells;
        let gain = Quartiles::of_ratios(&base[0].rounds, &base[1].rounds).median;
        let doubt = format!("two threads of the base do {gain:.2} times as much");
        case.derive("scaling", (gain < GAIN).then_some(doubt), |row, base| {
            let [own, base] =
                [row, base].map(|row| ratios(&row.cells[0].rounds, &row.cells[1].rounds));
            Quartiles::of_ratios(&own, &base)
        })
    }

    fn two(&self, first: &mut dyn Read<K>, second: &mut dyn Read<K>, pace: Pace) -> Sample {
        let part = |reader, seed| look_up(reader, &self.asking, self.way, Pace { seed, ..pace });
        // Another part of the keys than the first thread's.
        let (first, second) = beside(
            || part(first, pace.seed),
            || part(second, pace.seed + 1_000),
        );
        first.together(second)
    }
}

/// How many keys the tables have that are about hits alone, by one thread and by two.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Sizes {
    /// Table sizes, such as 1k,100k
    #[arg(long, value_delimiter = ',', value_parser = number::<1, MOST>, value_name = "N,..")]
    sizes: Vec<usize>,
}

impl Sizes {
    /// A table of each size.
    pub fn tables(
        &self,
        [name, title]: [&str; 2],
        bases: [&'static str; 2],
        plan: &Plan,
        show: &mut dyn FnMut(Case),
        build: impl Fn(usize) -> Vec<(&'static str, Map<Number>)>,
    ) {
        for size in or(&self.sizes, &[1_000, 100_000]) {
            let lookups = Lookups::<Number>::new(draw(size, 1, Order::Uniform), true, Way::Single);
            let (name, title) = (
                format!("{name}/{}", count(size)),
                format!("{title}, {} keys", count(size)),
            );
            let head = Head::new(name, title, bases, CONDITIONS);
            show(lookups.table(head, plan, || build(size)));
        }
    }
}

/// Lookups, a piece of the keys after the other, by one thread.
pub fn look_up<K: Kind>(
    reader: &mut dyn Read<K>,
    keys: &K::Asking,
    way: Way,
    pace: Pace,
) -> Sample {
    let mut pieces = pieces(keys.count(), PIECE, pace.seed);
    timed(pace, || {
        let piece = pieces.next().expect("pieces without end");
        black_box(reader.look_up(keys, piece, way));
        PIECE
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contenders::{Lookup, Upsert, check_writes};
    use crate::keys::{Number, value_of};

    /// Right except at one key.
    #[derive(Clone)]
    struct Liar(u64);

    /// Keeps nothing.
    struct Sieve;

    impl Lookup for Liar {
        fn get(&mut self, &key: &u64) -> Option<u64> {
            (key < 100 && key != self.0).then(|| value_of(key, 0))
        }
    }

    impl Upsert for Sieve {
        fn set(&mut self, _: u64, _: u64) {}
    }

    #[test]
    fn right_answers_pass() {
        let keys: Vec<_> = (0..100).collect();
        check::<Number>("honest", &mut Liar(100), &keys, true);
        check::<Number>("honest", &mut Liar(100), &[100, 101], false);
    }

    #[test]
    #[should_panic(expected = "liar gives a wrong answer at 42")]
    fn a_wrong_answer_ends_the_run() {
        let keys = (0..100).collect();
        let head = Head::new("", String::new(), ["honest", "liar"], ["1 thread"]);
        Lookups::<Number>::new(keys, true, Way::Single).table(head, &Plan::new(true), || {
            [("honest", 100), ("liar", 42)]
                .map(|(name, wrong)| (name, Map::from((Sieve, Liar(wrong)))))
                .into()
        });
    }

    #[test]
    #[should_panic(expected = "sieve lost what was written at 7")]
    fn a_write_that_is_lost_ends_the_run() {
        check_writes("sieve", &mut Sieve, &mut Liar(100), &[7]);
    }
}
