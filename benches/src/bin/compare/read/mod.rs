//! `compare read`: lookups, keys in random order; one per guard, unless a [`Variant`] says otherwise.

mod args;
pub mod contender;
mod variant;

use benches::contender::{
    Hasher, arc_swap, bare, dashmap, evmap, flashmap, left_right, ours, papaya, rwlock, scc,
};
use benches::kind::{Kind, Number, Text};
use benches::lookups::Way;
use evmap_core::FenceMode;

use crate::case::{Case, Heading};
use crate::name;
use crate::partner::Partner;
use crate::plan::Plan;
use contender::{Contender, Script};
use variant::{Keys, Variant};

pub use args::ReadArgs;

/// By one thread alone.
pub const ONE: &str = "1 thread";
/// By two at once.
pub const TWO: &str = "2 threads";
/// Both.
pub const CONDITIONS: [&str; 2] = [ONE, TWO];
/// The contender that the others are compared with.
pub const OURS: &str = "ours, guard";
/// The same map, read by a call that copies the value.
pub const SCOPED: &str = "ours, scoped";

/// From this many entries on, building maps takes longer than reading them.
const LARGE: usize = 1_000_000;
/// How often large maps are built.
const LARGE_BUILDS: usize = 3;

/// All contenders with a table of this size.
fn contenders<K: Kind>(entries: usize, script: &Script<K>) -> Vec<Contender<K>> {
    let hasher = &Hasher::default();
    let (writer, reader) = ours::pair_of::<K>(entries, hasher, FenceMode::Auto);
    let scoped = ours::Scoped::from(reader.clone());
    let (load, cache) = arc_swap::readers_of::<K>(entries, hasher);
    let bare = || bare::reader_of::<K>(entries, hasher);
    let mut all = vec![
        Contender::visiting(name::BARE, (), bare(), script),
        Contender::visiting(name::CONTROL, (), bare(), script),
        Contender::visiting(OURS, writer, reader, script),
        Contender::visiting(SCOPED, (), scoped, script),
        Contender::visiting(name::ARC_SWAP_CACHE, (), cache, script),
        Contender::visiting(name::ARC_SWAP_LOAD, (), load, script),
    ];
    let (writer, reader) = evmap::pair_of::<K>(entries, hasher);
    all.push(Contender::visiting(name::EVMAP, writer, reader, script));
    let (writer, reader) = left_right::pair_of::<K>(entries, hasher);
    all.push(Contender::visiting(
        name::LEFT_RIGHT,
        writer,
        reader,
        script,
    ));
    let (writer, reader) = flashmap::pair_of::<K>(entries, hasher);
    all.push(Contender::visiting(name::FLASHMAP, writer, reader, script));
    let (writer, reader) = papaya::pair_of::<K>(entries, hasher);
    all.push(Contender::visiting(name::PAPAYA, writer, reader, script));
    let (writer, reader) = rwlock::parking_lot_pair_of::<K>(entries, hasher);
    all.push(Contender::visiting(
        name::PARKING_LOT,
        writer,
        reader,
        script,
    ));
    let (writer, reader) = rwlock::std_pair_of::<K>(entries, hasher);
    all.push(Contender::visiting(
        name::STD_RWLOCK,
        writer,
        reader,
        script,
    ));
    if !matches!(script.way, Way::Together(_)) {
        // These two lock for each key.
        let (writer, reader) = dashmap::pair_of::<K>(entries, hasher);
        all.push(Contender::one_by_one(name::DASHMAP, writer, reader, script));
        let (writer, reader) = scc::pair_of::<K>(entries, hasher);
        all.push(Contender::one_by_one(name::SCC, writer, reader, script));
    }
    all
}

/// One table: a variant and a size.
pub fn measure(variant: Variant, entries: usize, plan: &Plan, partner: &Partner) -> Case {
    match variant.keys {
        Keys::U64 => measure_kind::<Number>(variant, entries, plan, partner),
        Keys::String => measure_kind::<Text>(variant, entries, plan, partner),
    }
}

fn measure_kind<K: Kind>(variant: Variant, entries: usize, plan: &Plan, partner: &Partner) -> Case {
    let numbers = variant.numbers(entries);
    let script = Script::<K>::new(numbers, !variant.misses, variant.way);
    let mut plan = plan.clone();
    if entries >= LARGE {
        plan.builds = plan.builds.min(LARGE_BUILDS);
    }
    // What a second thread changes, it changes whatever the keys are.
    let is_plain = variant == Variant::PLAIN;
    let conditions = &CONDITIONS[..if is_plain { 2 } else { 1 }];
    let mut names = Vec::new();
    let samples = plan.run(
        conditions.len(),
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
            operation: name::READ,
            case: variant.case(entries),
            title: variant.title(entries),
            base: name::BARE,
            ours: "ours",
            conditions: conditions.iter().map(ToString::to_string).collect(),
        },
        samples.rows(&names, OURS, is_plain),
    )
}
