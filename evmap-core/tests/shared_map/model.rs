//! Random sequences of writes, against std's map, with views that are held, panics in the middle, and immediate and
//! deferred publications.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use evmap_core::SharedMap;
use evmap_core::shared_map::Batch;
use proptest::collection::vec;
use proptest::prelude::*;

type Key = u8;

#[derive(Clone, Debug)]
enum Op {
    Insert(Key, u32),
    Remove(Key),
    Merge(Key, u32),
    Compute(Key, Option<u32>),
    ReplaceIfOdd(Key, u32),
    RemoveIfOdd(Key),
    RetainLess(u32),
    Clear,
}

#[derive(Clone, Debug)]
enum Step {
    One(Op),
    Batch(Vec<Op>),
    /// A batch that panics after these operations.
    Panic(Vec<Op>),
    Flush,
    /// Takes a view, which replaces an earlier one.
    View,
    NoView,
}

fn op() -> impl Strategy<Value = Op> {
    let key = 0..16u8;
    prop_oneof![
        6 => (key.clone(), any::<u32>()).prop_map(|(k, v)| Op::Insert(k, v)),
        4 => key.clone().prop_map(Op::Remove),
        2 => (key.clone(), any::<u32>()).prop_map(|(k, v)| Op::Merge(k, v)),
        2 => (key.clone(), any::<Option<u32>>()).prop_map(|(k, v)| Op::Compute(k, v)),
        1 => (key.clone(), any::<u32>()).prop_map(|(k, v)| Op::ReplaceIfOdd(k, v)),
        1 => key.prop_map(Op::RemoveIfOdd),
        1 => any::<u32>().prop_map(Op::RetainLess),
        1 => Just(Op::Clear),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => op().prop_map(Step::One),
        3 => vec(op(), 0..6).prop_map(Step::Batch),
        2 => vec(op(), 0..6).prop_map(Step::Panic),
        2 => Just(Step::Flush),
        2 => Just(Step::View),
        1 => Just(Step::NoView),
    ]
}

type Model = HashMap<Key, u32>;

/// Applies the operation to std's map, and returns its result.
fn on_model(model: &mut Model, op: &Op) -> Option<u32> {
    match *op {
        Op::Insert(k, v) => model.insert(k, v),
        Op::Remove(k) => model.remove(&k),
        Op::Merge(k, v) => {
            let new = model.get(&k).map_or(v, |old| old.wrapping_add(v));
            model.insert(k, new);
            Some(new)
        }
        Op::Compute(k, v) => {
            match v {
                Some(v) => drop(model.insert(k, v)),
                None => drop(model.remove(&k)),
            }
            v
        }
        Op::ReplaceIfOdd(k, v) => {
            let is_odd = model.get(&k).is_some_and(|old| old % 2 == 1);
            is_odd.then(|| model.insert(k, v)).map(|_| 1)
        }
        Op::RemoveIfOdd(k) => {
            let is_odd = model.get(&k).is_some_and(|old| old % 2 == 1);
            is_odd.then(|| model.remove(&k)).map(|_| 1)
        }
        Op::RetainLess(limit) => {
            model.retain(|_, v| *v < limit);
            None
        }
        Op::Clear => {
            model.clear();
            None
        }
    }
}

fn in_batch(w: &mut Batch<'_, Key, u32>, op: &Op) -> Option<u32> {
    match *op {
        Op::Insert(k, v) => w.insert(k, v),
        Op::Remove(k) => w.remove(&k),
        Op::Merge(k, v) => w.merge(k, v, |old, v| Some(old.wrapping_add(v))),
        Op::Compute(k, v) => w.compute(k, |_| v),
        Op::ReplaceIfOdd(k, v) => w.replace_if(k, |old| old % 2 == 1, v).then_some(1),
        Op::RemoveIfOdd(k) => w.remove_if(&k, |old| old % 2 == 1).then_some(1),
        Op::RetainLess(limit) => {
            w.retain(|_, v| *v < limit);
            None
        }
        Op::Clear => {
            w.clear();
            None
        }
    }
}

fn by_itself(map: &SharedMap<Key, u32>, op: &Op) -> Option<u32> {
    match *op {
        Op::Insert(k, v) => map.insert(k, v),
        Op::Remove(k) => map.remove(&k),
        Op::Merge(k, v) => map.merge(k, v, |old, v| Some(old.wrapping_add(v))),
        Op::Compute(k, v) => map.compute(k, |_| v),
        Op::ReplaceIfOdd(k, v) => map.replace_if(k, |old| old % 2 == 1, v).then_some(1),
        Op::RemoveIfOdd(k) => map.remove_if(&k, |old| old % 2 == 1).then_some(1),
        Op::RetainLess(limit) => {
            map.retain(|_, v| *v < limit);
            None
        }
        Op::Clear => {
            map.clear();
            None
        }
    }
}

fn run(map: &SharedMap<Key, u32>, steps: &[Step], is_deferred: bool) {
    let mut model = Model::new();
    let mut held = None;
    for step in steps {
        match step {
            Step::One(op) => assert_eq!(by_itself(map, op), on_model(&mut model, op), "{op:?}"),
            Step::Batch(ops) => {
                map.write(|w| {
                    for op in ops {
                        assert_eq!(in_batch(w, op), on_model(&mut model, op), "{op:?}");
                    }
                });
            }
            Step::Panic(ops) => {
                let outcome = catch_unwind(AssertUnwindSafe(|| {
                    map.write(|w| {
                        for op in ops {
                            in_batch(w, op);
                        }
                        // Without a message, which would be printed ten thousand times.
                        std::panic::resume_unwind(Box::new(()));
                    })
                }));
                assert!(outcome.is_err());
            }
            Step::Flush => {
                map.flush();
            }
            Step::View => {
                drop(held.take());
                held = Some((map.read(), published(map)));
            }
            Step::NoView => held = None,
        }
        if let Some((view, then)) = &held {
            let now: Model = view.iter().map(|(k, v)| (*k, *v)).collect();
            assert_eq!(&now, then, "a view changed");
        }
        if !is_deferred {
            assert_eq!(published(map), model, "after {step:?}");
        }
        assert_eq!(map.write(|w| w.len()).0, model.len());
    }
    map.flush();
    assert_eq!(published(map), model);
    let stats = map.stats();
    assert_eq!((stats.pending, stats.rolled_back, stats.panics), (0, 0, 0));
}

/// Returns the state that a reader without a view sees.
fn published(map: &SharedMap<Key, u32>) -> Model {
    let reader = map.read_handle();
    let view = reader.read();
    view.iter().map(|(k, v)| (*k, *v)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: crate::cases(), ..ProptestConfig::default() })]

    #[test]
    fn a_shared_map_is_a_map(steps in vec(step(), 0..60)) {
        run(&SharedMap::new(), &steps, false);
    }

    #[test]
    fn a_deferred_shared_map_is_a_map(steps in vec(step(), 0..60)) {
        let map = SharedMap::<_, _>::builder()
            .refresh_every(Duration::MAX)
            .max_pending(7)
            .build();
        run(&map, &steps, true);
    }
}
