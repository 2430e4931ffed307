//! `evmap-core`'s `SharedMap`: any thread writes.

use std::time::Duration;

use evmap_core::{FenceMode, SharedMap, shared_map};

use super::{Hasher, Lookup, Shared, Tally, Upsert};
use crate::value_of;

/// Reader and writer alike.
#[derive(Clone)]
pub struct Handle(SharedMap<u64, u64, Hasher>);

/// A filled map, each of whose writes is visible when it returns.
pub fn at_once(entries: usize, hasher: &Hasher, mode: FenceMode) -> Handle {
    handle(
        entries,
        SharedMap::builder().hasher(hasher.clone()).fence(mode),
    )
}

/// A filled map whose writes are visible within this time.
pub fn within(time: Duration, entries: usize, hasher: &Hasher) -> Handle {
    let builder = SharedMap::builder().hasher(hasher.clone());
    handle(entries, builder.refresh_every(time))
}

fn handle(entries: usize, builder: shared_map::Builder<u64, u64, Hasher>) -> Handle {
    let map = builder.build();
    // In one step: each insert by itself would pay for a publication.
    map.extend((0..entries as u64).map(|key| (key, value_of(key))));
    map.flush();
    Handle(map)
}

impl From<SharedMap<u64, u64, Hasher>> for Handle {
    fn from(map: SharedMap<u64, u64, Hasher>) -> Self {
        Handle(map)
    }
}

impl Lookup for Handle {
    #[inline(always)]
    fn get(&mut self, key: &u64) -> Option<u64> {
        self.0.get_cloned(key)
    }
}

impl Upsert for Handle {
    #[inline]
    fn upsert(&mut self, key: u64, value: u64) {
        self.0.insert(key, value);
    }

    fn publish(&mut self) {
        self.0.flush();
    }
}

impl Shared for Handle {
    fn clear(&mut self) {
        self.0.clear();
    }

    #[inline]
    fn compute(&mut self, key: u64, value: impl Fn(Option<u64>) -> u64 + Send) {
        self.0.compute(key, move |old| Some(value(old.copied())));
    }

    fn tally(&self) -> Option<Tally> {
        let stats = self.0.stats();
        Some(Tally {
            writes: stats.writes,
            publications: stats.publications,
        })
    }
}
