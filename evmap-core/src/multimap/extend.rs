//! Filling a multimap, or making one, from many values.

use std::hash::{BuildHasher, Hash};

use super::{Builder, WriteHandle};
use crate::table::Engine;

impl<K, V, S, M, E> Extend<(K, V)> for WriteHandle<K, V, S, M, E>
where
    K: Hash + Eq + Clone,
    V: Clone + PartialEq,
    S: BuildHasher,
    M: Clone,
    E: Engine,
{
    /// Adds many values, in order.
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, values: I) {
        for (key, value) in values {
            self.insert(key, value);
        }
    }
}

impl<K, V, S> FromIterator<(K, V)> for WriteHandle<K, V, S>
where
    K: Hash + Eq + Clone,
    V: Clone + PartialEq,
    S: BuildHasher + Default + Clone,
{
    /// The writer of a multimap with these values, which readers see from the first version on: as
    /// [`Builder::build_from`] makes it.
    fn from_iter<I: IntoIterator<Item = (K, V)>>(values: I) -> Self {
        let builder = Builder::new().hasher(S::default());
        builder.build_from(values).0
    }
}

impl<'a, K, V, S, M, E> Extend<(&'a K, &'a V)> for WriteHandle<K, V, S, M, E>
where
    K: Hash + Eq + Clone,
    V: Clone + PartialEq,
    S: BuildHasher,
    M: Clone,
    E: Engine,
{
    /// Adds clones of many values, in order.
    fn extend<I: IntoIterator<Item = (&'a K, &'a V)>>(&mut self, values: I) {
        for (key, value) in values {
            self.insert(key.clone(), value.clone());
        }
    }
}

impl<'a, K, V, S> FromIterator<(&'a K, &'a V)> for WriteHandle<K, V, S>
where
    K: Hash + Eq + Clone,
    V: Clone + PartialEq,
    S: BuildHasher + Default + Clone,
{
    /// The writer of a multimap with clones of these values.
    fn from_iter<I: IntoIterator<Item = (&'a K, &'a V)>>(values: I) -> Self {
        let values = values.into_iter();
        values
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect()
    }
}

impl<K, V, const N: usize> From<[(K, V); N]> for WriteHandle<K, V>
where
    K: Hash + Eq + Clone,
    V: Clone + PartialEq,
{
    /// The writer of a multimap with these values.
    ///
    /// # Examples
    /// ```
    /// use evmap_core::multimap::WriteHandle;
    ///
    /// let writer = WriteHandle::from([("red", "apple"), ("red", "cherry")]);
    /// println!("{:?}", writer.read_handle().get("red")); // Some(["apple", "cherry"])
    /// # assert_eq!(writer.read_handle().get("red").unwrap().len(), 2);
    /// ```
    fn from(values: [(K, V); N]) -> Self {
        values.into_iter().collect()
    }
}
