//! `compare growth`: a map that is filled in small batches, by each table engine.
//!
//! Two figures of one course: what an insertion costs on the whole, and how long the longest refresh takes, which is
//! where an engine pays for growth at once. The second table is about [`words`] alone.

use std::borrow::Borrow;
use std::time::{Duration, Instant};

use evmap_core::table::{Engine, Incremental, RobinHood, Swiss};
use evmap_core::{Builder, FenceMode, WriteHandle};

use super::Workload;
use super::words::{self, ROBIN_HOOD};
use crate::contenders::{BATCH, Hasher};
use crate::keys::{Kind, Number, value_of};
use crate::paired::{CONTROL, Case, Head, Plan, count};

/// Of the first table.
pub const NAME: &str = "growth";
/// What is measured.
pub const INSERTION: &str = "an insertion";
/// What is measured besides.
pub const LONGEST_REFRESH: &str = "the longest refresh";

/// The names of the engines.
pub const SWISS: &str = "Swiss";
/// Grows without a pause.
pub const INCREMENTAL: &str = "Incremental";

/// Takes no arguments.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Args {}

/// With this many entries, and capacity for that many from the beginning.
pub(super) type Course = fn(usize, usize, &Hasher) -> [f64; 2];

impl Workload for Args {
    fn measure(&self, plan: &Plan, show: &mut dyn FnMut(Case)) {
        let entries = if plan.is_quick { 100_000 } else { 4_000_000 };
        let runs: [(_, Course); 4] = [
            (SWISS, course::<Number, Swiss>),
            (CONTROL, course::<Number, Swiss>),
            (INCREMENTAL, course::<Number, Incremental>),
            (ROBIN_HOOD, course::<Number, RobinHood>),
        ];
        let hasher = Hasher::default();
        let samples = plan.run(1, || runs.to_vec(), |run, _, _| run(entries, 0, &hasher));
        let head = Head::new(
            format!("{NAME}/{}", count(entries)),
            format!(
                "0 to {} entries, in batches of {} with a refresh after each",
                count(entries),
                count(BATCH)
            ),
            [SWISS, INCREMENTAL],
            [INSERTION, LONGEST_REFRESH],
        );
        show(Case::new(head, samples));
        show(words::table(plan));
    }
}

/// Fills a map. Returns the nanoseconds for each insertion, with its part of the refreshes, the last of which brings
/// both copies up to date; and for the longest refresh.
///
/// Readers fence for themselves here, so that no refresh waits for a system call.
///
/// # Panics
/// If an entry is lost.
pub(super) fn course<K: Kind, E: Engine>(
    entries: usize,
    capacity: usize,
    hasher: &Hasher,
) -> [f64; 2] {
    let builder = Builder::new().hasher(hasher.clone()).capacity(capacity);
    let (mut writer, reader) = builder
        .fence(FenceMode::SeqCst)
        .engine::<E>()
        .build::<K::Key, u64>();
    let [total, longest] = insert::<K, E>(&mut writer, 0, entries);
    let begin = Instant::now();
    writer.refresh();
    let last = begin.elapsed();
    assert_eq!(reader.len(), entries);
    for number in (0..entries as u64).step_by(997) {
        assert_eq!(
            reader.get_cloned(K::key(number).borrow()),
            Some(value_of(number, 0))
        );
    }
    let each = (total + last).as_nanos() as f64 / entries as f64;
    [each, longest.max(last).as_nanos() as f64]
}

/// Inserts the keys of these numbers. Returns how long that took, and the longest refresh.
pub(super) fn insert<K: Kind, E: Engine>(
    writer: &mut WriteHandle<K::Key, u64, Hasher, (), E>,
    first: usize,
    end: usize,
) -> [Duration; 2] {
    let [mut total, mut longest] = [Duration::ZERO; 2];
    for start in (first..end).step_by(BATCH) {
        // Keys are made off the clock: it takes as long whatever they are put into.
        let numbers = (start..(start + BATCH).min(end)).map(|number| number as u64);
        let entries: Vec<_> = numbers
            .map(|number| (K::key(number), value_of(number, 0)))
            .collect();
        let begin = Instant::now();
        writer.extend(entries);
        let extended = Instant::now();
        writer.refresh();
        longest = longest.max(extended.elapsed());
        total += begin.elapsed();
    }
    [total, longest]
}
