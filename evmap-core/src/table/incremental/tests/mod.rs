//! Tests of the table at every stage of a growth, and of the cost of a growth.

mod postponed;

use std::cell::Cell;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use proptest::collection::vec;
use proptest::prelude::*;

use super::super::Swiss;
use super::*;

impl<K, V> IncrementalTable<K, V> {
    /// Checks the invariants.
    fn check(&self) {
        assert_eq!(self.check_others(), 0, "D2");
    }

    /// Checks the invariants but allows postponed buckets. Returns their number.
    fn check_others(&self) -> usize {
        let Some(draining) = &self.draining else {
            return 0;
        };
        let Draining { table, next } = &**draining;
        assert!(!table.is_empty(), "it is drained");
        let is_left = |&bucket: &usize| table.get_bucket(bucket).is_some();
        let postponed = (0..*next).filter(is_left).count();
        let changes = (table.num_buckets() - next).div_ceil(EVACUATED);
        assert!(
            self.table.capacity() - self.table.len() >= table.len() + changes,
            "D3: {} of {} slots are taken, {} entries and {changes} changes are to come",
            self.table.len(),
            self.table.capacity(),
            table.len()
        );
        postponed
    }
}

/// A developer's run is short. The CI script asks for more cases.
fn cases() -> u32 {
    if std::env::var_os("LEFT_RIGHT_LONG").is_some() {
        10_000
    } else {
        200
    }
}

fn good(key: &u32) -> u64 {
    let hash = u64::from(*key).wrapping_mul(0xd6e8_feb8_6659_fd93);
    (hash ^ hash >> 32).wrapping_mul(0xd6e8_feb8_6659_fd93)
}

/// With this hasher, removed entries leave tombstones.
fn equal(_: &u32) -> u64 {
    7
}

/// Hashers, good and bad.
const HASHERS: [fn(&u32) -> u64; 6] = [
    good,
    equal,
    |key| u64::from(*key),
    |key| u64::from(*key) << 48,
    |key| good(&(key % 5)),
    |key| good(&(key / 40)),
];

type Numbers = IncrementalTable<u32, u32>;

fn table_of(keys: u32, hasher: fn(&u32) -> u64) -> Numbers {
    let mut table = Numbers::with_capacity(0);
    for key in 0..keys {
        table.insert(hasher(&key), key, key, hasher);
        table.check();
    }
    table
}

/// A table of this many buckets that has just begun to grow.
fn growing(buckets: usize) -> Numbers {
    let full = capacity_of(buckets) as u32;
    let table = table_of(full + 1, good);
    assert_eq!(
        table.draining.as_ref().unwrap().table.num_buckets(),
        buckets
    );
    table
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), ..ProptestConfig::default() })]

    #[test]
    fn tables_act_as_std_s_and_keep_the_invariants_at_every_step(
        which in 0..HASHERS.len(),
        steps in vec((0..40u8, 0..400u32, 0..60u32), 1..120),
    ) {
        let hasher = HASHERS[which];
        let mut table = Numbers::with_capacity(0);
        let mut model = HashMap::new();
        let mut value = 0;
        for (step, key, count) in steps {
            match step {
                0..18 => for key in key..key + count {
                    value += 1;
                    let replaced = table.insert(hasher(&key), key, value, hasher);
                    prop_assert_eq!(replaced, model.insert(key, value).map(|old| (key, old)));
                    table.check();
                },
                18..30 => for key in key..key + count {
                    let removed = table.remove(hasher(&key), &key, hasher);
                    prop_assert_eq!(removed, model.remove_entry(&key));
                    table.check();
                },
                30..34 => prop_assert_eq!(
                    table.find_mut(hasher(&key), &key, hasher),
                    model.get_mut(&key)
                ),
                34 => table.reserve(count as usize, hasher),
                35 => table.shrink_to_fit(hasher),
                36 if count < 6 => {
                    table.clear();
                    model.clear();
                }
                37 => {
                    table.rehash_step(count as usize, hasher);
                }
                _ => table = table.duplicate(),
            }
            table.check();
            prop_assert!(table.capacity() >= table.len());
            prop_assert_eq!((table.len(), table.iter().count()), (model.len(), model.len()));
            for key in 0..460 {
                prop_assert_eq!(table.find(hasher(&key), &key), model.get_key_value(&key));
            }
        }
    }
}

#[test]
fn growth_adds_capacity_only_for_more_entries() {
    let mut table = table_of(28, equal);
    assert_eq!((table.table.num_buckets(), table.capacity()), (32, 28));
    for key in 5..19 {
        table.remove(7, &key, equal);
    }
    let mut next = 28;
    while !table.is_growing() {
        table.insert(7, next, next, equal);
        next += 1;
        table.check();
    }
    // Entries take half of the slots, and tombstones the others.
    assert_eq!(table.table.num_buckets(), 32);

    let mut table = growing(32);
    table.rehash_step(usize::MAX, good);
    assert_eq!(table.table.num_buckets(), 64);
}

#[test]
fn capacity_follows_the_entries_and_not_the_calls_of_reserve() {
    fn most_capacity<E: Engine>() -> usize {
        // In each batch, removed entries leave tombstones.
        let hash = |key: &u32| good(&(key / 100));
        let mut table = <E::Table<u32, ()> as Table<u32, ()>>::with_capacity(0);
        let mut most = 0;
        for batch in 0..4_000 {
            table.reserve(100, hash);
            assert!(table.capacity() >= 100);
            let keys = batch * 100..batch * 100 + 100;
            for key in keys.clone() {
                table.insert(hash(&key), key, (), hash);
            }
            for key in keys {
                table.remove(hash(&key), &key, hash);
            }
            most = most.max(table.capacity());
        }
        most
    }
    let (ours, theirs) = (most_capacity::<Incremental>(), most_capacity::<Swiss>());
    assert!(ours <= 4 * theirs, "{ours} and {theirs}");
}

#[test]
fn reserved_capacity_is_enough_to_drain_into() {
    for more in [1, 29, 1_000] {
        let mut table = table_of(28, good);
        table.reserve(more, good);
        assert!(table.is_growing());
        table.check();
        let capacity = table.capacity();
        for key in 28..28 + more as u32 {
            table.insert(good(&key), key, key, good);
            table.check();
        }
        assert_eq!(table.capacity(), capacity);
    }
    // The same number of buckets would fit the entries, but not the changes until the end of the growth.
    let mut table = table_of(28, equal);
    table.remove(7, &10, equal);
    assert_eq!(table.capacity(), 27, "it left a tombstone");
    table.reserve(1, equal);
    table.check();
}

#[test]
fn no_insertion_asks_for_more_hashes_than_the_buckets_it_evacuates() {
    let hashes = Cell::new(0);
    let rehash = |key: &u32| {
        hashes.set(hashes.get() + 1);
        good(key)
    };
    let mut table = Numbers::with_capacity(0);
    for key in 0..20_000 {
        hashes.set(0);
        table.insert(good(&key), key, key, rehash);
        assert!(hashes.get() <= EVACUATED, "{} at {key}", hashes.get());
        table.check();
    }
}

#[test]
fn every_change_does_a_rehash_step() {
    type Change = fn(&mut Numbers, u32);
    let changes: [(&str, Change); 3] = [
        ("insert", |table, key| {
            table.insert(good(&key), key, key, good);
        }),
        ("find_mut", |table, key| {
            table.find_mut(good(&key), &key, good);
        }),
        ("remove", |table, key| {
            table.remove(good(&key), &key, good);
        }),
    ];
    for (name, change) in changes {
        for key in [0, u32::MAX] {
            let mut table = growing(1024);
            let mut count = 0;
            while table.is_growing() {
                change(&mut table, key);
                table.check();
                // A clone continues from there.
                table = table.duplicate();
                count += 1;
                assert!(count <= 1024_usize.div_ceil(EVACUATED), "{name} of {key}");
            }
        }
    }
}

#[test]
fn an_old_table_is_freed_with_its_last_entry() {
    for hash in [0, 500, 1_000] {
        let rehash = |_: &u32| hash;
        let mut table = Numbers::with_capacity(800);
        table.insert(hash, 1, 1, rehash);
        table.reserve(5_000, rehash);
        assert!(table.is_growing());
        let mut other = table.duplicate();
        assert_eq!(table.remove(hash, &1, rehash), Some((1, 1)));
        assert!(!table.is_growing());
        assert_eq!(other.find_mut(hash, &1, rehash), Some(&mut 1));
        assert!(!other.is_growing());
    }
}

#[test]
fn calls_with_nothing_to_do_do_not_touch_a_growth() {
    let mut table = growing(1024);
    let no_hash = |_: &u32| -> u64 { panic!("a hash was asked for") };
    let capacity = table.capacity();
    table.reserve(capacity - table.len(), no_hash);
    table.shrink_to_fit(no_hash);
    assert!(table.is_growing());
    table.check();

    table.reserve(capacity - table.len() + 1, good);
    assert!(table.is_growing() && table.capacity() > capacity);
    table.check();
    table.shrink_to_fit(good);
    assert!(!table.is_growing());
    assert_eq!(table.capacity(), capacity);
}

#[test]
fn a_panic_of_any_hash_keeps_every_entry() {
    type Act = fn(&mut Numbers, &dyn Fn(&u32) -> u64, u64);
    let acts: [Act; 6] = [
        |table, rehash, hash| _ = table.insert(hash, 1_000, 0, rehash),
        |table, rehash, hash| _ = table.remove(hash, &1_000, rehash),
        |table, rehash, hash| _ = table.find_mut(hash, &1_000, rehash),
        |table, rehash, _| _ = table.rehash_step(50, rehash),
        |table, rehash, _| table.reserve(500, rehash),
        |table, rehash, _| table.shrink_to_fit(rehash),
    ];
    for hasher in [good, equal] {
        // Tables that are full, that grow, and that are full of tombstones.
        for (entries, removed) in [7, 14, 28, 29, 31, 112, 113, 115]
            .into_iter()
            .flat_map(|entries| [(entries, 0), (entries, entries * 2 / 3)])
        {
            let mut original = table_of(entries, hasher);
            for key in 1..=removed {
                original.remove(hasher(&key), &key, hasher);
            }
            for (act, after) in acts
                .iter()
                .flat_map(|act| [0, 1, 6].map(|after| (act, after)))
            {
                let mut table = original.duplicate();
                let left = Cell::new(after);
                let rehash = |key: &u32| {
                    assert_ne!(left.get(), 0, "planted");
                    left.set(left.get() - 1);
                    hasher(key)
                };
                let hash = hasher(&1_000);
                let _ = catch_unwind(AssertUnwindSafe(|| act(&mut table, &rehash, hash)));
                table.check_others();
                for (key, value) in original.iter() {
                    assert_eq!(table.find(hasher(key), key), Some((key, value)));
                }
                table.insert(hash, 1_000, 0, hasher);
                assert_eq!(table.len(), original.len() + 1);
                assert_eq!(table.iter().count(), table.len());
                table.check_others();
                // After the next growth at the latest, nothing is postponed any more.
                let mut key = 2_000;
                while table.check_others() > 0 {
                    table.insert(hasher(&key), key, key, hasher);
                    key += 1;
                    assert!(key < 4_000, "it is still postponed");
                }
            }
        }
    }
}
