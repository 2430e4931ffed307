//! Mostly hits: a miss inserts, and another thread does the same.

use super::NAME;
use crate::caches::{ALL, Contender, Handle, QUICK_CACHE};
use crate::contenders::Hasher;
use crate::keys::pieces;
use crate::paired::{CONTROL, Case, Figure, Head, Pace, Plan, count};
use crate::requests::zipf_keys;
use crate::slice::{Sample, beside, timed};
use crate::workloads::lookups::{PIECE, TWO};

/// Of the table.
pub const MISSES: &str = "misses";

const KEYS: usize = 100_000;
/// So that about 99 in 100 requests are hits.
const CAPACITY: usize = 90_000;
const LENGTH: usize = 1 << 22;
const QUICK_LENGTH: usize = 1 << 18;

/// By two threads.
pub fn measure(plan: &Plan) -> Case {
    // Each slice has to have some hundred misses.
    let plan = Plan {
        slice: plan.slice * 5,
        ..plan.clone()
    };
    let length = if plan.is_quick { QUICK_LENGTH } else { LENGTH };
    let keys = zipf_keys(KEYS, 1.0, length);
    let build = || {
        let hasher = Hasher::default();
        let others = ALL
            .into_iter()
            .filter(|contender| contender.name != QUICK_CACHE.name);
        let bases = [(QUICK_CACHE.name, QUICK_CACHE), (CONTROL, QUICK_CACHE)];
        let all = bases
            .into_iter()
            .chain(others.map(|contender| (contender.name, contender)));
        all.map(|(name, contender)| (name, open(contender, &hasher, &keys)))
            .collect()
    };
    let samples = plan.run(1, build, |caches, _, pace| [slice(caches, &keys, pace)]);
    let title = format!(
        "lookups, and an insert of each absent key; {} keys by Zipf's law, exponent 1; capacity {}; slices of {:?}",
        count(KEYS),
        count(CAPACITY),
        plan.slice
    );
    let bases = [QUICK_CACHE.name, crate::caches::OURS.name];
    Case::new(
        Head::new(format!("{NAME}/{MISSES}"), title, bases, [TWO]),
        samples,
    )
}

/// Two handles of a cache that has seen all requests once.
fn open(contender: Contender, hasher: &Hasher, keys: &[u32]) -> [Box<dyn Handle>; 2] {
    let cache = (contender.open)(CAPACITY, hasher);
    cache.serve(keys);
    [cache.another(), cache]
}

/// The time for each request, of both threads together, and how many were hits.
fn slice([first, second]: &[Box<dyn Handle>; 2], keys: &[u32], pace: Pace) -> Figure {
    // Another part of the keys for each thread.
    let (first, second) = beside(
        || part(&**first, keys, pace),
        || {
            let seed = pace.seed + 1_000;
            part(&**second, keys, Pace { seed, ..pace })
        },
    );
    let share = (first.1 + second.1) as f64 / (first.2 + second.2) as f64;
    let also = vec![("% hits".to_string(), 100.0 * share)];
    Figure {
        value: first.0.together(second.0).ns(),
        also,
    }
}

/// With the hits, and the requests, those before the clock started included.
fn part(cache: &dyn Handle, keys: &[u32], pace: Pace) -> (Sample, usize, usize) {
    let mut pieces = pieces(keys.len(), PIECE, pace.seed);
    let (mut hits, mut requests) = (0, 0);
    let sample = timed(pace, || {
        let piece = pieces.next().expect("pieces without end");
        hits += cache.serve(&keys[piece]);
        requests += PIECE;
        PIECE
    });
    (sample, hits, requests)
}
