//! Random sequences of operations, against std's map.
//!
//! After each batch the published copy is compared; then an empty refresh and one more change bring
//! the other copy to the readers, and that is compared too.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher};

use evmap_core::multimap;
use evmap_core::table::{Engine, Incremental, RobinHood, Swiss};
use evmap_core::{Builder, DefaultHashBuilder, ReadHandle, WriteHandle};
use proptest::collection::vec;
use proptest::prelude::*;

/// Few keys, so that operations have keys in common.
type Key = u8;

#[derive(Clone, Debug)]
enum Op {
    Insert(Key, u32),
    Remove(Key),
    Extend(Vec<(Key, u32)>),
    RetainLess(u32),
    Clear,
    Reserve(u16),
    Shrink,
    ReadOwn(Key),
    Compute(Key, Option<u32>),
    ComputeIfAbsent(Key, Option<u32>),
    ComputeIfPresent(Key, Option<u32>),
    Merge(Key, u32),
    GetOrInsert(Key, u32),
    Replace(Key, u32),
    ReplaceIfOdd(Key, u32),
    RemoveIfOdd(Key),
}

fn op() -> impl Strategy<Value = Op> {
    let key = 0..32u8;
    prop_oneof![
        8 => (key.clone(), any::<u32>()).prop_map(|(k, v)| Op::Insert(k, v)),
        4 => key.clone().prop_map(Op::Remove),
        1 => vec((key.clone(), any::<u32>()), 0..8).prop_map(Op::Extend),
        1 => vec((key.clone(), any::<u32>()), 32..99).prop_map(Op::Extend),
        1 => any::<u32>().prop_map(Op::RetainLess),
        1 => Just(Op::Clear),
        1 => (0..512u16).prop_map(Op::Reserve),
        1 => Just(Op::Shrink),
        2 => key.clone().prop_map(Op::ReadOwn),
        1 => (key.clone(), any::<Option<u32>>()).prop_map(|(k, v)| Op::Compute(k, v)),
        1 => (key.clone(), any::<Option<u32>>()).prop_map(|(k, v)| Op::ComputeIfAbsent(k, v)),
        1 => (key.clone(), any::<Option<u32>>()).prop_map(|(k, v)| Op::ComputeIfPresent(k, v)),
        2 => (key.clone(), any::<u32>()).prop_map(|(k, v)| Op::Merge(k, v)),
        1 => (key.clone(), any::<u32>()).prop_map(|(k, v)| Op::GetOrInsert(k, v)),
        1 => (key.clone(), any::<u32>()).prop_map(|(k, v)| Op::Replace(k, v)),
        1 => (key.clone(), any::<u32>()).prop_map(|(k, v)| Op::ReplaceIfOdd(k, v)),
        1 => key.prop_map(Op::RemoveIfOdd),
    ]
}

/// Maps every key to one of a few hashes.
#[derive(Clone)]
struct Colliding(u64);

struct CollidingHasher(u64, u64);

impl BuildHasher for Colliding {
    type Hasher = CollidingHasher;

    fn build_hasher(&self) -> CollidingHasher {
        CollidingHasher(0, self.0)
    }
}

impl Hasher for CollidingHasher {
    fn finish(&self) -> u64 {
        self.0 % self.1
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = self.0.wrapping_mul(31).wrapping_add(u64::from(byte));
        }
    }
}

fn assert_same<S: BuildHasher, E: Engine>(
    reader: &ReadHandle<Key, u32, S, (), E>,
    model: &HashMap<Key, u32>,
) {
    let view = reader.read();
    assert_eq!(view.len(), model.len());
    assert_eq!(view.iter().count(), model.len());
    for key in 0..=Key::MAX {
        assert_eq!(view.get(&key), model.get(&key), "key {key}");
    }
    for (key, value) in &view {
        assert_eq!(model.get(key), Some(value));
    }
}

fn run_map<E: Engine, S: BuildHasher + Clone>(hasher: S, batches: Vec<Vec<Op>>) {
    let (mut writer, reader) = Builder::new()
        .hasher(hasher)
        .engine::<E>()
        .build::<Key, u32>();
    let mut published = HashMap::new();
    for batch in batches {
        let mut model = published.clone();
        for op in batch {
            match op {
                Op::Insert(key, value) => {
                    writer.insert(key, value);
                    model.insert(key, value);
                }
                Op::Remove(key) => {
                    writer.remove(&key);
                    model.remove(&key);
                }
                Op::Extend(entries) => {
                    writer.extend(entries.clone());
                    model.extend(entries);
                }
                Op::RetainLess(limit) => {
                    writer.retain(|_, &value| value < limit);
                    model.retain(|_, value| *value < limit);
                }
                Op::Clear => {
                    writer.clear();
                    model.clear();
                }
                Op::Reserve(additional) => writer.reserve(additional.into()),
                Op::Shrink => writer.shrink_to_fit(),
                Op::ReadOwn(key) => {
                    assert_eq!(writer.get(&key), model.get(&key));
                    assert_eq!(writer.len(), model.len());
                }
                computing => run_compute(&mut writer, &mut model, computing),
            }
        }
        assert_same(&reader, &published);
        writer.refresh();
        assert_same(&reader, &model);
        writer.refresh();
        assert_same(&reader, &model);
        // A change that changes nothing brings the other copy to the readers.
        writer.reserve(0);
        writer.refresh();
        assert_same(&reader, &model);
        published = model;
    }
    assert_eq!(writer.verify_copies(), Ok(()));
}

/// Each call returns the documented result, and calls its closure at most once.
fn run_compute<S: BuildHasher, E: Engine>(
    writer: &mut WriteHandle<Key, u32, S, (), E>,
    model: &mut HashMap<Key, u32>,
    op: Op,
) {
    let is_odd = |value: &u32| value % 2 == 1;
    match op {
        Op::Compute(key, value) => {
            let before = model.get(&key).copied();
            let after = writer.compute(key, |old| {
                assert_eq!(old.copied(), before);
                value
            });
            assert_eq!(after, value);
            set(model, key, value);
        }
        Op::ComputeIfAbsent(key, value) => {
            let before = model.get(&key).copied();
            let after = writer.compute_if_absent(key, || {
                assert_eq!(before, None);
                value
            });
            set(model, key, before.or(value));
            assert_eq!(after, model.get(&key).copied());
        }
        Op::ComputeIfPresent(key, value) => {
            let before = model.get(&key).copied();
            let after = writer.compute_if_present(key, |&old| {
                assert_eq!(Some(old), before);
                value
            });
            set(model, key, before.and(value));
            assert_eq!(after, model.get(&key).copied());
        }
        Op::Merge(key, value) => {
            // An odd sum removes the key.
            let after = writer.merge(key, value, |&old, value| {
                let sum = old.wrapping_add(value);
                (!is_odd(&sum)).then_some(sum)
            });
            let sum = model.get(&key).map_or(value, |old| old.wrapping_add(value));
            let keeps = !model.contains_key(&key) || !is_odd(&sum);
            set(model, key, keeps.then_some(sum));
            assert_eq!(after, model.get(&key).copied());
        }
        Op::GetOrInsert(key, value) => {
            let got = writer.get_or_insert_with(key, || value);
            assert_eq!(got, *model.entry(key).or_insert(value));
        }
        Op::Replace(key, value) => {
            let old = writer.replace(key, value);
            assert_eq!(old, model.get(&key).copied());
            set(model, key, old.map(|_| value));
        }
        Op::ReplaceIfOdd(key, value) => {
            let expected = model.get(&key).is_some_and(is_odd);
            assert_eq!(writer.replace_if(key, is_odd, value), expected);
            if expected {
                model.insert(key, value);
            }
        }
        Op::RemoveIfOdd(key) => {
            let expected = model.get(&key).is_some_and(is_odd);
            assert_eq!(writer.remove_if(&key, is_odd), expected);
            if expected {
                model.remove(&key);
            }
        }
        other => unreachable!("no compute operation: {other:?}"),
    }
}

fn set(model: &mut HashMap<Key, u32>, key: Key, value: Option<u32>) {
    match value {
        Some(value) => model.insert(key, value),
        None => model.remove(&key),
    };
}

#[derive(Clone, Debug)]
enum BagOp {
    Insert(Key, u8),
    Update(Key, u8),
    RemoveValue(Key, u8),
    RemoveEntry(Key),
    RetainLess(Key, u8),
    Clear,
    Purge,
    Fit(Key),
    Reserve(Key, u8),
}

fn bag_op() -> impl Strategy<Value = BagOp> {
    // Few values, so that removals find some.
    let (key, value) = (0..8u8, 0..4u8);
    let both = (key.clone(), value);
    prop_oneof![
        8 => both.clone().prop_map(|(k, v)| BagOp::Insert(k, v)),
        2 => both.clone().prop_map(|(k, v)| BagOp::Update(k, v)),
        4 => both.clone().prop_map(|(k, v)| BagOp::RemoveValue(k, v)),
        1 => key.clone().prop_map(BagOp::RemoveEntry),
        2 => both.prop_map(|(k, v)| BagOp::RetainLess(k, v)),
        1 => Just(BagOp::Clear),
        1 => Just(BagOp::Purge),
        1 => key.clone().prop_map(BagOp::Fit),
        1 => (key, 0..16u8).prop_map(|(k, n)| BagOp::Reserve(k, n)),
    ]
}

fn run_multimap<E: Engine>(batches: Vec<Vec<BagOp>>) {
    let (mut writer, reader) = multimap::Builder::new().engine::<E>().build::<Key, u8>();
    let mut model: HashMap<Key, Vec<u8>> = HashMap::new();
    for batch in batches {
        for op in batch {
            match op {
                BagOp::Insert(key, value) => {
                    writer.insert(key, value);
                    model.entry(key).or_default().push(value);
                }
                BagOp::Update(key, value) => {
                    writer.update(key, value);
                    model.insert(key, vec![value]);
                }
                BagOp::RemoveValue(key, value) => {
                    writer.remove_value(key, value);
                    if let Some(bag) = model.get_mut(&key)
                        && let Some(at) = bag.iter().position(|&v| v == value)
                    {
                        bag.remove(at);
                    }
                }
                BagOp::RemoveEntry(key) => {
                    writer.remove_entry(key);
                    model.remove(&key);
                }
                BagOp::RetainLess(key, limit) => {
                    writer.retain(key, |&value| value < limit);
                    if let Some(bag) = model.get_mut(&key) {
                        bag.retain(|&value| value < limit);
                    }
                }
                BagOp::Clear => {
                    writer.clear();
                    model.clear();
                }
                BagOp::Purge => {
                    writer.purge();
                    model.clear();
                }
                BagOp::Fit(key) => writer.fit(key),
                BagOp::Reserve(key, additional) => writer.reserve(key, additional.into()),
            }
            model.retain(|_, bag| !bag.is_empty());
        }
        for _ in 0..2 {
            writer.refresh();
            let view = reader.read();
            assert_eq!(view.len(), model.len());
            for (key, bag) in &view {
                assert_eq!(Some(bag.as_slice()), model.get(key).map(Vec::as_slice));
            }
            drop(view);
            writer.fit(0);
        }
    }
    assert_eq!(writer.verify_copies(), Ok(()));
}

macro_rules! on_each {
    ($($name:ident: $Engine:ty,)*) => {
        $(mod $name {
            use super::*;

            proptest! {
                #![proptest_config(ProptestConfig { cases: cases(), ..ProptestConfig::default() })]

                #[test]
                fn a_map_acts_as_std_does(batches in vec(vec(op(), 0..24), 1..12)) {
                    run_map::<$Engine, _>(DefaultHashBuilder::default(), batches);
                }

                #[test]
                fn a_map_of_colliding_keys_acts_as_std_does(
                    places in 1..4u64,
                    batches in vec(vec(op(), 0..24), 1..12),
                ) {
                    run_map::<$Engine, _>(Colliding(places), batches);
                }

                #[test]
                fn a_multimap_acts_as_a_map_of_vectors(batches in vec(vec(bag_op(), 0..24), 1..12)) {
                    run_multimap::<$Engine>(batches);
                }
            }
        })*
    };
}

on_each! {
    swiss: Swiss,
    incremental: Incremental,
    robin_hood: RobinHood,
}

/// A developer's run is short. The CI script asks for more cases.
fn cases() -> u32 {
    if std::env::var_os("LEFT_RIGHT_LONG").is_some() {
        10_000
    } else {
        200
    }
}
