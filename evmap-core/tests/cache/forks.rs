//! A forked child has neither the publisher nor the janitor of its parent.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use evmap_core::cache::Cache;

use crate::forking::in_child;
use crate::{Counted, eventually};

#[test]
fn entries_expire_in_a_child_that_only_reads_and_in_one_that_writes() {
    let cache = Cache::builder()
        .time_to_live(Duration::from_millis(50))
        .build();
    cache.insert_with_ttl("warm", 0, Duration::from_millis(1));
    eventually("the parent's threads run", || cache.entry_count() == 0);
    cache.insert("a", 1);
    // A reader has no write to begin the child's clock.
    in_child(|| eventually("it has expired", || cache.get("a").is_none()));
    cache.insert("a", 1);
    in_child(|| {
        cache.insert("b", 2);
        eventually("both are removed", || cache.entry_count() == 0);
        cache.insert("c", 3);
        eventually("so is what is inserted later", || cache.entry_count() == 0);
    });
    eventually("the parent goes on", || cache.entry_count() == 0);
}

#[test]
fn a_child_drops_values_and_tells_the_listener() {
    let told = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&told);
    let cache = Cache::builder()
        .max_capacity(5)
        .eviction_listener(move |_: &u32, _: &Counted, _| {
            counted.fetch_add(1, Ordering::SeqCst);
        })
        .build();
    let drops = Arc::new(AtomicUsize::new(0));
    for n in 0..10 {
        cache.insert(n, Counted(Arc::clone(&drops)));
    }
    eventually("the parent's janitor runs", || {
        drops.load(Ordering::SeqCst) == 5
    });
    in_child(|| {
        for n in 10..20 {
            cache.insert(n, Counted(Arc::clone(&drops)));
        }
        eventually("they are dropped", || drops.load(Ordering::SeqCst) == 15);
        eventually("and told of", || told.load(Ordering::SeqCst) == 15);
    });
}

#[test]
fn after_a_fork_inside_a_write_the_child_reads_and_its_writes_panic() {
    struct Slow(mpsc::SyncSender<()>, std::sync::Mutex<mpsc::Receiver<()>>);
    let (entered, has_entered) = mpsc::sync_channel(1);
    let (leave, may_leave) = mpsc::sync_channel(1);
    let slow = Slow(entered, std::sync::Mutex::new(may_leave));
    let cache = Cache::new(10);
    cache.insert(1, 1);
    thread::scope(|scope| {
        // If the test fails here, the writer must not wait on.
        let leave = leave;
        let writer = &cache;
        scope.spawn(move || {
            writer.invalidate_if(|_, _| {
                slow.0.send(()).expect("the test waits");
                slow.1
                    .lock()
                    .expect("no panic")
                    .recv()
                    .expect("the test goes on");
                false
            });
        });
        has_entered.recv().expect("the write began");
        in_child(|| {
            assert_eq!(cache.get(&1), Some(1));
            assert!(catch_unwind(AssertUnwindSafe(|| cache.insert(2, 2))).is_err());
            assert_eq!(cache.entry_count(), 1);
            cache.stats();
            // Nothing of what may be half changed is touched.
            drop(cache.clone());
        });
        leave.send(()).expect("the writer waits");
    });
    cache.insert(2, 2);
    assert_eq!(cache.get(&2), Some(2));
}

#[test]
fn a_cache_starts_no_thread_before_it_needs_one() {
    // A child begins with one thread.
    in_child(|| {
        let threads = || {
            let tasks = std::fs::read_dir("/proc/self/task");
            tasks.expect("Linux lists them").count()
        };
        let cache = Cache::builder()
            .max_capacity(2)
            .time_to_live(Duration::from_secs(60))
            .eviction_listener(|_: &u32, _: &String, _| ())
            .build();
        assert_eq!((cache.get(&1), threads()), (None, 1));
        cache.insert(1, String::new());
        eventually("the first write starts them", || threads() == 3);
    });
}

#[test]
fn an_idle_entry_expires_in_a_child_that_only_reads() {
    let cache = Cache::builder()
        .time_to_idle(Duration::from_millis(50))
        .build();
    cache.insert("a", 1);
    in_child(|| eventually("it is idle", || !cache.contains_key("a")));
    eventually("the parent goes on", || cache.entry_count() == 0);
}

#[test]
fn a_child_loads_a_key_though_a_thread_of_the_parent_was_loading_it() {
    let cache = Cache::new(10);
    let (begins, begun) = mpsc::channel();
    let (ends, end) = mpsc::channel::<()>();
    thread::scope(|scope| {
        let cache = &cache;
        let loader = scope.spawn(move || {
            cache.get_with("a", || {
                begins.send(()).expect("it is awaited");
                end.recv().expect("it is told");
                1
            })
        });
        begun.recv().expect("it loads");
        in_child(|| assert_eq!((cache.get_with("a", || 2), cache.get("a")), (2, Some(2))));
        ends.send(()).expect("it waits");
        assert_eq!(loader.join().expect("no panic"), 1);
    });
    assert_eq!(cache.get("a"), Some(1));
}
