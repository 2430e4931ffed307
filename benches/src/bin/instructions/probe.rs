//! The operations, each in a function of its own, as a program would have it that is not in a loop.

use evmap_core::{ReadHandle, SharedReader, WriteHandle, table::Engine};

/// The default hasher, except for its seed, which is always the same.
pub type Fixed = foldhash::fast::FixedState;
/// A map that nobody shares.
pub type Bare = hashbrown::HashMap<u64, u64, Fixed>;
/// The writer of one of ours.
pub type Writer<E> = WriteHandle<u64, u64, Fixed, (), E>;
/// A reader of one of ours.
pub type Reader<E> = ReadHandle<u64, u64, Fixed, (), E>;

/// Upserts before each refresh.
pub const BATCH: usize = 100;

/// The value that every map holds for this key.
#[inline]
pub fn value_of(key: u64) -> u64 {
    key.wrapping_mul(3) + 1
}

/// A lookup in a bare map.
#[inline(never)]
pub fn bare(map: &Bare, key: &u64) -> Option<u64> {
    map.get(key).copied()
}

/// A lookup whose guard lives while the value is used.
#[inline(never)]
pub fn guard<E: Engine>(reader: &Reader<E>, key: &u64) -> Option<u64> {
    let guard = reader.get(key)?;
    Some(*guard)
}

/// A lookup that clones the value.
#[inline(never)]
pub fn scoped<E: Engine>(reader: &Reader<E>, key: &u64) -> Option<u64> {
    reader.get_cloned(key)
}

/// A lookup through the one reader of all threads.
#[inline(never)]
pub fn shared<E: Engine>(reader: &SharedReader<u64, u64, Fixed, (), E>, key: &u64) -> Option<u64> {
    let guard = reader.get(key)?;
    Some(*guard)
}

/// An upsert of a bare map.
#[inline(never)]
pub fn bare_upsert(map: &mut Bare, key: &u64) {
    map.insert(*key, value_of(*key));
}

/// An upsert, which the next refresh makes.
#[inline(never)]
pub fn upsert<E: Engine>(writer: &mut Writer<E>, key: &u64) {
    writer.insert(*key, value_of(*key));
}

/// The refresh of a batch.
#[inline(never)]
pub fn refresh<E: Engine>(writer: &mut Writer<E>) {
    writer.refresh();
}
