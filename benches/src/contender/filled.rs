//! `evmap-core`'s maps as a loop of inserts leaves them, each insert published by itself.

use std::thread::sleep;
use std::time::Duration;

use evmap_core::{FenceMode, SharedMap};

use super::shared_map::Handle;
use super::{Hasher, Lookup, Upsert, ours};
use crate::value_of;

/// Inserts into each map.
pub const INSERTS: u64 = 1_000_000;
/// Lookups after which a reader has ended the fences that a burst of writes has left behind.
pub const LOOKUPS: u64 = 1 << 17;

/// A plain map, each of whose inserts was refreshed, and nothing since.
pub fn refreshed(entries: usize, hasher: &Hasher) -> (ours::Writer, ours::Reader) {
    let (mut writer, reader) = ours::pair(entries, hasher, FenceMode::Auto);
    for (key, value) in inserts(entries) {
        writer.upsert(key, value);
        writer.publish();
    }
    (writer, reader)
}

/// The same, whose writer has found nothing more to publish since.
pub fn settled(entries: usize, hasher: &Hasher) -> (ours::Writer, ours::Reader) {
    let (mut writer, reader) = refreshed(entries, hasher);
    // Where the system has no barrier, readers always fence.
    let (fresh, _) = ours::pair(1, hasher, FenceMode::Auto);
    while fresh.fence_mode() == FenceMode::Membarrier && writer.fence_mode() == FenceMode::SeqCst {
        sleep(Duration::from_millis(2));
        writer.publish();
    }
    (writer, reader)
}

/// A map that any thread writes, and nothing since.
pub fn inserted(entries: usize, hasher: &Hasher) -> Handle {
    let map = SharedMap::builder().hasher(hasher.clone()).build();
    for (key, value) in inserts(entries) {
        map.insert(key, value);
    }
    Handle::from(map)
}

/// The same, flushed.
pub fn flushed(entries: usize, hasher: &Hasher) -> Handle {
    let mut map = inserted(entries, hasher);
    map.publish();
    map
}

/// Enough lookups that no fence is left.
pub fn read_often(entries: usize, mut reader: impl Lookup) {
    for number in 0..LOOKUPS {
        std::hint::black_box(reader.get(&(number % entries as u64)));
    }
}

fn inserts(entries: usize) -> impl Iterator<Item = (u64, u64)> {
    let entries = entries as u64;
    (0..INSERTS).map(move |number| (number % entries, value_of(number % entries)))
}
