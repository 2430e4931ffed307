//! Many entries at once, in every engine: the resulting entries, the number of clones and drops, and the state
//! after a panic.

use std::collections::{HashMap, HashSet};

use evmap_core::table::Engine;

use things::Thing;

#[macro_use]
#[path = "../each_engine/mod.rs"]
mod each_engine;
mod map;
mod panics;
mod shared_map;
mod things;

use each_engine::{Reader, Writer, map};

/// Name and tag of each key, and the tag of its value.
type Tags = HashMap<u32, (u32, u32)>;

fn tags<E: Engine>(reader: &Reader<Thing, Thing, E>) -> Tags {
    let view = reader.read();
    let tags: Tags = view
        .iter()
        .map(|(key, value)| (key.name, (key.tag, value.tag)))
        .collect();
    assert_eq!(tags.len(), view.len());
    tags
}

/// The first key is kept, and the last value.
fn expected(count: u32, names: u32) -> Tags {
    let mut expected = Tags::new();
    for at in 0..count {
        expected.entry(at % names).or_insert((at, at)).1 = at;
    }
    expected
}

fn names<E: Engine>(reader: &Reader<Thing, Thing, E>) -> HashSet<u32> {
    tags(reader).into_keys().collect()
}

/// Swaps the copies, so that readers see the other one.
fn swap_copies<E: Engine>(writer: &mut Writer<Thing, Thing, E>) {
    writer.refresh();
    writer.reserve(0);
    writer.refresh();
}
