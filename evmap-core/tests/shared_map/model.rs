//! Random sequences of writes, against std's map, with views that are held, panics in the middle, and immediate and
//! deferred publications.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use evmap_core::SharedMap;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::operations::{Apply, Model, Op};
use crate::random::{Numbers, op};

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

/// Few keys, so that operations have keys in common.
const KEYS: u32 = 16;

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => op(KEYS).prop_map(Step::One),
        3 => vec(op(KEYS), 0..6).prop_map(Step::Batch),
        2 => vec(op(KEYS), 0..6).prop_map(Step::Panic),
        2 => Just(Step::Flush),
        2 => Just(Step::View),
        1 => Just(Step::NoView),
    ]
}

fn run(map: &SharedMap<u32, u32>, steps: &[Step], is_deferred: bool) {
    let mut model = Model::new();
    let mut held = None;
    for step in steps {
        match step {
            Step::One(op) => {
                let result = map.apply(&Numbers, op);
                assert_eq!(result, model.apply(&Numbers, op), "{op:?}");
            }
            Step::Batch(ops) => {
                map.write(|w| {
                    for op in ops {
                        let result = w.apply(&Numbers, op);
                        assert_eq!(result, model.apply(&Numbers, op), "{op:?}");
                    }
                });
            }
            Step::Panic(ops) => {
                let outcome = catch_unwind(AssertUnwindSafe(|| {
                    map.write(|w| {
                        for op in ops {
                            w.apply(&Numbers, op);
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
fn published(map: &SharedMap<u32, u32>) -> Model {
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
