//! Large values: one copy of each, or two.

use std::any::Any;

use evmap_core::{Shared, WriteHandle};

use super::{Contender, LARGE};
use crate::course::BATCH;

/// What the ratios are to: a map that nobody shares, and so keeps one copy.
pub const BASE: &str = "bare, Box";
/// Two copies of the map, one of each value.
pub const OURS: &str = "ours, Shared";

pub const TABLE: &str = "values";
pub(super) const CONTENDERS: [Contender; 3] = [
    Contender {
        name: BASE,
        keep: bare,
    },
    Contender {
        name: OURS,
        keep: |entries| ours(entries, Shared::new),
    },
    // What `Shared` is there to spare.
    Contender {
        name: "ours, Box",
        keep: |entries| ours(entries, Box::new),
    },
];

type Value = [u8; LARGE];

fn value(key: u64) -> Value {
    [key as u8; LARGE]
}

fn bare(entries: usize) -> Box<dyn Any> {
    let mut map = hashbrown::HashMap::new();
    for key in 0..entries as u64 {
        map.insert(key, Box::new(value(key)));
    }
    assert_eq!(map.len(), entries);
    Box::new(map)
}

fn ours<V: Clone + 'static>(entries: usize, wrap: fn(Value) -> V) -> Box<dyn Any> {
    let (mut writer, reader): (WriteHandle<u64, V>, _) = evmap_core::new();
    for key in 0..entries as u64 {
        writer.insert(key, wrap(value(key)));
        if key % BATCH == 0 {
            writer.refresh();
        }
    }
    writer.refresh();
    while !writer.is_settled() {
        writer.refresh();
    }
    assert_eq!(reader.len(), entries);
    Box::new((writer, reader))
}
