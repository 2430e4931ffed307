//! [`ParTable`]: a table whose entries several threads iterate over.

use rayon::iter::ParallelIterator;

use super::Table;

/// A table that rayon can iterate over in parallel. All engines of this crate have one.
///
/// [`RobinHood`](super::RobinHood)'s iterator is an
/// [`IndexedParallelIterator`](rayon::iter::IndexedParallelIterator), since its entries are a slice.
/// The others divide their buckets.
///
/// Code that is generic over the engine demands `E: Engine<Table<K, V>: ParTable<K, V>>`.
pub trait ParTable<K: Sync, V: Sync>: Table<K, V> {
    /// Iterates over the entries in parallel, in no order to rely on.
    type ParIter<'a>: ParallelIterator<Item = (&'a K, &'a V)>
    where
        Self: 'a,
        K: 'a,
        V: 'a;

    /// All entries.
    fn par_iter(&self) -> Self::ParIter<'_>;
}

/// Returns an entry as its parts.
pub(super) fn parts<K, V>((key, value): &(K, V)) -> (&K, &V) {
    (key, value)
}
