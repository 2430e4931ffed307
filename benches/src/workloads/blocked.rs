//! `compare stall`: a refresh that waits for a guard, and what others do meanwhile.

use std::hint::black_box;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use evmap_core::{FenceMode, ReadHandle, SharedReader};

use super::guard::while_held;
use crate::contenders::{Hasher, Write, ours};
use crate::keys::{Number, value_of};
use crate::paired::{Case, Head, Plan, Samples, quantile};
use crate::slice::Processor;

/// Of the table of what others do.
pub const BLOCKED: &str = "blocked";
/// Of the table of what the refresh itself uses.
pub const WAITING: &str = "waiting";
/// Its row.
pub const THREAD: &str = "the waiting thread";
/// The condition with a target.
pub const MOST: &str = "99 of 100 within";
/// The rows: each kind of call that others make.
pub const CALLS: [&str; 4] = [
    "clone of a handle",
    "drop of a handle",
    "factory().handle()",
    "a new thread's first read",
];

const ENTRIES: usize = 100_000;
/// How often each call is made in a session.
const REPETITIONS: u32 = 1_000;
/// A new thread comes with every third repetition.
const THREADS_EACH: u32 = 3;

/// As many sessions as maps are built.
pub fn measure(operation: &str, plan: &Plan, show: &mut dyn FnMut(Case)) {
    let lasting = Duration::from_millis(if plan.is_quick { 200 } else { 1_000 });
    let sessions: Vec<_> = (0..plan.builds).map(|_| hold(lasting)).collect();
    let head = |name, title: &str, unit, conditions: &[&str]| {
        let title = format!("{title}; {} times {lasting:?}", sessions.len());
        let head = Head::new(format!("{operation}/{name}"), title, None, conditions);
        head.unit(unit)
    };
    let of = |call: usize, part| {
        sessions
            .iter()
            .map(|(_, times)| quantile(&times[call], part))
            .collect()
    };
    let rows = CALLS.into_iter().enumerate();
    let rows = rows.map(|(call, name)| (name, [0.5, 0.99, 1.0].map(|part| of(call, part))));
    let title = "calls of others while a refresh waits for a guard";
    let head_of_calls = head(BLOCKED, title, "µs", &["median", MOST, "longest"]);
    show(Case::new(head_of_calls, Samples::of(rows)));

    let shares: Option<Vec<_>> = sessions.iter().map(|&(share, _)| share).collect();
    let title = "a refresh that waits for a guard";
    let head_of_share = head(WAITING, title, "% of a processor", &["processor time"]);
    show(Case::new(
        head_of_share,
        Samples::of(shares.map(|shares| (THREAD, [shares]))),
    ));
}

/// Keeps a refresh waiting for so long. Returns how many hundredths of that it used a processor, where the system
/// tells; and how many microseconds each call took.
///
/// # Panics
/// If it did not wait.
fn hold(lasting: Duration) -> (Option<f64>, [Vec<f64>; 4]) {
    let (mut writer, reader) = ours::pair::<Number, _>(&Hasher::default(), FenceMode::Auto);
    writer.upsert_to(ENTRIES, ENTRIES);
    let (ours::Writer(mut writer), ours::Reader(reader)) = (writer, reader);
    let shared = reader.shared_reader();
    let (waiting, times) = while_held(writer.read_handle(), || {
        writer.insert(0, 1);
        writer.refresh();
        writer.insert(0, 2);
        let (begins, begun) = mpsc::channel();
        let waiting = thread::spawn(move || {
            let (before, begin) = (Processor::now(), Instant::now());
            // Only now, so that the time is at least that which the others take.
            let _ = begins.send(());
            writer.refresh();
            let (time, after) = (begin.elapsed(), Processor::now());
            let used = after
                .zip(before)
                .map(|(after, before)| after.thread - before.thread);
            (
                time,
                used.map(|used| 100.0 * used.as_secs_f64() / time.as_secs_f64()),
            )
        });
        begun.recv().expect("the writer begins");
        let times = meanwhile(lasting, &reader, &shared);
        assert!(!waiting.is_finished(), "the refresh did not wait");
        assert_eq!(reader.get_cloned(&0), Some(1), "a refresh passed the guard");
        (waiting, times)
    });
    let (time, share) = waiting.join().expect("the refresh ends");
    assert_eq!(reader.get_cloned(&0), Some(2), "a refresh was lost");
    assert!(time >= lasting, "the refresh did not wait long");
    (share, times)
}

/// What others do, spread over this time.
fn meanwhile(
    lasting: Duration,
    reader: &ReadHandle<u64, u64, Hasher>,
    shared: &SharedReader<u64, u64, Hasher>,
) -> [Vec<f64>; 4] {
    let mut times = [const { Vec::new() }; 4];
    let factory = reader.factory();
    let begin = Instant::now();
    for number in 0..REPETITIONS {
        let clone = timed(&mut times[0], || reader.clone());
        timed(&mut times[1], || drop(clone));
        drop(timed(&mut times[2], || factory.handle()));
        if number.is_multiple_of(THREADS_EACH) {
            let reads = &mut times[3];
            let found = thread::scope(|scope| {
                scope
                    .spawn(|| timed(reads, || shared.get_cloned(&7)))
                    .join()
            });
            assert_eq!(found.expect("a new thread reads"), Some(value_of(7, 0)));
        }
        let next = begin + lasting.mul_f64(f64::from(number + 1) / f64::from(REPETITIONS));
        thread::sleep(next.saturating_duration_since(Instant::now()));
    }
    times
}

fn timed<R>(times: &mut Vec<f64>, call: impl FnOnce() -> R) -> R {
    let begin = Instant::now();
    let result = black_box(call());
    times.push(begin.elapsed().as_secs_f64() * 1e6);
    result
}
