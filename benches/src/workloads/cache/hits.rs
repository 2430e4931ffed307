//! Hits, where everything is present: what the cache adds to the map that it looks up in.

use evmap_core::FenceMode;

use super::NAME;
use crate::caches::ALL;
use crate::contenders::{Hasher, Map, Way, shared_map};
use crate::keys::{Number, Order, draw};
use crate::paired::{CONTROL, Case, Head, Plan, count};
use crate::workloads::lookups::{CONDITIONS, Lookups};

/// Of the table.
pub const HITS: &str = "hits";
/// What it is to: no cache.
pub const SHARED_MAP: &str = "SharedMap";
/// Keys in each cache.
pub const ENTRIES: usize = 100_000;

/// By one thread and by two.
pub fn measure(plan: &Plan) -> Case {
    let keys = draw(ENTRIES, 1, Order::Uniform);
    let lookups = Lookups::<Number>::new(keys.clone(), true, Way::Single);
    let title = format!(
        "one lookup after the other, all hits, {} keys, in caches that may hold twice as many",
        count(ENTRIES)
    );
    let bases = [SHARED_MAP, crate::caches::OURS.name];
    let name = format!("{NAME}/{}/{HITS}", count(ENTRIES));
    let head = Head::new(name, title, bases, CONDITIONS);
    lookups.table(head, plan, || build(&keys))
}

fn build(keys: &[u32]) -> Vec<(&'static str, Map<Number>)> {
    let hasher = Hasher::default();
    let map = |name| {
        let map = shared_map::of(ENTRIES, &hasher, FenceMode::Auto);
        (name, (map.clone(), map).into())
    };
    let caches = ALL.into_iter().map(|contender| {
        // Where there are shards, none of them may be full.
        let cache = (contender.open)(2 * ENTRIES, &hasher);
        cache.fill(&mut (0..ENTRIES as u64));
        // Hits of entries that were read lately, and long after the last insert.
        cache.serve(keys);
        (contender.name, cache.as_map())
    });
    [map(SHARED_MAP), map(CONTROL)]
        .into_iter()
        .chain(caches)
        .collect()
}
