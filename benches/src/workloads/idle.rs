//! What a refresh costs with many handles that nobody reads through: the last table of `compare write`.

use evmap_core::FenceMode;
use evmap_core::table::Swiss;

use crate::contenders::{Hasher, Write, ours};
use crate::keys::Number;
use crate::paired::{CONTROL, Case, Head, Plan, count};
use crate::slice::timed;

/// The rest of the table's name.
pub const IDLE_HANDLES: &str = "idle-handles";
/// What the ratios are to.
pub const ONE: &str = "1 handle";
/// This many of them.
pub const MANY: &str = "10k handles";

const ROWS: [(&str, usize); 3] = [(ONE, 1), (CONTROL, 1), (MANY, 10_000)];
const MODES: [FenceMode; 2] = [FenceMode::Auto, FenceMode::SeqCst];
const ENTRIES: usize = 1_000;

/// One handle, once more one, and many.
pub fn table(operation: &str, plan: &Plan) -> Case {
    let map = |handles, mode| {
        let (mut writer, reader) = ours::pair::<Number, Swiss>(&Hasher::default(), mode);
        writer.upsert_to(ENTRIES, ENTRIES);
        (writer, vec![reader; handles])
    };
    let build = || {
        ROWS.map(|(name, handles)| (name, MODES.map(|mode| map(handles, mode))))
            .into()
    };
    let samples = plan.run(MODES.len(), build, |maps, step, pace| {
        let (writer, _) = &mut maps[step];
        let mut key = pace.seed as u32;
        let sample = timed(pace, || {
            writer.upsert(&[key % ENTRIES as u32], 0, 1);
            key += 1;
            1
        });
        [sample.ns()]
    });
    let head = Head::new(
        format!("{operation}/{IDLE_HANDLES}"),
        format!(
            "one upsert and a refresh, {} keys, with handles that nobody reads through",
            count(ENTRIES)
        ),
        [ONE, MANY],
        MODES.map(|mode| format!("{mode:?}")),
    );
    Case::new(head, samples)
}
