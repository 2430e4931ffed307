//! [`IncrementalParIter`]: the entries of two tables, in parallel.

use hashbrown::hash_table::rayon::ParIter;
use rayon::iter::plumbing::UnindexedConsumer;
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use super::IncrementalTable;
use crate::table::par::{ParTable, parts};

/// The entries of an [`IncrementalTable`], in parallel.
pub struct IncrementalParIter<'a, K, V> {
    new: ParIter<'a, (K, V)>,
    old: Option<ParIter<'a, (K, V)>>,
}

impl<K: Sync, V: Sync> ParTable<K, V> for IncrementalTable<K, V> {
    type ParIter<'a>
        = IncrementalParIter<'a, K, V>
    where
        Self: 'a,
        K: 'a,
        V: 'a;

    fn par_iter(&self) -> Self::ParIter<'_> {
        let draining = self.draining.as_ref();
        IncrementalParIter {
            new: self.table.par_iter(),
            old: draining.map(|draining| draining.table.par_iter()),
        }
    }
}

impl<'a, K: Sync, V: Sync> ParallelIterator for IncrementalParIter<'a, K, V> {
    type Item = (&'a K, &'a V);

    fn drive_unindexed<C: UnindexedConsumer<Self::Item>>(self, consumer: C) -> C::Result {
        match self.old {
            None => self.new.map(parts).drive_unindexed(consumer),
            Some(old) => self.new.chain(old).map(parts).drive_unindexed(consumer),
        }
    }
}
