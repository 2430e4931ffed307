//! Random operations on numbers, for suites that compare with std's map.

use proptest::collection::vec;
use proptest::prelude::*;

use crate::operations::{KINDS, Op, Things};

/// Keys and values that are the numbers.
pub struct Numbers;

impl Things for Numbers {
    type Key = u32;
    type Value = u32;

    fn key(&self, number: u32) -> u32 {
        number
    }

    fn value(&self, number: u32) -> u32 {
        number
    }
}

/// Operations on keys below this number: few, so that operations have keys in common.
pub fn op(keys: u32) -> impl Strategy<Value = Op> {
    let kinds: Vec<_> = KINDS
        .iter()
        .map(|&(weight, _, kind)| (weight, kind))
        .collect();
    let kinds = proptest::strategy::Union::new_weighted(
        kinds
            .into_iter()
            .map(|(weight, kind)| (weight, Just(kind)))
            .collect(),
    );
    let entries = prop_oneof![3 => vec((0..keys, any::<u32>()), 0..8), 1 => vec((0..keys, any::<u32>()), 32..99)];
    (kinds, 0..keys, any::<u32>(), any::<Option<u32>>(), entries).prop_map(
        |(kind, key, value, option, entries)| Op {
            kind,
            key,
            value,
            option,
            entries,
        },
    )
}
