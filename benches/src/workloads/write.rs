//! `compare write`: upserts by one writer, one or more before each refresh.
//!
//! Those that publish with every write do as many upserts and publish nothing.
//! Those that copy the whole map with each publication are not here.

use std::hint::black_box;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{Workload, idle, lookups, number, or, rows};
use crate::contenders::{AUTO, BARE, Hasher, Map, Read, Way, Write, check_writes};
use crate::keys::{LONGEST_PIECE, Number, Order, draw, pieces};
use crate::paired::{Case, Head, Pace, Plan, count};
use crate::slice::{Ends, Sample, beside, timed};

/// Of the tables.
pub const NAME: &str = "write";
/// The writer alone, and beside a thread that looks keys up all the time.
const CONDITIONS: [&str; 2] = ["no reader", "1 busy reader"];

const ENTRIES: usize = 100_000;
/// Upserts between two looks at the clock, at least.
const PIECE: usize = 256;

/// How often to publish.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Args {
    /// Upserts before each refresh, such as 1,100,10k, each at most 1M
    #[arg(long, value_delimiter = ',', value_parser = number::<1, LONGEST_PIECE>, value_name = "N,..")]
    batches: Vec<usize>,
}

impl Workload for Args {
    fn measure(&self, plan: &Plan, show: &mut dyn FnMut(Case)) {
        or(&self.batches, &[1, 100, 10_000])
            .into_iter()
            .for_each(|batch| show(table(batch, plan)));
        show(idle::table(NAME, plan));
    }
}

fn table(batch: usize, plan: &Plan) -> Case {
    let keys = &draw(ENTRIES, batch, Order::Uniform);
    let build = || {
        let hasher = Hasher::default();
        let mut all = rows(&BARE, |contender| Some(contender.writes?(ENTRIES, &hasher)));
        for (name, map) in &mut all {
            check_writes(name, &mut *map.writer, &mut *map.reader, keys);
        }
        all
    };
    let samples = plan.run(
        2,
        build,
        |Map { writer, reader }: &mut Map<Number>, step, pace| {
            let sample = match step {
                0 => upserts(&mut **writer, keys, batch, pace),
                _ => beside_a_reader(&mut **writer, &mut **reader, keys, batch, pace),
            };
            [sample.ns()]
        },
    );
    let head = Head::new(
        format!("{NAME}/{}", count(batch)),
        format!(
            "upserts of {} keys, {} per refresh",
            count(ENTRIES),
            count(batch)
        ),
        [BARE.name, AUTO.name],
        CONDITIONS,
    );
    Case::new(head, samples)
}

/// Those of a piece of the keys at a time.
fn upserts(writer: &mut dyn Write<Number>, keys: &[u32], batch: usize, pace: Pace) -> Sample {
    // Whole batches, and small ones together, so that the clock is not what is measured.
    let piece = batch * (PIECE / batch).max(1);
    let mut pieces = pieces(keys.len(), piece, pace.seed);
    timed(pace, || {
        let piece = pieces.next().expect("pieces without end");
        writer.upsert(&keys[piece.clone()], 0, batch);
        piece.len()
    })
}

fn beside_a_reader(
    writer: &mut dyn Write<Number>,
    reader: &mut dyn Read<Number>,
    keys: &Vec<u32>,
    batch: usize,
    pace: Pace,
) -> Sample {
    let is_over = AtomicBool::new(false);
    let own = || {
        let _ends = Ends(&is_over);
        upserts(writer, keys, batch, pace)
    };
    let other = || {
        let mut pieces = pieces(keys.len(), lookups::PIECE, 1);
        while !is_over.load(Ordering::Relaxed) {
            let piece = pieces.next().expect("pieces without end");
            black_box(reader.look_up(keys, piece, Way::Single));
        }
    };
    beside(own, other).0
}
