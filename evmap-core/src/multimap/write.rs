//! Changes to a multimap.

use std::hash::{BuildHasher, Hash};

use equivalent::Equivalent;

use super::{Values, WriteHandle};
use crate::op::{Hashed, MapOp, MultimapOp};
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
    /// Adds a value to the key's bag, even if it is there already, with the next refresh. Logged; does not wait.
    ///
    /// # Panics
    /// If the key's `Hash` does; nothing is logged then.
    ///
    /// # Examples
    /// ```
    /// let (mut writer, reader) = evmap_core::multimap::new();
    /// writer.insert("a", 1);
    /// writer.insert("a", 1);
    /// writer.refresh();
    /// println!("{:?}", reader.get("a")); // Some([1, 1])
    /// # assert_eq!(*reader.get("a").unwrap(), [1, 1]);
    /// ```
    pub fn insert(&mut self, key: K, value: V) {
        let key = self.hashed(key);
        self.log(MultimapOp::Add(key, value));
    }

    /// Replaces the key's bag with one that holds only this value, with the next refresh. Logged; does not wait.
    ///
    /// # Panics
    /// If the key's `Hash` does; nothing is logged then.
    ///
    /// # Examples
    /// ```
    /// let (mut writer, reader) = evmap_core::multimap::new();
    /// writer.extend([("a", 1), ("a", 2)]);
    /// writer.update("a", 3);
    /// writer.refresh();
    /// println!("{:?}", reader.get("a")); // Some([3])
    /// # assert_eq!(*reader.get("a").unwrap(), [3]);
    /// ```
    pub fn update(&mut self, key: K, value: V) {
        let key = self.hashed(key);
        self.log(MultimapOp::Map(MapOp::Insert(key, Values::one(value))));
    }

    /// Replaces the key's bag with what `f` makes of its values, with the writer's own unrefreshed
    /// changes (an empty slice if the key is absent). If `f` returns no value, removes the key.
    ///
    /// `f` is called once. Only its result is logged.
    ///
    /// # Blocking
    /// Waits for guards that were taken before the last refresh. After a successful
    /// [`try_catch_up`](crate::WriteHandle::try_catch_up) it does not wait. This holds until the next refresh.
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
    /// println!("{:?}", reader.get("sizes")); // Some([30, 10])
    /// # assert_eq!(*reader.get("sizes").unwrap(), [30, 10]);
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

    /// Removes the first occurrence of this value from the key's bag, if it is there, with the next refresh. Logged; does
    /// not wait.
    ///
    /// If the bag is empty then, removes the key.
    ///
    /// # Cost
    /// As [`remove_entry`](Self::remove_entry).
    ///
    /// # Examples
    /// ```
    /// let (mut writer, reader) = evmap_core::multimap::new();
    /// writer.extend([("a", 1), ("a", 2), ("a", 1)]);
    /// writer.remove_value("a", 1);
    /// writer.refresh();
    /// println!("{:?}", reader.get("a")); // Some([2, 1])
    /// # assert_eq!(*reader.get("a").unwrap(), [2, 1]);
    /// ```
    pub fn remove_value<Q>(&mut self, key: &Q, value: V)
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        self.log_for(key, |key| MultimapOp::RemoveValue(key, value));
    }

    /// Removes the key and its whole bag, if it is present, with the next refresh. Logged; does not wait.
    ///
    /// # Cost
    /// A lookup in the published state. For a key that is not published, also one in an index of the pending changes:
    /// as [`remove`](crate::WriteHandle::remove) of a map with single values.
    ///
    /// # Panics
    /// If the `Hash`, `Eq` or `Clone` of a key does; nothing is logged then.
    ///
    /// # Examples
    /// ```
    /// let (mut writer, reader) = evmap_core::multimap::new();
    /// writer.extend([("a", 1), ("b", 2)]);
    /// writer.remove_entry("a");
    /// writer.refresh();
    /// println!("{:?}", reader.read()); // {"b": [2]}
    /// # assert_eq!(format!("{:?}", reader.read()), r#"{"b": [2]}"#);
    /// ```
    pub fn remove_entry<Q>(&mut self, key: &Q)
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        self.log_for(key, |key| MultimapOp::Map(MapOp::Remove(key)));
    }

    /// Removes all values of the key, and so the key: as [`remove_entry`](Self::remove_entry), under the name that
    /// tells it from [`clear`](Self::clear).
    ///
    /// # Examples
    /// ```
    /// let (mut writer, reader) = evmap_core::multimap::new::<String, u32>();
    /// writer.extend([("a".to_owned(), 1), ("a".to_owned(), 2)]);
    /// writer.clear_values("a");
    /// writer.refresh();
    /// println!("{}", reader.contains_key("a")); // false
    /// # assert!(reader.is_empty());
    /// ```
    pub fn clear_values<Q>(&mut self, key: &Q)
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        self.remove_entry(key);
    }

    /// Keeps those values of the key's bag for which `keep` returns `true`, with the writer's own
    /// unrefreshed changes. If the bag is empty then, removes the key.
    ///
    /// `keep` is called once for each value. Only the result is logged.
    ///
    /// # Blocking
    /// Waits for guards that were taken before the last refresh. After a successful
    /// [`try_catch_up`](crate::WriteHandle::try_catch_up) it does not wait. This holds until the next refresh.
    ///
    /// # Panics
    /// If `keep` does; nothing is logged then.
    ///
    /// # Examples
    /// ```
    /// let (mut writer, reader) = evmap_core::multimap::new();
    /// writer.extend([("a", 1), ("a", 2), ("a", 3)]);
    /// writer.retain("a", |n| n % 2 == 1);
    /// writer.refresh();
    /// println!("{:?}", reader.get("a")); // Some([1, 3])
    /// # assert_eq!(*reader.get("a").unwrap(), [1, 3]);
    /// ```
    pub fn retain<Q>(&mut self, key: &Q, mut keep: impl FnMut(&V) -> bool)
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        let hash = self.hash_of(key);
        let Some((key, bag)) = self.caught_up().table.find(hash, key) else {
            return;
        };
        let kept: Values<V> = bag.iter().filter(|value| keep(value)).cloned().collect();
        if kept.len() == bag.len() {
            return;
        }
        let key = Hashed {
            hash,
            key: key.clone(),
        };
        self.log(MultimapOp::Map(if kept.is_empty() {
            MapOp::Remove(key)
        } else {
            MapOp::Insert(key, kept)
        }));
    }

    /// Removes all keys and values, with the next refresh. Keeps the capacity. Logged; does not wait.
    pub fn clear(&mut self) {
        self.log(MultimapOp::Map(MapOp::Clear));
    }

    /// Removes all keys and values, and frees all capacity, with the next refresh. Logged; does not wait.
    pub fn purge(&mut self) {
        self.log(MultimapOp::Purge);
    }

    /// Frees capacity of the key's bag that is not needed, if the key is present.
    pub fn fit<Q>(&mut self, key: &Q)
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        self.log_for(key, MultimapOp::Fit);
    }

    /// Frees capacity that is not needed, of every bag. O(keys) when it is applied.
    ///
    /// # Examples
    /// ```
    /// let (mut writer, reader) = evmap_core::multimap::new();
    /// writer.insert("a", 1);
    /// writer.reserve("a", 100);
    /// writer.fit_all();
    /// writer.refresh();
    /// println!("{}", reader.get("a").unwrap().capacity() < 100); // true
    /// # assert!(reader.get("a").unwrap().capacity() < 100);
    /// ```
    pub fn fit_all(&mut self) {
        self.log(MultimapOp::FitAll);
    }

    /// Reserves capacity for this many more values in the key's bag, if the key is present and memory
    /// suffices.
    ///
    /// For capacity of the table, for more keys, see [`reserve_keys`](Self::reserve_keys).
    pub fn reserve<Q>(&mut self, key: &Q, additional: usize)
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        self.log_for(key, |key| MultimapOp::ReserveValues(key, additional));
    }

    /// Reserves capacity for this many more keys in each copy, if memory suffices.
    ///
    /// # Examples
    /// ```
    /// let (mut writer, reader) = evmap_core::multimap::new::<&str, u32>();
    /// writer.reserve_keys(1000);
    /// writer.refresh();
    /// println!("{}", reader.capacity() >= 1000); // true
    /// # assert!(reader.capacity() >= 1000);
    /// ```
    pub fn reserve_keys(&mut self, additional: usize) {
        self.log(MultimapOp::Map(MapOp::Reserve(additional)));
    }

    /// Frees capacity of the table that is not needed. Bags keep theirs: see [`fit_all`](Self::fit_all).
    ///
    /// # Examples
    /// ```
    /// let (mut writer, reader) = evmap_core::multimap::new::<&str, u32>();
    /// writer.reserve_keys(1000);
    /// writer.shrink_to_fit();
    /// writer.refresh();
    /// println!("{}", reader.capacity() < 1000); // true
    /// # assert!(reader.capacity() < 1000);
    /// ```
    pub fn shrink_to_fit(&mut self) {
        self.log(MultimapOp::Map(MapOp::ShrinkToFit));
    }

    /// Replaces the meta value, which is published with the next refresh. Logged; does not wait.
    pub fn set_meta(&mut self, meta: M) {
        self.log(MultimapOp::Map(MapOp::SetMeta(meta)));
    }

    /// Logs an operation on this key, if the key is published or pending.
    fn log_for<Q>(&mut self, key: &Q, op: impl FnOnce(Hashed<K>) -> MultimapOp<K, V, M>)
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        if let Some(key) = self.owned_key(key) {
            self.log(op(key));
        }
    }
}
