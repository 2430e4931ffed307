//! [`Course`]: insertions of new keys, in small batches with a refresh after each.

use std::borrow::Borrow;
use std::ops::Range;
use std::time::{Duration, Instant};

use benches::contender::Hasher;
use benches::value_of;
use evmap_core::table::Engine;
use evmap_core::{Builder, FenceMode, ReadHandle, Version, WriteHandle};

use crate::case::Figure;
use crate::kind::Kind;

/// Insertions before each refresh.
pub const BATCH: u64 = 1_000;
/// What is measured of a course.
pub const FIGURES: [&str; 2] = [INSERTION, LONGEST_REFRESH];
pub const INSERTION: &str = "an insertion";
pub const LONGEST_REFRESH: &str = "the longest refresh";

/// The writer of a map of such keys.
pub type Writer<K, E> = WriteHandle<<K as Kind>::Key, u64, Hasher, (), E>;

/// A reader of a map of such keys.
pub type Reader<K, E> = ReadHandle<<K as Kind>::Key, u64, Hasher, (), E>;

/// A map to be filled.
#[derive(Clone, Copy)]
pub struct Course {
    /// With this many entries.
    pub entries: u64,
    /// The capacity from the beginning.
    pub capacity: usize,
}

/// How long insertions took.
#[derive(Default)]
pub struct Times {
    total: Duration,
    longest_refresh: Duration,
}

impl Course {
    /// Fills a map: nanoseconds for each insertion, with its part of the refreshes, the last of which
    /// brings both copies up to date; and for the longest refresh.
    ///
    /// Readers fence for themselves here, so that no refresh waits for a system call.
    pub fn run<K: Kind, E: Engine>(self, hasher: &Hasher) -> Vec<Figure> {
        let (mut writer, reader) = Builder::new()
            .hasher(hasher.clone())
            .capacity(self.capacity)
            .fence(FenceMode::SeqCst)
            .engine::<E>()
            .build::<K::Key, u64>();
        let mut times = insert::<K, E>(&mut writer, 0..self.entries);
        times.refresh(|| writer.refresh());
        assert_eq!(reader.len() as u64, self.entries);
        for number in (0..self.entries).step_by(997) {
            let found = reader.get_cloned(K::key(number).borrow());
            assert_eq!(found, Some(value_of(number)));
        }
        let each = times.total.as_nanos() as f64 / self.entries as f64;
        let longest = times.longest_refresh.as_nanos() as f64;
        vec![each.into(), longest.into()]
    }
}

impl Times {
    fn refresh(&mut self, refresh: impl FnOnce() -> Version) {
        let begin = Instant::now();
        refresh();
        let took = begin.elapsed();
        self.total += took;
        self.longest_refresh = self.longest_refresh.max(took);
    }
}

/// Inserts the keys of these numbers, and leaves nothing to do in either copy.
pub fn settle<K: Kind, E: Engine>(writer: &mut Writer<K, E>, numbers: Range<u64>) {
    insert::<K, E>(writer, numbers);
    while !writer.is_settled() {
        writer.refresh();
    }
}

/// Inserts the keys of these numbers.
pub fn insert<K: Kind, E: Engine>(writer: &mut Writer<K, E>, numbers: Range<u64>) -> Times {
    let mut times = Times::default();
    let Range { mut start, end } = numbers;
    while start < end {
        let next = (start + BATCH).min(end);
        // Keys are made off the clock: it takes as long whatever they are put into.
        let entries: Vec<_> = (start..next)
            .map(|number| (K::key(number), value_of(number)))
            .collect();
        let begin = Instant::now();
        writer.extend(entries);
        times.total += begin.elapsed();
        times.refresh(|| writer.refresh());
        start = next;
    }
    times
}
