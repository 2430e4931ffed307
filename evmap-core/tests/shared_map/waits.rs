//! Waiting until something is visible, by threads and by tasks.

use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use evmap_core::{SharedMap, Version};

use crate::FAR;

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Runs one task on this thread.
fn run<R>(task: impl Future<Output = R>) -> R {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut task = pin!(task);
    let begin = Instant::now();
    loop {
        if let Poll::Ready(result) = task.as_mut().poll(&mut context) {
            return result;
        }
        assert!(begin.elapsed() < FAR, "the task was not woken");
        thread::park_timeout(FAR);
    }
}

fn is_send<T: Send>(task: T) -> T {
    task
}

#[test]
fn a_wait_for_a_visible_version_returns_at_once() {
    let map = SharedMap::new();
    map.insert(1, 1);
    let one = Version::from_u64(1);
    for version in [Version::default(), one] {
        assert_eq!(map.wait_for(version), one);
        assert_eq!(map.wait_for_timeout(version, Duration::ZERO), Ok(one));
        assert_eq!(run(map.wait_for_async(version)), one);
    }
    assert_eq!(map.changed_since(Version::default()), one);
    assert_eq!(
        map.changed_since_timeout(Version::default(), Duration::ZERO),
        Ok(one)
    );
    assert_eq!(run(map.changed_since_async(Version::default())), one);
    let error = map
        .wait_for_timeout(Version::from_u64(2), Duration::from_millis(1))
        .unwrap_err();
    assert_eq!(error.visible, one);
    assert_eq!(map.changed_since_timeout(one, Duration::ZERO), Err(error));
    assert!(error.to_string().contains('1'));
}

#[test]
fn threads_and_tasks_wake_up_when_the_version_comes() {
    let map = SharedMap::new();
    let three = Version::from_u64(3);
    thread::scope(|scope| {
        let waits = [
            scope.spawn(|| map.wait_for(three)),
            scope.spawn(|| map.wait_for_timeout(three, Duration::MAX).unwrap()),
            scope.spawn(|| map.wait_for_timeout(three, FAR).unwrap()),
            scope.spawn(|| map.changed_since(Version::from_u64(2))),
            scope.spawn(|| run(is_send(map.wait_for_async(three)))),
            scope.spawn(|| run(is_send(map.changed_since_async(Version::from_u64(2))))),
        ];
        for n in 1..=3 {
            thread::sleep(Duration::from_millis(5));
            assert!(waits.iter().all(|wait| !wait.is_finished()), "too early");
            map.insert(n, n);
        }
        for wait in waits {
            assert_eq!(wait.join().unwrap(), three);
        }
    });
}

#[test]
fn a_thread_with_its_own_view_waits_for_the_visible_version_and_not_for_its_views() {
    let map = SharedMap::new();
    let view = map.read();
    map.insert(1, 1);
    assert_eq!(map.wait_for(Version::from_u64(1)).as_u64(), 1);
    assert_eq!((view.version().as_u64(), view.len()), (0, 0));
}

#[test]
fn asking_for_changes_since_the_last_version_misses_none() {
    let map = SharedMap::new();
    let last = Version::from_u64(2_000);
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let mut version = Version::default();
                while version < last {
                    let next = run(map.changed_since_async(version));
                    assert!(next > version);
                    assert!(map.get_cloned(&0) >= Some(next.as_u64()), "not visible yet");
                    version = next;
                }
            });
        }
        for n in 1..=last.as_u64() {
            map.insert(0, n);
        }
    });
}

#[test]
fn the_next_change_is_awaited_from_when_the_task_is_first_run() {
    let map = SharedMap::new();
    map.insert(1, 1);
    let mut changed = pin!(map.changed());
    let mut context = Context::from_waker(Waker::noop());
    assert!(changed.as_mut().poll(&mut context).is_pending());
    map.insert(2, 2);
    assert_eq!(
        changed.as_mut().poll(&mut context),
        Poll::Ready(Version::from_u64(2))
    );
}

#[test]
fn a_flush_of_a_task_suspends_it_while_others_hold_the_lock() {
    let map = SharedMap::<u32, u32>::builder()
        .refresh_every(Duration::MAX)
        .build();
    assert_eq!(run(is_send(map.flush_async())).as_u64(), 0);
    map.insert(0, 0);
    let (begin, begun) = mpsc::channel();
    let (end, ended) = mpsc::channel::<()>();
    thread::scope(|scope| {
        let map = &map;
        let writer = scope.spawn(move || {
            map.write(move |w| {
                begin.send(()).unwrap();
                ended.recv().unwrap();
                w.insert(1, 1)
            })
        });
        begun.recv().unwrap();
        let mut flush = Box::pin(map.flush_async());
        let mut context = Context::from_waker(Waker::noop());
        let is_pending = flush.as_mut().poll(&mut context).is_pending();
        end.send(()).unwrap();
        assert!(is_pending);
        assert_eq!(run(flush).as_u64(), 1);
        assert_eq!(writer.join().unwrap().1.as_u64(), 1);
    });
    assert_eq!(map.get_cloned(&1), Some(1));
}

#[test]
fn a_flush_that_is_no_longer_polled_blocks_no_other_flush() {
    let map = SharedMap::<u32, u32>::builder()
        .refresh_every(Duration::MAX)
        .build();
    map.insert(0, 0);
    let (begin, begun) = mpsc::channel();
    let (end, ended) = mpsc::channel::<()>();
    thread::scope(|scope| {
        let map = &map;
        scope.spawn(move || {
            map.write(move |_| {
                begin.send(()).unwrap();
                ended.recv().unwrap();
            })
        });
        begun.recv().unwrap();
        let mut kept = Box::pin(map.flush_async());
        let mut context = Context::from_waker(Waker::noop());
        let is_pending = kept.as_mut().poll(&mut context).is_pending();
        let other = scope.spawn(|| run(map.flush_async()));
        thread::sleep(Duration::from_millis(5));
        end.send(()).unwrap();
        assert!(is_pending);
        assert_eq!(other.join().unwrap(), Version::from_u64(1));
        drop(kept);
    });
}

struct Loud;

impl Wake for Loud {
    fn wake(self: Arc<Self>) {
        panic!("planted in a waker");
    }
}

#[test]
fn a_waker_that_panics_affects_neither_the_writer_nor_other_waiters() {
    let map = SharedMap::new();
    let waker = Waker::from(Arc::new(Loud));
    let mut loud: Vec<_> = (0..3)
        .map(|_| Box::pin(map.wait_for_async(Version::from_u64(1))))
        .collect();
    for wait in &mut loud {
        let mut context = Context::from_waker(&waker);
        assert!(wait.as_mut().poll(&mut context).is_pending());
    }
    thread::scope(|scope| {
        let quiet = scope.spawn(|| map.wait_for_timeout(Version::from_u64(1), FAR));
        thread::sleep(Duration::from_millis(5));
        assert_eq!(map.insert(1, 1), None);
        assert_eq!(quiet.join().unwrap(), Ok(Version::from_u64(1)));
    });
    assert_eq!(map.insert(1, 2), Some(1));
}
