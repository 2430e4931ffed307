//! [`Iter`]: the entries of one version of a cache.

use std::iter::FusedIterator;
use std::{fmt, vec};

use super::node::Node;
use crate::Shared;
use crate::panics::Drops;

/// The entries of one version of a cache, with clones of the values.
///
/// Made by [`Cache::iter`](super::Cache::iter). It keeps the values, and no guard.
pub struct Iter<K, V> {
    entries: vec::IntoIter<(K, Shared<Node<V>>)>,
}

impl<K, V> Iter<K, V> {
    pub(super) fn new(entries: Vec<(K, Shared<Node<V>>)>) -> Self {
        Iter {
            entries: entries.into_iter(),
        }
    }
}

impl<K, V: Clone> Iterator for Iter<K, V> {
    type Item = (K, V);

    fn next(&mut self) -> Option<Self::Item> {
        let (key, node) = self.entries.next()?;
        Some((key, node.value.clone()))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.entries.size_hint()
    }
}

impl<K, V: Clone> ExactSizeIterator for Iter<K, V> {}
impl<K, V: Clone> FusedIterator for Iter<K, V> {}

impl<K, V> Drop for Iter<K, V> {
    /// Drops each key, and each value that nothing else has, by itself, since two that panic would abort the program.
    /// Resumes the first panic.
    fn drop(&mut self) {
        let mut drops = Drops::default();
        for (key, node) in self.entries.by_ref() {
            drops.drop(key);
            drops.drop(node);
        }
        drops.resume();
    }
}

impl<K, V> fmt::Debug for Iter<K, V> {
    /// Shows how many entries are left.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Iter")
            .field("left", &self.entries.len())
            .finish_non_exhaustive()
    }
}
