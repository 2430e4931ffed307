//! What each fence mode costs reader and writer together, by the interval between refreshes.
//!
//! Membarrier makes lookups cheap and refreshes expensive, SeqCst the other way round; which one is better
//! depends on how many lookups there are for each refresh, and Auto has to find that out.
//! The joint cost is the time of both threads for each lookup, where the reader makes
//! [`PER_MICROSECOND`]: its own, and its part of a refresh that is due after some number of lookups.

use std::sync::Arc;
use std::time::Duration;

use benches::contender::{Hasher, ours};
use benches::rhythm::Rhythm;
use benches::stream::Stream;
use evmap_core::FenceMode;

use super::contender::Contender;
use crate::case::{Case, Heading};
use crate::name;
use crate::partner::Partner;
use crate::plan::Plan;
use crate::report::count;

/// What the first ratio is to.
pub const SEQ_CST: &str = "SeqCst";
pub const MEMBARRIER: &str = "Membarrier";
/// What the second ratio is to.
pub const AUTO: &str = "Auto";

/// What is measured.
const CONDITIONS: [&str; 3] = ["a lookup", "a refresh", BOTH];
/// The joint cost.
pub const BOTH: &str = "a lookup and its part";

/// Between the beginnings of two refreshes.
pub const INTERVALS: [Duration; 7] = [
    Duration::from_micros(1),
    Duration::from_micros(10),
    Duration::from_micros(30),
    Duration::from_micros(100),
    Duration::from_micros(300),
    Duration::from_millis(1),
    Duration::from_millis(10),
];
/// What the tables of these are called.
pub const CASES: [&str; 7] = [
    "every-1us",
    "every-10us",
    "every-30us",
    "every-100us",
    "every-300us",
    "every-1ms",
    "every-10ms",
];

const ENTRIES: usize = 1_000;
/// Lookups in each microsecond of an interval: one every ten nanoseconds, by a reader that does little
/// else. Fixed, so that no mode is measured by its own speed.
const PER_MICROSECOND: f64 = 100.0;
/// How many intervals a slice has at least, and in a quick run.
const INTERVALS_TIMED: [u32; 2] = [20, 2];
/// From such a slice on there are fewer rounds.
const LONG: Duration = Duration::from_millis(100);
const LONG_ROUNDS: usize = 30;

fn contenders(stream: &Stream) -> Vec<Contender> {
    let hasher = &Hasher::default();
    let contender =
        |name, mode: FenceMode| Contender::new(name, ours::pair(ENTRIES, hasher, mode), stream);
    vec![
        contender(SEQ_CST, FenceMode::SeqCst),
        contender(name::CONTROL, FenceMode::SeqCst),
        contender(MEMBARRIER, FenceMode::Membarrier),
        contender(AUTO, FenceMode::Auto),
    ]
}

/// One interval.
pub fn measure(every: Duration, name: &str, plan: &Plan, partner: &Partner) -> Case {
    let plan = plan_for(every, plan);
    let stream = Arc::new(Stream::new(ENTRIES));
    let mut names = Vec::new();
    let samples = plan.run_courses(
        &[CONDITIONS.len()],
        || {
            let built = contenders(&stream);
            names = built.iter().map(|contender| contender.name).collect();
            built
        },
        |contender, _, pace| {
            let rhythm = Rhythm {
                operations: 1,
                every,
                // Another part of the stream than the reader's.
                seed: pace.seed + 1_000,
            };
            let (sample, done) = contender.disturbed(&stream, rhythm, pace, partner);
            let both = joint_cost(sample.ns(), done.ns(), every);
            vec![sample.ns().into(), done.ns().into(), both.into()]
        },
    );
    let rhythm = Rhythm {
        operations: 1,
        every,
        seed: 0,
    };
    let heading = Heading {
        operation: name::MIXED,
        case: name.to_string(),
        title: format!(
            "one upsert and a refresh every {every:?} by a writer that {}, beside a busy reader \
             of {} keys; slices of {:?}",
            if rhythm.sleeps() {
                "sleeps in between"
            } else {
                "spins in between"
            },
            count(ENTRIES),
            plan.slice
        ),
        base: SEQ_CST,
        ours: AUTO,
        conditions: CONDITIONS.map(String::from).to_vec(),
    };
    Case::new(heading, samples.rows(&names, AUTO, false))
}

/// Nanoseconds of both threads for each lookup.
fn joint_cost(lookup: f64, refresh: f64, every: Duration) -> f64 {
    let lookups = PER_MICROSECOND * every.as_secs_f64() * 1e6;
    lookup + refresh / lookups
}

fn plan_for(every: Duration, plan: &Plan) -> Plan {
    let [usual, quick] = INTERVALS_TIMED;
    let intervals = if plan.is_quick { quick } else { usual };
    let slice = (plan.slice * 2).max(every * intervals);
    let is_long = slice >= LONG;
    Plan {
        rounds: plan
            .rounds
            .min(if is_long { LONG_ROUNDS } else { usize::MAX }),
        slice,
        ..plan.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refresh_is_shared_out_among_its_lookups() {
        let every = Duration::from_micros(10);
        // A thousand lookups.
        assert_eq!(joint_cost(8.0, 5_000.0, every), 13.0);
        assert_eq!(joint_cost(8.0, 5_000.0, every * 10), 8.5);
    }

    #[test]
    fn a_slice_has_many_intervals() {
        let short = plan_for(Duration::from_micros(1), &Plan::THOROUGH);
        assert_eq!((short.slice, short.rounds), (Plan::THOROUGH.slice * 2, 60));
        let long = plan_for(Duration::from_millis(10), &Plan::THOROUGH);
        assert_eq!(long.slice, Duration::from_millis(200));
        assert_eq!(long.rounds, LONG_ROUNDS);
    }
}
