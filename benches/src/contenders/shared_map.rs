//! `evmap-core`'s `SharedMap`: any thread writes.

use evmap_core::{FenceMode, SharedMap};

use super::contender::{BATCH, Contender, Hasher, Lookup, Share, TIME, Upsert, shared};
use crate::keys::value_of;

/// Its writes are visible within [`TIME`].
pub const SOON: Contender = Contender {
    soon: Some(|n, hasher| {
        let builder = SharedMap::builder().hasher(hasher.clone());
        shared(Handle(builder.refresh_every(TIME).build()), n)
    }),
    ..Contender::named("ours, 1 ms")
};

/// Filled by `extend`.
pub const SHARED_MAP: Contender = Contender {
    grown: Some(|entries| {
        let map: SharedMap<u64, u64> = SharedMap::new();
        for first in (0..entries as u64).step_by(BATCH) {
            let keys = first..(first + BATCH as u64).min(entries as u64);
            map.extend(keys.map(|key| (key, value_of(key, 0))));
        }
        map.flush();
        map.flush();
        assert_eq!(map.len(), entries);
        Box::new(map)
    }),
    ..Contender::named("ours, SharedMap")
};

/// Reader and writer alike.
#[derive(Clone)]
pub struct Handle(pub SharedMap<u64, u64, Hasher>);

/// An empty map, each of whose writes is visible when it returns.
pub fn of(hasher: &Hasher, mode: FenceMode) -> Handle {
    Handle(
        SharedMap::builder()
            .hasher(hasher.clone())
            .fence(mode)
            .build(),
    )
}

impl Lookup for Handle {
    #[inline(always)]
    fn get(&mut self, key: &u64) -> Option<u64> {
        self.0.get_cloned(key)
    }
}

impl Upsert for Handle {
    #[inline]
    fn set(&mut self, key: u64, value: u64) {
        self.0.insert(key, value);
    }

    fn refresh(&mut self) {
        self.0.flush();
    }
}

impl Share for Handle {
    fn clear(&mut self) {
        self.0.clear();
    }

    #[inline]
    fn compute(&mut self, key: u64, value: impl Fn(Option<u64>) -> u64 + Send) {
        self.0.compute(key, move |old| Some(value(old.copied())));
    }

    fn tally(&self) -> Option<[u64; 2]> {
        let stats = self.0.stats();
        Some([stats.writes, stats.publications])
    }
}
