//! `compare shared`: lookups through one value that all threads share, as a web framework's state is.
//!
//! The base is what that is not: a `ReadHandle` for each thread.

use benches::contender::{Hasher, arc_swap, dashmap, ours, papaya, rwlock, shared_reader};
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

/// What the first ratio is to: a handle for each thread, and its guard.
pub const BASE: &str = "ReadHandle";
/// The same, by a call that copies the value.
pub const SCOPED: &str = "ReadHandle, scoped";
/// What the second ratio is to: one value for all threads, and its guard.
pub const OURS: &str = "SharedReader";
/// The same, by a call that copies the value.
pub const OURS_SCOPED: &str = "SharedReader, scoped";

fn contenders(entries: usize, script: &Script<Number>) -> Vec<Contender<Number>> {
    let hasher = &Hasher::default();
    let (writer, handle, guarded, cloned) = shared_reader::readers(entries, hasher);
    let scoped = ours::Scoped::from(handle.clone());
    let (control_writer, control, ..) = shared_reader::readers(entries, hasher);
    let (load, _) = arc_swap::readers(entries, hasher);
    let (dashmap, _) = dashmap::pair(entries, hasher);
    let (papaya, _) = papaya::pair(entries, hasher);
    let (parking_lot, _) = rwlock::parking_lot_pair(entries, hasher);
    let (std, _) = rwlock::std_pair(entries, hasher);
    vec![
        Contender::one_by_one(BASE, writer, handle, script),
        Contender::one_by_one(name::CONTROL, control_writer, control, script),
        Contender::one_by_one(SCOPED, (), scoped, script),
        Contender::one_by_one(OURS, (), guarded, script),
        Contender::one_by_one(OURS_SCOPED, (), cloned, script),
        Contender::one_by_one(name::ARC_SWAP_LOAD, (), load, script),
        Contender::one_by_one(name::PAPAYA, (), papaya, script),
        Contender::one_by_one(name::DASHMAP, (), dashmap, script),
        Contender::one_by_one(name::PARKING_LOT, (), parking_lot, script),
        Contender::one_by_one(name::STD_RWLOCK, (), std, script),
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
            operation: name::SHARED,
            case: count(entries),
            title: format!(
                "one lookup per guard through one value, {} keys",
                count(entries)
            ),
            base: BASE,
            ours: OURS,
            conditions: CONDITIONS.map(String::from).to_vec(),
        },
        samples.rows(&names, OURS, true),
    )
}
