//! [`SwissParIter`]: the entries of a table, in parallel.

use hashbrown::hash_table::rayon::ParIter;
use rayon::iter::plumbing::UnindexedConsumer;
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use super::SwissTable;
use crate::table::par::{ParTable, parts};

/// The entries of a [`SwissTable`], in parallel.
pub struct SwissParIter<'a, K, V>(ParIter<'a, (K, V)>);

impl<K: Sync, V: Sync> ParTable<K, V> for SwissTable<K, V> {
    type ParIter<'a>
        = SwissParIter<'a, K, V>
    where
        Self: 'a,
        K: 'a,
        V: 'a;

    fn par_iter(&self) -> Self::ParIter<'_> {
        SwissParIter(self.0.par_iter())
    }
}

impl<'a, K: Sync, V: Sync> ParallelIterator for SwissParIter<'a, K, V> {
    type Item = (&'a K, &'a V);

    fn drive_unindexed<C: UnindexedConsumer<Self::Item>>(self, consumer: C) -> C::Result {
        self.0.map(parts).drive_unindexed(consumer)
    }
}
