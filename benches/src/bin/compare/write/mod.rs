//! `compare write`: upserts by one writer, one or more before each refresh.
//!
//! Those that publish with every write do as many upserts and publish nothing.
//! arc-swap is not here: each of its updates copies the whole map.

mod idle;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use benches::check;
use benches::contender::{
    Hasher, Lookup, Upsert, bare, dashmap, evmap, flashmap, ours, papaya, rwlock,
};
use benches::slice::{Barrier, Pace, ReadSlice, Sample, WriteSlice};
use benches::stream::Stream;
use evmap_core::FenceMode;

use crate::case::{Case, Heading};
use crate::name;
use crate::partner::Partner;
use crate::plan::Plan;
use crate::report::count;

pub use idle::{CASE as IDLE_HANDLES, MANY, ONE, measure as measure_idle};

/// The writer alone, and beside a thread that looks keys up all the time.
const CONDITIONS: [&str; 2] = ["no reader", "1 busy reader"];
/// The contender that the others are compared with.
pub const OURS: &str = name::OURS_AUTO;

const ENTRIES: usize = 100_000;

struct Contender {
    name: &'static str,
    writer: Box<dyn WriteSlice>,
    /// `None` while the other thread has it.
    reader: Option<Box<dyn ReadSlice>>,
}

impl Contender {
    /// A contender that has been found to keep what is written.
    fn new(
        name: &'static str,
        (mut writer, mut reader): (impl Upsert, impl Lookup),
        stream: &Stream,
    ) -> Self {
        check::writes(name, &mut writer, &mut reader, stream);
        Contender {
            name,
            writer: Box::new(writer),
            reader: Some(Box::new(reader)),
        }
    }

    fn beside_a_reader(
        &mut self,
        stream: &Arc<Stream>,
        batch: usize,
        pace: Pace,
        partner: &Partner,
    ) -> Sample {
        let mut reader = self.reader.take().expect("the other thread has the reader");
        let (barrier, stop) = (Arc::new(Barrier::of(2)), Arc::new(AtomicBool::new(false)));
        let pending = partner.begin({
            let (stream, barrier, stop) =
                (Arc::clone(stream), Arc::clone(&barrier), Arc::clone(&stop));
            move || {
                barrier.arrive();
                reader.read_until(&stream, &stop);
                reader
            }
        });
        barrier.arrive();
        let sample = self.writer.write(stream, batch, pace);
        stop.store(true, Ordering::Relaxed);
        self.reader = Some(pending.wait());
        sample
    }
}

fn contenders(stream: &Stream) -> Vec<Contender> {
    let hasher = &Hasher::default();
    let ours = |mode| ours::pair(ENTRIES, hasher, mode);
    vec![
        Contender::new(name::BARE, bare::pair(ENTRIES, hasher), stream),
        Contender::new(name::CONTROL, bare::pair(ENTRIES, hasher), stream),
        Contender::new(OURS, ours(FenceMode::Auto), stream),
        Contender::new(name::OURS_SEQ_CST, ours(FenceMode::SeqCst), stream),
        Contender::new(name::EVMAP, evmap::pair(ENTRIES, hasher), stream),
        Contender::new(name::FLASHMAP, flashmap::pair(ENTRIES, hasher), stream),
        Contender::new(name::PAPAYA, papaya::pair(ENTRIES, hasher), stream),
        Contender::new(name::DASHMAP, dashmap::pair(ENTRIES, hasher), stream),
        Contender::new(
            name::PARKING_LOT,
            rwlock::parking_lot_pair(ENTRIES, hasher),
            stream,
        ),
        Contender::new(name::STD_RWLOCK, rwlock::std_pair(ENTRIES, hasher), stream),
    ]
}

/// Upserts per refresh.
pub fn measure(batch: usize, plan: &Plan, partner: &Partner) -> Case {
    let stream = Arc::new(Stream::for_pieces(ENTRIES, batch));
    let mut names = Vec::new();
    let samples = plan.run(
        CONDITIONS.len(),
        || {
            let built = contenders(&stream);
            names = built.iter().map(|contender| contender.name).collect();
            built
        },
        |contender, condition, pace| match condition {
            0 => contender.writer.write(&stream, batch, pace).ns().into(),
            _ => contender
                .beside_a_reader(&stream, batch, pace, partner)
                .ns()
                .into(),
        },
    );
    Case::new(
        Heading {
            operation: name::WRITE,
            case: count(batch),
            title: format!(
                "upserts of {} keys, {} per refresh",
                count(ENTRIES),
                count(batch)
            ),
            base: name::BARE,
            ours: "ours",
            conditions: CONDITIONS.map(String::from).to_vec(),
        },
        samples.rows(&names, OURS, false),
    )
}
