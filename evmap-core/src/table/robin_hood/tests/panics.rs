//! The state of the table after panics in user code.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::super::*;

/// Equal by number. A comparison panics once none is allowed any more.
struct Fragile<'a>(u32, &'a Cell<u32>);

impl PartialEq for Fragile<'_> {
    fn eq(&self, other: &Self) -> bool {
        let left = self.1.get();
        assert_ne!(left, 0, "no comparison more");
        self.1.set(left - 1);
        self.0 == other.0
    }
}

impl Eq for Fragile<'_> {}

#[test]
fn a_panic_in_eq_or_hash_leaves_each_entry_once() {
    let left = Cell::new(u32::MAX);
    let mut table = RobinHoodTable::with_capacity(0);
    let hash_of = |key: &Fragile<'_>| u64::from(key.0 % 7);
    for n in 0..40 {
        let key = Fragile(n, &left);
        table.insert(hash_of(&key), key, n, hash_of);
    }
    for n in 0..40 {
        for allowed in 0..3 {
            left.set(allowed);
            let key = Fragile(n, &left);
            let _ = catch_unwind(AssertUnwindSafe(|| {
                table.remove(hash_of(&key), &key, hash_of)
            }));
            table.check();
            let _ = catch_unwind(AssertUnwindSafe(|| {
                table.insert(hash_of(&key), Fragile(n, &left), n, hash_of)
            }));
            table.check();
            left.set(u32::MAX);
            let len = table.len();
            let hashing = |_: &Fragile<'_>| -> u64 { panic!("no hash") };
            if catch_unwind(AssertUnwindSafe(|| {
                table.remove(hash_of(&key), &key, hashing)
            }))
            .is_err()
            {
                assert_eq!(table.len(), len);
            }
            table.check();
        }
        left.set(u32::MAX);
    }
}

#[test]
fn a_panic_in_a_drop_leaves_a_cleared_table_empty() {
    struct Bomb(bool);
    impl Drop for Bomb {
        fn drop(&mut self) {
            assert!(!self.0, "planted");
        }
    }
    let rehash = |key: &u32| u64::from(*key);
    let mut table = RobinHoodTable::with_capacity(0);
    for key in 0..20u32 {
        table.insert(rehash(&key), key, Bomb(key == 10), rehash);
    }
    catch_unwind(AssertUnwindSafe(|| table.clear())).unwrap_err();
    table.check();
    assert_eq!(table.len(), 0);
    table.insert(rehash(&5), 5, Bomb(false), rehash);
    table.check();
    assert!(table.find(rehash(&5), &5).is_some() && table.find(rehash(&6), &6).is_none());
}
