//! Two threads serve all maps. They sleep while there is nothing to do, and no map delays another.

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use evmap_core::SharedMap;

use crate::{FAR, eventually, in_own_process};

const SOON: Duration = Duration::from_millis(1);

/// The threads of this process, each with its name.
fn threads() -> Vec<(String, PathBuf)> {
    let tasks = fs::read_dir("/proc/self/task").unwrap();
    let paths = tasks.map(|task| task.unwrap().path());
    let mut threads: Vec<_> = paths
        .filter_map(|path| Some((fs::read_to_string(path.join("comm")).ok()?, path)))
        .map(|(name, path)| (name.trim().to_owned(), path))
        .collect();
    threads.sort();
    threads
}

/// The threads of this project, which share a name prefix.
fn ours() -> Vec<String> {
    let names = threads().into_iter().map(|(name, _)| name);
    names.filter(|name| name.starts_with("lr-")).collect()
}

/// How often the threads of this project have been put on a processor or taken from it.
fn switches() -> u64 {
    let ours = threads()
        .into_iter()
        .filter(|(name, _)| name.starts_with("lr-"));
    ours.map(|(_, path)| {
        let status = fs::read_to_string(path.join("status")).unwrap();
        let counts = status.lines().filter(|line| line.contains("ctxt_switches"));
        let counts = counts.map(|line| line.rsplit('\t').next().unwrap().parse::<u64>().unwrap());
        counts.sum::<u64>()
    })
    .sum()
}

#[test]
fn a_thousand_deferred_maps_have_two_threads_and_leave_none_behind() {
    in_own_process(
        "threads::a_thousand_deferred_maps_have_two_threads_and_leave_none_behind",
        || {
            let before = threads().len();
            let value = Arc::new(());
            let maps: Vec<SharedMap<u32, Arc<()>>> = (0..1_000)
                .map(|_| SharedMap::builder().refresh_every(SOON).build())
                .collect();
            for map in &maps {
                map.insert(1, Arc::clone(&value));
            }
            eventually("all writes are visible", || {
                maps.iter().all(|map| map.len() == 1)
            });
            // A thread has its creator's name until it gives itself its own.
            eventually("both threads have their names", || {
                ours() == ["lr-janitor", "lr-publisher"]
            });
            assert_eq!(threads().len(), before + 2);
            drop(maps);
            // The janitor may be inside one of them.
            eventually("all maps end", || Arc::strong_count(&value) == 1);
            eventually("the threads end", || ours().is_empty());
            // They are started again.
            let map = SharedMap::<_, _>::builder().refresh_every(SOON).build();
            map.insert(1, 1);
            eventually("a write is visible", || map.len() == 1);
        },
    );
}

#[test]
fn with_nothing_to_do_for_a_thousand_maps_no_thread_wakes_up_in_a_second() {
    in_own_process(
        "threads::with_nothing_to_do_for_a_thousand_maps_no_thread_wakes_up_in_a_second",
        || {
            let maps: Vec<SharedMap<u32, u32>> = (0..1_000)
                .map(|n| {
                    let every = if n % 2 == 0 { SOON } else { Duration::ZERO };
                    let map = SharedMap::builder().refresh_every(every).build();
                    map.insert(n, n);
                    map
                })
                .collect();
            eventually("all writes are visible", || {
                maps.iter().all(|map| map.len() == 1)
            });
            let begin = Instant::now();
            loop {
                let before = switches();
                thread::sleep(Duration::from_secs(1));
                if switches() == before {
                    break;
                }
                assert!(begin.elapsed() < FAR, "they wake up all the time");
            }
            eventually("both threads have their names", || {
                ours() == ["lr-janitor", "lr-publisher"]
            });
        },
    );
}

/// A map that a thread writes to all the time, until this is dropped.
struct Busy {
    map: SharedMap<u32, u64>,
    is_over: Arc<AtomicBool>,
    writer: Option<thread::JoinHandle<()>>,
}

impl Busy {
    fn new() -> Self {
        let map = SharedMap::builder().refresh_every(SOON).build();
        let is_over = Arc::new(AtomicBool::new(false));
        let writer = {
            let (map, is_over) = (map.clone(), Arc::clone(&is_over));
            thread::spawn(move || {
                for n in 0.. {
                    if is_over.load(Ordering::Relaxed) {
                        return;
                    }
                    let (_, version) = map.write(|w| w.insert(1, n));
                    map.wait_for(version);
                }
            })
        };
        Busy {
            map,
            is_over,
            writer: Some(writer),
        }
    }

    /// Waits for a hundred publications. Panics after a minute.
    fn until_published(&self) {
        let before = self.map.stats().publications;
        eventually("a hundred publications", || {
            self.map.stats().publications >= before + 100
        });
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        self.writer.take().unwrap().join().unwrap();
    }
}

/// Waits in its `Drop` for the publications of another map, if that is planted.
#[derive(Clone)]
struct Waiting(Arc<Mutex<Option<Plan>>>);

/// The map to wait for, and where to report which thread has waited.
type Plan = (Arc<Busy>, mpsc::Sender<Option<String>>);

impl Drop for Waiting {
    fn drop(&mut self) {
        let plan = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some((busy, ended)) = plan {
            busy.until_published();
            ended
                .send(thread::current().name().map(str::to_owned))
                .unwrap();
        }
    }
}

#[test]
fn neither_a_closure_nor_a_drop_of_one_map_delays_another_map_s_publications() {
    let busy = Arc::new(Busy::new());
    let map = SharedMap::builder().refresh_every(SOON).build();
    map.write(|w| {
        busy.until_published();
        w.insert(0, Waiting(Arc::default()));
    });

    // The publisher comes only on request, and the janitor after it.
    let map = SharedMap::builder().refresh_every(60 * FAR).build();
    let (ended, has_ended) = mpsc::channel();
    let waiting = Waiting(Arc::new(Mutex::new(None)));
    let plan = Arc::clone(&waiting.0);
    map.insert(1, waiting);
    map.flush();
    map.flush();
    // The first copy's is dropped here.
    drop(map.remove(&1));
    *plan.lock().unwrap() = Some((Arc::clone(&busy), ended));
    // The second copy's by the janitor, once the removal is published.
    map.flush();
    let name = has_ended.recv_timeout(2 * FAR).unwrap();
    assert_eq!(name.as_deref(), Some("lr-janitor"));
}
