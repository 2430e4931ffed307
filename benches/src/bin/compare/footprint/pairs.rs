//! Pairs of `u64` in every contender, each grown from nothing as its own documentation would do it.
//!
//! Those that publish apart do so after each batch, and twice at the end, so that no log is left.

use std::any::Any;

use arc_swap::ArcSwap;
use benches::value_of;
use dashmap::DashMap;
use evmap_core::SharedMap;
use evmap_core::table::{Engine, Incremental, RobinHood, Swiss};
use left_right_peer::Absorb;

use super::Contender;
use crate::course::{BATCH, Reader, Writer, settle};
use crate::kind::Number;
use crate::name;

/// What the ratios are to.
pub const BASE: &str = name::BARE;
/// With the default engine.
pub const OURS: &str = "ours, Swiss";

pub const TABLE: &str = "pairs";
pub(super) const CONTENDERS: [Contender; 12] = [
    contender(BASE, |entries| Box::new(bare(entries))),
    contender(OURS, |entries| Box::new(ours::<Swiss>(entries))),
    contender("ours, Incremental", |entries| {
        Box::new(ours::<Incremental>(entries))
    }),
    contender("ours, RobinHood", |entries| {
        Box::new(ours::<RobinHood>(entries))
    }),
    contender("ours, SharedMap", shared_map),
    contender(name::EVMAP, |entries| Box::new(evmap_pair(entries))),
    contender(name::LEFT_RIGHT, left_right),
    contender(name::FLASHMAP, flashmap),
    contender(name::PAPAYA, papaya),
    contender(name::DASHMAP, dashmap),
    contender(name::SCC, scc),
    contender("arc-swap", |entries| {
        Box::new(ArcSwap::from_pointee(bare(entries)))
    }),
];

const fn contender(name: &'static str, keep: fn(usize) -> Box<dyn Any>) -> Contender {
    Contender { name, keep }
}

type Bare = hashbrown::HashMap<u64, u64>;

/// All entries, in batches of pairs.
fn batches(entries: usize) -> impl Iterator<Item = Vec<(u64, u64)>> {
    let entries = entries as u64;
    (0..entries).step_by(BATCH as usize).map(move |first| {
        let keys = first..(first + BATCH).min(entries);
        keys.map(|key| (key, value_of(key))).collect()
    })
}

fn pairs(entries: usize) -> impl Iterator<Item = (u64, u64)> {
    (0..entries as u64).map(|key| (key, value_of(key)))
}

fn bare(entries: usize) -> Bare {
    let mut map = Bare::new();
    for (key, value) in pairs(entries) {
        map.insert(key, value);
    }
    assert_eq!(map.len(), entries);
    map
}

fn ours<E: Engine>(entries: usize) -> (Writer<Number, E>, Reader<Number, E>) {
    let (mut writer, reader) = evmap_core::Builder::new().engine::<E>().build();
    settle::<Number, E>(&mut writer, 0..entries as u64);
    assert_eq!(reader.len(), entries);
    (writer, reader)
}

/// A map of the default engine.
pub(super) fn ours_pair(entries: usize) -> (Writer<Number, Swiss>, Reader<Number, Swiss>) {
    ours(entries)
}

fn shared_map(entries: usize) -> Box<dyn Any> {
    let map: SharedMap<u64, u64> = SharedMap::new();
    for batch in batches(entries) {
        map.extend(batch);
    }
    map.flush();
    map.flush();
    assert_eq!(map.len(), entries);
    Box::new(map)
}

/// A map of evmap's.
pub(super) fn evmap_pair(
    entries: usize,
) -> (
    evmap::handles::WriteHandle<u64, u64>,
    evmap::handles::ReadHandle<u64, u64>,
) {
    let (mut writer, reader) = evmap::new();
    for batch in batches(entries) {
        for (key, value) in batch {
            writer.update(key, value);
        }
        writer.publish();
    }
    writer.publish();
    assert_eq!(reader.len(), entries);
    (writer, reader)
}

/// One insertion, for both copies.
struct Insert(u64, u64);

impl Absorb<Insert> for Bare {
    fn absorb_first(&mut self, insert: &mut Insert, _: &Self) {
        self.insert(insert.0, insert.1);
    }

    fn sync_with(&mut self, first: &Self) {
        self.clone_from(first);
    }
}

fn left_right(entries: usize) -> Box<dyn Any> {
    let (mut writer, reader) = left_right_peer::new::<Bare, Insert>();
    for batch in batches(entries) {
        writer.extend(batch.into_iter().map(|(key, value)| Insert(key, value)));
        writer.publish();
    }
    writer.publish();
    assert_eq!(reader.enter().map(|map| map.len()), Some(entries));
    Box::new((writer, reader))
}

fn flashmap(entries: usize) -> Box<dyn Any> {
    let (mut writer, reader) = flashmap::new();
    for batch in batches(entries) {
        let mut guard = writer.guard();
        for (key, value) in batch {
            guard.insert(key, value);
        }
        guard.publish();
    }
    writer.guard().publish();
    assert_eq!(reader.guard().len(), entries);
    Box::new((writer, reader))
}

fn papaya(entries: usize) -> Box<dyn Any> {
    let map = papaya::HashMap::new();
    for (key, value) in pairs(entries) {
        map.pin().insert(key, value);
    }
    assert_eq!(map.len(), entries);
    Box::new(map)
}

fn dashmap(entries: usize) -> Box<dyn Any> {
    let map = DashMap::new();
    for (key, value) in pairs(entries) {
        map.insert(key, value);
    }
    assert_eq!(map.len(), entries);
    Box::new(map)
}

fn scc(entries: usize) -> Box<dyn Any> {
    let map = scc::HashMap::new();
    for (key, value) in pairs(entries) {
        map.upsert_sync(key, value);
    }
    assert_eq!(map.len(), entries);
    Box::new(map)
}
