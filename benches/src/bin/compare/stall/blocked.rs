//! A refresh that waits for a guard, and what others do meanwhile.

use std::hint::black_box;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use benches::contender::Hasher;
use benches::cpu;
use benches::stats::{Quartiles, quantile_of};
use benches::value_of;
use evmap_core::{FenceMode, ReadHandle, SharedReader};
use serde::Serialize;

use super::guard::HeldGuard;
use super::map::one_writer;
use super::{ms, us};
use crate::plan::Plan;

/// How often each call is made in a session.
const REPETITIONS: usize = 1_000;
/// Every so often a new thread comes.
const THREADS_EACH: usize = 3;

/// What a refresh does that waits, and what others can do meanwhile.
#[derive(Serialize)]
pub struct Blocked {
    /// How often there was such a refresh, of a map of its own.
    pub sessions: usize,
    /// How long each was kept waiting.
    pub lasting: Duration,
    /// The processor time of the waiting thread, as a share of the time; where the system tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub share: Option<Quartiles>,
    /// What others did.
    pub calls: Vec<Call>,
}

/// One kind of call that others made.
#[derive(Serialize)]
pub struct Call {
    pub name: &'static str,
    /// In each session.
    pub repetitions: usize,
    /// In microseconds: half of a session's calls took no longer.
    pub median: Quartiles,
    /// In milliseconds: 99 of 100 of a session's calls took no longer.
    pub most: Quartiles,
    /// In microseconds, of all sessions.
    pub longest: f64,
}

/// One session.
struct Session {
    share: Option<f64>,
    /// By call.
    times: [Vec<Duration>; 4],
}

const CALLS: [&str; 4] = [
    "clone of a handle",
    "drop of a handle",
    "factory().handle()",
    "a new thread's first read",
];

/// As many sessions as maps are built.
pub fn measure(plan: &Plan) -> Blocked {
    let lasting = Duration::from_millis(if plan.is_quick { 200 } else { 1_000 });
    let sessions: Vec<_> = (0..plan.builds).map(|_| Session::hold(lasting)).collect();
    let shares: Option<Vec<_>> = sessions.iter().map(|session| session.share).collect();
    let calls = CALLS.into_iter().enumerate();
    Blocked {
        sessions: sessions.len(),
        lasting,
        share: shares.map(|shares| Quartiles::of(&shares)),
        calls: calls
            .map(|(call, name)| {
                let times: Vec<_> = sessions.iter().map(|s| &s.times[call][..]).collect();
                Call::of(name, &times)
            })
            .collect(),
    }
}

impl Call {
    fn of(name: &'static str, sessions: &[&[Duration]]) -> Self {
        let within = |fraction, unit: fn(Duration) -> f64| {
            let of_one = |times: &&[Duration]| {
                let times: Vec<_> = times.iter().map(|&time| unit(time)).collect();
                quantile_of(&times, fraction)
            };
            Quartiles::of(&sessions.iter().map(of_one).collect::<Vec<_>>())
        };
        let longest = sessions.iter().copied().flatten().max();
        Call {
            name,
            repetitions: sessions[0].len(),
            median: within(0.5, us),
            most: within(0.99, ms),
            longest: longest.copied().map_or(0.0, us),
        }
    }
}

impl Session {
    /// Keeps a refresh waiting for so long.
    ///
    /// # Panics
    /// If it did not wait.
    fn hold(lasting: Duration) -> Self {
        let mut writer = one_writer(FenceMode::Auto);
        let (reader, shared) = (writer.read_handle(), writer.shared_reader());
        let guard = HeldGuard::take(writer.read_handle());
        writer.insert(0, 1);
        writer.refresh();
        writer.insert(0, 2);

        let (begins, begun) = mpsc::channel();
        let waiting = thread::spawn(move || {
            let (before, begin) = (cpu::of_thread(), Instant::now());
            // Only now, so that the time is at least that which the others take.
            let _ = begins.send(());
            writer.refresh();
            let (time, after) = (begin.elapsed(), cpu::of_thread());
            let used = after.zip(before).map(|(after, before)| after - before);
            (
                time,
                used.map(|used| used.as_secs_f64() / time.as_secs_f64()),
            )
        });
        begun.recv().expect("the writer begins");
        let times = meanwhile(lasting, &reader, &shared);
        assert!(!waiting.is_finished(), "the refresh did not wait");
        assert_eq!(reader.get_cloned(&0), Some(1), "a refresh passed the guard");
        guard.release();
        let (time, share) = waiting.join().expect("the refresh ends");
        assert_eq!(reader.get_cloned(&0), Some(2), "a refresh was lost");
        assert!(time >= lasting, "the refresh did not wait long");
        Session { share, times }
    }
}

/// What others do, spread over this time.
fn meanwhile(
    lasting: Duration,
    reader: &ReadHandle<u64, u64, Hasher>,
    shared: &SharedReader<u64, u64, Hasher>,
) -> [Vec<Duration>; 4] {
    let [mut clones, mut drops, mut handles, mut reads] = [const { Vec::new() }; 4];
    let factory = reader.factory();
    let begin = Instant::now();
    for number in 0..REPETITIONS {
        let (clone, time) = timed(|| reader.clone());
        clones.push(time);
        drops.push(timed(|| drop(clone)).1);
        let (handle, time) = timed(|| factory.handle());
        handles.push(time);
        drop(handle);
        if number.is_multiple_of(THREADS_EACH) {
            let read = || timed(|| shared.get_cloned(&7));
            let (found, time) =
                thread::scope(|scope| scope.spawn(read).join()).expect("a new thread reads");
            assert_eq!(found, Some(value_of(7)), "a new thread reads wrongly");
            reads.push(time);
        }
        let next = begin + lasting.mul_f64((number + 1) as f64 / REPETITIONS as f64);
        thread::sleep(next.saturating_duration_since(Instant::now()));
    }
    [clones, drops, handles, reads]
}

fn timed<R>(call: impl FnOnce() -> R) -> (R, Duration) {
    let begin = Instant::now();
    let result = black_box(call());
    (result, begin.elapsed())
}
