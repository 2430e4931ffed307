//! Every writer gets the lock, however long the critical sections of others are.
//!
//! Critical sections are counted, not times, and each lasts until the thread that waits for one has looked and sleeps
//! again: so none ends while that thread does not run, for want of a processor.

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

/// A thread that others can look at, once it has told of itself.
#[derive(Clone, Default)]
struct Seen(Arc<OnceLock<String>>);

impl Seen {
    /// Tells of the calling thread.
    fn is_me(&self) {
        self.0.get_or_init(|| {
            let own = fs::read_link("/proc/thread-self").unwrap_or_default();
            format!("/proc/{}/status", own.display())
        });
    }

    /// Waits until the thread sleeps, or until it is over; where the system does not tell, for a moment.
    fn until_it_sleeps(&self, is_over: &AtomicBool) {
        let path = self.0.get().expect("a thread that has told of itself");
        let begin = Instant::now();
        while !is_over.load(Ordering::Relaxed) {
            assert!(begin.elapsed() < FAR, "it waits for a long turn awake");
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
    // Where a publication costs a barrier, a writer leaves it to the next one, and so lets it.
    let map = SharedMap::<_, _>::builder()
        .fence(FenceMode::SeqCst)
        .build();
    let me = Seen::default();
    me.is_me();
    for micros in [20, 200, 2_000] {
        let (turns, is_over) = (AtomicU64::new(0), AtomicBool::new(false));
        thread::scope(|scope| {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    map.write(|w| {
                        thread::sleep(Duration::from_micros(micros));
                        me.until_it_sleeps(&is_over);
                        w.insert(0, turns.fetch_add(1, Ordering::Relaxed));
                    });
                }
            });
            // Also if this thread panics: else the other one would go on for ever.
            let _end = EndOnDrop(&is_over);
            eventually("the other one writes", || turns.load(Ordering::Relaxed) > 0);
            for n in 1..=20 {
                let before = turns.load(Ordering::Relaxed);
                if n % 2 == 0 {
                    map.insert(n, n);
                } else {
                    map.write_timeout(FAR, |w| w.insert(n, n)).unwrap();
                }
                let meanwhile = turns.load(Ordering::Relaxed) - before;
                assert!(meanwhile <= MOST, "{meanwhile} turns of {micros} µs");
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

/// It only tries to lock, so the writer has to publish where the lock is taken each time.
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
                // By its end the publisher is due, and has looked.
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
