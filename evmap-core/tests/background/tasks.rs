//! Tasks that wait for a map, or for a plain writer's readers, at a fork and in the child.

use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::{Duration, Instant};

use crate::fork::every;
use crate::forking::in_child;
use crate::{FAR, in_own_process};

struct Unpark(thread::Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Runs a task to completion. Panics after a minute.
pub fn block_on<F: Future>(task: F) -> F::Output {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut task = pin!(task);
    let begin = Instant::now();
    loop {
        match task.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park_timeout(FAR),
        }
        assert!(begin.elapsed() < FAR, "the task is not woken");
    }
}

/// Counts how often it is woken.
struct Counting(AtomicUsize);

impl Wake for Counting {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn tasks_that_waited_at_the_fork_continue_in_the_child() {
    in_own_process(
        "tasks::tasks_that_waited_at_the_fork_continue_in_the_child",
        || {
            let map = every(Duration::from_secs(1));
            // Both threads run.
            map.insert(0, Arc::new(()));
            map.flush();
            let (_, version) = map.write(|w| w.insert(1, Arc::new(())));
            let mut waiting = pin!(map.wait_for_async(version));
            let (begins, begun) = mpsc::channel();
            let (end, ended) = mpsc::channel::<()>();
            let ended = Mutex::new(ended);
            thread::scope(|scope| {
                // A flush that finds the lock taken waits, too.
                let inside = map.clone();
                scope.spawn(move || {
                    inside.write(|_| {
                        begins.send(()).unwrap();
                        _ = ended.lock().unwrap().recv();
                    });
                });
                begun.recv().unwrap();
                let mut flushing = pin!(map.flush_async());
                let waker = Waker::from(Arc::new(Counting(Default::default())));
                let mut context = Context::from_waker(&waker);
                assert!(waiting.as_mut().poll(&mut context).is_pending());
                assert!(flushing.as_mut().poll(&mut context).is_pending());
                end.send(()).unwrap();
                // The lock is free, and the publication urgent, before or after the fork.
                map.write(|_| ());
                in_child(|| {
                    assert!(block_on(waiting.as_mut()) >= version);
                    assert!(block_on(flushing.as_mut()) >= version);
                    assert_eq!(map.len(), 2);
                });
            });
        },
    );
}

/// A slow waker, on any thread that wakes it.
struct SlowWaker(mpsc::SyncSender<()>);

impl Wake for SlowWaker {
    fn wake(self: Arc<Self>) {
        if self.0.try_send(()).is_ok() {
            thread::sleep(Duration::from_millis(20));
        }
    }
}

/// The list of waiting tasks is locked meanwhile. The child has a list of its own.
#[test]
fn a_fork_during_a_waker_blocks_no_task_of_the_child() {
    in_own_process(
        "tasks::a_fork_during_a_waker_blocks_no_task_of_the_child",
        || {
            let map = every(Duration::ZERO);
            let (told, is_waking) = mpsc::sync_channel(1);
            let waker = Waker::from(Arc::new(SlowWaker(told)));
            let version = map.version();
            let mut waiting = pin!(map.changed_since_async(version));
            let poll = waiting.as_mut().poll(&mut Context::from_waker(&waker));
            assert!(poll.is_pending());
            thread::scope(|scope| {
                let writer = map.clone();
                scope.spawn(move || writer.insert(1, Arc::new(())));
                is_waking.recv_timeout(FAR).unwrap();
                in_child(|| {
                    assert!(block_on(waiting.as_mut()) > version);
                    let version = map.version();
                    thread::scope(|scope| {
                        let waiting = scope.spawn(|| block_on(map.changed_since_async(version)));
                        map.insert(2, Arc::new(()));
                        assert!(waiting.join().unwrap() > version);
                    });
                });
            });
        },
    );
}

#[test]
fn tasks_that_wait_in_a_child_continue() {
    in_own_process("tasks::tasks_that_wait_in_a_child_continue", || {
        let (mut writer, reader) = evmap_core::new::<u32, u32>();
        let view = reader.read();
        writer.insert(1, 1);
        writer.refresh();
        writer.insert(2, 2);
        let map = every(Duration::from_millis(1));
        map.insert(1, Arc::new(()));
        let mut task = pin!(async {
            writer.refresh_async().await;
            writer
        });
        // So the parent's janitor checks the readers when it forks.
        let poll = task.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert!(poll.is_pending());
        in_child(|| {
            let (asks, asked) = mpsc::channel();
            thread::scope(|scope| {
                let waiting = scope.spawn(|| {
                    let mut task = task;
                    let waker = Waker::from(Arc::new(Unpark(thread::current())));
                    let mut context = Context::from_waker(&waker);
                    assert!(task.as_mut().poll(&mut context).is_pending());
                    asks.send(()).unwrap();
                    block_on(task).version()
                });
                asked.recv().unwrap();
                drop(view);
                assert_eq!(waiting.join().unwrap().as_u64(), 2);
            });
            let (_, version) = map.write(|w| w.insert(2, Arc::new(())));
            block_on(map.wait_for_async(version));
            assert_eq!(map.len(), 2);
        });
    });
}
