//! Inserting many entries at once, into a map or as a new map.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash};
use std::mem;

use super::{Builder, WriteHandle};
use crate::op::{Entries, Hashed, MapOp};
use crate::table::Engine;

/// At least this many entries are logged as one operation. Fewer are not worth a list of their own, and do not make
/// a [`load`](crate::table::Table::load) faster.
const MANY: usize = 32;

/// Entries on their way into the log. They are logged even if the iterator panics.
struct Unlogged<'a, K, V, S, M, E: Engine> {
    writer: &'a mut WriteHandle<K, V, S, M, E>,
    entries: Vec<(Hashed<K>, V)>,
}

impl<K, V, S, M, E: Engine> Drop for Unlogged<'_, K, V, S, M, E> {
    fn drop(&mut self) {
        let entries = mem::take(&mut self.entries);
        if entries.len() >= MANY {
            self.writer.log(MapOp::Load(Entries::new(entries)));
        } else {
            let inserts = entries.into_iter();
            let inserts = inserts.map(|(key, value)| MapOp::Insert(key, value));
            self.writer.log_all(inserts);
        }
    }
}

impl<K, V, S, M, E> Extend<(K, V)> for WriteHandle<K, V, S, M, E>
where
    K: Hash + Eq + Clone,
    V: Clone,
    S: BuildHasher,
    M: Clone,
    E: Engine,
{
    /// Inserts many keys, or replaces their values, in order, with the next [`refresh`](WriteHandle::refresh). Logged; does
    /// not wait.
    ///
    /// Many entries (32 or more) are logged as one [operation](MapOp::Load), so an engine that has a
    /// faster way to fill an empty table takes it.
    /// If that operation panics while it is applied, [`rebuild`](WriteHandle::rebuild) returns all of it.
    ///
    /// # Cost
    /// Each key is hashed once; each key and value is cloned once, and moved into the second copy.
    /// To begin with a filled map, [`Builder::build_from`] is faster.
    ///
    /// # Panics
    /// If the iterator does, or the `Hash` of a key: what came before is logged.
    ///
    /// # Examples
    /// ```
    /// let (mut writer, reader) = evmap_core::new();
    /// writer.extend((0..1000).map(|n| (n % 100, n)));
    /// println!("{}", writer.stats().pending); // 1000
    /// # assert_eq!(writer.stats().pending, 1000);
    /// writer.refresh();
    /// println!("{} {:?}", reader.len(), reader.get_cloned(&7)); // 100 Some(907)
    /// # assert_eq!((reader.len(), reader.get_cloned(&7)), (100, Some(907)));
    /// ```
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, entries: I) {
        let entries = entries.into_iter();
        let (least, most) = entries.size_hint();
        if most.is_some_and(|most| most < MANY) {
            entries.for_each(|(key, value)| self.insert(key, value));
            return;
        }
        let mut unlogged = Unlogged {
            writer: self,
            entries: Vec::new(),
        };
        // A hint: the list grows by itself if memory does not suffice.
        let _ = unlogged.entries.try_reserve(least);
        for (key, value) in entries {
            let key = unlogged.writer.hashed(key);
            unlogged.entries.push((key, value));
        }
    }
}

impl<K, V, S> FromIterator<(K, V)> for WriteHandle<K, V, S>
where
    K: Hash + Eq + Clone,
    V: Clone,
    S: BuildHasher + Default + Clone,
{
    /// The writer of a map with these entries, which readers see from the first version on: as
    /// [`Builder::build_from`] makes it.
    ///
    /// # Examples
    /// ```
    /// let writer: evmap_core::WriteHandle<_, _> = [("a", 1), ("b", 2)].into_iter().collect();
    /// assert_eq!(writer.read_handle().get_cloned("b"), Some(2));
    /// ```
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let builder = Builder::new().hasher(S::default());
        builder.build_from(entries).0
    }
}

impl<'a, K, V, S, M, E> Extend<(&'a K, &'a V)> for WriteHandle<K, V, S, M, E>
where
    K: Hash + Eq + Clone,
    V: Clone,
    S: BuildHasher,
    M: Clone,
    E: Engine,
{
    /// Sets the values of many keys to clones of these, in order. Logged; does not wait.
    ///
    /// # Examples
    /// ```
    /// use std::collections::HashMap;
    ///
    /// let (mut writer, reader) = evmap_core::new::<&str, u32>();
    /// writer.extend(&HashMap::from([("a", 1)]));
    /// writer.refresh();
    /// println!("{:?}", reader.get_cloned("a")); // Some(1)
    /// # assert_eq!(reader.get_cloned("a"), Some(1));
    /// ```
    fn extend<I: IntoIterator<Item = (&'a K, &'a V)>>(&mut self, entries: I) {
        let entries = entries.into_iter();
        self.extend(entries.map(|(key, value)| (key.clone(), value.clone())));
    }
}

impl<'a, K, V, S> FromIterator<(&'a K, &'a V)> for WriteHandle<K, V, S>
where
    K: Hash + Eq + Clone,
    V: Clone,
    S: BuildHasher + Default + Clone,
{
    /// The writer of a map with clones of these entries.
    ///
    /// # Examples
    /// ```
    /// use evmap_core::WriteHandle;
    ///
    /// let (_writer, reader) = evmap_core::Builder::new().build_from([("a", 1), ("b", 2)]);
    /// let odd: WriteHandle<&str, i32> = reader.read().iter().filter(|(_, n)| *n % 2 == 1).collect();
    /// println!("{:?}", odd.read_handle().read()); // {"a": 1}
    /// # assert_eq!(format!("{:?}", odd.read_handle().read()), r#"{"a": 1}"#);
    /// ```
    fn from_iter<I: IntoIterator<Item = (&'a K, &'a V)>>(entries: I) -> Self {
        let entries = entries.into_iter();
        entries
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect()
    }
}

impl<K, V, const N: usize> From<[(K, V); N]> for WriteHandle<K, V>
where
    K: Hash + Eq + Clone,
    V: Clone,
{
    /// The writer of a map with these entries. Of equal keys, the last value counts.
    ///
    /// # Examples
    /// ```
    /// let writer = evmap_core::WriteHandle::from([("a", 1), ("b", 2)]);
    /// println!("{:?}", writer.read_handle().get_cloned("b")); // Some(2)
    /// # assert_eq!(writer.read_handle().get_cloned("b"), Some(2));
    /// ```
    fn from(entries: [(K, V); N]) -> Self {
        entries.into_iter().collect()
    }
}

impl<K, V, S> From<HashMap<K, V, S>> for WriteHandle<K, V, S>
where
    K: Hash + Eq + Clone,
    V: Clone,
    S: BuildHasher + Clone,
{
    /// The writer of a map with these entries and this hasher.
    ///
    /// # Examples
    /// ```
    /// use std::collections::HashMap;
    /// use evmap_core::WriteHandle;
    ///
    /// let writer = WriteHandle::from(HashMap::from([("a", 1)]));
    /// println!("{:?}", writer.read_handle().get_cloned("a")); // Some(1)
    /// # assert_eq!(writer.read_handle().get_cloned("a"), Some(1));
    /// ```
    fn from(entries: HashMap<K, V, S>) -> Self {
        let hasher = entries.hasher().clone();
        Builder::new().hasher(hasher).build_from(entries).0
    }
}
