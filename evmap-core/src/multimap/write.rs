//! Changes to a multimap.

use std::hash::{BuildHasher, Hash};

use super::{Builder, Values, WriteHandle};
use crate::op::{MapOp, MultimapOp};
use crate::table::{Engine, Table};

/// Changes to a multimap. Each is logged, does not wait unless it says so, and is visible to
/// readers after the next refresh.
impl<K, V, S, M, E> WriteHandle<K, V, S, M, E>
where
    K: Hash + Eq + Clone,
    V: Clone + PartialEq,
    S: BuildHasher,
    M: Clone,
    E: Engine,
{
    /// Adds a value to the key's bag, even if it is there already.
    pub fn insert(&mut self, key: K, value: V) {
        let key = self.hashed(key);
        self.log(MultimapOp::Add(key, value));
    }

    /// Replaces the key's bag by one that holds only this value.
    pub fn update(&mut self, key: K, value: V) {
        let key = self.hashed(key);
        self.log(MultimapOp::Map(MapOp::Insert(key, Values::one(value))));
    }

    /// Replaces the key's bag by what `f` makes of its values, with the writer's own unrefreshed
    /// changes (an empty slice if the key is absent). If `f` returns no value, removes the key.
    ///
    /// `f` is called once. Only its result is logged.
    ///
    /// # Blocking
    /// Waits for guards that were taken before the last refresh.
    ///
    /// # Panics
    /// If `f` does, or the iterator that it returns; nothing is logged then.
    ///
    /// # Examples
    /// ```
    /// let (mut writer, reader) = evmap_core::multimap::new();
    /// writer.extend([("sizes", 3), ("sizes", 1)]);
    /// writer.update_with("sizes", |sizes| sizes.iter().map(|n| n * 10).collect::<Vec<_>>());
    /// writer.refresh();
    /// assert_eq!(reader.get("sizes").unwrap().as_slice(), [30, 10]);
    /// ```
    pub fn update_with<I>(&mut self, key: K, f: impl FnOnce(&[V]) -> I)
    where
        I: IntoIterator<Item = V>,
    {
        let key = self.hashed(key);
        let bag = self.caught_up().table.find(key.hash, &key.key);
        let is_present = bag.is_some();
        let new: Values<V> = f(bag.map_or(&[], |(_, bag)| bag.as_slice()))
            .into_iter()
            .collect();
        if !new.is_empty() {
            self.log(MultimapOp::Map(MapOp::Insert(key, new)));
        } else if is_present {
            self.log(MultimapOp::Map(MapOp::Remove(key)));
        }
    }

    /// Removes the first occurrence of this value from the key's bag, if it is there.
    ///
    /// If the bag is empty then, removes the key.
    pub fn remove_value(&mut self, key: K, value: V) {
        let key = self.hashed(key);
        self.log(MultimapOp::RemoveValue(key, value));
    }

    /// Removes the key and its whole bag, if it is present.
    pub fn remove_entry(&mut self, key: K) {
        let key = self.hashed(key);
        self.log(MultimapOp::Map(MapOp::Remove(key)));
    }

    /// Keeps those values of the key's bag for which `keep` returns `true`, with the writer's own
    /// unrefreshed changes. If the bag is empty then, removes the key.
    ///
    /// `keep` is called once for each value. Only the result is logged.
    ///
    /// # Blocking
    /// Waits for guards that were taken before the last refresh.
    ///
    /// # Panics
    /// If `keep` does; nothing is logged then.
    pub fn retain(&mut self, key: K, mut keep: impl FnMut(&V) -> bool) {
        let key = self.hashed(key);
        let Some((_, bag)) = self.caught_up().table.find(key.hash, &key.key) else {
            return;
        };
        let kept: Values<V> = bag.iter().filter(|value| keep(value)).cloned().collect();
        if kept.len() == bag.len() {
            return;
        }
        self.log(MultimapOp::Map(if kept.is_empty() {
            MapOp::Remove(key)
        } else {
            MapOp::Insert(key, kept)
        }));
    }

    /// Removes everything. Keeps the capacity.
    pub fn clear(&mut self) {
        self.log(MultimapOp::Map(MapOp::Clear));
    }

    /// Removes everything, and frees all capacity.
    pub fn purge(&mut self) {
        self.log(MultimapOp::Purge);
    }

    /// Frees capacity of the key's bag that is not needed, if the key is present.
    pub fn fit(&mut self, key: K) {
        let key = self.hashed(key);
        self.log(MultimapOp::Fit(key));
    }

    /// Reserves capacity for this many more values in the key's bag, if the key is present and memory
    /// suffices.
    pub fn reserve(&mut self, key: K, additional: usize) {
        let key = self.hashed(key);
        self.log(MultimapOp::ReserveValues(key, additional));
    }

    /// Replaces the meta value.
    pub fn set_meta(&mut self, meta: M) {
        self.log(MultimapOp::Map(MapOp::SetMeta(meta)));
    }
}

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
