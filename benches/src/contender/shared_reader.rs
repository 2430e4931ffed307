//! `evmap-core`'s `SharedReader`: one value in a program's shared state, for all threads.

use std::sync::Arc;

use evmap_core::{FenceMode, SharedReader};

use super::ours::{self, Writer};
use super::{Hasher, Lookup};

/// Looks up by `get`, whose guard lives while the value is used.
#[derive(Clone)]
pub struct Guarded(Arc<SharedReader<u64, u64, Hasher>>);

/// Looks up by `get_cloned`.
#[derive(Clone)]
pub struct Cloned(Arc<SharedReader<u64, u64, Hasher>>);

/// Two ways into one filled map, each by one value whatever the number of threads; and a handle for
/// one thread.
pub fn readers(entries: usize, hasher: &Hasher) -> (Writer, ours::Reader, Guarded, Cloned) {
    let (writer, reader) = ours::pair(entries, hasher, FenceMode::Auto);
    let shared = Arc::new(reader.shared_reader());
    (writer, reader, Guarded(Arc::clone(&shared)), Cloned(shared))
}

impl Lookup for Guarded {
    #[inline(always)]
    fn get(&mut self, key: &u64) -> Option<u64> {
        let guard = self.0.get(key)?;
        Some(*guard)
    }
}

impl Lookup for Cloned {
    #[inline(always)]
    fn get(&mut self, key: &u64) -> Option<u64> {
        self.0.get_cloned(key)
    }
}
