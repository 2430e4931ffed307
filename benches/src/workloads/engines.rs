//! `compare engines`: the table engines under the same map, with numbers and with short texts as keys.
//!
//! Lookups and iteration are of maps that live through many rounds; insertions and growth are courses, each with a map
//! of its own, which then is dropped.

use std::hint::black_box;

use evmap_core::Builder;
use evmap_core::table::{Engine, Incremental, RobinHood, Swiss};

use super::growth::{Course, INCREMENTAL, SWISS, course, insert};
use super::lookups::look_up;
use super::words::ROBIN_HOOD;
use super::{MOST, Workload, number, or};
use crate::contenders::{BATCH, Hasher, Read, Way, check, ours};
use crate::keys::{Kind, Number, Order, Text, draw};
use crate::paired::{CONTROL, Case, Head, Plan, Samples, Subject, count, memory};
use crate::slice::timed;

/// Of the tables.
pub const NAME: &str = "engines";
/// Of those conditions that have a target.
pub const HIT: &str = "lookup, hit";
/// Of all entries.
pub const ITERATION: &str = "iteration";
/// In a map that has just grown.
pub const GROWING: &str = "lookup, growing";

/// Which maps the engines hold.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Args {
    /// Table sizes, such as 100k,4M, each at least 1k
    #[arg(long, value_delimiter = ',', value_parser = number::<1_000, MOST>, value_name = "N,..")]
    sizes: Vec<usize>,
}

/// One engine, and all that it is measured by.
struct Row<K: Kind> {
    name: &'static str,
    /// Whether a growth goes on after the insertion that began it.
    grows_later: bool,
    settled: fn(usize, &Hasher) -> Held<K>,
    just_grown: fn(usize, &Hasher) -> Held<K>,
    course: Course,
    keep: Subject,
}

/// A map that is read while nobody writes it.
struct Held<K: Kind> {
    reader: Box<dyn Read<K>>,
    pair: Box<dyn Table>,
}

/// What else is asked of such a map, whatever its engine.
trait Table {
    /// Of all values, and how many they are.
    fn sum(&self) -> (u64, usize);

    /// Whether a growth is under way.
    fn is_growing(&self) -> bool;
}

impl Workload for Args {
    /// Quick runs leave out the maps that take longest to build.
    fn measure(&self, plan: &Plan, show: &mut dyn FnMut(Case)) {
        let usual = [100_000, 4_000_000];
        for size in or(
            &self.sizes,
            if plan.is_quick { &usual[..1] } else { &usual },
        ) {
            tables::<Number>(size, plan, show);
            tables::<Text>(size, plan, show);
        }
    }
}

/// The subject with this name, where memory is measured.
pub fn subject(what: &str) -> Option<Subject> {
    fn of<K: Kind>(what: &str) -> Option<Subject> {
        let mut rows = rows::<K>().into_iter();
        rows.find_map(|row| (what == subject_name::<K>(row.name)).then_some(row.keep))
    }
    of::<Number>(what).or_else(|| of::<Text>(what))
}

fn subject_name<K: Kind>(row: &str) -> String {
    format!("{NAME}/{}/{row}", K::NAME)
}

fn rows<K: Kind>() -> [Row<K>; 4] {
    fn row<K: Kind, E: ours::Shareable<K>>(name: &'static str, grows_later: bool) -> Row<K> {
        Row {
            name,
            grows_later,
            settled: settled::<K, E>,
            just_grown: just_grown::<K, E>,
            course: course::<K, E>,
            keep: |entries| Box::new(settled::<K, E>(entries, &Hasher::default())),
        }
    }
    [
        row::<K, Swiss>(SWISS, false),
        row::<K, Swiss>(CONTROL, false),
        row::<K, Incremental>(INCREMENTAL, true),
        row::<K, RobinHood>(ROBIN_HOOD, false),
    ]
}

/// One table size, and what the maps take in memory.
fn tables<K: Kind>(entries: usize, plan: &Plan, show: &mut dyn FnMut(Case)) {
    let full = full_near(entries);
    // One after the other, so that not all maps are there at once.
    let samples = lookups::<K>(entries, plan)
        .beside(growing::<K>(full, plan))
        .beside(courses::<K>(entries, plan));
    let name = format!("{NAME}/{}/{}", count(entries), K::NAME);
    let conditions = [
        HIT,
        "lookup, miss",
        ITERATION,
        GROWING,
        "insertion",
        "growth",
        "longest refresh",
    ];
    let head = Head::new(
        name.clone(),
        format!(
            "{} keys ({}), those of a map that has just grown {}; a refresh after {} insertions",
            count(entries),
            K::NAME,
            full + 1,
            count(BATCH)
        ),
        [SWISS, ROBIN_HOOD],
        conditions,
    );
    show(Case::new(head, samples));
    let title = format!(
        "{} keys ({}), in both copies of the map",
        count(entries),
        K::NAME
    );
    let head =
        Head::new(name + "/memory", title, [SWISS, ROBIN_HOOD], ["memory"]).unit("bytes per entry");
    let rows = rows::<K>().map(|row| (row.name, subject_name::<K>(row.name), None));
    show(memory(head, entries, &plan.at_most(1, 1), rows));
}

/// Hits, misses and iteration.
fn lookups<K: Kind>(entries: usize, plan: &Plan) -> Samples {
    let (hits, misses) = asked(entries);
    let asking = [K::asking(&hits), K::asking(&misses)];
    let hasher = Hasher::default();
    let held = |row: Row<K>| {
        (
            row.name,
            checked(row.name, (row.settled)(entries, &hasher), &hits, &misses),
        )
    };
    let build = || rows::<K>().map(held).into();
    read_plan(entries, plan).run(3, build, |held, step, pace| match asking.get(step) {
        Some(asking) => [look_up(&mut *held.reader, asking, Way::Single, pace).ns()],
        None => [timed(pace, || black_box(held.pair.sum()).1).ns()],
    })
}

/// Hits while the incremental engine has nearly all entries in the table that it drains.
fn growing<K: Kind>(full: usize, plan: &Plan) -> Samples {
    let (hits, misses) = asked(full + 1);
    let asking = K::asking(&hits);
    let hasher = Hasher::default();
    let held = |row: Row<K>| {
        let held = checked(row.name, (row.just_grown)(full, &hasher), &hits, &misses);
        (row.name, (held, row.grows_later))
    };
    let build = || rows::<K>().map(held).into();
    read_plan(full, plan).run(1, build, |(held, grows_later), _, pace| {
        assert_eq!(held.pair.is_growing(), *grows_later, "before the slice");
        let sample = look_up(&mut *held.reader, &asking, Way::Single, pace);
        assert_eq!(held.pair.is_growing(), *grows_later, "after the slice");
        [sample.ns()]
    })
}

/// Insertions into reserved capacity, and into none.
fn courses<K: Kind>(entries: usize, plan: &Plan) -> Samples {
    // A course with millions of entries takes a second, or several where keys are on the heap: too few of them to set a
    // target. What is expected of growth, `compare growth` measures.
    let most = match entries * size_of::<K::Key>() {
        0..10_000_000 => usize::MAX,
        10_000_000..40_000_000 => 10,
        _ => 4,
    };
    let hasher = Hasher::default();
    let build = || rows::<K>().map(|row| (row.name, row.course)).into();
    plan.at_most(most, usize::MAX)
        .run(2, build, |course, step, _| match step {
            // With enough capacity no refresh stands out.
            0 => course(entries, entries, &hasher)[..1].to_vec(),
            _ => course(entries, 0, &hasher).to_vec(),
        })
}

/// Keys that are there, in random order, and keys that are not.
fn asked(entries: usize) -> (Vec<u32>, Vec<u32>) {
    let hits = draw(entries, 1, Order::Uniform);
    let misses = hits.iter().map(|key| key + entries as u32).collect();
    (hits, misses)
}

/// A map whose answers have been found to be right.
fn checked<K: Kind>(name: &str, mut held: Held<K>, hits: &[u32], misses: &[u32]) -> Held<K> {
    check(name, &mut *held.reader, hits, true);
    check(name, &mut *held.reader, misses, false);
    held
}

/// Large maps take seconds to build, and one pass through one takes longer than a slice.
fn read_plan(entries: usize, plan: &Plan) -> Plan {
    if entries < 1_000_000 {
        plan.clone()
    } else {
        plan.at_most(30, 2)
    }
}

/// The number of entries that fill a table exactly, of those the nearest to this one.
fn full_near(entries: usize) -> usize {
    let (_writer, reader) = empty::<Number, Incremental>(entries / 4 * 3, &Hasher::default());
    reader.0.read().capacity()
}

fn empty<K: Kind, E: Engine>(capacity: usize, hasher: &Hasher) -> ours::Pair<K, E> {
    let builder = Builder::new().hasher(hasher.clone()).capacity(capacity);
    let (writer, reader) = builder.engine::<E>().build();
    (ours::Writer(writer), ours::Reader(reader))
}

/// With this number of entries, and nothing left to do.
fn full<K: Kind, E: Engine>(capacity: usize, entries: usize, hasher: &Hasher) -> ours::Pair<K, E> {
    let (mut writer, reader) = empty::<K, E>(capacity, hasher);
    insert::<K, E>(&mut writer.0, 0, entries);
    while !writer.0.is_settled() {
        writer.0.refresh();
    }
    (writer, reader)
}

fn settled<K: Kind, E: ours::Shareable<K>>(entries: usize, hasher: &Hasher) -> Held<K> {
    full::<K, E>(0, entries, hasher).into()
}

/// With one entry more than the capacity, both copies having grown for it: where an engine drains a full table, nearly
/// all entries are still there, and stay, since nobody writes.
fn just_grown<K: Kind, E: ours::Shareable<K>>(capacity: usize, hasher: &Hasher) -> Held<K> {
    let (mut writer, reader) = full::<K, E>(capacity, capacity, hasher);
    assert_eq!(reader.0.read().capacity(), capacity, "not full");
    insert::<K, E>(&mut writer.0, capacity, capacity + 1);
    assert!(reader.0.read().capacity() > capacity, "not grown");
    // Gives the writer's copy its entry as well, without a refresh, which would move more.
    assert_eq!(writer.0.len(), capacity + 1);
    (writer, reader).into()
}

impl<K: Kind, E: ours::Shareable<K>> From<ours::Pair<K, E>> for Held<K> {
    fn from(pair: ours::Pair<K, E>) -> Self {
        Held {
            reader: Box::new(pair.1.clone()),
            pair: Box::new(pair),
        }
    }
}

impl<K: Kind, E: Engine> Table for ours::Pair<K, E> {
    #[inline(never)]
    fn sum(&self) -> (u64, usize) {
        let view = self.1.0.read();
        let mut sum = 0_u64;
        for (_, &value) in view.iter() {
            sum = sum.wrapping_add(value);
        }
        (sum, view.len())
    }

    fn is_growing(&self) -> bool {
        // Everything is published and in both copies, so there is nothing else to settle.
        !self.0.0.is_settled()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_incremental_engine_is_still_growing() {
        assert_eq!([100_000, 1_000].map(full_near), [114_688, 896]);
        fn is_growing<K: Kind>() -> [bool; 4] {
            let hasher = &Hasher::default();
            rows::<K>().map(|row| {
                assert!(!(row.settled)(5_000, hasher).pair.is_growing());
                (row.just_grown)(896, hasher).pair.is_growing()
            })
        }
        assert_eq!(is_growing::<Number>(), [false, false, true, false]);
        assert_eq!(is_growing::<Text>(), [false, false, true, false]);
    }
}
