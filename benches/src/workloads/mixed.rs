//! `compare mixed`: a reader while a writer refreshes now and then.
//!
//! The first tables show how much of its rate a reader keeps beside a writer that refreshes every millisecond.
//!
//! The others show what each fence mode costs reader and writer together, by the interval between refreshes.
//! Membarrier makes lookups cheap and refreshes expensive, SeqCst the other way round; which one is better depends on
//! how many lookups there are for each refresh, and Auto has to find that out.

use std::hint::spin_loop;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::lookups::look_up;
use super::{Workload, rows};
use crate::contenders::{
    AUTO, BARE, Build, Contender, Hasher, MEMBARRIER, Map, SEQ_CST, Way, check_writes,
};
use crate::keys::{Number, Order, draw, pieces};
use crate::paired::{Case, Head, Pace, Plan, Quartiles, count};
use crate::slice::{Ends, beside};

/// Of the tables.
pub const NAME: &str = "mixed";
/// The condition with a target in the first tables.
pub const DISTURBED: &str = "beside a writer";
/// The joint cost: what the others have a target for.
pub const BOTH: &str = "a lookup and its part";
/// What the tables are called, one for each interval.
pub const SWEPT: [&str; 7] = [
    "every-1us",
    "every-10us",
    "every-30us",
    "every-100us",
    "every-300us",
    "every-1ms",
    "every-10ms",
];

/// Between the beginnings of two refreshes, in microseconds.
const INTERVALS: [u64; 7] = [1, 10, 30, 100, 300, 1_000, 10_000];
/// With this interval or a longer one the writer sleeps in between: a sleep may take about 50 microseconds more than it
/// was meant to.
const SLEEPS: Duration = Duration::from_millis(1);
/// Lookups in each microsecond of an interval: one every ten nanoseconds, by a reader that does little else. Fixed, so
/// that no mode is measured by its own speed.
const PER_MICROSECOND: f64 = 100.0;

/// Takes no arguments.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Args {}

/// How often a writer refreshes.
#[derive(Clone, Copy)]
struct Rhythm {
    /// Upserts before each refresh.
    operations: usize,
    /// From the beginning of one to the beginning of the next, unless that takes longer.
    every: Duration,
}

impl Workload for Args {
    fn measure(&self, plan: &Plan, show: &mut dyn FnMut(Case)) {
        // Twice as long as usual, so that a slice has some refreshes.
        let plan = Plan {
            slice: plan.slice * 2,
            ..plan.clone()
        };
        show(kept(1_000, &plan));
        show(kept(100_000, &plan));
        for (every, name) in INTERVALS.map(Duration::from_micros).into_iter().zip(SWEPT) {
            show(swept(every, name, &plan));
        }
    }
}

/// What a reader keeps of its rate, by contender.
fn kept(entries: usize, plan: &Plan) -> Case {
    let rhythm = Rhythm {
        operations: 100,
        every: Duration::from_millis(1),
    };
    let keys = &draw(entries, rhythm.operations, Order::Uniform);
    // Up to this many keys, a hundred copies of the map take less than a millisecond.
    let is_copied = entries <= 1_000;
    let can = |contender: &Contender| contender.writes.or(contender.copies.filter(|_| is_copied));
    let samples = plan.run(
        2,
        || build(entries, keys, &BARE, can),
        |map, step, pace| match step {
            0 => vec![look_up(&mut *map.reader, keys, Way::Single, pace).ns()],
            _ => disturbed(map, keys, rhythm, pace).to_vec(),
        },
    );
    let head = Head::new(
        format!("{NAME}/{}", count(entries)),
        format!(
            "a reader of {} keys, beside a writer that upserts {} and refreshes every {:?}; slices of {:?}",
            count(entries),
            rhythm.operations,
            rhythm.every,
            plan.slice
        ),
        [BARE.name, AUTO.name],
        ["undisturbed", DISTURBED, "a refresh"],
    );
    let case = Case::new(head, samples);
    case.derive("kept", None, |row, _| {
        Quartiles::of_ratios(&row.cells[0].rounds, &row.cells[1].rounds)
    })
}

/// What each fence mode costs.
fn swept(every: Duration, name: &str, plan: &Plan) -> Case {
    const ENTRIES: usize = 1_000;
    let plan = plan_for(every, plan);
    let rhythm = Rhythm {
        operations: 1,
        every,
    };
    let keys = &draw(ENTRIES, 1, Order::Uniform);
    let can = |contender: &Contender| {
        let is_mode = [SEQ_CST.name, MEMBARRIER.name, AUTO.name].contains(&contender.name);
        contender.writes.filter(|_| is_mode)
    };
    let samples = plan.run(
        1,
        || build(ENTRIES, keys, &SEQ_CST, can),
        |map, _, pace| {
            let [lookup, refresh] = disturbed(map, keys, rhythm, pace);
            [lookup, refresh, joint_cost(lookup, refresh, every)]
        },
    );
    let between = if every >= SLEEPS { "sleeps" } else { "spins" };
    let head = Head::new(
        format!("{NAME}/{name}"),
        format!(
            "one upsert and a refresh every {every:?} by a writer that {between} in between, \
             beside a busy reader of {} keys; slices of {:?}",
            count(ENTRIES),
            plan.slice
        ),
        [SEQ_CST.name, AUTO.name],
        ["a lookup", "a refresh", BOTH],
    );
    Case::new(head, samples)
}

/// Contenders that have been found to keep what is written.
fn build(
    entries: usize,
    keys: &[u32],
    base: &Contender,
    can: impl Fn(&Contender) -> Option<Build<Map<Number>>>,
) -> Vec<(&'static str, Map<Number>)> {
    let hasher = Hasher::default();
    let mut all = rows(base, |contender| Some(can(contender)?(entries, &hasher)));
    for (name, map) in &mut all {
        check_writes(name, &mut *map.writer, &mut *map.reader, keys);
    }
    all
}

/// Nanoseconds for each lookup, and for each refresh of another thread meanwhile, with its upserts.
fn disturbed(map: &mut Map<Number>, keys: &Vec<u32>, rhythm: Rhythm, pace: Pace) -> [f64; 2] {
    let [is_timed, is_over] = [const { AtomicBool::new(false) }; 2];
    let Map { writer, reader } = map;
    let own = || {
        let _ends = Ends(&is_over);
        let warm_up = Pace {
            timed: Duration::ZERO,
            ..pace
        };
        look_up(&mut **reader, keys, Way::Single, warm_up);
        is_timed.store(true, Ordering::Relaxed);
        let timed = Pace {
            warm_up: Duration::ZERO,
            ..pace
        };
        look_up(&mut **reader, keys, Way::Single, timed).ns()
    };
    let other = || {
        let (mut refreshes, mut busy, mut due) = (0_u32, Duration::ZERO, Instant::now());
        // Another part of the keys than the reader's.
        for piece in pieces(keys.len(), rhythm.operations, pace.seed + 1_000) {
            let counts = is_timed.load(Ordering::Relaxed);
            // At least one refresh counts, unless the reader has failed.
            if is_over.load(Ordering::Relaxed) && (refreshes > 0 || !counts) {
                break;
            }
            let begin = Instant::now();
            writer.upsert(&keys[piece], 0, rhythm.operations);
            let end = Instant::now();
            if counts {
                refreshes += 1;
                busy += end - begin;
            }
            // One that is late does not hurry afterwards.
            due = (due + rhythm.every).max(end);
            wait(due, rhythm.every >= SLEEPS, &is_over);
        }
        busy.as_nanos() as f64 / f64::from(refreshes)
    };
    let (lookup, refresh) = beside(own, other);
    [lookup, refresh]
}

/// Returns when the time has come, or all is over.
fn wait(due: Instant, sleeps: bool, is_over: &AtomicBool) {
    loop {
        let left = due.saturating_duration_since(Instant::now());
        if left.is_zero() || is_over.load(Ordering::Relaxed) {
            return;
        }
        if sleeps {
            thread::sleep(left.min(SLEEPS));
        } else {
            spin_loop();
        }
    }
}

/// Nanoseconds of both threads for each lookup: its own, and its part of a refresh.
fn joint_cost(lookup: f64, refresh: f64, every: Duration) -> f64 {
    lookup + refresh / (PER_MICROSECOND * every.as_secs_f64() * 1e6)
}

/// A slice has twenty intervals, or two in a quick run; where it is long, there are fewer rounds.
fn plan_for(every: Duration, plan: &Plan) -> Plan {
    let slice = plan.slice.max(every * if plan.is_quick { 2 } else { 20 });
    let rounds = if slice >= Duration::from_millis(100) {
        30
    } else {
        usize::MAX
    };
    Plan {
        slice,
        ..plan.at_most(rounds, usize::MAX)
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
        let long = plan_for(Duration::from_millis(10), &Plan::new(false));
        assert_eq!((long.slice, long.rounds), (Duration::from_millis(200), 30));
    }
}
