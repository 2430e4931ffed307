//! `compare filled`: lookups in a map that a loop of inserts has filled, each published by itself.
//!
//! While swaps come fast, readers fence for themselves. This shows that nothing of it is left once they have ended.
//! The writer of a plain map does not come back, so its readers end the fences; of a `SharedMap`, the janitor may come
//! first.

use benches::contender::{Hasher, filled};
use benches::kind::Number;
use benches::lookups::Way;
use benches::stream::Stream;

use crate::case::{Case, Heading};
use crate::name;
use crate::partner::Partner;
use crate::plan::Plan;
use crate::read::CONDITIONS;
use crate::read::contender::{Contender, Script};
use crate::report::count;

/// A plain map whose writer has ended the fences itself.
pub const SETTLED: &str = "settled";
/// One whose writer has done nothing since.
pub const REFRESHED: &str = "refreshed";
/// A `SharedMap` that was flushed.
pub const FLUSHED: &str = "SharedMap, flushed";
/// One that nobody has written or flushed since.
pub const INSERTED: &str = "SharedMap, inserted";

fn contenders(entries: usize, script: &Script<Number>) -> Vec<Contender<Number>> {
    let hasher = &Hasher::default();
    let (writer, reader) = filled::settled(entries, hasher);
    let (control_writer, control) = filled::settled(entries, hasher);
    let (refreshed_writer, refreshed) = filled::refreshed(entries, hasher);
    filled::read_often(entries, refreshed.clone());
    let flushed = filled::flushed(entries, hasher);
    let inserted = filled::inserted(entries, hasher);
    filled::read_often(entries, inserted.clone());
    vec![
        Contender::one_by_one(SETTLED, writer, reader, script),
        Contender::one_by_one(name::CONTROL, control_writer, control, script),
        Contender::one_by_one(REFRESHED, refreshed_writer, refreshed, script),
        Contender::one_by_one(FLUSHED, (), flushed, script),
        Contender::one_by_one(INSERTED, (), inserted, script),
    ]
}

/// One table size.
pub fn measure(entries: usize, plan: &Plan, partner: &Partner) -> Case {
    let numbers = Stream::new(entries).keys().collect();
    let script = Script::<Number>::new(numbers, true, Way::Single);
    let mut names = Vec::new();
    let samples = plan.run(
        CONDITIONS.len(),
        || {
            let built = contenders(entries, &script);
            names = built.iter().map(|contender| contender.name).collect();
            built
        },
        |contender, condition, pace| match condition {
            0 => contender.single(&script, pace).ns().into(),
            _ => contender.together(&script, pace, partner).ns().into(),
        },
    );
    Case::new(
        Heading {
            operation: name::FILLED,
            case: count(entries),
            title: format!(
                "one lookup per guard after a million inserts, each published, into {} keys",
                count(entries)
            ),
            base: SETTLED,
            ours: FLUSHED,
            conditions: CONDITIONS.map(String::from).to_vec(),
        },
        samples.rows(&names, FLUSHED, true),
    )
}
