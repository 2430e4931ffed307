//! Filling a [`SharedMap`], or making one, from many entries.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash};

use super::writes::{blocking, panics, visible};
use super::{Builder, SharedMap};
use crate::op::{Entries, MapOp};
use crate::table::Engine;

impl<K, V, S, E> SharedMap<K, V, S, E>
where
    K: Hash + Eq + Clone,
    V: Clone,
    S: BuildHasher + Clone,
    E: Engine,
{
    /// Inserts many keys, or replaces their values, in one step, which readers see all at once.
    ///
    /// The iterator is run to its end first, so it may use the map.
    /// An engine that has a faster way to fill an empty table takes it.
    /// To begin with a filled map, [`Builder::build_from`](super::Builder::build_from) is faster.
    ///
    #[doc = visible!()]
    ///
    /// # Blocking
    #[doc = blocking!()]
    ///
    /// # Panics
    #[doc = panics!()]
    ///
    /// # Examples
    /// ```
    /// let map = evmap_core::SharedMap::new();
    /// map.extend([("a", 1), ("b", 2)]);
    /// println!("{} entries, version {}", map.len(), map.version()); // 2 entries, version 1
    /// # assert_eq!((map.len(), map.version().as_u64()), (2, 1));
    /// ```
    pub fn extend(&self, entries: impl IntoIterator<Item = (K, V)>) {
        let entries: Vec<_> = entries
            .into_iter()
            .map(|(key, value)| (self.hashed(key), value))
            .collect();
        if !entries.is_empty() {
            let entries = Entries::new(entries);
            // If one panics, all are dropped after the write.
            self.run(|w| w.apply_now(MapOp::Load(entries)));
        }
    }
}

impl<K, V, S, E> Extend<(K, V)> for SharedMap<K, V, S, E>
where
    K: Hash + Eq + Clone,
    V: Clone,
    S: BuildHasher + Clone,
    E: Engine,
{
    /// As the method of [this name](SharedMap::extend), which needs no `&mut`.
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, entries: I) {
        Self::extend(self, entries);
    }
}

impl<'a, K, V, S, E> Extend<(&'a K, &'a V)> for SharedMap<K, V, S, E>
where
    K: Hash + Eq + Clone,
    V: Clone,
    S: BuildHasher + Clone,
    E: Engine,
{
    /// Sets the values of many keys to clones of these, in one step.
    ///
    /// # Examples
    /// ```
    /// use evmap_core::SharedMap;
    ///
    /// let prices = SharedMap::from([("apple", 3), ("pear", 2)]);
    /// let mut copy = SharedMap::new();
    /// Extend::extend(&mut copy, &prices.read());
    /// println!("{:?}", copy.get_cloned("pear")); // Some(2)
    /// # assert!(copy == prices);
    /// ```
    fn extend<I: IntoIterator<Item = (&'a K, &'a V)>>(&mut self, entries: I) {
        let entries = entries.into_iter();
        Self::extend(
            self,
            entries.map(|(key, value)| (key.clone(), value.clone())),
        );
    }
}

impl<K, V, S> FromIterator<(K, V)> for SharedMap<K, V, S>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
    S: BuildHasher + Default + Clone + Send + Sync + 'static,
{
    /// A map with the usual settings and these entries, which readers see from the first version on:
    /// as [`Builder::build_from`](super::Builder::build_from) makes it.
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let builder = Builder::new().hasher(S::default());
        builder.build_from(entries)
    }
}

impl<'a, K, V, S> FromIterator<(&'a K, &'a V)> for SharedMap<K, V, S>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
    S: BuildHasher + Default + Clone + Send + Sync + 'static,
{
    /// A map with the usual settings and clones of these entries.
    ///
    /// # Examples
    /// ```
    /// use evmap_core::SharedMap;
    ///
    /// let prices = SharedMap::from([("apple", 3), ("pear", 2)]);
    /// let view = prices.read();
    /// let cheap: SharedMap<&str, i32> = view.iter().filter(|(_, price)| **price < 3).collect();
    /// println!("{cheap:?}"); // {"pear": 2}
    /// # assert_eq!(format!("{cheap:?}"), r#"{"pear": 2}"#);
    /// ```
    fn from_iter<I: IntoIterator<Item = (&'a K, &'a V)>>(entries: I) -> Self {
        let entries = entries.into_iter();
        entries
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect()
    }
}

impl<K, V, const N: usize> From<[(K, V); N]> for SharedMap<K, V>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// A map with the usual settings and these entries. Of equal keys, the last value counts.
    ///
    /// # Examples
    /// ```
    /// let map = evmap_core::SharedMap::from([("a", 1), ("b", 2)]);
    /// println!("{:?}", map.get_cloned("b")); // Some(2)
    /// # assert_eq!(map.get_cloned("b"), Some(2));
    /// ```
    fn from(entries: [(K, V); N]) -> Self {
        entries.into_iter().collect()
    }
}

impl<K, V, S> From<HashMap<K, V, S>> for SharedMap<K, V, S>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
    S: BuildHasher + Clone + Send + Sync + 'static,
{
    /// A map with these entries and this hasher, and otherwise the usual settings.
    ///
    /// # Examples
    /// ```
    /// use std::collections::HashMap;
    /// use evmap_core::SharedMap;
    ///
    /// let map = SharedMap::from(HashMap::from([("a", 1)]));
    /// println!("{:?}", map.insert("a", 2)); // Some(1)
    /// # assert_eq!(map.get_cloned("a"), Some(2));
    /// ```
    fn from(entries: HashMap<K, V, S>) -> Self {
        let hasher = entries.hasher().clone();
        Builder::new().hasher(hasher).build_from(entries)
    }
}
