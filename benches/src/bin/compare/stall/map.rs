//! [`Map`]: a map that is written beside a guard that does not leave.

use std::time::{Duration, Instant};

use benches::contender::Hasher;
use benches::{stamped, value_of};
use evmap_core::{Builder, FenceMode, ReadHandle, SharedMap, SwapError, WriteHandle};

use super::ENTRIES;
use super::guard::LABEL;

/// How long the first refresh that meets a guard waits for it.
const PATIENCE: Duration = Duration::from_millis(1);
/// Writes within which a `SharedMap` goes past a guard: the second of them meets it.
const FEW: usize = 5;

/// Either kind of map, filled.
pub enum Map {
    /// With one writer, which has to see to the guard itself.
    One(Box<WriteHandle<u64, u64, Hasher>>),
    /// With any number of them, which sees to the guard by itself.
    Shared(SharedMap<u64, u64, Hasher>),
}

impl Map {
    pub fn one(mode: FenceMode) -> Self {
        Map::One(Box::new(one_writer(mode)))
    }

    pub fn shared() -> Self {
        let map = SharedMap::builder().hasher(Hasher::default()).build();
        map.extend(entries());
        map.flush();
        Map::Shared(map)
    }

    pub fn reader(&self) -> ReadHandle<u64, u64, Hasher> {
        match self {
            Map::One(writer) => writer.read_handle(),
            Map::Shared(map) => map.read_handle(),
        }
    }

    /// Upserts these keys, and publishes each by itself.
    pub fn write(&mut self, keys: &[u32], stamp: u64) {
        let entries = keys.iter().map(|&key| {
            let key = u64::from(key);
            (key, stamped(key, stamp))
        });
        match self {
            Map::One(writer) => {
                for (key, value) in entries {
                    writer.insert(key, value);
                    writer.refresh();
                }
            }
            Map::Shared(map) => {
                for (key, value) in entries {
                    map.insert(key, value);
                }
            }
        }
    }

    /// Goes past the one guard that is held, for good: how long that took, by itself.
    ///
    /// # Panics
    /// If the guard is not in the way, or is not named.
    pub fn go_past(&mut self) -> Duration {
        match self {
            Map::One(writer) => rebuild_past(writer),
            Map::Shared(map) => write_past(map),
        }
    }
}

/// The map with one writer, filled.
pub fn one_writer(mode: FenceMode) -> WriteHandle<u64, u64, Hasher> {
    let builder = Builder::new().hasher(Hasher::default()).fence(mode);
    let mut writer = builder.build::<u64, u64>().0;
    writer.extend(entries());
    // Twice, for the two copies.
    writer.refresh();
    writer.refresh();
    writer
}

fn entries() -> impl Iterator<Item = (u64, u64)> {
    (0..ENTRIES as u64).map(|key| (key, value_of(key)))
}

fn rebuild_past(writer: &mut WriteHandle<u64, u64, Hasher>) -> Duration {
    writer.insert(0, 0);
    // Swaps out the copy that the guard is in; the next one meets it.
    writer.refresh();
    writer.insert(0, 1);
    match writer.refresh_timeout(PATIENCE) {
        Err(SwapError::Busy(busy)) => {
            let labels: Vec<_> = busy.readers().iter().map(|r| r.label.as_deref()).collect();
            assert_eq!(labels, [Some(LABEL)], "the reader is not named");
        }
        other => panic!("a refresh did not meet the guard: {other:?}"),
    }
    let begin = Instant::now();
    writer.rebuild().expect("one copy may be set aside");
    writer.refresh();
    begin.elapsed()
}

fn write_past(map: &SharedMap<u64, u64, Hasher>) -> Duration {
    let before = map.stats().rebuilds;
    for value in 0..FEW as u64 {
        let begin = Instant::now();
        map.insert(0, value);
        if map.stats().rebuilds > before {
            return begin.elapsed();
        }
    }
    panic!("{FEW} writes did not meet the guard");
}
