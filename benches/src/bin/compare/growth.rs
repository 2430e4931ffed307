//! `compare growth`, the first table: a map that is filled in small batches, by each table engine.
//!
//! Two figures of one course: what an insertion costs on the whole, and how long the longest refresh
//! takes, which is where an engine pays for growth at once.

use benches::contender::Hasher;
use evmap_core::table::{Engine, Incremental, RobinHood, Swiss};

use crate::case::{Case, Figure, Heading};
use crate::course::{BATCH, Course, FIGURES};
use crate::kind::Number;
use crate::plan::Plan;
use crate::report::count;

/// What the ratios are to.
pub const BASE: &str = "Swiss";
/// The engine that the others are compared with.
pub const OURS: &str = "Incremental";
/// What is measured of a course.
pub const CONDITIONS: [&str; 2] = FIGURES;

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
        ("control", run::<Swiss>),
        (OURS, run::<Incremental>),
        ("RobinHood", run::<RobinHood>),
    ];
    let hasher = Hasher::default();
    let samples = plan.run_courses(
        &[CONDITIONS.len()],
        || runs.to_vec(),
        |(_, run), _, _| run(course, &hasher),
    );
    let heading = Heading {
        operation: "growth",
        case: count(entries as usize),
        title: format!(
            "0 to {} entries, in batches of {} with a refresh after each",
            count(entries as usize),
            count(BATCH as usize)
        ),
        base: BASE,
        ours: OURS,
        conditions: CONDITIONS.map(String::from).to_vec(),
    };
    let names = runs.map(|(name, _)| name);
    Case::new(heading, samples.rows(&names, 2, false))
}

fn run<E: Engine>(course: Course, hasher: &Hasher) -> Vec<Figure> {
    course.run::<Number, E>(hasher)
}
