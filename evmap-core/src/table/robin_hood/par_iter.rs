//! [`RobinHoodParIter`]: the list of entries, in parallel.

use rayon::iter::plumbing::{Consumer, ProducerCallback, UnindexedConsumer};
use rayon::iter::{IndexedParallelIterator, IntoParallelRefIterator, ParallelIterator};
use rayon::slice::Iter;

use super::RobinHoodTable;
use crate::table::par::{ParTable, parts};

/// The entries of a [`RobinHoodTable`], in parallel, and in the order of its other iterator.
pub struct RobinHoodParIter<'a, K: Sync, V: Sync>(Iter<'a, (K, V)>);

impl<K: Sync, V: Sync> ParTable<K, V> for RobinHoodTable<K, V> {
    type ParIter<'a>
        = RobinHoodParIter<'a, K, V>
    where
        Self: 'a,
        K: 'a,
        V: 'a;

    fn par_iter(&self) -> Self::ParIter<'_> {
        RobinHoodParIter(self.entries.par_iter())
    }
}

impl<'a, K: Sync, V: Sync> ParallelIterator for RobinHoodParIter<'a, K, V> {
    type Item = (&'a K, &'a V);

    fn drive_unindexed<C: UnindexedConsumer<Self::Item>>(self, consumer: C) -> C::Result {
        self.0.map(parts).drive_unindexed(consumer)
    }

    fn opt_len(&self) -> Option<usize> {
        self.0.opt_len()
    }
}

impl<K: Sync, V: Sync> IndexedParallelIterator for RobinHoodParIter<'_, K, V> {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn drive<C: Consumer<Self::Item>>(self, consumer: C) -> C::Result {
        self.0.map(parts).drive(consumer)
    }

    fn with_producer<CB: ProducerCallback<Self::Item>>(self, callback: CB) -> CB::Output {
        self.0.map(parts).with_producer(callback)
    }
}
