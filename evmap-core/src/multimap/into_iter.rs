//! [`IntoIter`]: the values of a bag, by value.

use std::iter::FusedIterator;
use std::{fmt, mem};

use smallvec::SmallVec;

use crate::panics::Drops;

/// The values of one key, by value, in the order in which they were added.
///
/// Made by iterating over [`Values`](super::Values).
#[derive(Clone)]
pub struct IntoIter<V>(smallvec::IntoIter<[V; 1]>);

impl<V> IntoIter<V> {
    pub(super) fn new(values: SmallVec<[V; 1]>) -> Self {
        IntoIter(values.into_iter())
    }

    /// The values that are left.
    pub fn as_slice(&self) -> &[V] {
        self.0.as_slice()
    }
}

impl<V> Iterator for IntoIter<V> {
    type Item = V;

    #[inline]
    fn next(&mut self) -> Option<V> {
        self.0.next()
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl<V> DoubleEndedIterator for IntoIter<V> {
    #[inline]
    fn next_back(&mut self) -> Option<V> {
        self.0.next_back()
    }
}

impl<V> ExactSizeIterator for IntoIter<V> {}

impl<V> FusedIterator for IntoIter<V> {}

impl<V: fmt::Debug> fmt::Debug for IntoIter<V> {
    /// Lists the values that are left.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.as_slice()).finish()
    }
}

impl<V> Drop for IntoIter<V> {
    /// If the `Drop` of some values panics, resumes the first panic once all are dropped.
    fn drop(&mut self) {
        if mem::needs_drop::<V>() {
            let mut drops = Drops::default();
            drops.drop_each(self.0.by_ref());
            drops.resume();
        }
    }
}
