//! Many entries at once, into every engine: what is there afterwards, how often it is cloned and
//! dropped, and what a panic leaves.

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

/// The first key stays, the last value wins.
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

/// Brings the other copy to the readers.
fn turn_round<E: Engine>(writer: &mut Writer<Thing, Thing, E>) {
    writer.refresh();
    writer.reserve(0);
    writer.refresh();
}
