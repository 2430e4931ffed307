//! `evmap-core`'s `SharedMap`: any thread writes.

use evmap_core::shared_map::Builder;
use evmap_core::{FenceMode, SharedMap};

use super::contender::{self, BATCH, Contender, Hasher, Lookup, Share, TIME, Upsert};
use crate::keys::value_of;

/// Its writes are visible within [`TIME`].
pub const SOON: Contender = Contender {
    soon: Some(|n, hasher| {
        let builder = SharedMap::builder().hasher(hasher.clone());
        Box::new(filled(builder.refresh_every(TIME), n))
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

/// A map each of whose writes is visible when it returns.
pub fn of(entries: usize, hasher: &Hasher, mode: FenceMode) -> Handle {
    let builder = SharedMap::builder().hasher(hasher.clone());
    filled(builder.fence(mode), entries)
}

/// Filled in one step: each insert by itself would pay for a publication.
fn filled(builder: Builder<u64, u64, Hasher>, entries: usize) -> Handle {
    let map = builder.build();
    map.extend((0..entries as u64).map(|key| (key, value_of(key, 0))));
    map.flush();
    Handle(map)
}

impl contender::Handle for Handle {
    fn new(capacity: usize, hasher: &Hasher) -> Self {
        Handle(
            SharedMap::builder()
                .hasher(hasher.clone())
                .capacity(capacity)
                .build(),
        )
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
    fn set(&mut self, key: u64, value: u64) {
        self.0.insert(key, value);
    }

    fn refresh(&mut self) {
        self.0.flush();
    }

    /// Publishes nothing apart: a flush also waits until both copies have everything.
    #[inline]
    fn set_all(&mut self, entries: impl Iterator<Item = (u64, u64)>) {
        entries.for_each(|(key, value)| self.set(key, value));
    }
}

impl Share for Handle {
    fn clear(&mut self) {
        self.0.clear();
    }

    #[inline]
    fn swap(&mut self, key: u64, value: Option<u64>) -> Option<u64> {
        match value {
            Some(value) => self.0.insert(key, value),
            None => self.0.remove(&key),
        }
    }

    #[inline]
    fn update(&mut self, key: u64) -> bool {
        self.0
            .compute_if_present(key, |old| Some(old + 1))
            .is_some()
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
