//! A forked child has neither the publisher nor the janitor of its parent, nor any thread that was inside a write.

use std::hash::{Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use evmap_core::SharedMap;

use crate::forking::in_child;
use crate::tasks::block_on;
use crate::{FAR, eventually, in_own_process};

/// Returns the panic message of a call.
fn panic_of<R>(call: impl FnOnce() -> R) -> String {
    let payload = catch_unwind(AssertUnwindSafe(call)).err().expect("a panic");
    let text = payload.downcast_ref::<String>().map(String::as_str);
    let text = text.or(payload.downcast_ref::<&str>().copied());
    text.unwrap_or_default().to_owned()
}

pub fn every(time: Duration) -> SharedMap<u32, Arc<()>> {
    SharedMap::builder().refresh_every(time).build()
}

#[test]
fn deferred_writes_in_a_child_become_visible_and_removed_values_are_dropped() {
    in_own_process(
        "fork::deferred_writes_in_a_child_become_visible_and_removed_values_are_dropped",
        || {
            let map = every(Duration::from_millis(1));
            map.insert(0, Arc::new(()));
            // Both threads of the parent run.
            eventually("the first write is visible", || map.len() == 1);
            let slow = every(Duration::from_secs(2));
            let at_once = every(Duration::ZERO);
            let value = Arc::new(());
            at_once.insert(1, Arc::clone(&value));
            at_once.flush();
            at_once.flush();
            assert_eq!(Arc::strong_count(&value), 3, "both copies have it");
            let (_, version) = slow.write(|w| w.insert(1, Arc::new(())));
            in_child(|| {
                for n in 1..10 {
                    map.insert(n, Arc::new(()));
                    eventually("it is visible", || map.contains_key(&n));
                }
                // Pending at the fork: a thread that waits for it has it published.
                slow.wait_for(version);
                assert!(slow.contains_key(&1));
                // More than once, though the parent's publisher was requested already.
                slow.insert(2, Arc::new(()));
                eventually("it is visible", || slow.contains_key(&2));
                eventually("both copies have it", || Arc::strong_count(&value) == 3);
                at_once.remove(&1);
                eventually("no copy has it", || Arc::strong_count(&value) == 1);
                // A child of the child.
                in_child(|| {
                    map.insert(10, Arc::new(()));
                    eventually("it is visible", || map.contains_key(&10));
                });
                drop((map, slow, at_once));
            });
        },
    );
}

#[test]
fn a_map_that_a_fork_caught_inside_a_write_can_be_read_but_not_written() {
    in_own_process(
        "fork::a_map_that_a_fork_caught_inside_a_write_can_be_read_but_not_written",
        || {
            for time in [Duration::ZERO, Duration::from_millis(1)] {
                let map = every(time);
                map.insert(1, Arc::new(()));
                map.flush();
                let (begin, begun) = mpsc::channel();
                let (end, ended) = mpsc::channel::<()>();
                let ended = std::sync::Mutex::new(ended);
                thread::scope(|scope| {
                    let inside = map.clone();
                    scope.spawn(move || {
                        inside.write(|w| {
                            w.insert(2, Arc::new(()));
                            begin.send(()).unwrap();
                            _ = ended.lock().unwrap().recv();
                        });
                    });
                    begun.recv().unwrap();
                    in_child(|| {
                        let version = map.version();
                        assert!(map.contains_key(&1) && !map.contains_key(&2));
                        let reader = map.clone();
                        let read = thread::spawn(move || reader.len()).join();
                        assert_eq!(read.unwrap(), 1);
                        let says_so = |text: String| assert!(text.contains("forked"), "{text}");
                        says_so(panic_of(|| map.insert(3, Arc::new(()))));
                        says_so(panic_of(|| map.try_write(|_| ())));
                        says_so(panic_of(|| map.write_timeout(FAR, |_| ())));
                        says_so(panic_of(|| map.flush()));
                        says_so(panic_of(|| block_on(map.flush_async())));
                        says_so(panic_of(|| map.changed_since(version)));
                        says_so(panic_of(|| block_on(map.changed_since_async(version))));
                        assert_eq!(map.wait_for(version), version);
                        assert_eq!(map.stats().version, version);
                        // Other maps still work, and so does the drop of this one.
                        let other = every(Duration::from_millis(1));
                        other.insert(1, Arc::new(()));
                        eventually("it is visible", || other.len() == 1);
                        drop((other, map.clone()));
                        drop(map.read_handle());
                    });
                    drop(end);
                });
                map.flush();
                assert_eq!(map.len(), 2, "the parent's write continues");
            }
        },
    );
}

/// The writing thread forks, and continues in both processes.
#[test]
fn a_closure_that_forks_ends_its_write_in_the_child_too() {
    in_own_process(
        "fork::a_closure_that_forks_ends_its_write_in_the_child_too",
        || {
            let map = every(Duration::ZERO);
            let mut is_child = false;
            map.write(|w| {
                w.insert(1, Arc::new(()));
                // SAFETY: as in `in_child`.
                let child = unsafe { libc::fork() };
                is_child = child == 0;
                if !is_child {
                    let mut status = 0;
                    // SAFETY: the pointer is to a status of our own, and the process is our child.
                    unsafe { libc::waitpid(child, &raw mut status, 0) };
                    assert_eq!(status, 0, "the child failed");
                }
            });
            assert!(map.contains_key(&1));
            map.insert(2, Arc::new(()));
            assert_eq!(map.len(), 2);
            if is_child {
                // SAFETY: it ends the process, at once.
                unsafe { libc::_exit(0) };
            }
        },
    );
}

/// A key that reports when the janitor compares it, under the map's lock, and then takes a while.
#[derive(Clone)]
struct Slow(u32, mpsc::SyncSender<()>);

impl PartialEq for Slow {
    fn eq(&self, other: &Self) -> bool {
        if thread::current().name() == Some("lr-janitor") && self.1.try_send(()).is_ok() {
            thread::sleep(Duration::from_millis(2));
        }
        self.0 == other.0
    }
}

impl Eq for Slow {}

impl Hash for Slow {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

/// Otherwise the child would mistake it for a write that the fork has interrupted.
#[test]
fn a_fork_waits_while_the_janitor_is_inside_a_map() {
    in_own_process(
        "fork::a_fork_waits_while_the_janitor_is_inside_a_map",
        || {
            let (told, is_inside) = mpsc::sync_channel(1);
            let map = SharedMap::builder()
                .refresh_every(Duration::from_millis(1))
                .build();
            let key = Slow(1, told);
            map.insert(key.clone(), 0);
            for n in 1..=10 {
                map.insert(key.clone(), n);
                is_inside.recv_timeout(FAR).unwrap();
                in_child(|| {
                    assert!(map.insert(key.clone(), 100).is_some());
                    map.flush();
                    assert_eq!(map.get_cloned(&key), Some(100));
                });
            }
        },
    );
}

/// A value whose clone panics while that is planted.
struct Frail(Arc<AtomicBool>);

impl Clone for Frail {
    fn clone(&self) -> Self {
        let is_planted = self.0.load(Ordering::SeqCst);
        assert!(!is_planted, "planted in clone");
        Frail(Arc::clone(&self.0))
    }
}

/// The parent's publisher has failed before the fork.
#[test]
fn writes_that_could_not_be_published_before_the_fork_are_published_in_the_child() {
    in_own_process(
        "fork::writes_that_could_not_be_published_before_the_fork_are_published_in_the_child",
        || {
            let map = SharedMap::builder()
                .refresh_every(Duration::from_millis(100))
                .build();
            let is_planted = Arc::<AtomicBool>::default();
            let tell = |is_so| is_planted.store(is_so, Ordering::SeqCst);
            map.insert(0, Frail(Arc::clone(&is_planted)));
            map.flush();
            let (_, version) = map.write(|w| w.insert(1, Frail(Arc::clone(&is_planted))));
            panic_of(|| {
                map.write(|w| {
                    w.remove(&0);
                    tell(true);
                    panic!("planted in a closure");
                })
            });
            in_child(|| {
                tell(false);
                map.wait_for_timeout(version, FAR).unwrap();
                let (_, version) = map.write(|w| w.insert(2, Frail(Arc::clone(&is_planted))));
                map.wait_for_timeout(version, FAR).unwrap();
                assert_eq!(map.len(), 3);
            });
            tell(false);
        },
    );
}
