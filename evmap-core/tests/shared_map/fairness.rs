//! Every writer gets the lock, however long the critical sections of others are.
//!
//! The tests count critical sections and not time. Each lasts until the waiting thread has tried the lock and sleeps
//! again, so none ends while that thread lacks a processor.

use std::fs;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use evmap_core::{FenceMode, SharedMap};

use crate::{FAR, eventually};

/// Critical sections of 20 µs or longer that may begin while a writer waits for the lock. Each of these lasts until
/// that writer sleeps, so it has registered as waiting by the end of the first one.
const MOST: u64 = 25;

/// A thread whose state other threads can read, once it has registered.
#[derive(Clone, Default)]
struct Seen(Arc<OnceLock<String>>);

impl Seen {
    /// Registers the calling thread.
    fn is_me(&self) {
        self.0.get_or_init(|| {
            let own = fs::read_link("/proc/thread-self").unwrap_or_default();
            format!("/proc/{}/status", own.display())
        });
    }

    /// Waits until the thread sleeps, or until `is_over`. Waits for a moment where the system does not report it.
    fn until_it_sleeps(&self, is_over: &AtomicBool) {
        let path = self.0.get().expect("a registered thread");
        let begin = Instant::now();
        while !is_over.load(Ordering::Relaxed) {
            assert!(
                begin.elapsed() < FAR,
                "it does not sleep during a long critical section"
            );
            let Ok(status) = fs::read_to_string(path) else {
                thread::sleep(Duration::from_millis(2));
                return;
            };
            if status.contains("\nState:\tS") {
                return;
            }
            thread::yield_now();
        }
    }
}

struct EndOnDrop<'a>(&'a AtomicBool);

impl Drop for EndOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn a_writer_gets_the_lock_beside_one_with_long_critical_sections() {
    // With a barrier per publication, a writer leaves the publication to the next one, and so lets it run.
    let map = SharedMap::<_, _>::builder()
        .fence(FenceMode::SeqCst)
        .build();
    let me = Seen::default();
    me.is_me();
    for micros in [20, 200, 2_000] {
        let (sections, is_over) = (AtomicU64::new(0), AtomicBool::new(false));
        thread::scope(|scope| {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    map.write(|w| {
                        thread::sleep(Duration::from_micros(micros));
                        me.until_it_sleeps(&is_over);
                        w.insert(0, sections.fetch_add(1, Ordering::Relaxed));
                    });
                }
            });
            // Also if this thread panics. Otherwise the other one would never stop.
            let _end = EndOnDrop(&is_over);
            eventually("the other one writes", || {
                sections.load(Ordering::Relaxed) > 0
            });
            for n in 1..=20 {
                let before = sections.load(Ordering::Relaxed);
                if n % 2 == 0 {
                    map.insert(n, n);
                } else {
                    map.write_timeout(FAR, |w| w.insert(n, n)).unwrap();
                }
                let meanwhile = sections.load(Ordering::Relaxed) - before;
                assert!(
                    meanwhile <= MOST,
                    "{meanwhile} critical sections of {micros} µs"
                );
            }
        });
    }
}

/// The publisher of this process, once it runs.
#[cfg(target_os = "linux")]
fn publisher() -> Option<Seen> {
    let tasks = fs::read_dir("/proc/self/task").ok()?;
    let mut paths = tasks.filter_map(|task| Some(task.ok()?.path()));
    let path = paths.find(|path| {
        fs::read_to_string(path.join("comm")).is_ok_and(|name| name.trim() == "lr-publisher")
    })?;
    let seen = Seen::default();
    seen.0
        .get_or_init(|| path.join("status").display().to_string());
    Some(seen)
}

/// The publisher only tries to lock. If the lock is always taken, the writer has to publish.
#[test]
#[cfg(target_os = "linux")]
fn deferred_writes_are_published_beside_one_with_long_critical_sections() {
    let map = SharedMap::builder()
        .refresh_every(Duration::from_millis(1))
        .build();
    map.insert(0, 0);
    eventually("the publisher runs", || publisher().is_some());
    for _ in 0..10 {
        let (version, mut sections) = (map.version(), 0);
        while map.version() == version {
            map.write(|w| {
                // By the end of this section the publisher is due and has tried the lock.
                thread::sleep(Duration::from_millis(2));
                if let Some(publisher) = publisher() {
                    publisher.until_it_sleeps(&AtomicBool::new(false));
                }
                w.insert(0, sections);
            });
            sections += 1;
            assert!(sections <= MOST, "{sections} writes without a publication");
        }
    }
}
