//! A stored key whose `Hash` panics, in a map that grows.

use std::cell::Cell;
use std::hash::{Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use evmap_core::table::Incremental;
use evmap_core::{DefaultHashBuilder, SharedMap};

use crate::eventually;

/// A key whose hash panics from a certain moment on.
#[derive(Clone)]
struct Fickle(u32, Option<Arc<AtomicBool>>);

impl PartialEq for Fickle {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl Eq for Fickle {}

impl Hash for Fickle {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let is_bad = self
            .1
            .as_ref()
            .is_some_and(|is_bad| is_bad.load(Ordering::SeqCst));
        assert!(!is_bad, "planted");
        self.0.hash(state);
    }
}

type Map = SharedMap<Fickle, u32, DefaultHashBuilder, Incremental>;

/// Entries that fill 1,024 buckets up to one below their capacity.
const ENTRIES: u32 = 895;

/// A map of this many entries. From now on, the hash of the key 7 panics.
fn fickle(entries: u32, every: Duration) -> (Map, Arc<AtomicBool>) {
    let map = SharedMap::builder()
        .engine::<Incremental>()
        .refresh_every(every)
        .build();
    let is_bad = Arc::new(AtomicBool::new(false));
    map.extend((0..entries).map(|n| {
        let switch = (n == 7).then(|| Arc::clone(&is_bad));
        (Fickle(n, switch), n)
    }));
    map.flush();
    map.flush();
    is_bad.store(true, Ordering::SeqCst);
    (map, is_bad)
}

/// The replay of published operations once did rehash steps, too. The hash panicked, and the fresh copy panicked at the
/// same bucket, without end: no write ever returned, not even `write_timeout`.
#[test]
fn a_stored_key_whose_hash_panics_blocks_no_write() {
    for every in [Duration::ZERO, Duration::MAX] {
        let (map, _) = fickle(ENTRIES, every);
        for n in 1_000..1_200 {
            assert_eq!(map.insert(Fickle(n, None), n), None);
            // The janitor may have the lock for a moment.
            let (old, _) = map
                .write_timeout(crate::FAR, |w| w.insert(Fickle(n, None), n))
                .unwrap();
            assert_eq!(old, Some(n));
            assert_eq!(
                map.compute(Fickle(0, None), |n| Some(n? + 1)),
                Some(n - 999)
            );
        }
        map.flush();
        assert_eq!(map.len(), ENTRIES as usize + 200);
        assert_eq!(map.get_cloned(&Fickle(7, None)), Some(7));
        // Both copies grew, and could not hash that key.
        eventually("both growths have ended, except for that key", || {
            map.flush();
            let stats = map.stats();
            !stats.is_growing && stats.postponed == 2
        });
        let stats = map.stats();
        assert_eq!(
            (stats.rebuilds, stats.rolled_back, stats.panics),
            (0, 0, 0),
            "{stats:?}"
        );
        // A change that touches the key ends the growth.
        assert_eq!(map.insert(Fickle(7, None), 8), Some(7));
        map.flush();
        map.flush();
        assert_eq!(map.stats().postponed, 0);
        assert_eq!(map.get_cloned(&Fickle(7, None)), Some(8));
    }
}

/// The panic of that hash, after all operations were applied, once was taken for a panic of the last operation. That
/// was a write of another thread which had returned, and it was undone.
#[test]
fn an_innocent_write_that_is_pending_is_kept() {
    // The bucket of the bad key depends on its hash, which differs in each map.
    for _ in 0..40 {
        let (map, _) = fickle(27, Duration::MAX);
        map.insert(Fickle(1_000, None), 1);
        // 32 buckets have a capacity of 28.
        map.write(|w| w.extend([(Fickle(1_001, None), 1)]));
        let undone = catch_unwind(AssertUnwindSafe(|| {
            map.write(|w| {
                w.clear();
                panic!("planted");
            })
        }));
        assert!(undone.is_err());
        map.flush();
        assert_eq!(map.get_cloned(&Fickle(1_000, None)), Some(1));
        assert_eq!(map.get_cloned(&Fickle(1_001, None)), Some(1));
        assert_eq!(
            (map.len(), map.stats().rolled_back, map.stats().pending),
            (29, 0, 0)
        );
    }
}

/// Each settling once panicked and made a fresh copy, as often as writes were published.
#[test]
fn a_deferred_map_with_a_bad_key_settles() {
    let (map, _) = fickle(ENTRIES, Duration::from_millis(1));
    map.insert(Fickle(1_000, None), 1);
    map.insert(Fickle(1_001, None), 1);
    eventually("both growths have ended, except for that key", || {
        let stats = map.stats();
        stats.pending == 0 && !stats.is_growing && stats.postponed == 2
    });
    assert_eq!((map.stats().rebuilds, map.stats().panics), (0, 0));
}

thread_local! {
    /// How many clones succeed before one panics.
    static CLONES: Cell<Option<u32>> = const { Cell::new(None) };
}

/// A value whose clone panics when that is planted.
#[derive(Debug, PartialEq, Eq)]
struct Costly(u32);

impl Clone for Costly {
    fn clone(&self) -> Self {
        if let Some(left) = CLONES.get() {
            assert_ne!(left, 0, "planted");
            CLONES.set(Some(left - 1));
        }
        Costly(self.0)
    }
}

/// While no fresh copy can be made, earlier writes are kept, and each new write panics and changes nothing.
#[test]
fn a_clone_that_panics_for_long_undoes_only_the_writes_that_meet_it() {
    for every in [Duration::ZERO, Duration::MAX] {
        let map = SharedMap::builder().refresh_every(every).build();
        map.extend((0..50).map(|n| (n, Costly(n))));
        map.flush();
        map.insert(50, Costly(50));
        let poison = || {
            map.write(|w| {
                w.insert(51, Costly(51));
                CLONES.set(Some(3));
                panic!("the closure's own");
            })
        };
        let panic = catch_unwind(AssertUnwindSafe(poison)).unwrap_err();
        assert_eq!(panic.downcast_ref(), Some(&"the closure's own"));
        for n in 60..70 {
            let refused = catch_unwind(AssertUnwindSafe(|| map.insert(n, Costly(n))));
            assert!(refused.is_err());
        }
        assert_eq!(
            (map.stats().pending, map.stats().rolled_back),
            (usize::from(every > Duration::ZERO), 0)
        );
        CLONES.set(None);
        assert_eq!(map.insert(70, Costly(70)), None);
        map.flush();
        let mut keys: Vec<_> = map.read().keys().copied().collect();
        keys.sort_unstable();
        assert_eq!(keys, (0..=50).chain([70]).collect::<Vec<_>>());
    }
}
