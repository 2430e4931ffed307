//! The slowest hits, beside a writer that inserts all the time.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::NAME;
use crate::caches::{ALL, Handle, Timed};
use crate::contenders::Hasher;
use crate::keys::{Order, draw, pieces};
use crate::paired::{CONTROL, Case, Figure, Head, Pace, Plan, count};
use crate::slice::{Ends, beside, timed};

/// Of the table.
pub const TAIL: &str = "tail";
/// The row whose reader is alone.
pub const UNDISTURBED: &str = "undisturbed";
/// The row whose reader is not.
pub const DISTURBED: &str = "beside a writer";

/// Keys that are read.
const READ: usize = 50_000;
/// That many more keys are never read, so that something can be evicted.
const CAPACITY: usize = 2 * READ;
/// Lookups between two looks whether the slice is over.
const PIECE: usize = 1_024;
/// Inserts between two looks whether the reader has ended.
const INSERTS: u64 = 16;
/// The part of hits that takes no longer.
const PART: f64 = 0.999;

/// A cache, and the next key that the writer inserts.
type Written = (Box<dyn Handle>, Box<dyn Handle>, u64);

/// Each cache without a writer, once more without, and beside one.
pub fn measure(plan: &Plan) -> Case {
    let plan = Plan {
        slice: plan.slice * 3,
        ..plan.clone()
    };
    let keys = draw(READ, 1, Order::Uniform);
    let build = || {
        [UNDISTURBED, CONTROL, DISTURBED]
            .map(|name| (name, (name == DISTURBED, caches(&keys))))
            .into()
    };
    let samples = plan.run(ALL.len(), build, |(is_disturbed, caches), step, pace| {
        [if *is_disturbed {
            disturbed(&mut caches[step], &keys, pace)
        } else {
            Figure::from(slowest(&*caches[step].0, &keys, pace))
        }]
    });
    let title = format!(
        "a hit's 99.9th percentile, the clock included, {} keys, beside a writer of keys that are new; capacity {}; slices of {:?}",
        count(READ),
        count(CAPACITY),
        plan.slice
    );
    let conditions = ALL.map(|contender| contender.name);
    let bases = [UNDISTURBED, DISTURBED];
    let note = "an insert: nanoseconds for each, of the writer".to_string();
    Case::new(
        Head::new(format!("{NAME}/{TAIL}"), title, bases, conditions),
        samples,
    )
    .note(note)
}

/// Full ones, in which all that is read was read before.
fn caches(keys: &[u32]) -> Vec<Written> {
    let hasher = Hasher::default();
    let cache = |contender: crate::caches::Contender| {
        let cache = (contender.open)(CAPACITY, &hasher);
        cache.serve(keys);
        cache.fill(&mut (READ as u64..CAPACITY as u64));
        cache.serve(keys);
        (cache.another(), cache, CAPACITY as u64)
    };
    ALL.into_iter().map(cache).collect()
}

/// In nanoseconds, of those lookups that were hits.
fn slowest(cache: &dyn Handle, keys: &[u32], pace: Pace) -> f64 {
    let mut pieces = pieces(keys.len(), PIECE, pace.seed);
    let mut all = Timed::new();
    let [mut warm_up, mut counted] = [pace; 2];
    (warm_up.timed, counted.warm_up) = (Duration::ZERO, Duration::ZERO);
    for pace in [warm_up, counted] {
        all.clear();
        timed(pace, || {
            let piece = pieces.next().expect("pieces without end");
            cache.time_hits(&keys[piece], &mut all);
            PIECE
        });
    }
    quantile(all)
}

fn disturbed((reader, writer, next): &mut Written, keys: &[u32], pace: Pace) -> Figure {
    let is_over = AtomicBool::new(false);
    let (slowest, insert) = beside(
        || {
            let _ends = Ends(&is_over);
            slowest(&**reader, keys, pace)
        },
        || {
            let (begin, first) = (Instant::now(), *next);
            // ORDER: none is needed, nothing is read that was written before.
            while !is_over.load(Ordering::Relaxed) {
                writer.insert_all(*next..*next + INSERTS);
                *next += INSERTS;
            }
            begin.elapsed().as_nanos() as f64 / (*next - first).max(1) as f64
        },
    );
    let also = vec![("an insert".to_string(), insert)];
    Figure {
        value: slowest,
        also,
    }
}

/// # Panics
/// If nothing was a hit.
fn quantile(mut all: Timed) -> f64 {
    assert!(!all.is_empty(), "no lookup was a hit");
    let place = ((all.len() - 1) as f64 * PART) as usize;
    let (_, &mut value, _) = all.select_nth_unstable(place);
    f64::from(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_hit_in_a_thousand_is_slower() {
        assert_eq!(quantile((0..=1_000).rev().collect()), 999.0);
        assert_eq!(quantile(vec![7]), 7.0);
    }
}
