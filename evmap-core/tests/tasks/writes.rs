//! What the writes of tasks do, and that tasks and threads share the lock.

use std::hash::BuildHasher;
use std::pin::pin;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use evmap_core::table::{Incremental, RobinHood, SharedEngine, Swiss};
use evmap_core::{DefaultHashBuilder, SharedMap};

use crate::executor::{Counting, block_on, poll_until_it_waits};
use crate::{FAR, eventually};

fn each_write_does_what_its_sync_form_does<E: SharedEngine<u32, u32>>() {
    let map = SharedMap::builder().engine::<E>().build();
    block_on(async {
        assert_eq!(map.insert_async(1, 10).await, None);
        assert_eq!(map.insert_async(1, 11).await, Some(10));
        assert_eq!(map.insert_if_absent_async(1, 12).await, Err(12));
        assert_eq!(map.insert_if_absent_async(2, 20).await, Ok(()));
        assert_eq!(map.compute_async(2, |n| Some(n? + 1)).await, Some(21));
        assert_eq!(map.compute_async(2, |_| None).await, None);
        assert_eq!(map.compute_if_absent_async(3, || Some(30)).await, Some(30));
        assert_eq!(
            map.compute_if_absent_async(3, || panic!("it is there"))
                .await,
            Some(30)
        );
        assert_eq!(map.merge_async(3, 1, |a, b| Some(a + b)).await, Some(31));
        assert_eq!(map.update_async(&3, |n| n * 2).await, Some(62));
        assert_eq!(map.update_async(&4, |n| n * 2).await, None);
        assert_eq!(map.remove_async(&3).await, Some(62));
        assert_eq!(map.remove_async(&3).await, None);
        let (before, version) = map
            .write_async(|w| {
                w.insert(5, 50);
                w.len()
            })
            .await;
        assert_eq!((before, map.get_cloned(&5)), (2, Some(50)));
        assert_eq!(map.read().version(), version);
    });
    assert_eq!(map.read().len(), 2);
    assert_eq!(map.stats().panics, 0);
}

#[test]
fn each_write_does_what_its_sync_form_does_on_every_engine() {
    each_write_does_what_its_sync_form_does::<Swiss>();
    each_write_does_what_its_sync_form_does::<Incremental>();
    each_write_does_what_its_sync_form_does::<RobinHood>();
}

#[test]
fn a_key_is_removed_by_a_borrowed_form() {
    let map = SharedMap::from([((String::from("a"), String::from("b")), 1)]);
    struct Pair<'a>(&'a str, &'a str);
    impl std::hash::Hash for Pair<'_> {
        fn hash<H: std::hash::Hasher>(&self, hasher: &mut H) {
            (self.0, self.1).hash(hasher);
        }
    }
    impl equivalent::Equivalent<(String, String)> for Pair<'_> {
        fn equivalent(&self, key: &(String, String)) -> bool {
            self.0 == key.0 && self.1 == key.1
        }
    }
    assert_eq!(
        block_on(map.update_async(&Pair("a", "b"), |n| n + 1)),
        Some(2)
    );
    assert_eq!(block_on(map.remove_async(&Pair("a", "b"))), Some(2));
}

/// Futures may move between threads where what they hold may.
#[test]
fn the_futures_are_send() {
    fn is_send<T: Send>(_: T) {}
    let map = SharedMap::<u32, u32>::new();
    is_send(map.insert_async(1, 1));
    is_send(map.remove_async(&1));
    is_send(map.compute_async(1, |_| None));
    is_send(map.merge_async(1, 1, |_, b| Some(b)));
    is_send(map.write_async(|w| w.len()));
    is_send(map.subscribe_async(1));
    let mut changes = map.subscribe(1);
    is_send(changes.next_async());
}

/// A deferred write is ready before it is visible, and is shown without a further write.
#[test]
fn a_deferred_write_of_a_task_is_published_without_it() {
    let map = SharedMap::<u32, u32>::builder()
        .refresh_every(Duration::from_millis(20))
        .build();
    let (_, version) = block_on(map.write_async(|w| w.insert(1, 1)));
    assert!(map.wait_for_timeout(version, FAR).is_ok());
    assert_eq!(map.get_cloned(&1), Some(1));
}

/// Threads that never pause, and tasks: each makes all its writes, and none is lost.
#[test]
fn tasks_and_threads_share_the_map_and_no_write_is_lost() {
    const EACH: u64 = 2_000;
    let map = SharedMap::new();
    let start = Barrier::new(4);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                start.wait();
                for _ in 0..EACH {
                    map.merge(0u32, 1u64, |a, b| Some(a + b));
                }
            });
            scope.spawn(|| {
                start.wait();
                block_on(async {
                    for _ in 0..EACH {
                        map.merge_async(0, 1, |a, b| Some(a + b)).await;
                    }
                });
            });
        }
    });
    assert_eq!(map.get_cloned(&0), Some(4 * EACH));
}

/// Writers that take the lock again and again, each time for long, let a task in.
#[test]
fn a_task_gets_the_lock_beside_threads_that_never_pause() {
    let map = SharedMap::<u32, u32>::new();
    let is_over = AtomicBool::new(false);
    let writes = AtomicUsize::new(0);
    thread::scope(|scope| {
        for key in 0..2 {
            let (map, is_over, writes) = (&map, &is_over, &writes);
            scope.spawn(move || {
                while !is_over.load(Ordering::Relaxed) {
                    map.write(|w| {
                        w.insert(key, 0);
                        thread::sleep(Duration::from_micros(100));
                    });
                    writes.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        eventually("both write", || writes.load(Ordering::Relaxed) > 10);
        for value in 0..20 {
            block_on(map.insert_async(9, value));
        }
        is_over.store(true, Ordering::Relaxed);
    });
    assert_eq!(map.get_cloned(&9), Some(19));
}

/// Tasks that write all the time let a thread in.
#[test]
fn a_thread_gets_the_lock_beside_tasks_that_never_pause() {
    let map = SharedMap::<u32, u32>::new();
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        for key in 0..2 {
            let (map, is_over) = (&map, &is_over);
            scope.spawn(move || {
                block_on(async {
                    while !is_over.load(Ordering::Relaxed) {
                        map.write_async(|w| {
                            w.insert(key, 0);
                            thread::sleep(Duration::from_micros(100));
                        })
                        .await;
                    }
                });
            });
        }
        eventually("a task writes", || !map.is_empty());
        for value in 0..20 {
            map.insert(9, value);
        }
        is_over.store(true, Ordering::Relaxed);
    });
    assert_eq!(map.get_cloned(&9), Some(19));
}

#[test]
fn a_panic_in_the_closure_undoes_the_write_and_the_next_one_works() {
    let map = SharedMap::from([(1, 1)]);
    let write = map.write_async(|w| {
        w.insert(1, 2);
        w.insert(2, 2);
        std::panic::resume_unwind(Box::new("planned"));
    });
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| block_on(write)));
    assert!(outcome.is_err());
    assert_eq!((map.get_cloned(&1), map.len()), (Some(1), 1));
    assert_eq!(block_on(map.insert_async(3, 3)), None);
    assert_eq!(map.insert(4, 4), None);
    assert_eq!((map.get_cloned(&1), map.len()), (Some(1), 3));
}

#[test]
fn a_write_inside_a_write_of_the_same_map_panics() {
    let map = SharedMap::<u32, u32>::new();
    let inside = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        map.write(|_| block_on(map.insert_async(1, 1)));
    }));
    let message = *inside.unwrap_err().downcast::<String>().unwrap();
    assert!(message.contains("call back into a SharedMap"), "{message}");
    assert_eq!(map.insert(1, 2), None);
}

/// A task waits while another thread is inside a write, and is woken when that ends.
#[test]
fn a_task_is_woken_when_the_lock_is_free() {
    let map = SharedMap::<u32, u32>::new();
    let (is_inside, inside) = mpsc::channel();
    let (end, ended) = mpsc::channel::<()>();
    thread::scope(|scope| {
        let writer = &map;
        scope.spawn(move || {
            writer.write(|w| {
                is_inside.send(()).unwrap();
                ended.recv_timeout(FAR).unwrap();
                w.insert(1, 1);
            });
        });
        inside.recv_timeout(FAR).unwrap();
        let woken = Counting::new();
        let mut task = pin!(map.insert_async(1, 2));
        poll_until_it_waits(task.as_mut(), &woken);
        let before = woken.count();
        end.send(()).unwrap();
        eventually("it is woken", || woken.count() > before);
        assert_eq!(block_on(task), Some(1));
    });
}

/// The map goes past a reader that stays, without the task's thread.
#[test]
fn a_reader_that_stays_does_not_stop_tasks() {
    let map = SharedMap::<u32, u32>::builder()
        .stall_limit(Duration::from_millis(1))
        .build();
    thread::scope(|scope| {
        let (is_reading, reading) = mpsc::channel();
        let (end, ended) = mpsc::channel::<()>();
        let reader = &map;
        scope.spawn(move || {
            let view = reader.read();
            is_reading.send(()).unwrap();
            ended.recv_timeout(FAR).unwrap();
            assert_eq!(view.len(), 0);
        });
        reading.recv_timeout(FAR).unwrap();
        for key in 0..5 {
            block_on(map.insert_async(key, key));
        }
        assert_eq!(map.len(), 5);
        assert!(map.stats().rebuilds > 0);
        end.send(()).unwrap();
    });
}

/// A guard of the task's own thread would be there for as long as the task waits, so nobody waits for the stall limit.
#[test]
fn a_guard_of_the_tasks_own_thread_does_not_stop_it() {
    let map = SharedMap::<u32, u32>::builder()
        .stall_limit(FAR * 60)
        .build();
    let view = map.read();
    for key in 0..3 {
        block_on(map.insert_async(key, key));
    }
    assert_eq!((view.len(), map.read_handle().len()), (0, 3));
}

#[test]
fn any_hasher_will_do() {
    fn write<S: BuildHasher + Clone>(map: &SharedMap<u32, u32, S>) -> Option<u32> {
        block_on(map.insert_async(1, 1))
    }
    assert_eq!(
        write(&SharedMap::with_hasher(DefaultHashBuilder::default())),
        None
    );
}
