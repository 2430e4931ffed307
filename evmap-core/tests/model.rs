//! Random sequences of operations, against std's map.
//!
//! After each batch the published copy is compared; then an empty refresh and one more change bring
//! the other copy to the readers, and that is compared too.

mod operations;
#[path = "operations/random.rs"]
mod random;

use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher};

use evmap_core::multimap;
use evmap_core::table::{Engine, Incremental, RobinHood, Swiss};
use evmap_core::{Builder, DefaultHashBuilder, ReadHandle};
use operations::{Apply, LOGGED, Model, Op};
use proptest::collection::vec;
use proptest::prelude::*;
use random::{Numbers, op};

/// Few keys, so that operations have keys in common.
const KEYS: u32 = 32;

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

fn assert_same<S: BuildHasher, E: Engine>(reader: &ReadHandle<u32, u32, S, (), E>, model: &Model) {
    let view = reader.read();
    assert_eq!(view.len(), model.len());
    assert_eq!(view.iter().count(), model.len());
    for key in 0..=KEYS {
        assert_eq!(view.get(&key), model.get(&key), "key {key}");
    }
    for (key, value) in &view {
        assert_eq!(model.get(key), Some(value));
    }
}

/// Before some of the operations the writer reads its own changes.
fn run_map<E: Engine, S: BuildHasher + Clone>(hasher: S, batches: Vec<Vec<Op>>) {
    let (mut writer, reader) = Builder::new()
        .hasher(hasher)
        .engine::<E>()
        .build::<u32, u32>();
    let mut published = Model::new();
    for batch in batches {
        let mut model = published.clone();
        for op in batch {
            if op.value % 5 == 0 {
                assert_eq!(writer.get(&op.key), model.get(&op.key));
                assert_eq!(writer.len(), model.len());
            }
            let expected = model.apply(&Numbers, &op);
            let result = (&mut writer).apply(&Numbers, &op);
            assert!(
                result == expected || result == LOGGED,
                "{op:?}: {result} instead of {expected}"
            );
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

#[derive(Clone, Debug)]
enum BagOp {
    Insert(u8, u8),
    Update(u8, u8),
    RemoveValue(u8, u8),
    RemoveEntry(u8),
    ClearValues(u8),
    RetainLess(u8, u8),
    Clear,
    Purge,
    Fit(u8),
    FitAll,
    Reserve(u8, u8),
    ReserveKeys(u8),
    ShrinkToFit,
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
        1 => key.clone().prop_map(BagOp::ClearValues),
        2 => both.prop_map(|(k, v)| BagOp::RetainLess(k, v)),
        1 => Just(BagOp::Clear),
        1 => Just(BagOp::Purge),
        1 => key.clone().prop_map(BagOp::Fit),
        1 => Just(BagOp::FitAll),
        1 => (key, 0..16u8).prop_map(|(k, n)| BagOp::Reserve(k, n)),
        1 => (0..99u8).prop_map(BagOp::ReserveKeys),
        1 => Just(BagOp::ShrinkToFit),
    ]
}

fn run_multimap<E: Engine>(batches: Vec<Vec<BagOp>>) {
    let (mut writer, reader) = multimap::Builder::new().engine::<E>().build::<u8, u8>();
    let mut model: HashMap<u8, Vec<u8>> = HashMap::new();
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
                    writer.remove_value(&key, value);
                    if let Some(bag) = model.get_mut(&key)
                        && let Some(at) = bag.iter().position(|&v| v == value)
                    {
                        bag.remove(at);
                    }
                }
                BagOp::RemoveEntry(key) => {
                    writer.remove_entry(&key);
                    model.remove(&key);
                }
                BagOp::ClearValues(key) => {
                    writer.clear_values(&key);
                    model.remove(&key);
                }
                BagOp::RetainLess(key, limit) => {
                    writer.retain(&key, |&value| value < limit);
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
                BagOp::Fit(key) => writer.fit(&key),
                BagOp::FitAll => writer.fit_all(),
                BagOp::Reserve(key, additional) => writer.reserve(&key, additional.into()),
                BagOp::ReserveKeys(additional) => writer.reserve_keys(additional.into()),
                BagOp::ShrinkToFit => writer.shrink_to_fit(),
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
            writer.reserve_keys(0);
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
                fn a_map_acts_as_std_does(batches in vec(vec(op(KEYS), 0..24), 1..12)) {
                    run_map::<$Engine, _>(DefaultHashBuilder::default(), batches);
                }

                #[test]
                fn a_map_of_colliding_keys_acts_as_std_does(
                    places in 1..4u64,
                    batches in vec(vec(op(KEYS), 0..24), 1..12),
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
