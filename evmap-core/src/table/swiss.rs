//! [`Swiss`]: hashbrown's table.

#[cfg(feature = "rayon")]
mod par_iter;

use std::fmt;
use std::iter::FusedIterator;

use equivalent::Equivalent;
use hashbrown::HashTable;
use hashbrown::hash_table::Iter;

use super::{Engine, Table, capacity_of};
use crate::TryReserveError;

/// The engine over `hashbrown::HashTable`, a SwissTable.
///
/// Lookups cost what hashbrown's do.
/// An insertion into a full table rehashes all of it, so one refresh in many takes as long as that.
#[derive(Clone, Copy, Debug)]
pub struct Swiss;

/// The table of [`Swiss`].
pub struct SwissTable<K, V>(HashTable<(K, V)>);

/// The entries of a [`SwissTable`].
pub struct SwissIter<'a, K, V>(Iter<'a, (K, V)>);

impl<K, V> SwissTable<K, V> {
    /// Returns the entry with this hash for which `is_wanted` returns `true`.
    pub(crate) fn find_by(
        &self,
        hash: u64,
        mut is_wanted: impl FnMut(&K, &V) -> bool,
    ) -> Option<(&K, &V)> {
        let (k, v) = self.0.find(hash, |(k, v)| is_wanted(k, v))?;
        Some((k, v))
    }
}

impl Engine for Swiss {
    type Table<K, V> = SwissTable<K, V>;
}

impl<K, V> Table<K, V> for SwissTable<K, V> {
    type Iter<'a>
        = SwissIter<'a, K, V>
    where
        Self: 'a,
        K: 'a,
        V: 'a;

    fn with_capacity(capacity: usize) -> Self {
        SwissTable(HashTable::with_capacity(capacity))
    }

    fn duplicate(&self) -> Self
    where
        K: Clone,
        V: Clone,
    {
        SwissTable(self.0.clone())
    }

    #[inline]
    fn len(&self) -> usize {
        self.0.len()
    }

    fn capacity(&self) -> usize {
        self.0.capacity()
    }

    #[inline(always)]
    fn find<Q>(&self, hash: u64, key: &Q) -> Option<(&K, &V)>
    where
        Q: Equivalent<K> + ?Sized,
    {
        let (k, v) = self.0.find(hash, |(k, _)| key.equivalent(k))?;
        Some((k, v))
    }

    #[inline]
    fn find_mut<Q>(&mut self, hash: u64, key: &Q, _: impl Fn(&K) -> u64) -> Option<&mut V>
    where
        Q: Equivalent<K> + ?Sized,
    {
        let (_, v) = self.0.find_mut(hash, |(k, _)| key.equivalent(k))?;
        Some(v)
    }

    #[inline(never)]
    fn insert_absent(&mut self, hash: u64, key: K, value: V, rehash: impl Fn(&K) -> u64) {
        self.0.insert_unique(hash, (key, value), |(k, _)| rehash(k));
    }

    fn remove<Q>(&mut self, hash: u64, key: &Q, _: impl Fn(&K) -> u64) -> Option<(K, V)>
    where
        Q: Equivalent<K> + ?Sized,
    {
        let entry = self.0.find_entry(hash, |(k, _)| key.equivalent(k)).ok()?;
        Some(entry.remove().0)
    }

    fn clear(&mut self) {
        self.0.clear();
    }

    fn drain(&mut self, mut each: impl FnMut(K, V)) {
        self.0.drain().for_each(|(key, value)| each(key, value));
    }

    fn empty_like(&self) -> Self {
        Self::with_capacity(capacity_of(self.0.num_buckets()))
    }

    fn try_reserve(
        &mut self,
        additional: usize,
        rehash: impl Fn(&K) -> u64,
    ) -> Result<(), TryReserveError> {
        self.0
            .try_reserve(additional, |(k, _)| rehash(k))
            .map_err(|_| TryReserveError::new(additional))
    }

    fn shrink_to_fit(&mut self, rehash: impl Fn(&K) -> u64) {
        self.0.shrink_to_fit(|(k, _)| rehash(k));
    }

    #[inline]
    fn iter(&self) -> Self::Iter<'_> {
        SwissIter(self.0.iter())
    }

    fn for_each_value(&mut self, mut each: impl FnMut(&mut V)) {
        self.0.iter_mut().for_each(|(_, value)| each(value));
    }
}

impl<K: fmt::Debug, V: fmt::Debug> fmt::Debug for SwissTable<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl<'a, K, V> Iterator for SwissIter<'a, K, V> {
    type Item = (&'a K, &'a V);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(|(k, v)| (k, v))
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }

    #[inline]
    fn count(self) -> usize {
        self.len()
    }

    fn fold<B, F>(self, init: B, mut f: F) -> B
    where
        F: FnMut(B, Self::Item) -> B,
    {
        self.0.fold(init, |acc, (k, v)| f(acc, (k, v)))
    }
}

impl<K, V> ExactSizeIterator for SwissIter<'_, K, V> {}

impl<K, V> Clone for SwissIter<'_, K, V> {
    fn clone(&self) -> Self {
        SwissIter(self.0.clone())
    }
}

impl<K, V> FusedIterator for SwissIter<'_, K, V> {}

impl<K, V> Default for SwissIter<'_, K, V> {
    /// No entries.
    fn default() -> Self {
        SwissIter(Iter::default())
    }
}

impl<K: fmt::Debug, V: fmt::Debug> fmt::Debug for SwissIter<'_, K, V> {
    /// Lists the entries that are left.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}
