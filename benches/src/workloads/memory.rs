//! `compare memory`: what each map takes of the machine's memory, and what a log keeps.
//!
//! Each figure comes from several processes, in each of which one map is built and nothing else.

use std::any::Any;

use evmap_core::{Shared, WriteHandle};

use super::{MOST, Workload, number};
use crate::contenders::{ALL, BARE, BATCH, Contender, EVMAP, Map, SWISS};
use crate::keys::{Number, value_of};
use crate::paired::{Case, Head, MemoryRow, Plan, Subject, count, memory};

/// Of the measurement.
pub const NAME: &str = "memory";
/// Of pairs of numbers in every contender: two copies, in those that keep two.
pub const PAIRS: &str = "memory/pairs";
/// Of large values: one copy of each, or two.
pub const VALUES: &str = "memory/values";
/// Of what stays of a large batch.
const LOG: &str = "memory/log";

/// A map that nobody shares, and so keeps one copy.
pub const ONE_COPY: &str = "bare, Box";
/// Two copies of the map, one of each value.
pub const SHARED: &str = "ours, Shared";
/// What `Shared` is there to spare.
const BOX: &str = "ours, Box";

/// Bytes in a large value.
const LARGE: usize = 1024;
type Value = [u8; LARGE];

const LARGE_VALUES: [(&str, Subject); 3] = [
    (ONE_COPY, |entries| {
        let keys = 0..entries as u64;
        let map: hashbrown::HashMap<_, _> = keys.map(|key| (key, Box::new(value(key)))).collect();
        Box::new(map)
    }),
    (SHARED, |entries| values(entries, Shared::new)),
    (BOX, |entries| values(entries, Box::new)),
];
const LOGS: [Contender; 2] = [SWISS, EVMAP];

/// How much the maps hold.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Pairs in each map, such as 1M, at least 1k; a tenth of them where values are large
    #[arg(long, value_parser = number::<1_000, MOST>, value_name = "N", default_value = "1M")]
    entries: usize,
}

impl Default for Args {
    fn default() -> Self {
        Args { entries: 1_000_000 }
    }
}

impl Workload for Args {
    fn measure(&self, plan: &Plan, show: &mut dyn FnMut(Case)) {
        let mut table = |name: &str,
                         what: &str,
                         entries,
                         bases: Option<[&'static str; 2]>,
                         rows: Vec<MemoryRow>| {
            let title = format!("{what}, {} entries", count(entries));
            let head = Head::new(
                format!("{name}/{}", count(entries)),
                title,
                bases,
                ["memory"],
            );
            let head = head.unit("bytes per entry");
            show(memory(head, entries, plan, rows));
        };
        let pairs = ALL.iter().filter(|contender| contender.grown.is_some());
        let pairs = pairs.map(|Contender { name, .. }| (*name, format!("{PAIRS}/{name}"), None));
        table(
            PAIRS,
            "u64 pairs",
            self.entries,
            Some([BARE.name, SWISS.name]),
            pairs.collect(),
        );

        let values = LARGE_VALUES.map(|(name, _)| (name, format!("{VALUES}/{name}"), None));
        let what = format!("values of {LARGE} bytes");
        let fewer = self.entries / 10;
        table(
            VALUES,
            &what,
            fewer,
            Some([ONE_COPY, SHARED]),
            values.into(),
        );

        let logs = LOGS.map(|Contender { name, .. }| {
            (
                name,
                format!("{LOG}/{name}"),
                Some(format!("{PAIRS}/{name}")),
            )
        });
        let what =
            "each upserted once more in one refresh: what stays of that two empty refreshes later";
        table(LOG, what, self.entries, None, logs.into());
    }
}

/// The subject with this name.
pub fn subject(what: &str) -> Option<Subject> {
    let (table, name) = what.rsplit_once('/')?;
    let contender = || ALL.iter().find(|contender| contender.name == name);
    match table {
        PAIRS => contender()?.grown,
        VALUES => LARGE_VALUES
            .iter()
            .find(|row| row.0 == name)
            .map(|row| row.1),
        LOG if name == SWISS.name => Some(|entries| after_a_batch(&SWISS, entries)),
        LOG if name == EVMAP.name => Some(|entries| after_a_batch(&EVMAP, entries)),
        _ => None,
    }
}

fn value(key: u64) -> Value {
    [key as u8; LARGE]
}

fn values<V: Clone + 'static>(entries: usize, wrap: fn(Value) -> V) -> Box<dyn Any> {
    let (mut writer, reader): (WriteHandle<u64, V>, _) = evmap_core::new();
    for key in 0..entries as u64 {
        writer.insert(key, wrap(value(key)));
        if key % BATCH as u64 == 0 {
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

/// A map each of whose entries was upserted once more, all in one refresh, and then refreshed twice.
fn after_a_batch(contender: &Contender, entries: usize) -> Box<dyn Any> {
    let grown = contender.grown.map(|grown| grown(entries));
    let mut map = grown
        .and_then(|map| map.downcast::<Map<Number>>().ok())
        .expect("a map");
    let keys: Vec<_> = (0..entries as u32).collect();
    map.writer.upsert(&keys, 0, entries);
    map.writer.publish();
    map.writer.publish();
    assert_eq!(map.reader.find(&1), Some(value_of(1, 0)));
    map
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_map_can_be_built_by_its_name() {
        let pairs = ALL.iter().filter(|contender| contender.grown.is_some());
        let mut names: Vec<_> = pairs
            .map(|contender| format!("{PAIRS}/{}", contender.name))
            .collect();
        names.extend(LARGE_VALUES.map(|(name, _)| format!("{VALUES}/{name}")));
        names.extend(LOGS.map(|contender| format!("{LOG}/{}", contender.name)));
        for name in names {
            // It looks itself whether all entries are there.
            drop(subject(&name).expect(&name)(2_500));
        }
        assert!(subject("memory/pairs").is_none() && subject("memory/pairs/nobody").is_none());
    }
}
