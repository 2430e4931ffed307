//! What a refresh costs with many handles that nobody reads through.

use std::hint::black_box;

use benches::contender::{Hasher, Upsert, ours};
use benches::slice::{Pace, timed};
use evmap_core::FenceMode;

use crate::case::{Case, Heading};
use crate::name;
use crate::plan::Plan;
use crate::report::count;

/// The name of the table.
pub const CASE: &str = "idle-handles";
/// What the ratios are to.
pub const ONE: &str = "1 handle";
/// This many of them.
pub const MANY: &str = "10k handles";
const HANDLES: usize = 10_000;

/// By fence mode.
const MODES: [(&str, FenceMode); 2] = [("Auto", FenceMode::Auto), ("SeqCst", FenceMode::SeqCst)];
const ENTRIES: usize = 1_000;

/// A writer, and the handles of its map.
struct Idle {
    writer: ours::Writer,
    _handles: Vec<ours::Reader>,
}

impl Idle {
    fn new(handles: usize, mode: FenceMode) -> Self {
        let (writer, reader) = ours::pair(ENTRIES, &Hasher::default(), mode);
        let mut handles: Vec<_> = (1..handles).map(|_| reader.clone()).collect();
        handles.push(reader);
        Idle {
            writer,
            _handles: handles,
        }
    }

    /// Refreshes of one upsert each.
    fn slice(&mut self, pace: Pace) -> f64 {
        let mut key = pace.seed as u64;
        let sample = timed(pace, || {
            self.writer.upsert(key % ENTRIES as u64, black_box(key));
            self.writer.publish();
            key += 1;
            1
        });
        sample.ns()
    }
}

/// One handle, once more one, and many.
pub fn measure(plan: &Plan) -> Case {
    let rows = [(ONE, 1), (name::CONTROL, 1), (MANY, HANDLES)];
    let samples = plan.run(
        MODES.len(),
        || {
            let maps = |(_, handles)| MODES.map(|(_, mode)| Idle::new(handles, mode));
            rows.map(maps).into()
        },
        |maps, condition, pace| maps[condition].slice(pace).into(),
    );
    let heading = Heading {
        operation: name::WRITE,
        case: CASE.to_string(),
        title: format!(
            "one upsert and a refresh, {} keys, with handles that nobody reads through",
            count(ENTRIES)
        ),
        base: ONE,
        ours: MANY,
        conditions: MODES.map(|(name, _)| name.to_string()).to_vec(),
    };
    Case::new(
        heading,
        samples.rows(&rows.map(|(name, _)| name), MANY, false),
    )
}
