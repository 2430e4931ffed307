//! Keys of two parts, looked up by two borrowed parts, which no `Borrow` can express.

use std::hash::{Hash, Hasher};

use evmap_core::table::{Engine, SharedEngine, Table};
use evmap_core::{Equivalent, SharedMap, multimap};

#[macro_use]
mod each_engine;

on_each! {
    every_reader_finds_a_key_of_two_parts,
    every_reader_of_a_multimap_finds_a_key_of_two_parts,
    equal_hashes_are_told_apart,
    a_table_finds_changes_and_removes_by_one,
}

type Owned = (String, String);

/// Hashes as the tuple of its parts does.
#[derive(Hash)]
struct Parts<'a>(&'a str, &'a str);

impl Equivalent<Owned> for Parts<'_> {
    fn equivalent(&self, key: &Owned) -> bool {
        (self.0, self.1) == (&key.0, &key.1)
    }
}

/// A name, whose hash says nothing.
struct Flat(&'static str);

impl Hash for Flat {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u8(7);
    }
}

/// A key whose hash says nothing, either.
#[derive(Clone, PartialEq, Eq)]
struct FlatKey(String);

impl Hash for FlatKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u8(7);
    }
}

impl Equivalent<FlatKey> for Flat {
    fn equivalent(&self, key: &FlatKey) -> bool {
        self.0 == key.0
    }
}

fn owned(first: usize, second: usize) -> Owned {
    (first.to_string(), second.to_string())
}

fn entries() -> impl Iterator<Item = (Owned, usize)> {
    (0..200).map(|n| (owned(n / 10, n % 10), n))
}

fn every_reader_finds_a_key_of_two_parts<E: SharedEngine<Owned, usize>>() {
    let (mut writer, reader) = each_engine::map::<Owned, usize, E>();
    let map = SharedMap::builder().engine::<E>().build_from(entries());
    writer.extend(entries());
    writer.refresh();
    let (shared, view) = (reader.shared_reader(), reader.read());
    for n in 0..200 {
        let (first, second) = owned(n / 10, n % 10);
        let key = Parts(&first, &second);
        assert_eq!(reader.get(&key).as_deref(), Some(&n));
        assert_eq!(shared.get(&key).as_deref(), Some(&n));
        assert_eq!(map.get(&key).as_deref(), Some(&n));
        assert_eq!(reader.get_cloned(&key), Some(n));
        assert_eq!(shared.get_cloned(&key), Some(n));
        assert_eq!(map.get_cloned(&key), Some(n));
        assert!(reader.contains_key(&key) && shared.contains_key(&key) && map.contains_key(&key));
        assert_eq!(view.get(&key), Some(&n));
        assert_eq!(view.get_key_value(&key), Some((&owned(n / 10, n % 10), &n)));
        assert!(view.contains_key(&key));
    }
    for absent in [Parts("0", "10"), Parts("", "00"), Parts("20", "0")] {
        assert!(!reader.contains_key(&absent) && !shared.contains_key(&absent));
        assert!(!map.contains_key(&absent) && !view.contains_key(&absent));
    }
}

fn every_reader_of_a_multimap_finds_a_key_of_two_parts<E: Engine>() {
    let builder = multimap::Builder::new().engine::<E>();
    let (mut writer, reader) = builder.build::<Owned, usize>();
    for (key, n) in entries() {
        writer.insert(key.clone(), n);
        writer.insert(key, n + 1);
    }
    writer.refresh();
    let (shared, key) = (reader.shared_reader(), Parts("3", "7"));
    assert_eq!(reader.get_one(&key).as_deref(), Some(&37));
    assert_eq!(shared.get_one(&key).as_deref(), Some(&37));
    assert_eq!(reader.read().get_one(&key), Some(&37));
    assert_eq!(reader.get(&key).unwrap().as_slice(), [37, 38]);
    assert!(reader.get_one(&Parts("37", "")).is_none());
}

fn equal_hashes_are_told_apart<E: Engine>() {
    let (mut writer, reader) = each_engine::map::<FlatKey, u32, E>();
    writer.extend([("a", 1), ("b", 2)].map(|(name, n)| (FlatKey(name.to_string()), n)));
    writer.refresh();
    assert_eq!(reader.get_cloned(&Flat("a")), Some(1));
    assert_eq!(reader.get_cloned(&Flat("b")), Some(2));
    assert_eq!(reader.get_cloned(&Flat("c")), None);
}

fn a_table_finds_changes_and_removes_by_one<E: Engine>() {
    let rehash = |_: &FlatKey| 7;
    let mut table = E::Table::<FlatKey, u32>::with_capacity(0);
    for n in 0..50 {
        table.insert(7, FlatKey(n.to_string()), n, rehash);
    }
    *table.find_mut(7, &Flat("20"), rehash).unwrap() += 100;
    assert_eq!(table.find(7, &Flat("20")).unwrap().1, &120);
    assert_eq!(table.remove(7, &Flat("20"), rehash).unwrap().1, 120);
    assert!(table.remove(7, &Flat("20"), rehash).is_none());
    assert_eq!(table.len(), 49);
}
