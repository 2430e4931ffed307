//! [`IncrementalIter`]: the entries of two tables.

use std::fmt;
use std::iter::FusedIterator;

use hashbrown::hash_table::Iter;

/// The entries of an [`IncrementalTable`](super::IncrementalTable): first those of the new table, then those of the
/// draining one.
pub struct IncrementalIter<'a, K, V> {
    pub(super) new: Iter<'a, (K, V)>,
    pub(super) old: Option<Iter<'a, (K, V)>>,
}

impl<'a, K, V> Iterator for IncrementalIter<'a, K, V> {
    type Item = (&'a K, &'a V);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let (k, v) = match self.new.next() {
            Some(entry) => entry,
            None => self.old.as_mut()?.next()?,
        };
        Some((k, v))
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        let len = self.new.len() + self.old.as_ref().map_or(0, Iter::len);
        (len, Some(len))
    }

    #[inline]
    fn count(self) -> usize {
        self.len()
    }

    fn fold<B, F>(self, init: B, mut f: F) -> B
    where
        F: FnMut(B, Self::Item) -> B,
    {
        let acc = self.new.fold(init, |acc, (k, v)| f(acc, (k, v)));
        match self.old {
            None => acc,
            Some(old) => old.fold(acc, |acc, (k, v)| f(acc, (k, v))),
        }
    }
}

impl<K, V> ExactSizeIterator for IncrementalIter<'_, K, V> {}

impl<K, V> Clone for IncrementalIter<'_, K, V> {
    fn clone(&self) -> Self {
        IncrementalIter {
            new: self.new.clone(),
            old: self.old.clone(),
        }
    }
}

impl<K, V> FusedIterator for IncrementalIter<'_, K, V> {}

impl<K, V> Default for IncrementalIter<'_, K, V> {
    /// No entries.
    fn default() -> Self {
        IncrementalIter {
            new: Iter::default(),
            old: None,
        }
    }
}

impl<K: fmt::Debug, V: fmt::Debug> fmt::Debug for IncrementalIter<'_, K, V> {
    /// Lists the entries that are left.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}
