//! `compare growth`, the first table: a map that is filled in small batches, by each table engine.
//!
//! Two figures of one course: what an insertion costs on the whole, and how long the longest refresh
//! takes, which is where an engine pays for growth at once.

use benches::contender::Hasher;
use evmap_core::table::{Engine, Incremental, RobinHood, Swiss};

use crate::case::{Case, Figure, Heading};
use crate::course::{BATCH, Course, FIGURES};
use crate::kind::Number;
use crate::name;
use crate::plan::Plan;
use crate::report::count;

/// What the ratios are to.
const BASE: &str = name::SWISS;
/// The engine that the others are compared with.
const OURS: &str = name::INCREMENTAL;

type Run = fn(Course, &Hasher) -> Vec<Figure>;

/// Fills maps.
pub fn measure(plan: &Plan) -> Case {
    let entries: u64 = if plan.is_quick { 100_000 } else { 4_000_000 };
    let course = Course {
        entries,
        capacity: 0,
    };
    let runs: [(&'static str, Run); 4] = [
        (BASE, run::<Swiss>),
        (name::CONTROL, run::<Swiss>),
        (OURS, run::<Incremental>),
        (name::ROBIN_HOOD, run::<RobinHood>),
    ];
    let hasher = Hasher::default();
    let samples = plan.run_courses(
        &[FIGURES.len()],
        || runs.to_vec(),
        |(_, run), _, _| run(course, &hasher),
    );
    let heading = Heading {
        operation: name::GROWTH,
        case: count(entries as usize),
        title: format!(
            "0 to {} entries, in batches of {} with a refresh after each",
            count(entries as usize),
            count(BATCH as usize)
        ),
        base: BASE,
        ours: OURS,
        conditions: FIGURES.map(String::from).to_vec(),
    };
    let names = runs.map(|(name, _)| name);
    Case::new(heading, samples.rows(&names, OURS, false))
}

fn run<E: Engine>(course: Course, hasher: &Hasher) -> Vec<Figure> {
    course.run::<Number, E>(hasher)
}
