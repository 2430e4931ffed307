//! `compare filled`: lookups in a map that a loop of inserts has filled, each published by itself.
//!
//! While swaps come fast, readers fence for themselves. This shows that nothing of it is left once they have ended.
//! The writer of a plain map does not come back, so its readers end the fences; of a `SharedMap`, the janitor may come
//! first.

use std::hint::black_box;
use std::thread::sleep;
use std::time::Duration;

use evmap_core::FenceMode;

use super::Workload;
use super::lookups::Sizes;
use crate::contenders::{Hasher, Map, Write, ours, shared_map};
use crate::keys::Number;
use crate::paired::{CONTROL, Case, Plan};

/// Of the tables.
pub const NAME: &str = "filled";
/// A plain map whose writer has ended the fences itself.
pub const SETTLED: &str = "settled";
/// One whose writer has done nothing since.
pub const REFRESHED: &str = "refreshed";
/// A `SharedMap` that was flushed.
pub const FLUSHED: &str = "SharedMap, flushed";
/// One that nobody has written or flushed since.
pub const INSERTED: &str = "SharedMap, inserted";

/// Inserts into each map, at least: each key has to be there.
const INSERTS: usize = 1_000_000;
/// Lookups after which a reader has ended the fences that a burst of writes has left behind.
const LOOKUPS: u64 = 1 << 17;

/// Which tables to fill.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Args {
    #[command(flatten)]
    sizes: Sizes,
}

impl Workload for Args {
    fn measure(&self, plan: &Plan, show: &mut dyn FnMut(Case)) {
        let title = "one lookup per guard after a million inserts, each published";
        self.sizes
            .tables([NAME, title], [SETTLED, FLUSHED], plan, show, build);
    }
}

fn build(size: usize) -> Vec<(&'static str, Map<Number>)> {
    let hasher = &Hasher::default();
    let mut flushed = inserted(size, hasher);
    flushed.writer.publish();
    vec![
        (SETTLED, settled(size, hasher)),
        (CONTROL, settled(size, hasher)),
        (REFRESHED, read(refreshed(size, hasher).into(), size)),
        (FLUSHED, flushed),
        (INSERTED, read(inserted(size, hasher), size)),
    ]
}

/// Inserts, each published by itself.
fn insert(writer: &mut dyn Write<Number>, size: usize) {
    let keys: Vec<_> = (0..INSERTS.max(size))
        .map(|number| (number % size) as u32)
        .collect();
    writer.upsert(&keys, 0, 1);
}

fn inserted(size: usize, hasher: &Hasher) -> Map<Number> {
    let mut map = shared_map::of(0, hasher, FenceMode::Auto);
    insert(&mut map, size);
    assert_eq!(
        map.0.stats().writes,
        INSERTS.max(size) as u64,
        "nothing else was written"
    );
    (map.clone(), map).into()
}

fn refreshed(size: usize, hasher: &Hasher) -> ours::Pair<Number> {
    let (mut writer, reader) = ours::pair(hasher, FenceMode::Auto);
    insert(&mut writer, size);
    (writer, reader)
}

/// Refreshed, and found to have nothing more to publish until the fences were ended.
fn settled(size: usize, hasher: &Hasher) -> Map<Number> {
    let (mut writer, reader) = refreshed(size, hasher);
    // Where the system has no barrier, readers always fence.
    let has_barrier = ours::fence_mode() == FenceMode::Membarrier;
    while has_barrier && writer.0.stats().fence_mode == FenceMode::SeqCst {
        sleep(Duration::from_millis(2));
        writer.0.refresh();
    }
    (writer, reader).into()
}

/// Reads until no reader needs a fence of its own.
fn read(mut map: Map<Number>, size: usize) -> Map<Number> {
    for key in 0..LOOKUPS {
        black_box(map.reader.find(&(key % size as u64)));
    }
    map
}
