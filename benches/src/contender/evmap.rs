//! evmap: two copies of a multimap; a lookup asks for one value of the key's bag.

use evmap::handles::{ReadHandle, WriteHandle};

use super::{Hasher, Lookup, Upsert, fill};

/// Looks up by `get_one`, whose guard lives while the value is used.
#[derive(Clone)]
pub struct Reader(ReadHandle<u64, u64, (), Hasher>);

/// The writer.
pub struct Writer(WriteHandle<u64, u64, (), Hasher>);

/// A filled map.
pub fn pair(entries: usize, hasher: &Hasher) -> (Writer, Reader) {
    let options = evmap::Options::default();
    // SAFETY: asks that the hasher gives the same hash for the same input; clones of one foldhash
    // builder share their seed, and do.
    let options = unsafe { options.with_hasher(hasher.clone()) };
    let (writer, reader) = options.construct::<u64, u64>();
    let mut writer = Writer(writer);
    fill(&mut writer, entries);
    (writer, Reader(reader))
}

impl Writer {
    /// Takes everything out, for readers with the next publication.
    pub(super) fn clear(&mut self) {
        self.0.purge();
    }
}

impl Lookup for Reader {
    #[inline(always)]
    fn get(&mut self, key: u64) -> Option<u64> {
        let guard = self.0.get_one(&key)?;
        Some(*guard)
    }
}

impl Upsert for Writer {
    #[inline]
    fn upsert(&mut self, key: u64, value: u64) {
        self.0.update(key, value);
    }

    #[inline]
    fn publish(&mut self) {
        self.0.publish();
    }
}
