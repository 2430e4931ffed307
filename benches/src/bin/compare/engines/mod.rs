//! `compare engines`: the table engines under the same map, with numbers and with short texts as keys.
//!
//! Lookups and iteration are of maps that live through many rounds; insertions and growth are courses,
//! each with a map of its own, which then is dropped.

mod held;
mod row;

use benches::contender::Hasher;
use benches::stream::Stream;

use crate::case::{Case, Figure, Heading, Samples};
use crate::course::{BATCH, Course};
use crate::kind::{Kind, Number, Text};
use crate::memory;
use crate::name;
use crate::plan::Plan;
use crate::report::count;
use held::{Ask, full_near};
use row::rows;

pub use row::subject;

/// What is measured.
const CONDITIONS: [&str; 7] = [
    HIT,
    "lookup, miss",
    ITERATION,
    GROWING,
    "insertion",
    "growth",
    "longest refresh",
];
/// Those that have a target.
pub const HIT: &str = "lookup, hit";
pub const ITERATION: &str = "iteration";
pub const GROWING: &str = "lookup, growing";

/// One table size, with either kind of keys.
pub fn measure(entries: usize, plan: &Plan) -> [Case; 2] {
    [
        measure_kind::<Number>(entries, plan),
        measure_kind::<Text>(entries, plan),
    ]
}

fn measure_kind<K: Kind>(entries: usize, plan: &Plan) -> Case {
    let full = full_near(entries);
    // One after the other, so that not all maps are there at once.
    let samples = settled::<K>(entries, plan)
        .beside(just_grown::<K>(full, plan))
        .beside(courses::<K>(entries, plan));
    let names = rows::<K>().map(|row| row.name);
    let mut table = samples.rows(&names, name::ROBIN_HOOD, false);
    for (row, engine) in table.iter_mut().zip(rows::<K>()) {
        row.memory = Some(memory::measure(&engine.subject_name(), entries));
    }
    let heading = Heading {
        operation: name::ENGINES,
        case: format!("{}/{}", count(entries), K::NAME),
        title: format!(
            "{} keys ({}), those of a map that has just grown {}; a refresh after {} insertions",
            count(entries),
            K::NAME,
            full + 1,
            count(BATCH as usize)
        ),
        base: name::SWISS,
        ours: name::ROBIN_HOOD,
        conditions: CONDITIONS.map(String::from).to_vec(),
    };
    Case::new(heading, table)
}

/// Hits, misses and iteration.
fn settled<K: Kind>(entries: usize, plan: &Plan) -> Samples {
    let (hits, misses) = questions::<K>(entries);
    read_plan(entries, plan).run(
        3,
        || {
            let hasher = Hasher::default();
            let rows = rows::<K>().into_iter();
            rows.map(|row| checked((row.settled)(entries as u64, &hasher), &hits, &misses))
                .collect()
        },
        |map, condition, pace| {
            let sample = match condition {
                0 => map.look_up(&hits, pace),
                1 => map.look_up(&misses, pace),
                _ => map.iterate(pace),
            };
            sample.ns().into()
        },
    )
}

/// Hits while the incremental engine has nearly all entries in the table that it drains.
fn just_grown<K: Kind>(full: usize, plan: &Plan) -> Samples {
    let (hits, misses) = questions::<K>(full + 1);
    read_plan(full, plan).run(
        1,
        || {
            let hasher = Hasher::default();
            let rows = rows::<K>().into_iter();
            rows.map(|row| {
                let map = checked((row.just_grown)(full, &hasher), &hits, &misses);
                (map, row.grows_later)
            })
            .collect()
        },
        |(map, grows_later), _, pace| {
            assert_eq!(map.is_growing(), *grows_later, "before the slice");
            let sample = map.look_up(&hits, pace);
            assert_eq!(map.is_growing(), *grows_later, "after the slice");
            sample.ns().into()
        },
    )
}

/// Insertions into reserved capacity, and into none.
fn courses<K: Kind>(entries: usize, plan: &Plan) -> Samples {
    let hasher = Hasher::default();
    let [with_capacity, from_nothing] = [entries, 0].map(|capacity| Course {
        entries: entries as u64,
        capacity,
    });
    course_plan::<K>(entries, plan).run_courses(
        &[1, 2],
        || rows::<K>().into(),
        |row, course, _| match course {
            0 => only_each((row.run)(with_capacity, &hasher)),
            _ => (row.run)(from_nothing, &hasher),
        },
    )
}

/// With enough capacity no refresh stands out.
fn only_each(figures: Vec<Figure>) -> Vec<Figure> {
    figures.into_iter().take(1).collect()
}

/// Keys that are there, in random order, and keys that are not.
fn questions<K: Kind>(entries: usize) -> (K::Questions, K::Questions) {
    let stream = Stream::new(entries);
    let hits = K::questions(stream.keys());
    (
        hits,
        K::questions(stream.keys().map(|number| number + entries as u64)),
    )
}

fn checked<K: Kind>(
    map: Box<dyn Ask<K>>,
    hits: &K::Questions,
    misses: &K::Questions,
) -> Box<dyn Ask<K>> {
    map.check(hits, misses);
    map
}

/// Large maps take seconds to build, and one pass through one takes longer than a slice.
fn read_plan(entries: usize, plan: &Plan) -> Plan {
    if entries < 1_000_000 {
        return plan.clone();
    }
    Plan {
        rounds: plan.rounds.min(30),
        builds: plan.builds.min(2),
        ..plan.clone()
    }
}

/// A course with millions of entries takes a second, or several where keys are on the heap: too few of
/// them to set a target. What is expected of growth, `compare growth` measures.
fn course_plan<K: Kind>(entries: usize, plan: &Plan) -> Plan {
    let most = match entries * size_of::<K::Key>() {
        0..10_000_000 => return plan.clone(),
        10_000_000..40_000_000 => 10,
        _ => 4,
    };
    Plan {
        rounds: plan.rounds.min(most),
        ..plan.clone()
    }
}
