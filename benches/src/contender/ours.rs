//! `evmap-core`: by a guard of the value, and by a scoped read that copies it.

use std::borrow::Borrow;

use evmap_core::{Builder, FenceMode, ReadHandle, SharedReader, WriteHandle};

use super::{Hasher, Lookup, Upsert, Visit, fill, sum};
use crate::kind::{Kind, Number};

/// Looks up by `ReadHandle::get`, whose guard lives while the value is used.
#[derive(Clone)]
pub struct Reader<K: Kind = Number>(ReadHandle<K::Key, u64, Hasher>);

/// Looks up by `ReadHandle::get_cloned`, and many keys by `with`.
#[derive(Clone)]
pub struct Scoped<K: Kind = Number>(ReadHandle<K::Key, u64, Hasher>);

/// The writer.
pub struct Writer<K: Kind = Number>(WriteHandle<K::Key, u64, Hasher>);

/// A filled map.
pub fn pair(entries: usize, hasher: &Hasher, mode: FenceMode) -> (Writer, Reader) {
    pair_of(entries, hasher, mode)
}

/// A filled map with keys of any kind.
pub fn pair_of<K: Kind>(
    entries: usize,
    hasher: &Hasher,
    mode: FenceMode,
) -> (Writer<K>, Reader<K>) {
    let (writer, reader) = Builder::new()
        .hasher(hasher.clone())
        .fence(mode)
        .build::<K::Key, u64>();
    let mut writer = Writer(writer);
    fill(&mut writer, entries);
    (writer, Reader(reader))
}

impl Reader {
    /// One value through which any thread looks keys up.
    pub(super) fn shared_reader(&self) -> SharedReader<u64, u64, Hasher> {
        self.0.shared_reader()
    }
}

impl<K: Kind> Writer<K> {
    /// Removes everything, and keeps the capacity.
    pub(super) fn clear(&mut self) {
        self.0.clear();
        self.0.refresh();
    }

    /// Sets the key's value to what `value` makes of the old one.
    #[inline]
    pub(super) fn compute(&mut self, key: K::Key, value: impl Fn(Option<u64>) -> u64) {
        self.0.compute(key, |old| Some(value(old.copied())));
    }

    /// How reads and refreshes are ordered now.
    pub fn fence_mode(&self) -> FenceMode {
        self.0.stats().fence_mode
    }
}

impl<K: Kind> From<Reader<K>> for Scoped<K> {
    fn from(reader: Reader<K>) -> Self {
        Scoped(reader.0)
    }
}

impl<K: Kind> Lookup<K> for Reader<K> {
    #[inline(always)]
    fn get(&mut self, key: &K::Asked) -> Option<u64> {
        let guard = self.0.get(key)?;
        Some(*guard)
    }
}

impl<K: Kind> Lookup<K> for Scoped<K> {
    #[inline(always)]
    fn get(&mut self, key: &K::Asked) -> Option<u64> {
        self.0.get_cloned(key)
    }
}

impl<K: Kind> Visit<K> for Reader<K> {
    #[inline(always)]
    fn visit(&mut self, keys: impl Iterator<Item: Borrow<K::Asked>>) -> u64 {
        let view = self.0.read();
        sum::<K::Asked>(keys, |key| view.get(key).copied())
    }
}

impl<K: Kind> Visit<K> for Scoped<K> {
    #[inline(always)]
    fn visit(&mut self, keys: impl Iterator<Item: Borrow<K::Asked>>) -> u64 {
        self.0
            .with(|view| sum::<K::Asked>(keys, |key| view.get(key).copied()))
    }
}

impl<K: Kind> Upsert<K> for Writer<K> {
    #[inline]
    fn upsert(&mut self, key: K::Key, value: u64) {
        self.0.insert(key, value);
    }

    #[inline]
    fn publish(&mut self) {
        self.0.refresh();
    }
}
