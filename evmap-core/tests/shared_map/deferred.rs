//! Writes that return at once and become visible a little later.

use std::hash::Hash;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use evmap_core::{SharedMap, Version};

use crate::{FAR, eventually};

fn every<K, V>(time: Duration) -> SharedMap<K, V>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    SharedMap::<K, V>::builder().refresh_every(time).build()
}

#[test]
fn writes_see_each_other_at_once_and_readers_see_them_after_a_flush() {
    let map = every(Duration::MAX);
    assert_eq!(map.insert(1, 10), None);
    assert_eq!(map.merge(1, 5, |old, more| Some(old + more)), Some(15));
    let (_, version) = map.write(|w| w.insert(2, 20));
    assert_eq!((map.len(), map.stats().pending), (0, 3));
    assert_eq!(version, Version::from_u64(1));
    assert_eq!(map.flush(), version);
    assert_eq!((map.len(), map.stats().pending), (2, 0));
    assert_eq!(map.flush(), version, "nothing was pending");
    assert_eq!(map.stats().publications, 1);
}

#[test]
fn the_last_write_before_silence_is_published_too() {
    let map = every(Duration::from_millis(1));
    for n in 1..20 {
        let (_, version) = map.write(|w| w.insert(0, n));
        // Nobody writes any more.
        map.wait_for_timeout(version, FAR).unwrap();
        assert_eq!(map.get_cloned(&0), Some(n));
        if n % 5 == 0 {
            thread::sleep(Duration::from_millis(5));
        }
    }
}

/// Each interval has about one group; a slow machine has fewer. (A write that comes while both copies are being settled
/// is published at once, and its deadline still comes. That makes two groups in one interval.)
#[test]
fn many_writers_are_published_in_large_groups() {
    const TIME: Duration = Duration::from_millis(2);
    let begin = Instant::now();
    let map = every(TIME);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for n in 0..20_000u64 {
                    map.merge(n % 100, 1, |sum, one| Some(sum + one));
                }
            });
        }
    });
    map.flush();
    assert_eq!(map.read().values().sum::<u64>(), 80_000);
    let stats = map.stats();
    assert_eq!(stats.writes, 80_000);
    let times = begin.elapsed().as_nanos() / TIME.as_nanos();
    // The flush is one more publication.
    assert!(u128::from(stats.publications) <= 2 * times + 1, "{stats:?}");
}

#[test]
fn max_pending_operations_are_published_at_once() {
    let map = SharedMap::<_, _>::builder()
        .refresh_every(Duration::MAX)
        .max_pending(10)
        .build();
    for n in 0..25 {
        map.insert(n, n);
    }
    assert_eq!((map.len(), map.stats().pending), (20, 5));
    map.extend((100..200).map(|n| (n, n)));
    assert_eq!((map.len(), map.stats().pending), (125, 0));
}

#[test]
fn a_time_of_zero_is_at_once() {
    let map = every(Duration::ZERO);
    map.insert(1, 1);
    assert_eq!(map.get_cloned(&1), Some(1));
}

#[test]
fn when_nobody_writes_what_was_removed_is_dropped_in_both_copies() {
    let map = every(Duration::from_millis(1));
    let value = Arc::new(());
    map.insert(1, Arc::clone(&value));
    eventually("the value is in both copies", || {
        Arc::strong_count(&value) == 3
    });
    map.insert(1, Arc::new(()));
    eventually("the value is dropped", || Arc::strong_count(&value) == 1);
    // Also if a reader kept the copy for a while.
    map.insert(1, Arc::clone(&value));
    eventually("the value is in both copies", || {
        Arc::strong_count(&value) == 3
    });
    let handle = map.read_handle();
    let view = handle.read();
    map.remove(&1);
    eventually("the removal is visible", || map.is_empty());
    thread::sleep(Duration::from_millis(10));
    assert_eq!(Arc::strong_count(&value), 2, "the view's copy has it");
    drop(view);
    eventually("the value is dropped", || Arc::strong_count(&value) == 1);
}

#[test]
fn dropping_the_last_handle_publishes_what_is_pending_and_frees_the_map() {
    for time in [Duration::MAX, Duration::from_micros(100)] {
        for _ in 0..50 {
            let map = every(time);
            let handle = map.read_handle();
            let other = map.clone();
            map.insert(1, "pending");
            drop(map);
            assert!(handle.is_writer_alive());
            other.insert(2, "too");
            drop(other);
            assert_eq!(handle.len(), 2, "visible when the drop returns");
            eventually("the map is freed", || !handle.is_writer_alive());
        }
    }
}

/// Holds the last handle of the map, and is dropped by the janitor.
#[test]
fn the_last_handle_may_be_dropped_by_the_janitor() {
    struct Holder(
        #[expect(dead_code, reason = "held for its drop")] SharedMap<u32, Arc<Option<Holder>>>,
        Arc<AtomicBool>,
    );
    impl Drop for Holder {
        fn drop(&mut self) {
            self.1.store(true, Ordering::SeqCst);
        }
    }
    let is_dropped = Arc::new(AtomicBool::new(false));
    let map = every(Duration::from_millis(1));
    let reader = map.read_handle();
    let holder = Holder(map.clone(), Arc::clone(&is_dropped));
    map.insert(1, Arc::new(Some(holder)));
    map.flush();
    map.flush();
    map.insert(1, Arc::new(None));
    // From here on only the value holds the map, in the copy that the janitor tidies up.
    drop(map);
    eventually("the janitor drops it", || is_dropped.load(Ordering::SeqCst));
    eventually("the map ends", || !reader.is_writer_alive());
    assert!(reader.get(&1).unwrap().is_none());
}

/// A value whose clone panics while that is planted.
struct Frail(Arc<AtomicBool>);

impl Clone for Frail {
    fn clone(&self) -> Self {
        if self.0.load(Ordering::SeqCst) {
            // Without a message, which would take longer than the deadline.
            std::panic::resume_unwind(Box::new("planted in clone"));
        }
        Frail(Arc::clone(&self.0))
    }
}

/// Leaves a map without a consistent copy, until `is_planted` is reset.
fn break_copy(map: &SharedMap<u32, Frail>, is_planted: &AtomicBool) {
    let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        map.write(|w| {
            w.remove(&0);
            is_planted.store(true, Ordering::SeqCst);
            std::panic::resume_unwind(Box::new("planted in a closure"));
        })
    }));
    assert!(panic.is_err());
}

/// The publisher failed to publish, and once was not requested again: neither when no write followed, nor beside a
/// writer that wrote all the time.
#[test]
fn writes_that_could_not_be_published_in_time_are_published_later() {
    let is_planted = Arc::new(AtomicBool::new(false));
    for time in [Duration::from_micros(40), Duration::from_millis(1)] {
        for goes_on in [false, true] {
            for _ in 0..100 {
                let map = every(time);
                map.insert(0, Frail(Arc::clone(&is_planted)));
                map.flush();
                let (_, version) = map.write(|w| w.insert(1, Frail(Arc::clone(&is_planted))));
                if map.version() == version {
                    continue;
                }
                break_copy(&map, &is_planted);
                // The publisher has probably tried by now.
                thread::sleep(2 * time);
                is_planted.store(false, Ordering::SeqCst);
                let begin = Instant::now();
                while goes_on && map.version() < version {
                    map.insert(2, Frail(Arc::clone(&is_planted)));
                    assert!(begin.elapsed() < FAR, "nobody publishes beside a writer");
                }
                map.wait_for_timeout(version, FAR).unwrap();
            }
        }
    }
}
