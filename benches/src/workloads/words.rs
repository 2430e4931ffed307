//! `compare growth`, the second table: the growth of `RobinHood`'s array of words alone, beside copies of as many
//! bytes, and beside the rehash of a hashbrown table of as many entries.
//!
//! Each has to get its memory from the system: allocations of this size are mapped for the purpose and unmapped again,
//! so no page comes warm out of an earlier sample. The rows called warm write to memory that was touched before.

use std::hash::BuildHasher;
use std::hint::black_box;
use std::time::{Duration, Instant};

use evmap_core::table::robin_hood::{grow_probe, grow_probe_warm, grow_probe_with};
use hashbrown::HashTable;

use crate::contenders::Hasher;
use crate::keys::value_of;
use crate::paired::{CONTROL, Case, Head, Plan, count};

/// Of the table.
pub const NAME: &str = "grow";
/// What the ratios are to.
pub const COPY: &str = "copy, fresh";
/// What a warm growth is compared with.
pub const COPY_WARM: &str = "copy, warm";
/// Of hashbrown.
pub const REHASH: &str = "hashbrown rehash";
/// The engine whose entries lie in a row.
pub const ROBIN_HOOD: &str = "RobinHood";
/// In memory that was touched before.
pub const WARM: &str = "RobinHood, warm";
/// Shared by two.
pub const TWO_THREADS: &str = "RobinHood, two threads";

/// What is copied, rehashed and grown.
struct Subject {
    /// In the table, and words in the array.
    entries: usize,
    /// As many bytes as the grown array has.
    source: Vec<u64>,
    table: HashTable<(u64, u64)>,
    hasher: Hasher,
}

const ROWS: [(&str, fn(&Subject) -> Duration); 7] = [
    (COPY, copy),
    (CONTROL, copy),
    (COPY_WARM, copy_warm),
    (REHASH, rehash),
    (ROBIN_HOOD, |subject| {
        subject.grown(grow_probe(subject.entries))
    }),
    (WARM, |subject| {
        subject.grown(grow_probe_warm(subject.entries))
    }),
    (TWO_THREADS, |subject| {
        subject.grown(grow_probe_with(subject.entries, 2))
    }),
];

/// The growth of an array of this many words.
pub fn table(plan: &Plan) -> Case {
    let entries: usize = if plan.is_quick { 100_000 } else { 4_000_000 };
    // A sample takes a third of a second, most of it off the clock, and the samples differ little. Nothing lives on
    // from one to the next except what is read in order.
    let plan = plan.at_most(30, 1);
    let subject = Subject::new(entries);
    let words = subject.source.len();
    let samples = plan.run(
        1,
        || ROWS.to_vec(),
        |sample, _, _| [sample(&subject).as_nanos() as f64 / words as f64],
    );
    let head = Head::new(
        format!("{NAME}/{}", count(entries)),
        format!(
            "{} words, whose array doubles to {words} slots; ns for each of these",
            count(entries)
        ),
        [COPY, ROBIN_HOOD],
        ["a slot"],
    );
    Case::new(head, samples)
}

impl Subject {
    fn new(entries: usize) -> Self {
        let (_, bytes) = grow_probe(entries);
        let hasher = Hasher::default();
        let hash = |key: u64| hasher.hash_one(key);
        let mut table = HashTable::with_capacity(entries);
        for key in 0..entries as u64 {
            table.insert_unique(hash(key), (key, value_of(key, 0)), |&(key, _)| hash(key));
        }
        Subject {
            entries,
            // Not zeros, which would be all one page.
            source: (1..=(bytes / size_of::<u64>()) as u64).collect(),
            table,
            hasher,
        }
    }

    /// A probe's time.
    ///
    /// # Panics
    /// If it made another array than the one that copies are as large as.
    fn grown(&self, (took, bytes): (Duration, usize)) -> Duration {
        assert_eq!(bytes, size_of_val(&self.source[..]));
        took
    }
}

/// Into memory that nobody has touched.
fn copy(subject: &Subject) -> Duration {
    let begin = Instant::now();
    let mut target = Vec::with_capacity(subject.source.len());
    target.extend_from_slice(&subject.source);
    black_box(&mut target);
    begin.elapsed()
}

/// Into memory that was written just before.
fn copy_warm(subject: &Subject) -> Duration {
    // Not zeros, which the system would only promise.
    let mut target = vec![1; subject.source.len()];
    black_box(&mut target);
    let begin = Instant::now();
    target.copy_from_slice(&subject.source);
    black_box(&mut target);
    begin.elapsed()
}

/// Of a table that doubles.
fn rehash(subject: &Subject) -> Duration {
    let mut table = subject.table.clone();
    let before = table.num_buckets();
    let more = table.capacity() - table.len() + 1;
    let begin = Instant::now();
    table.reserve(more, |&(key, _)| subject.hasher.hash_one(key));
    let took = begin.elapsed();
    assert_eq!(table.num_buckets(), 2 * before);
    took
}
