//! `evmap-core`: by a guard of the value, and by a scoped read that copies it.

use evmap_core::{Builder, FenceMode, ReadHandle, WriteHandle};

use super::{Hasher, Lookup, Upsert, fill};

/// Looks up by `ReadHandle::get`, whose guard lives while the value is used.
#[derive(Clone)]
pub struct Reader(ReadHandle<u64, u64, Hasher>);

/// Looks up by `ReadHandle::get_cloned`.
#[derive(Clone)]
pub struct Scoped(ReadHandle<u64, u64, Hasher>);

/// The writer.
pub struct Writer(WriteHandle<u64, u64, Hasher>);

/// A filled map.
pub fn pair(entries: usize, hasher: &Hasher, mode: FenceMode) -> (Writer, Reader) {
    let (writer, reader) = Builder::new()
        .hasher(hasher.clone())
        .fence(mode)
        .build::<u64, u64>();
    let mut writer = Writer(writer);
    fill(&mut writer, entries);
    (writer, Reader(reader))
}

impl Writer {
    /// How reads and refreshes are ordered now.
    pub fn fence_mode(&self) -> FenceMode {
        self.0.stats().fence_mode
    }
}

impl From<Reader> for Scoped {
    fn from(reader: Reader) -> Self {
        Scoped(reader.0)
    }
}

impl Lookup for Reader {
    #[inline(always)]
    fn get(&mut self, key: u64) -> Option<u64> {
        let guard = self.0.get(&key)?;
        Some(*guard)
    }
}

impl Lookup for Scoped {
    #[inline(always)]
    fn get(&mut self, key: u64) -> Option<u64> {
        self.0.get_cloned(&key)
    }
}

impl Upsert for Writer {
    #[inline]
    fn upsert(&mut self, key: u64, value: u64) {
        self.0.insert(key, value);
    }

    #[inline]
    fn publish(&mut self) {
        self.0.refresh();
    }
}
