//! Bare hashbrown: nobody shares it, so nothing can be faster. The base of all ratios.

use std::sync::Arc;

use hashbrown::HashMap;

use super::{Hasher, Lookup, Upsert, fill};

/// The map that several contenders put behind something.
pub(super) type Map = HashMap<u64, u64, Hasher>;

/// Threads may share it because nobody writes.
#[derive(Clone)]
pub struct Reader(Arc<Map>);

/// A map of the writer's own.
pub struct Writer(Map);

/// A map for reading.
pub fn reader(entries: usize, hasher: &Hasher) -> Reader {
    Reader(Arc::new(filled(entries, hasher)))
}

/// A map for writing, and another for whoever reads meanwhile.
pub fn pair(entries: usize, hasher: &Hasher) -> (Writer, Reader) {
    (Writer(filled(entries, hasher)), reader(entries, hasher))
}

pub(super) fn filled(entries: usize, hasher: &Hasher) -> Map {
    let mut map = Writer(Map::with_hasher(hasher.clone()));
    fill(&mut map, entries);
    map.0
}

impl Lookup for Reader {
    #[inline(always)]
    fn get(&mut self, key: u64) -> Option<u64> {
        self.0.get(&key).copied()
    }
}

impl Upsert for Writer {
    #[inline]
    fn upsert(&mut self, key: u64, value: u64) {
        self.0.insert(key, value);
    }

    fn read_back(&mut self, _: &mut impl Lookup, key: u64) -> Option<u64> {
        // The reader has another map.
        self.0.get(&key).copied()
    }
}
