//! What a cache takes in memory beyond its keys and values.

use super::NAME;
use crate::caches::{ALL, MOKA, OURS};
use crate::keys::value_of;
use crate::paired::{Case, Head, Plan, Subject, count, memory};

/// Of the tables.
pub const MEMORY: &str = "cache/memory";
/// Of the one of caches that have evicted.
pub const EVICTING: &str = "evicting";

/// Nothing but keys and values.
const PAIRS: &str = "pairs";

/// Full caches, and those that were given as many entries again.
pub fn measure(entries: usize, plan: &Plan, show: &mut dyn FnMut(Case)) {
    let size = count(entries);
    for (name, what, kind) in [
        (format!("{MEMORY}/{size}"), "as many inserted", "filled"),
        (
            format!("{MEMORY}/{size}/{EVICTING}"),
            "twice as many inserted",
            EVICTING,
        ),
    ] {
        let title = format!(
            "caches of u64 pairs that may hold {size}, {what}: all but 16 bytes for each pair"
        );
        let head = Head::new(name, title, [MOKA.name, OURS.name], ["memory"]);
        let rows = ALL.map(|contender| {
            (
                contender.name,
                format!("{NAME}/{kind}/{}", contender.name),
                Some(format!("{NAME}/{kind}/{PAIRS}")),
            )
        });
        show(memory(head.unit("bytes per entry"), entries, plan, rows));
    }
}

/// The subject with this name.
pub fn subject(what: &str) -> Option<Subject> {
    let (kind, name) = what
        .strip_prefix(NAME)?
        .strip_prefix('/')?
        .split_once('/')?;
    if name == PAIRS {
        return Some(|entries| {
            let pairs = (0..entries as u64).map(|key| (key, value_of(key, 0)));
            Box::new(pairs.collect::<Vec<_>>())
        });
    }
    let contender = ALL.into_iter().find(|contender| contender.name == name)?;
    match kind {
        "filled" => Some(contender.filled),
        EVICTING => Some(contender.evicting),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cache_can_be_built_by_its_name() {
        for kind in ["filled", EVICTING] {
            for name in ALL.map(|contender| contender.name).iter().chain(&[PAIRS]) {
                let name = format!("{NAME}/{kind}/{name}");
                // It looks itself how many entries are there.
                drop(subject(&name).expect(&name)(5_000));
            }
        }
        assert!(subject("cache/filled").is_none() && subject("cache/filled/nobody").is_none());
    }
}
