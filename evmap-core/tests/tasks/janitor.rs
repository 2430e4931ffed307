//! Tasks and the process's background threads.

use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use evmap_core::SharedMap;

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

/// Lets a task wait that is not run again, so that it becomes the front of the queue.
fn with_a_task_that_is_not_run(map: &SharedMap<u32, u32>, run: impl FnOnce()) {
    let mut task = pin!(map.insert_async(1, 1));
    while_locked(map, || poll_until_it_waits(task.as_mut(), &Counting::new()));
    run();
    block_on(task);
}

/// The lock is reserved for the task, and the janitor, which would pass it over, is in a drop that writes.
#[test]
fn a_write_in_a_drop_on_the_janitor_does_not_wait_for_a_task_that_is_not_run() {
    let map = SharedMap::new();
    let (other, (begin, begun), (go, goes)) = (map.clone(), mpsc::channel(), mpsc::channel::<()>());
    let (begin, goes) = (Mutex::new(begin), Mutex::new(goes));
    let busy = thread::spawn(move || {
        on_the_janitor(move || {
            begin.lock().unwrap().send(()).unwrap();
            goes.lock().unwrap().recv_timeout(FAR).unwrap();
            other.insert(2, 2);
        });
    });
    begun.recv_timeout(FAR).unwrap();
    with_a_task_that_is_not_run(&map, || {
        let long = || thread::sleep(Duration::from_micros(50));
        while map.try_write(|_| long()).is_ok() {}
        go.send(()).unwrap();
        busy.join().unwrap();
    });
    assert_eq!(map.get_cloned(&2), Some(2));
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
    let (begin, begun) = mpsc::channel();
    let (end, ended) = mpsc::channel::<()>();
    let (begin, ended) = (Mutex::new(begin), Mutex::new(ended));
    let busy = thread::spawn(move || {
        on_the_janitor(move || {
            begin.lock().unwrap().send(()).unwrap();
            ended.lock().unwrap().recv_timeout(FAR).unwrap();
        });
    });
    begun.recv_timeout(FAR).unwrap();
    with_a_task_that_is_not_run(&map, || {
        thread::scope(|scope| {
            for key in 2..4 {
                let map = &map;
                scope.spawn(move || (0..1000).for_each(|value| _ = map.insert(key, value)));
            }
        });
        end.send(()).unwrap();
    });
    busy.join().unwrap();
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
