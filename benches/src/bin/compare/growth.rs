//! `compare growth`: a map that is filled in small batches, by each table engine.
//!
//! Two figures of one course: what an insertion costs on the whole, and how long the longest refresh
//! takes, which is where an engine pays for growth at once.
//! Readers fence for themselves here, so that no refresh waits for a system call.

use std::time::{Duration, Instant};

use benches::contender::Hasher;
use benches::value_of;
use evmap_core::table::{Engine, Incremental, Swiss};
use evmap_core::{Builder, FenceMode};

use crate::case::{Case, Heading};
use crate::plan::Plan;
use crate::report::count;

/// What the ratios are to.
pub const BASE: &str = "Swiss";
/// The engine that the others are compared with.
pub const OURS: &str = "Incremental";
/// What is measured of a course.
pub const CONDITIONS: [&str; 2] = ["an insertion", "the longest refresh"];

/// Insertions before each refresh.
const BATCH: u64 = 1_000;

type Course = fn(u64, &Hasher) -> Times;

/// How long a course took.
struct Times {
    total: Duration,
    longest_refresh: Duration,
}

/// Fills a map with so many entries.
pub fn measure(plan: &Plan) -> Case {
    let entries: u64 = if plan.is_quick { 100_000 } else { 4_000_000 };
    let courses: [(&'static str, Course); 3] = [
        (BASE, fill::<Swiss>),
        ("control", fill::<Swiss>),
        (OURS, fill::<Incremental>),
    ];
    let hasher = Hasher::default();
    let samples = plan.run(
        CONDITIONS.len(),
        || courses.to_vec(),
        |(_, course), condition, _| {
            let times = course(entries, &hasher);
            let ns = match condition {
                0 => times.total.as_nanos() as f64 / entries as f64,
                _ => times.longest_refresh.as_nanos() as f64,
            };
            ns.into()
        },
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
    let names = courses.map(|(name, _)| name);
    Case::new(heading, samples.rows(&names, 2, false))
}

/// One course: insertions, the refreshes among them, and the last one that brings both copies up to
/// date.
fn fill<E: Engine>(entries: u64, hasher: &Hasher) -> Times {
    let (mut writer, reader) = Builder::new()
        .hasher(hasher.clone())
        .fence(FenceMode::SeqCst)
        .engine::<E>()
        .build::<u64, u64>();
    let mut longest_refresh = Duration::ZERO;
    let begin = Instant::now();
    let mut next = 0;
    while next < entries {
        let end = (next + BATCH).min(entries);
        writer.extend((next..end).map(|key| (key, value_of(key))));
        let refresh = Instant::now();
        writer.refresh();
        longest_refresh = longest_refresh.max(refresh.elapsed());
        next = end;
    }
    writer.refresh();
    let total = begin.elapsed();
    assert_eq!(reader.len() as u64, entries);
    for key in (0..entries).step_by(997) {
        assert_eq!(reader.get_cloned(&key), Some(value_of(key)));
    }
    Times {
        total,
        longest_refresh,
    }
}
