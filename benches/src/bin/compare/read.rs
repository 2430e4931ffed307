//! `compare read`: one lookup per guard, all of them hits, keys in random order.

use std::any::Any;
use std::sync::Arc;

use benches::check;
use benches::contender::{Hasher, Lookup, arc_swap, bare, dashmap, evmap, ours, papaya, rwlock};
use benches::slice::{Meeting, Pace, ReadSlice, Sample};
use benches::stream::Stream;
use evmap_core::FenceMode;

use crate::case::{Case, Heading};
use crate::partner::Partner;
use crate::plan::Plan;
use crate::report::count;

/// By one thread alone, and by two at once.
const CONDITIONS: [&str; 2] = ["1 thread", "2 threads"];
/// The contender that the others are compared with.
pub const OURS: &str = "ours, guard";
/// The same map, read by a call that copies the value.
pub const SCOPED: &str = "ours, scoped";

/// A contender with a reader for each of the two threads.
struct Entrant {
    name: &'static str,
    first: Box<dyn ReadSlice>,
    /// `None` while the other thread has it.
    second: Option<Box<dyn ReadSlice>>,
    /// Kept alive: some peers show nothing once their writer is gone.
    _writer: Box<dyn Any>,
}

impl Entrant {
    /// A contender whose readers have been found to answer rightly.
    fn new<L: Lookup>(
        name: &'static str,
        writer: impl Any,
        mut reader: L,
        stream: &Stream,
    ) -> Self {
        let mut second = reader.clone();
        check::answers(name, &mut reader, stream);
        check::answers(name, &mut second, stream);
        Entrant {
            name,
            second: Some(Box::new(second)),
            first: Box::new(reader),
            _writer: Box::new(writer),
        }
    }

    fn alone(&mut self, stream: &Stream, pace: Pace) -> Sample {
        self.first.read(stream, pace)
    }

    fn together(&mut self, stream: &Arc<Stream>, pace: Pace, partner: &Partner) -> Sample {
        let mut second = self.second.take().expect("the other thread has the reader");
        let meeting = Arc::new(Meeting::of(2));
        let pending = partner.begin({
            let (stream, meeting) = (Arc::clone(stream), Arc::clone(&meeting));
            // Another part of the stream than the first thread's.
            let turn = pace.turn + 1_000;
            move || {
                meeting.arrive();
                let sample = second.read(&stream, Pace { turn, ..pace });
                (second, sample)
            }
        });
        meeting.arrive();
        let ours = self.first.read(stream, pace);
        let (second, theirs) = pending.wait();
        self.second = Some(second);
        ours.together(theirs)
    }
}

/// All contenders with a table of this size.
fn entrants(entries: usize, stream: &Stream) -> Vec<Entrant> {
    let hasher = &Hasher::default();
    let (writer, reader) = ours::pair(entries, hasher, FenceMode::Auto);
    let scoped = ours::Scoped::from(reader.clone());
    let (load, cache) = arc_swap::readers(entries, hasher);
    let (evmap_writer, evmap_reader) = evmap::pair(entries, hasher);
    let (papaya_writer, papaya_reader) = papaya::pair(entries, hasher);
    let (dashmap_writer, dashmap_reader) = dashmap::pair(entries, hasher);
    let (parking_lot_writer, parking_lot_reader) = rwlock::parking_lot_pair(entries, hasher);
    let (std_writer, std_reader) = rwlock::std_pair(entries, hasher);
    vec![
        Entrant::new("bare", (), bare::reader(entries, hasher), stream),
        Entrant::new("control", (), bare::reader(entries, hasher), stream),
        Entrant::new(OURS, writer, reader, stream),
        Entrant::new(SCOPED, (), scoped, stream),
        Entrant::new("arc-swap cache", (), cache, stream),
        Entrant::new("arc-swap load", (), load, stream),
        Entrant::new("evmap", evmap_writer, evmap_reader, stream),
        Entrant::new("papaya", papaya_writer, papaya_reader, stream),
        Entrant::new("dashmap", dashmap_writer, dashmap_reader, stream),
        Entrant::new(
            "parking_lot",
            parking_lot_writer,
            parking_lot_reader,
            stream,
        ),
        Entrant::new("std RwLock", std_writer, std_reader, stream),
    ]
}

/// One table size.
pub fn measure(entries: usize, plan: &Plan, partner: &Partner) -> Case {
    let stream = Arc::new(Stream::new(entries));
    let mut names = Vec::new();
    let samples = plan.run(
        CONDITIONS.len(),
        || {
            let built = entrants(entries, &stream);
            names = built.iter().map(|entrant| entrant.name).collect();
            built
        },
        |entrant, condition, pace| match condition {
            0 => entrant.alone(&stream, pace).ns().into(),
            _ => entrant.together(&stream, pace, partner).ns().into(),
        },
    );
    let ours = names.iter().position(|&name| name == OURS).unwrap_or(0);
    Case::new(
        Heading {
            operation: "read",
            case: count(entries),
            title: format!("one lookup per guard, {} keys", count(entries)),
            base: "bare",
            ours: "ours",
            conditions: CONDITIONS.map(String::from).to_vec(),
        },
        samples.rows(&names, ours, true),
    )
}
