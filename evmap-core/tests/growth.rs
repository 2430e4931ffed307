//! Growth of every engine at every stage, mostly with insertions, and with removals and collisions.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use evmap_core::table::{Engine, Incremental, RobinHood, Swiss};
use evmap_core::{Builder, DefaultHashBuilder, ReadHandle, SharedMap, WriteHandle};
use proptest::collection::vec;
use proptest::prelude::*;

type Key = u16;

#[derive(Clone, Debug)]
enum Step {
    /// The first key, and the number of keys.
    Insert(Key, Key),
    Remove(Key, Key),
    /// New values of keys that may be present.
    Replace(Key, Key),
    Own(Key),
    Retain(u32),
    Refresh,
    /// Twice, the second time with nothing to publish.
    RefreshEmpty,
    Clear,
    Reserve(Key),
    Shrink,
    Rebuild,
}

fn step() -> impl Strategy<Value = Step> {
    let start = 0..600u16;
    let count = 0..90u16;
    prop_oneof![
        8 => (start.clone(), count.clone()).prop_map(|(s, n)| Step::Insert(s, n)),
        4 => (start.clone(), count.clone()).prop_map(|(s, n)| Step::Remove(s, n)),
        2 => (start.clone(), 0..5u16).prop_map(|(s, n)| Step::Replace(s, n)),
        2 => start.prop_map(Step::Own),
        1 => (1..5u32).prop_map(Step::Retain),
        4 => Just(Step::Refresh),
        4 => Just(Step::RefreshEmpty),
        1 => Just(Step::Clear),
        1 => count.prop_map(Step::Reserve),
        1 => Just(Step::Shrink),
        1 => Just(Step::Rebuild),
    ]
}

/// Maps keys to this many hashes: all of them to one, in the worst case.
#[derive(Clone)]
struct Flooding(u64);

struct FloodingHasher(u64, u64);

impl BuildHasher for Flooding {
    type Hasher = FloodingHasher;

    fn build_hasher(&self) -> FloodingHasher {
        FloodingHasher(0, self.0)
    }
}

impl Hasher for FloodingHasher {
    fn finish(&self) -> u64 {
        (self.0 % self.1).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = self.0.wrapping_mul(257).wrapping_add(u64::from(byte));
        }
    }
}

type Model = HashMap<Key, u32>;

/// Checks that each entry is there once, and that exactly the keys of the model are found.
fn assert_same<S: BuildHasher, E: Engine>(reader: &ReadHandle<Key, u32, S, (), E>, model: &Model) {
    let view = reader.read();
    assert_eq!(view.len(), model.len());
    assert_eq!(view.iter().len(), model.len());
    assert!(view.capacity() >= view.len());
    let seen: Model = view.iter().map(|(k, v)| (*k, *v)).collect();
    assert_eq!(&seen, model);
    assert_eq!(view.iter().count(), model.len(), "an entry is there twice");
    let mut folded = 0;
    view.iter().for_each(|_| folded += 1);
    assert_eq!(folded, model.len());
    for key in 0..700 {
        assert_eq!(view.get(&key), model.get(&key), "key {key}");
    }
}

fn run<E: Engine, S: BuildHasher + Clone>(hasher: S, steps: Vec<Step>) {
    let (mut writer, reader) = Builder::new()
        .hasher(hasher)
        .engine::<E>()
        .build::<Key, u32>();
    let mut model = Model::new();
    let mut value = 0;
    for step in steps {
        match step {
            Step::Insert(start, count) => {
                for key in start..start + count {
                    value += 1;
                    writer.insert(key, value);
                    model.insert(key, value);
                }
            }
            Step::Remove(start, count) => {
                for key in start..start + count {
                    writer.remove(&key);
                    model.remove(&key);
                }
            }
            Step::Replace(start, count) => {
                for key in start..start + count {
                    let own = writer.replace(key, 7);
                    assert_eq!(own, model.get(&key).copied());
                    model.entry(key).and_modify(|value| *value = 7);
                }
            }
            Step::Own(key) => {
                assert_eq!(writer.get(&key), model.get(&key));
                assert_eq!(
                    (writer.len(), writer.iter().count()),
                    (model.len(), model.len())
                );
            }
            Step::Retain(part) => {
                writer.retain(|_, value| value % part == 0);
                model.retain(|_, value| *value % part == 0);
            }
            Step::Refresh | Step::RefreshEmpty => {
                writer.refresh();
                assert_same(&reader, &model);
                if matches!(step, Step::RefreshEmpty) {
                    writer.refresh();
                    assert_same(&reader, &model);
                }
            }
            Step::Clear => {
                writer.clear();
                model.clear();
            }
            Step::Reserve(count) => writer.reserve(count.into()),
            Step::Shrink => writer.shrink_to_fit(),
            Step::Rebuild => {
                writer.rebuild().unwrap();
            }
        }
    }
    writer.refresh();
    assert_same(&reader, &model);
    writer.verify_copies().unwrap();
    // Empty refreshes alone settle both copies.
    for _ in 0..4 {
        writer.refresh();
        assert_same(&reader, &model);
    }
    assert!(writer.is_settled());
    writer.verify_copies().unwrap();
}

/// A map of this many entries whose last insertion has begun a growth.
fn growing<E: Engine>(entries: u64) -> WriteHandle<u64, u64, DefaultHashBuilder, (), E> {
    let (mut writer, _) = Builder::new().engine::<E>().build();
    writer.extend((0..entries).map(|key| (key, key)));
    writer.refresh();
    writer
}

macro_rules! on_each {
    ($($name:ident: $Engine:ty,)*) => {
        $(mod $name {
            use super::*;

            proptest! {
                #![proptest_config(ProptestConfig { cases: cases(), ..ProptestConfig::default() })]

                #[test]
                fn a_growing_map_acts_as_std_does(steps in vec(step(), 1..40)) {
                    run::<$Engine, _>(DefaultHashBuilder::default(), steps);
                }

                #[test]
                fn a_flooded_map_acts_as_std_does(
                    places in 1..40u64,
                    steps in vec(step(), 1..20),
                ) {
                    run::<$Engine, _>(Flooding(places), steps);
                }
            }

            #[test]
            fn every_value_is_dropped_once_at_every_stage() {
                let value = Arc::new(());
                for entries in 0..130 {
                    let (mut writer, reader) = Builder::new().engine::<$Engine>().build();
                    for key in 0..entries {
                        writer.insert(key, Arc::clone(&value));
                    }
                    writer.refresh();
                    assert_eq!(reader.len(), entries);
                    if entries % 3 == 0 {
                        writer.clear();
                        writer.refresh();
                        writer.refresh();
                        assert_eq!(Arc::strong_count(&value), 1);
                    }
                    drop((writer, reader));
                    assert_eq!(Arc::strong_count(&value), 1);
                }
            }

            #[test]
            fn a_clear_that_follows_growth_keeps_capacity_and_a_shrink_frees_it() {
                let mut writer = growing::<$Engine>(57_345);
                let reader = writer.read_handle();
                writer.clear();
                writer.refresh();
                assert!(reader.is_empty());
                assert!(reader.read().capacity() > 57_345);
                for _ in 0..2 {
                    writer.shrink_to_fit();
                    writer.refresh();
                    assert_eq!(reader.read().capacity(), 0);
                }
                assert!(writer.is_settled() || { writer.refresh(); writer.is_settled() });
            }

            #[test]
            fn reserved_capacity_is_available() {
                let mut writer = growing::<$Engine>(57_345);
                writer.reserve(100_000);
                writer.refresh();
                let reader = writer.read_handle();
                let capacity = reader.read().capacity();
                assert!(capacity >= 157_345);
                writer.extend((57_345..157_345).map(|key| (key, key)));
                writer.refresh();
                assert_eq!(reader.read().capacity(), capacity, "it had to grow all the same");
                writer.reserve(usize::MAX / 2);
                writer.refresh();
                assert_eq!(reader.len(), 157_345);
            }
        })*
    };
}

on_each! {
    swiss: Swiss,
    incremental: Incremental,
    robin_hood: RobinHood,
}

/// 65,536 buckets are full with 57,344 entries: one more, and each copy has an old table to empty.
#[test]
fn empty_refreshes_alone_finish_a_growth_within_the_documented_bound() {
    let mut writer = growing::<Incremental>(57_345);
    let reader = writer.read_handle();
    assert!(!writer.is_settled());
    let bound = refreshes_for(2 * 65_536);
    let mut refreshes = 0;
    while !writer.is_settled() {
        let version = writer.version();
        assert_eq!(writer.refresh(), version, "nothing was written");
        assert_eq!(reader.len(), 57_345);
        refreshes += 1;
        assert!(refreshes <= bound, "{refreshes} refreshes");
    }
    assert!(
        refreshes > 16,
        "{refreshes} refreshes: nothing was left to do"
    );
    writer.verify_copies().unwrap();
}

/// The number that `is_settled` documents: one for the changes, one for every 4,096 buckets, and two more.
fn refreshes_for(buckets: usize) -> usize {
    1 + buckets.div_ceil(4_096) + 2
}

/// Every second refresh once was wasted: it gave the copy that was done back to the writer.
#[test]
fn the_bound_holds_if_one_copy_is_ahead_of_the_other() {
    for reads in [1_000, 4_000, 8_000, 10_000] {
        let mut writer = growing::<Incremental>(57_345);
        for key in 0..reads {
            assert_eq!(writer.get(&key), Some(&key));
        }
        // Each read rehashes 8 buckets of the writer's copy.
        let left = 65_536_usize.saturating_sub(8 * reads as usize);
        let bound = refreshes_for(left + 65_536);
        let mut refreshes = 0;
        while !writer.is_settled() {
            writer.refresh();
            refreshes += 1;
            assert!(refreshes <= bound, "more than {bound} after {reads} reads");
        }
    }
}

/// The other engine has nothing to finish. Otherwise the test above would prove nothing.
#[test]
fn a_whole_rehash_leaves_nothing_to_finish() {
    let mut writer = growing::<Swiss>(57_345);
    writer.refresh();
    assert!(writer.is_settled());
}

#[test]
fn a_growth_finishes_without_further_writes() {
    let map = SharedMap::<u64, u64>::builder()
        .engine::<Incremental>()
        .refresh_every(Duration::from_millis(1))
        .build();
    // While this view exists, no refresh reaches the copy that has not grown yet.
    let handle = map.read_handle();
    let view = handle.read();
    map.extend((0..57_345).map(|key| (key, key)));
    map.flush();
    assert!(map.stats().is_growing);
    drop(view);
    let begin = Instant::now();
    while map.stats().is_growing {
        assert!(begin.elapsed().as_secs() < 60, "it is still half-grown");
        thread::yield_now();
    }
    assert_eq!((map.len(), map.get_cloned(&57_344)), (57_345, Some(57_344)));
}

/// A developer's run is short. The CI script asks for more cases.
fn cases() -> u32 {
    if std::env::var_os("LEFT_RIGHT_LONG").is_some() {
        10_000
    } else {
        200
    }
}
