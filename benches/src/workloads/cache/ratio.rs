//! How many requests are hits, counted on one thread: traces, and patterns.
//!
//! No clock is asked, so the figures differ from round to round only by the hasher, which each round has its own of.

use std::path::Path;

use super::NAME;
use crate::caches::{ALL, Contender};
use crate::contenders::Hasher;
use crate::paired::{Case, Head, Plan, Samples, count};
use crate::requests::{NAMES, Trace, cycle, scan, shift, zipf};

/// Of the table of traces.
pub const TRACES: &str = "traces";
/// Of the table of patterns.
pub const PATTERNS: &str = "patterns";
/// Of all traces and capacities.
pub const MEAN: &str = "mean";
/// Each trace and capacity.
pub const REPLAYS: [&str; 8] = [
    "OLTP 250", "OLTP 500", "OLTP 1k", "OLTP 2k", "P3 25k", "P3 50k", "P3 100k", "P3 200k",
];
/// Requests by Zipf's law.
pub const ZIPFS: [&str; 3] = ["Zipf 0.7", "Zipf 0.9", "Zipf 1.1"];

/// Capacities for each trace.
const CAPACITIES: [[usize; 4]; 2] = [[250, 500, 1_000, 2_000], [25_000, 50_000, 100_000, 200_000]];
/// What the patterns are asked with.
const CAPACITY: usize = 20_000;
const EXPONENTS: [f64; 3] = [0.7, 0.9, 1.1];
const KEYS: usize = 1_000_000;
const LENGTH: usize = 2_000_000;
/// The same of a quick run, which reads no more of a trace either.
const QUICK_LENGTH: usize = 100_000;
/// Each with a hasher of its own.
const ROUNDS: usize = 3;
const UNIT: &str = "% hits";

/// Each trace at each of its capacities, if there are any traces.
///
/// # Panics
/// If a trace cannot be read.
pub fn traces(directory: Option<&Path>, plan: &Plan) -> Case {
    let conditions: Vec<_> = REPLAYS.into_iter().chain([MEAN]).collect();
    let mut title = "requests that are hits, on one thread, of the traces".to_string();
    if plan.is_quick {
        title += &format!(
            ", of which a quick run reads the first {}",
            count(QUICK_LENGTH)
        );
    }
    let head = |title| Head::new(format!("{NAME}/{TRACES}"), title, None, &conditions).unit(UNIT);
    let Some(directory) = directory else {
        let note = "SKIPPED: the traces are no part of the repository, and --traces DIR does not say where they are";
        eprintln!("compare: {NAME}/{TRACES} {note}");
        return Case::new(head(title), Samples::default()).note(note.to_string());
    };
    let traces = NAMES.map(|name| {
        let trace = Trace::read(name, directory);
        let mut trace = trace.unwrap_or_else(|error| panic!("{error}"));
        if plan.is_quick {
            trace.requests.truncate(QUICK_LENGTH);
        }
        trace
    });
    let samples = rounds(plan).run(1, build, |(contender, hasher), _, _| {
        let mut ratios = Vec::new();
        for (trace, capacities) in traces.iter().zip(CAPACITIES) {
            for capacity in capacities {
                let cache = (contender.open)(capacity, hasher);
                ratios.push(percent(cache.replay(&trace.requests), trace.requests.len()));
            }
        }
        ratios.push(ratios.iter().sum::<f64>() / ratios.len() as f64);
        ratios
    });
    Case::new(head(title), samples).decided_by(ROUNDS)
}

/// Requests that are made up: by Zipf's law, and what is hard for some policies.
pub fn patterns(plan: &Plan) -> Case {
    let length = if plan.is_quick { QUICK_LENGTH } else { LENGTH };
    let mut patterns = EXPONENTS
        .map(|exponent| zipf(KEYS, exponent, length))
        .to_vec();
    patterns.extend([
        scan(CAPACITY / 4 * 3, length),
        cycle(CAPACITY / 5 * 6, length),
        shift(CAPACITY / 2, length),
    ]);
    let samples = rounds(plan).run(patterns.len(), build, |(contender, hasher), step, _| {
        let cache = (contender.open)(CAPACITY, hasher);
        // Whatever the policy, an empty cache has few hits.
        let (warm_up, counted) = patterns[step].split_at(length / 2);
        cache.replay(warm_up);
        [percent(cache.replay(counted), counted.len())]
    });
    let title = format!(
        "requests that are hits, on one thread, in the second half of {}; capacity {}",
        count(length),
        count(CAPACITY)
    );
    let conditions: Vec<_> = ZIPFS.into_iter().chain(["scan", "loop", "shift"]).collect();
    let head = Head::new(format!("{NAME}/{PATTERNS}"), title, None, conditions).unit(UNIT);
    Case::new(head, samples).decided_by(ROUNDS)
}

/// As many as there are hashers.
fn rounds(plan: &Plan) -> Plan {
    let rounds = if plan.is_quick { 1 } else { ROUNDS };
    let plan = plan.at_most(rounds, rounds);
    Plan {
        builds: plan.rounds,
        ..plan
    }
}

fn build() -> Vec<(&'static str, (Contender, Hasher))> {
    let hasher = Hasher::default();
    let all = ALL.into_iter();
    all.map(|contender| (contender.name, (contender, hasher.clone())))
        .collect()
}

fn percent(hits: usize, requests: usize) -> f64 {
    100.0 * hits as f64 / requests as f64
}
