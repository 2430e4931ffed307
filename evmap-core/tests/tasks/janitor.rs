//! Tasks and the process's background threads.

use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use evmap_core::shared_map::Batch;
use evmap_core::{SharedMap, Version};

use crate::executor::{Counting, block_on, poll_until_it_waits};
use crate::{FAR, eventually, while_locked};

/// Calls this when it is dropped.
#[derive(Clone)]
struct OnDrop(Arc<dyn Fn() + Send + Sync>);

impl Drop for OnDrop {
    fn drop(&mut self) {
        (self.0)();
    }
}

fn name() -> String {
    thread::current().name().unwrap_or_default().to_owned()
}

/// Runs this on the janitor, once.
fn on_the_janitor(run: impl Fn() + Send + Sync + 'static) {
    let (done, is_done) = mpsc::channel();
    let done = Mutex::new(done);
    let has_run = AtomicBool::new(false);
    let map = SharedMap::new();
    let value = OnDrop(Arc::new(move || {
        if name() == "lr-janitor" && !has_run.swap(true, Ordering::Relaxed) {
            run();
            done.lock().unwrap().send(()).unwrap();
        }
    }));
    map.insert(1, value);
    // The second copy is dropped by the janitor.
    drop(map.remove(&1));
    is_done.recv_timeout(FAR).unwrap();
}

/// The janitor, which is in a drop until [`end`](Self::end).
struct BusyJanitor {
    go: mpsc::Sender<()>,
    thread: thread::JoinHandle<()>,
}

impl BusyJanitor {
    /// Runs `then` in the same drop, at its end.
    fn begin(then: impl Fn() + Send + Sync + 'static) -> Self {
        let ((begin, begun), (go, goes)) = (mpsc::channel(), mpsc::channel());
        let (begin, goes) = (Mutex::new(begin), Mutex::new(goes));
        let thread = thread::spawn(|| {
            on_the_janitor(move || {
                begin.lock().unwrap().send(()).unwrap();
                goes.lock().unwrap().recv_timeout(FAR).unwrap();
                then();
            });
        });
        begun.recv_timeout(FAR).unwrap();
        BusyJanitor { go, thread }
    }

    fn end(self) {
        self.go.send(()).unwrap();
        self.thread.join().unwrap();
    }
}

/// Lets a task wait that is not run again, so that it becomes the front of the queue.
fn with_a_task_that_is_not_run(map: &SharedMap<u32, u32>, run: impl FnOnce()) {
    let mut task = pin!(map.insert_async(1, 1));
    while_locked(map, || poll_until_it_waits(task.as_mut(), &Counting::new()));
    run();
    block_on(task);
}

/// Writes until the lock is reserved. Returns the version of the last write.
fn write_until_reserved(map: &SharedMap<u32, u32>) -> Version {
    let mut last = Version::default();
    let write = |w: &mut Batch<'_, u32, u32, _>| {
        thread::sleep(Duration::from_micros(50));
        w.insert(5, 5);
    };
    while let Ok((_, version)) = map.try_write(write) {
        last = version;
    }
    last
}

/// The lock is reserved for the task, and the janitor, which would pass it over, is in a drop that writes.
#[test]
fn a_write_in_a_drop_on_the_janitor_does_not_wait_for_a_task_that_is_not_run() {
    let write = |map: &SharedMap<u32, u32>| _ = map.insert(2, 2);
    let write_as_task = |map: &SharedMap<u32, u32>| _ = block_on(map.insert_async(2, 2));
    for write in [write, write_as_task] {
        let map = SharedMap::new();
        let other = map.clone();
        let janitor = BusyJanitor::begin(move || write(&other));
        with_a_task_that_is_not_run(&map, || {
            write_until_reserved(&map);
            janitor.end();
        });
        assert_eq!(map.get_cloned(&2), Some(2));
    }
}

/// The lock is reserved for the task, and the janitor, which would pass it over, is in a drop. The publisher publishes.
#[test]
fn a_deferred_write_becomes_visible_beside_a_task_that_is_not_run() {
    let map = SharedMap::<u32, u32>::builder()
        .refresh_every(Duration::from_millis(20))
        .build();
    let janitor = BusyJanitor::begin(|| {});
    with_a_task_that_is_not_run(&map, || {
        let version = write_until_reserved(&map);
        map.wait_for_timeout(version, FAR).unwrap();
        janitor.end();
    });
}

/// A task that is run on the janitor does the janitor's work itself.
#[test]
fn a_task_on_the_janitor_goes_past_a_reader() {
    // Longer than the first steps take.
    let map = SharedMap::<u32, u32>::builder()
        .stall_limit(Duration::from_millis(100))
        .build();
    let view_of = map.clone();
    let (is_reading, reading) = mpsc::channel();
    let (end, ended) = mpsc::channel::<()>();
    let reader = thread::spawn(move || {
        let _view = view_of.read();
        is_reading.send(()).unwrap();
        ended.recv_timeout(FAR).unwrap();
    });
    reading.recv_timeout(FAR).unwrap();
    map.insert(1, 1);
    let other = map.clone();
    on_the_janitor(move || _ = block_on(other.insert_async(2, 2)));
    assert_eq!(map.len(), 2);
    end.send(()).unwrap();
    reader.join().unwrap();
}

/// A slow drop of one map holds the janitor up, and not the writers that wait behind a task.
#[test]
fn writers_pass_over_a_task_while_the_janitor_is_busy() {
    let map = SharedMap::new();
    let janitor = BusyJanitor::begin(|| {});
    with_a_task_that_is_not_run(&map, || {
        thread::scope(|scope| {
            for key in 2..4 {
                let map = &map;
                scope.spawn(move || (0..1000).for_each(|value| _ = map.insert(key, value)));
            }
        });
        janitor.end();
    });
    assert_eq!(map.get_cloned(&3), Some(999));
}

/// Writes of tasks alone leave no copy set aside once its reader has left.
#[test]
fn copies_are_freed_beside_tasks_that_never_pause() {
    let map = SharedMap::<u32, u32>::new();
    let snapshot = map.snapshot();
    for value in 0..3 {
        block_on(map.insert_async(1, value));
    }
    assert_eq!(map.stats().retired, 1);
    drop(snapshot);
    let mut value = 0;
    eventually("the copy is freed", || {
        value += 1;
        block_on(map.insert_async(1, value));
        map.stats().retired == 0
    });
}

/// A thread whose writes are so large that no poll replays them, and a task.
#[test]
fn a_task_gets_to_its_write_beside_a_thread_with_large_writes() {
    let map = SharedMap::<u32, u32>::new();
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                map.extend((0..2_000).map(|key| (key, 0)));
            }
        });
        eventually("it writes", || !map.is_empty());
        for value in 0..10 {
            block_on(map.insert_async(9_999, value));
        }
        is_over.store(true, Ordering::Relaxed);
    });
    assert_eq!(map.get_cloned(&9_999), Some(9));
}

/// Before the limit it is the guard that is waited for, and then the stall begins.
#[test]
fn at_the_limit_of_copies_a_task_behind_a_guard_counts_one_stall() {
    let map = SharedMap::<u32, u32>::builder()
        .max_retired(0)
        .stall_limit(Duration::from_millis(5))
        .build();
    let (is_reading, reading) = mpsc::channel();
    let (end, ended) = mpsc::channel::<()>();
    thread::scope(|scope| {
        let view_of = &map;
        scope.spawn(move || {
            let _view = view_of.read();
            is_reading.send(()).unwrap();
            ended.recv_timeout(FAR).unwrap();
        });
        reading.recv_timeout(FAR).unwrap();
        block_on(map.insert_async(1, 1));
        let mut task = pin!(map.insert_async(2, 2));
        poll_until_it_waits(task.as_mut(), &Counting::new());
        eventually("it is a stall", || map.stats().stalls > 0);
        thread::sleep(Duration::from_millis(5));
        assert_eq!(map.stats().stalls, 1);
        end.send(()).unwrap();
        block_on(task);
    });
}

/// At the limit of copies a task waits until a snapshot is dropped, and counts one stall.
#[test]
fn at_the_limit_of_copies_a_task_waits() {
    let map = SharedMap::<u32, u32>::builder().max_retired(0).build();
    let snapshot = map.snapshot();
    block_on(map.insert_async(1, 1));
    let woken = Counting::new();
    let mut task = pin!(map.insert_async(2, 2));
    poll_until_it_waits(task.as_mut(), &woken);
    eventually("it is a stall", || map.stats().stalls > 0);
    thread::sleep(Duration::from_millis(5));
    assert_eq!(map.stats().stalls, 1);
    drop(snapshot);
    assert_eq!(block_on(task), None);
    assert_eq!(map.len(), 2);
}
