//! How much of its rate a reader keeps while a writer refreshes every millisecond.

use std::sync::Arc;
use std::time::Duration;

use benches::contender::{
    Hasher, arc_swap, bare, dashmap, evmap, flashmap, ours, papaya, rwlock, scc,
};
use benches::rhythm::Rhythm;
use benches::slice::Pace;
use benches::stats::Quartiles;
use benches::stream::Stream;
use evmap_core::FenceMode;

use super::contender::Contender;
use crate::case::{Case, Heading};
use crate::name;
use crate::partner::Partner;
use crate::plan::Plan;
use crate::report::count;

/// What is measured.
const CONDITIONS: [&str; 3] = ["undisturbed", DISTURBED, "a refresh"];
/// The second.
pub const DISTURBED: &str = "beside a writer";
/// What the first ratio is to: its writer has another map, since nobody can share one that is written.
const BASE: &str = name::BARE;
/// The contender that the others are compared with.
pub const OURS: &str = name::OURS_AUTO;

/// How many keys.
pub const SIZES: [usize; 2] = [1_000, 100_000];
/// Up to this many keys, a hundred copies of the map take less than a millisecond.
const COPIED: usize = 1_000;

const OPERATIONS: usize = 100;
const EVERY: Duration = Duration::from_millis(1);
/// How many times as long as usual a slice is, so that it has some refreshes.
const LONGER: u32 = 2;

fn contenders(entries: usize, stream: &Stream) -> Vec<Contender> {
    let hasher = &Hasher::default();
    let ours = |mode| ours::pair(entries, hasher, mode);
    let mut all = vec![
        Contender::new(BASE, bare::pair(entries, hasher), stream),
        Contender::new(name::CONTROL, bare::pair(entries, hasher), stream),
        Contender::new(OURS, ours(FenceMode::Auto), stream),
        Contender::new(name::OURS_MEMBARRIER, ours(FenceMode::Membarrier), stream),
        Contender::new(name::OURS_SEQ_CST, ours(FenceMode::SeqCst), stream),
        Contender::new(name::EVMAP, evmap::pair(entries, hasher), stream),
        Contender::new(name::FLASHMAP, flashmap::pair(entries, hasher), stream),
        Contender::new(name::PAPAYA, papaya::pair(entries, hasher), stream),
        Contender::new(name::DASHMAP, dashmap::pair(entries, hasher), stream),
        Contender::new(name::SCC, scc::pair(entries, hasher), stream),
        Contender::new(
            name::PARKING_LOT,
            rwlock::parking_lot_pair(entries, hasher),
            stream,
        ),
    ];
    if entries <= COPIED {
        all.push(Contender::new(
            name::ARC_SWAP_LOAD,
            arc_swap::pair(entries, hasher),
            stream,
        ));
        let (writer, reader) = arc_swap::readers(entries, hasher);
        all.push(Contender::new(
            name::ARC_SWAP_CACHE,
            (writer, reader),
            stream,
        ));
    }
    all
}

/// One table size.
pub fn measure(entries: usize, plan: &Plan, partner: &Partner) -> Case {
    let plan = Plan {
        slice: plan.slice * LONGER,
        ..plan.clone()
    };
    let stream = Arc::new(Stream::for_pieces(entries, OPERATIONS));
    let mut names = Vec::new();
    let samples = plan.run_courses(
        &[1, 2],
        || {
            let built = contenders(entries, &stream);
            names = built.iter().map(|contender| contender.name).collect();
            built
        },
        |contender, course, pace| match course {
            0 => vec![contender.undisturbed(&stream, pace).ns().into()],
            _ => {
                let (sample, done) = contender.disturbed(&stream, rhythm(pace), pace, partner);
                vec![sample.ns().into(), done.ns().into()]
            }
        },
    );
    let mut rows = samples.rows(&names, OURS, false);
    for row in &mut rows {
        let [undisturbed, disturbed, _] = &row.cells[..] else {
            unreachable!("three conditions");
        };
        row.kept = Some(Quartiles::of_ratios(&undisturbed.rounds, &disturbed.rounds));
    }
    let heading = Heading {
        operation: name::MIXED,
        case: count(entries),
        title: format!(
            "a reader of {} keys, beside a writer that upserts {OPERATIONS} and refreshes \
             every {EVERY:?}; slices of {:?}",
            count(entries),
            plan.slice
        ),
        base: BASE,
        ours: "ours",
        conditions: CONDITIONS.map(String::from).to_vec(),
    };
    Case::new(heading, rows)
}

fn rhythm(pace: Pace) -> Rhythm {
    Rhythm {
        operations: OPERATIONS,
        every: EVERY,
        // Another part of the stream than the reader's.
        seed: pace.seed + 1_000,
    }
}
