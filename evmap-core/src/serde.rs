//! Serialisation of one state, and deserialisation into a new map.
//!
//! A map is serialised as a map, and a multimap as a map of lists. The state is the one that a read would show at
//! the beginning of the serialisation.
//! A deserialised map has published its entries already. If a key comes twice, the later entry counts. In a multimap
//! both count.

use std::fmt;
use std::hash::{BuildHasher, Hash};
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde::ser::{Serialize, Serializer};

use crate::multimap::{self, Values};
use crate::table::Engine;
use crate::{OwnView, ReadHandle, SharedMap, SharedReader, Snapshot, View, WriteHandle};

impl<K: Serialize, V: Serialize, S, M, E: Engine> Serialize for View<'_, K, V, S, M, E> {
    fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        serializer.collect_map(self)
    }
}

impl<K: Serialize, V: Serialize, S, M, E: Engine> Serialize for Snapshot<K, V, S, M, E> {
    fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        serializer.collect_map(self)
    }
}

impl<K: Serialize, V: Serialize, S, M, E: Engine> Serialize for OwnView<'_, K, V, S, M, E> {
    fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        serializer.collect_map(self)
    }
}

impl<K: Serialize, V: Serialize, S, M, E: Engine> Serialize for ReadHandle<K, V, S, M, E> {
    fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        self.read().serialize(serializer)
    }
}

impl<K: Serialize, V: Serialize, S, M, E: Engine> Serialize for SharedReader<K, V, S, M, E> {
    fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        self.read().serialize(serializer)
    }
}

impl<K: Serialize, V: Serialize, S, E: Engine> Serialize for SharedMap<K, V, S, E> {
    /// Serialises the visible state, without deferred writes that are not published yet.
    fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        self.read().serialize(serializer)
    }
}

impl<V: Serialize> Serialize for Values<V> {
    fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        serializer.collect_seq(self)
    }
}

impl<'de, K, V, S> Deserialize<'de> for WriteHandle<K, V, S>
where
    K: Deserialize<'de> + Hash + Eq + Clone,
    V: Deserialize<'de> + Clone,
    S: BuildHasher + Default + Clone,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        entries::<K, V, _>(deserializer).map(Self::from_iter)
    }
}

impl<'de, K, V, S> Deserialize<'de> for multimap::WriteHandle<K, V, S>
where
    K: Deserialize<'de> + Hash + Eq + Clone,
    V: Deserialize<'de> + Clone + PartialEq,
    S: BuildHasher + Default + Clone,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bags: Vec<(K, Vec<V>)> = entries(deserializer)?;
        let values = bags
            .into_iter()
            .flat_map(|(key, bag)| bag.into_iter().map(move |value| (key.clone(), value)));
        Ok(Self::from_iter(values))
    }
}

impl<'de, K, V, S> Deserialize<'de> for SharedMap<K, V, S>
where
    K: Deserialize<'de> + Hash + Eq + Clone + Send + Sync + 'static,
    V: Deserialize<'de> + Clone + Send + Sync + 'static,
    S: BuildHasher + Default + Clone + Send + Sync + 'static,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        entries::<K, V, _>(deserializer).map(Self::from_iter)
    }
}

/// The entries of a serialised map, in order.
fn entries<'de, K, V, D>(deserializer: D) -> Result<Vec<(K, V)>, D::Error>
where
    K: Deserialize<'de>,
    V: Deserialize<'de>,
    D: Deserializer<'de>,
{
    deserializer.deserialize_map(Entries(PhantomData))
}

struct Entries<K, V>(PhantomData<fn() -> (K, V)>);

impl<'de, K: Deserialize<'de>, V: Deserialize<'de>> Visitor<'de> for Entries<K, V> {
    type Value = Vec<(K, V)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::with_capacity(cautious::<(K, V)>(map.size_hint()));
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(entries)
    }
}

/// Returns the initial capacity. The hint comes from the sender, so it must not cause an unlimited allocation.
fn cautious<T>(hint: Option<usize>) -> usize {
    const MOST_BYTES: usize = 64 * 1024;
    hint.unwrap_or(0).min(MOST_BYTES / size_of::<T>().max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_reserves_bytes_and_not_elements() {
        assert_eq!(cautious::<u64>(None), 0);
        assert_eq!(cautious::<u64>(Some(7)), 7);
        assert_eq!(cautious::<u64>(Some(usize::MAX)), 8 * 1024);
        assert_eq!(cautious::<[u8; 1 << 20]>(Some(4096)), 0);
        assert_eq!(cautious::<()>(Some(usize::MAX)), 64 * 1024);
    }
}
