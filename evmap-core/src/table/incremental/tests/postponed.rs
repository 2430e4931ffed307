//! Keys whose hash panics in a growth.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::{Numbers, Table, good, growing};

/// A table at the end of a growth. Only one key is postponed, whose hash panics.
fn with_one_postponed() -> Numbers {
    let mut table = growing(1024);
    let mut steps = 0;
    while table.is_growing() {
        table.rehash_step(100, bad_five);
        steps += 1;
        assert!(steps <= 11, "the growth does not end");
    }
    assert_eq!((table.postponed(), table.check_others()), (1, 1));
    assert!(table.iter().any(|(key, _)| *key == 5));
    table
}

fn bad_five(key: &u32) -> u64 {
    assert_ne!(*key, 5, "planted");
    good(key)
}

#[test]
fn a_hash_that_panics_postpones_its_own_bucket_and_no_other() {
    let table = with_one_postponed();
    for key in 0..table.len() as u32 {
        assert_eq!(table.find(good(&key), &key), Some((&key, &key)));
    }
    // Each change that touches the key ends the growth.
    type Touch = fn(&mut Numbers);
    let touches: [Touch; 3] = [
        |table| assert!(table.find_mut(good(&5), &5, bad_five).is_some()),
        |table| assert_eq!(table.insert(good(&5), 5, 5, bad_five), Some((5, 5))),
        |table| assert_eq!(table.remove(good(&5), &5, bad_five), Some((5, 5))),
    ];
    for touch in touches {
        let mut touched = table.duplicate();
        touch(&mut touched);
        assert!(touched.draining.is_none() && touched.postponed() == 0);
    }
    // So does a hash that no longer panics.
    let mut tried = table.duplicate();
    tried.shrink_to_fit(good);
    assert!(tried.draining.is_none());
}

#[test]
fn a_postponed_key_keeps_its_slot_until_a_growth_needs_its_hash() {
    let mut table = with_one_postponed();
    let capacity = table.capacity();
    let mut key = 10_000;
    while table.len() < capacity {
        table.insert(good(&key), key, key, bad_five);
        key += 1;
        assert_eq!(table.capacity(), capacity);
    }
    // Its slot in the new table is still free.
    let mut touched = table.duplicate();
    assert!(touched.find_mut(good(&5), &5, |_| unreachable!()).is_some());
    assert_eq!((touched.capacity(), touched.len()), (capacity, capacity));
    // The growth needs its hash. No entry is lost.
    let insert = |table: &mut Numbers, rehash: fn(&u32) -> u64| {
        catch_unwind(AssertUnwindSafe(|| {
            _ = table.insert(good(&key), key, key, rehash)
        }))
    };
    for _ in 0..2 {
        assert!(insert(&mut table, bad_five).is_err());
        assert_eq!((table.len(), table.postponed()), (capacity, 1));
        assert!(table.try_reserve(1, bad_five).is_err());
        table.reserve(1, bad_five);
        table.shrink_to_fit(bad_five);
        assert_eq!((table.len(), table.postponed()), (capacity, 1));
    }
    assert!(insert(&mut table, good).is_ok());
    assert_eq!((table.len(), table.postponed()), (capacity + 1, 0));
    table.check();
}
