use super::table::TARGETS;
use super::*;
use crate::args::{Args, EnginesArgs, ManyArgs, Measurement, MemoryArgs, SharedArgs, WriteArgs};
use crate::case::{Heading, Samples};
use crate::many::Many;
use crate::name::{
    ARC_SWAP_CACHE, BARE, CONTROL, DASHMAP, ENGINES, MANY, MIXED, PAPAYA, READ, ROBIN_HOOD, SWISS,
    WRITE,
};
use crate::partner::Partner;
use crate::plan::Plan;
use crate::report::count;
use crate::stall::{Blocked, Call, Peer};
use crate::verdict::Outcome::{Met, Missed, TooNoisy};
use crate::verdict::ROUNDS;
use crate::{engines, filled, growth, many, mixed, read, shared, stall, words, write};
use clap::Parser;
use std::collections::HashSet;
use std::time::Duration;

/// Every table that the program can show, of small maps, under the names that large ones have.
fn measured(plan: &Plan) -> Vec<Case> {
    let partner = &Partner::start();
    let mut cases = Vec::new();
    let mut push = |mut case: Case, name: String| {
        case.heading.case = name;
        cases.push(case);
    };
    let all = Args::parse_from(["compare", "read", "--all"]).measurements();
    let [Measurement::Read(all)] = &all[..] else {
        panic!("not read");
    };
    for (variant, size) in all.tables(&Plan::THOROUGH) {
        push(
            read::measure(variant, 1_000, plan, partner),
            variant.case(size),
        );
    }
    for size in SharedArgs::default().sizes() {
        push(shared::measure(1_000, plan, partner), count(size));
    }
    push(filled::measure(1_000, plan, partner), count(1_000));
    for batch in WriteArgs::default().batches() {
        push(write::measure(batch, plan, partner), count(batch));
    }
    for size in EnginesArgs::default().sizes(&Plan::THOROUGH) {
        for case in engines::measure(1_000, plan) {
            let name = case.heading.case.replace(&count(1_000), &count(size));
            push(case, name);
        }
    }
    push(growth::measure(plan), count(4_000_000));
    push(words::measure(plan), count(4_000_000));
    let many = Many::start(&ManyArgs::default().threads(), plan);
    cases.extend([many.visible(), many.deferred(), write::measure_idle(plan)]);
    cases.extend(mixed::measure(plan, partner));
    cases
}

/// A name that is misspelt would have its target go unchecked.
#[test]
fn every_name_in_the_table_is_that_of_something_measured() {
    let plan = &Plan {
        rounds: 1,
        slice: Duration::from_micros(10),
        ..Plan::QUICK
    };
    let mut cases = measured(plan);
    let (rates, stall) = stall::measure(plan);
    cases.push(rates);
    // Not what a test takes of memory: only what it is called.
    let memory = footprint::measure(MemoryArgs::default().entries(), plan);

    let of_memory = memory.iter().map(|footprint| footprint.case.clone());
    let mut names: Vec<_> = cases.iter().map(Case::name).chain(of_memory).collect();
    names.push(format!("{STALL}/{BLOCKED}"));
    for target in TARGETS {
        let name = |case: &str| format!("{}/{case}", target.operation);
        let is_there = |case: &&str| names.contains(&name(case));
        assert!(target.cases.iter().all(is_there), "{}", target.sentence);
        let is_about = |found: &String| found.starts_with(&name(""));
        assert!(names.iter().any(is_about), "{}", target.sentence);
    }
    for case in &cases {
        for target in about(case.name()) {
            let conditions = match target.conditions.len() {
                0 => case.heading.conditions.len(),
                number => number,
            };
            let is_choice = target.how == How::OfBetter;
            let others = if is_choice { 1 } else { target.others.len() };
            let (name, found) = (case.name(), target.of_case(case).len());
            assert_eq!(found, others * conditions, "{name}: {}", target.sentence);
            // Of a figure that asks for no row, too.
            for row in target.others.iter().chain([&target.ours]) {
                case.row(row);
            }
        }
    }
    let verdicts = verdicts(&cases, Some(&stall), &memory);
    assert!(
        verdicts
            .iter()
            .all(|verdict| !verdict.target.contains(['{', '}']))
    );
    assert!(verdicts.iter().all(|verdict| verdict.outcome == TooNoisy));
}

/// A table with all rows that its targets ask for: `ns` says what each takes under a condition in a round.
fn case(
    (operation, name, base): (&'static str, &str, &'static str),
    ns: impl Fn(&str, usize, usize) -> f64,
) -> Case {
    let (mut names, mut conditions) = (vec![base, CONTROL], Vec::new());
    for target in about(format!("{operation}/{name}")) {
        names.extend([&[target.ours], target.others].concat());
        conditions.extend(target.conditions.iter().map(ToString::to_string));
    }
    let mut known = HashSet::new();
    names.retain(|&name| known.insert(name));
    conditions.push("last".to_string());
    conditions.sort();
    conditions.dedup();
    let mut samples = Samples::default();
    samples.resize(names.len(), conditions.len());
    for (row, name) in names.iter().enumerate() {
        for condition in 0..conditions.len() {
            for round in 0..ROUNDS {
                samples.push(row, condition, ns(name, condition, round).into());
            }
        }
    }
    let heading = Heading {
        operation,
        case: name.to_string(),
        title: String::new(),
        base,
        ours: base,
        conditions,
    };
    Case::new(heading, samples.rows(&names, base, operation == READ))
}

/// What all targets of a read are met with.
fn good(name: &str, condition: usize) -> f64 {
    let of_one = match name {
        BARE | CONTROL => 10.0,
        ARC_SWAP_CACHE => 11.0,
        read::OURS | read::SCOPED => 12.0,
        _ => 100.0,
    };
    of_one / (condition + 1) as f64
}

/// The outcomes of the targets whose sentence holds `word`.
fn of(word: &str, case: Case) -> Vec<Outcome> {
    let verdicts = verdicts(&[case], None, &[]).into_iter();
    let verdicts = verdicts.filter(|verdict| verdict.target.contains(word));
    verdicts.map(|verdict| verdict.outcome).collect()
}

/// A table; what some rows take, where the control takes what the base does, and all others 100; and what
/// is missed then.
type Example = (
    (&'static str, &'static str, &'static str),
    &'static [(&'static str, f64)],
    &'static [&'static str],
);

#[rustfmt::skip]
const EXAMPLES: &[Example] = &[
    ((READ, "100k", BARE), &[(read::OURS, 13.4), (read::SCOPED, 12.6), (BARE, 10.0), (ARC_SWAP_CACHE, 12.0)],
        &["ours, scoped: a lookup costs at most 1.25 times bare"]),
    ((READ, "1k", BARE), &[(read::OURS, 12.0), (read::SCOPED, 12.0), (BARE, 10.0), (ARC_SWAP_CACHE, 9.9), (DASHMAP, 22.8)],
        &["ours, guard: a lookup costs at most 1.2 times arc-swap cache",
          "ours, guard, 2 threads: at least 2 times as fast as dashmap"]),
    ((READ, "4M/misses", BARE), &[(read::OURS, 12.0), (PAPAYA, 18.0)],
        &["ours, guard, 1 thread: at least 1.6 times as fast as papaya"]),
    ((READ, "1k/16-per-guard", BARE), &[(read::OURS, 106.0), (read::SCOPED, 104.0)],
        &["ours, guard: sixteen lookups cost at most 1.05 times bare"]),
    ((WRITE, "10k", BARE), &[(write::OURS, 60.0), (DASHMAP, 50.0)],
        &["ours, Auto, last: no more expensive than dashmap"]),
    ((WRITE, write::IDLE_HANDLES, write::ONE), &[(write::MANY, 80_000.0)], &[]),
    ((WRITE, write::IDLE_HANDLES, write::ONE), &[(write::MANY, 80_200.0)],
        &["last: 10k idle handles make a refresh at most 80 µs more expensive"]),
    ((MIXED, "1k", BARE), &[(mixed::OURS, 90.0), (PAPAYA, 80.0)],
        &["ours, Auto: beside a writer faster than papaya"]),
    ((MIXED, "every-10us", mixed::SEQ_CST), &[(mixed::SEQ_CST, 13.0), (mixed::AUTO, 14.5)],
        &["Auto: costs reader and writer at most 1.1 times SeqCst, the better one"]),
    ((MIXED, "every-10us", mixed::SEQ_CST), &[(mixed::MEMBARRIER, 8.0), (mixed::AUTO, 9.0)],
        &["Auto: costs reader and writer at most 1.1 times Membarrier, the better one"]),
    ((MANY, many::DEFERRED, DASHMAP), &[(many::OURS_DEFERRED, 400.0)],
        &["1 thread: work of ours, 1 ms / work of dashmap at least 0.3"]),
    ((ENGINES, "4M/String", SWISS), &[(ROBIN_HOOD, 140.0)],
        &["RobinHood, iteration: at least 2 times as fast as Swiss"]),
    ((STALL, stall::CASE, stall::UNHELD), &[(stall::HELD, 112.0)],
        &["last, guard held: at least 0.9 times as many refreshes as with no guard"]),
];

#[test]
fn each_target_is_held_against_its_own_threshold() {
    for &(table, figures, right) in EXAMPLES {
        let case = case(table, |name, condition, _| {
            let name = if name == CONTROL { table.2 } else { name };
            let known = figures.iter().find(|figure| figure.0 == name);
            known.map_or(100.0, |figure| figure.1) / (condition + 1) as f64
        });
        let verdicts = verdicts(&[case], None, &[]);
        assert!(verdicts.iter().all(|verdict| verdict.outcome != TooNoisy));
        let missed = verdicts.iter().filter(|verdict| verdict.outcome == Missed);
        let missed: Vec<_> = missed.map(|verdict| &verdict.target[..]).collect();
        assert_eq!(missed, right, "{table:?}");
    }
}

#[test]
fn a_figure_that_noise_may_have_moved_decides_nothing() {
    // What one row takes, by condition and round, of what it takes where all is quiet.
    let with = |subject: &'static str, factors: [[f64; 4]; 2]| {
        case((READ, "1k", BARE), move |name, condition, round| {
            let factor = if name == subject {
                factors[condition.min(1)][round % 4]
            } else {
                1.0
            };
            good(name, condition) * factor
        })
    };
    let quiet = || with("", [[1.0; 4]; 2]);
    assert_eq!(of("", quiet()), [Met; 19]);
    // The run that this is here for had its control off by 26 %, and every target "met".
    for far in [1.26, 0.87] {
        assert_eq!(of("lookup", with(CONTROL, [[far; 4]; 2])), [TooNoisy; 3]);
        assert_eq!(of("as fast", with(CONTROL, [[far; 4]; 2])), [TooNoisy; 14]);
        // Off by the same factor with one thread and with two: the scaling is right.
        assert_eq!(of("scale", with(CONTROL, [[far; 4]; 2])), [Met; 2]);
    }
    assert_eq!(
        of("scale", with(CONTROL, [[1.0; 4], [1.04; 4]])),
        [TooNoisy; 2]
    );
    assert_eq!(of("lookup", with(CONTROL, [[1.0; 4], [1.04; 4]])), [Met; 3]);
    let spread = with(CONTROL, [[0.8, 1.0, 1.0, 2.07]; 2]);
    assert_eq!(of("lookup", spread), [TooNoisy; 3]);
    let crossed = with(read::OURS, [[1.0, 1.12, 1.12, 1.25]; 2]);
    assert_eq!(of("times bare", crossed), [TooNoisy, Met]);
    // Two threads on one processor.
    let same_core = case((READ, "1k", BARE), |name, _, _| good(name, 0));
    assert_eq!(of("scale", same_core), [TooNoisy; 2]);
    let mut short = quiet();
    for cell in short.rows.iter_mut().flat_map(|row| &mut row.cells) {
        cell.rounds.pop();
    }
    assert_eq!(of("", short), [TooNoisy; 19]);
    // A threshold that is itself no further from 1.
    let off = |name: &str, _, _| if name == CONTROL { 10.6 } else { 10.0 };
    assert_eq!(
        of("", case((READ, "1k/16-per-guard", BARE), off)),
        [TooNoisy; 2]
    );
}

#[test]
fn what_a_reader_keeps_is_judged_by_what_the_control_keeps() {
    let outcome = |control, ours| {
        let mut case = case((MIXED, "1k", BARE), |_, _, _| 100.0);
        for row in &mut case.rows {
            let kept = if row.contender == CONTROL {
                control
            } else {
                ours
            };
            row.kept = Some(Quartiles::of(&[kept]));
        }
        of("its own rate", case)
    };
    assert_eq!(outcome(0.96, 0.91), [Met]);
    assert_eq!(outcome(0.96, 0.89), [Missed]);
    assert_eq!(outcome(0.94, 0.97), [TooNoisy]);
}

#[test]
fn sessions_and_processes_have_no_control() {
    let outcomes = |sessions, share, most| {
        let always = |value| Quartiles::of(&[value]);
        let blocked = Blocked {
            sessions,
            lasting: Duration::ZERO,
            share: Some(always(share)),
            calls: vec![Call {
                name: "clone",
                repetitions: 1,
                median: always(1.0),
                most: always(most),
                longest: 1.0,
            }],
        };
        let (past, error) = (Vec::new(), String::new());
        let peer = Peer::Untried { error };
        let verdicts = verdicts(
            &[],
            Some(&Stall {
                past,
                blocked,
                peer,
            }),
            &[],
        );
        [0, 1].map(|number| verdicts[number].outcome)
    };
    assert_eq!(outcomes(5, 0.04, 11.0), [Met, Missed]);
    assert_eq!(outcomes(5, 0.06, 9.0), [Missed, Met]);
    assert_eq!(outcomes(4, 0.04, 9.0), [TooNoisy; 2]);

    let outcome = |entries, bytes: &[f64]| {
        let base = footprint::BARE;
        let measured = vec![
            (base, Ok(vec![100.0; bytes.len()])),
            (footprint::OURS, Ok(bytes.to_vec())),
        ];
        let footprint = Footprint::new("pairs", String::new(), entries, Some(base), measured);
        verdicts(&[], None, &[footprint])
            .first()
            .map(|verdict| verdict.outcome)
    };
    assert_eq!(outcome(1_000_000, &[209.0; 5]), Some(Met));
    assert_eq!(outcome(1_000_000, &[211.0; 5]), Some(Missed));
    assert_eq!(outcome(1_000_000, &[200.0; 4]), Some(TooNoisy));
    assert_eq!(
        outcome(1_000_000, &[200.0, 205.0, 209.0, 213.0, 220.0]),
        Some(TooNoisy)
    );
    assert_eq!(outcome(100_000, &[211.0; 5]), None);
}

#[test]
fn a_check_of_no_target_fails() {
    assert!(failure([]).unwrap().contains("nothing was checked"));
    let failed = failure([Met, Missed, TooNoisy]).unwrap();
    assert_eq!(failed, "of 3 targets 1 missed, 1 too noisy to tell");
    assert_eq!(failure([Met]), None);
    assert_eq!(about(format!("{READ}/1k/string")).count(), 0);
}
