//! Entries into a map with many writers.

use std::hash::{BuildHasherDefault, DefaultHasher, Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use evmap_core::SharedMap;
use evmap_core::table::SharedEngine;

use crate::things::{may_panic, panics_at};

on_each! {
    a_shared_extend_counts_its_entries,
    an_extend_that_cannot_be_applied_once_more_is_undone_completely,
    what_a_shared_extend_replaces_is_dropped_outside_of_the_lock,
    entries_after_a_panic_on_the_second_copy_are_dropped_outside_of_the_lock,
    the_drops_of_an_undone_extend_may_all_panic,
}

fn a_shared_extend_counts_its_entries<E: SharedEngine<u32, u32>>() {
    let map = SharedMap::<u32, u32>::builder()
        .engine::<E>()
        .refresh_every(Duration::MAX)
        .max_pending(150)
        .build();
    let batch = |from: u32| (from..from + 50).map(|n| (n, n));
    map.extend(std::iter::empty());
    assert_eq!((map.stats().pending, map.stats().writes), (0, 0));
    map.extend(batch(0));
    map.insert(0, 1);
    assert_eq!((map.stats().pending, map.stats().writes), (51, 2));
    let undone = catch_unwind(AssertUnwindSafe(|| {
        map.write(|w| w.remove(&1).map(|_| -> () { panic!("planted") }))
    }));
    undone.unwrap_err();
    assert_eq!((map.stats().pending, map.len()), (51, 0));
    map.extend(batch(100));
    assert_eq!((map.stats().pending, map.len()), (101, 0));
    map.extend(batch(200));
    assert_eq!(
        (map.stats().pending, map.len()),
        (0, 150),
        "151 are too many"
    );
    map.insert(0, 2);
    assert_eq!(map.stats().pending, 1);
}

fn an_extend_that_cannot_be_applied_once_more_is_undone_completely<E: SharedEngine<u32, Caller>>() {
    let map = SharedMap::builder()
        .engine::<E>()
        .refresh_every(Duration::MAX)
        .build();
    let entries = |from: u32| (from..from + 50).map(|n| (n, Caller::default()));
    map.insert(0, Caller::default());
    map.extend(entries(100));
    map.extend(entries(200));
    // Nothing is published, so recovery clones the pending entries, in order.
    assert!(panics_at("clone", 21, || {
        map.write(|w| w.remove(&0).map(|_| -> () { panic!("planted in a write") }));
    }));
    assert_eq!(map.stats().rolled_back, 1);
    assert_eq!((map.stats().pending, map.flush().as_u64()), (51, 1));
    assert!((200..250).chain([0]).all(|key| map.contains_key(&key)));
    assert_eq!((map.len(), map.stats().pending), (51, 0));
}

type Call = Box<dyn Fn() + Send + Sync>;

/// A value that makes a call when it is dropped.
#[derive(Default)]
struct Caller(Arc<OnceLock<Call>>);

impl Clone for Caller {
    fn clone(&self) -> Self {
        may_panic("clone");
        Caller(Arc::clone(&self.0))
    }
}

impl Drop for Caller {
    fn drop(&mut self) {
        if let Some(call) = self.0.get() {
            call();
        }
    }
}

/// Counters of drops outside of a write and inside of one.
type Drops = Arc<[AtomicU64; 2]>;

/// Without a seed, so that the number of key comparisons is the same in each run.
type SameHashes = BuildHasherDefault<DefaultHasher>;

/// A map, and a call for its values to make, which counts whether it is inside of a write.
fn called_back<K, E>() -> (
    SharedMap<K, Caller, SameHashes, E>,
    Arc<OnceLock<Call>>,
    Drops,
)
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    E: SharedEngine<K, Caller>,
{
    let drops = Drops::default();
    let there = Arc::new(OnceLock::new());
    let map = SharedMap::builder()
        .hasher(SameHashes::default())
        .engine::<E>()
        .build();
    let (writing, counting) = (map.clone(), Arc::clone(&drops));
    let call: Call = Box::new(move || {
        // Inside of a write of its own thread this panics.
        let write = AssertUnwindSafe(|| writing.try_write(|w| w.len()).is_ok());
        let is_inside = catch_unwind(write).is_err();
        counting[usize::from(is_inside)].fetch_add(1, Ordering::Relaxed);
    });
    assert!(there.set(call).is_ok());
    (map, there, drops)
}

fn what_a_shared_extend_replaces_is_dropped_outside_of_the_lock<E: SharedEngine<u32, Caller>>() {
    let (map, there, drops) = called_back::<u32, E>();
    let [outside, inside] = &*drops;
    let entries = || (0..100).map(|n| (n % 60, Caller(Arc::clone(&there))));
    for is_empty in [true, false] {
        map.extend(entries());
        map.flush();
        let replaced = if is_empty { 40 } else { 100 };
        let dropped = outside.swap(0, Ordering::Relaxed);
        assert_eq!(dropped, 2 * replaced, "those of each copy");
        assert_eq!(map.len(), 60);
    }
    for is_empty in [false, true] {
        if is_empty {
            map.clear();
            map.flush();
        }
        for after in [0, 1, 50, 99] {
            let version = map.version();
            assert!(panics_at("clone", after, || map.extend(entries())));
            assert_eq!(map.version(), version);
        }
    }
    assert!(outside.load(Ordering::Relaxed) > 800);
    assert_eq!(inside.load(Ordering::Relaxed), 0);
}

/// A key that may panic where it is compared.
#[derive(Clone)]
struct Picky(u32);

impl Hash for Picky {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl PartialEq for Picky {
    fn eq(&self, other: &Self) -> bool {
        may_panic("eq");
        self.0 == other.0
    }
}

impl Eq for Picky {}

fn entries_after_a_panic_on_the_second_copy_are_dropped_outside_of_the_lock<
    E: SharedEngine<Picky, Caller>,
>() {
    // Each copy compares the forty repeated keys, and a few with similar hashes. These comparisons are in the
    // second copy.
    for after in [60, 70] {
        let (map, there, drops) = called_back::<Picky, E>();
        // The map contains a panic there, so it does not reach the caller.
        let contained = catch_unwind(AssertUnwindSafe(|| {
            panics_at("eq", after, || {
                map.extend((0..100).map(|n| (Picky(n % 60), Caller(Arc::clone(&there)))));
            })
        }));
        assert!(contained.is_err(), "it was not planted on the second copy");
        map.flush();
        map.flush();
        assert!(map.len() >= 60);
        let [outside, inside] = &*drops;
        // Only the entry that panics is dropped inside of the write.
        assert!(inside.load(Ordering::Relaxed) <= 1, "after {after}");
        assert!(outside.load(Ordering::Relaxed) > 40);
        // The values keep the map alive, and the map keeps the values.
        map.clear();
        map.flush();
    }
}

/// A list that drops two of them at once would abort the program.
fn the_drops_of_an_undone_extend_may_all_panic<E: SharedEngine<u32, Loud>>() {
    let map = SharedMap::builder().engine::<E>().build();
    assert!(panics_at("clone", 40, || {
        map.extend((0..50).map(|n| (n, Loud { is_loud: true })));
    }));
    assert_eq!((map.len(), map.stats().panics), (0, 50));
}

struct Loud {
    is_loud: bool,
}

impl Clone for Loud {
    fn clone(&self) -> Self {
        may_panic("clone");
        Loud { is_loud: false }
    }
}

impl Drop for Loud {
    fn drop(&mut self) {
        assert!(!self.is_loud, "planted in a drop");
    }
}
