//! The writers' waits as futures.

mod setter;

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use setter::{FAR, Set, set, try_set, writer};

/// Unparks the thread that runs the task, and counts how often.
struct Unpark(Thread, AtomicUsize);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.1.fetch_add(1, Ordering::SeqCst);
        self.0.unpark();
    }
}

/// Runs one task on this thread. Returns its output, and how often it was woken.
fn run<R>(task: impl Future<Output = R>) -> (R, usize) {
    let unpark = Arc::new(Unpark(thread::current(), AtomicUsize::new(0)));
    let waker = Waker::from(Arc::clone(&unpark));
    let mut context = Context::from_waker(&waker);
    let mut task = pin!(task);
    let begin = Instant::now();
    loop {
        if let Poll::Ready(result) = task.as_mut().poll(&mut context) {
            return (result, unpark.1.load(Ordering::SeqCst));
        }
        assert!(begin.elapsed() < FAR, "the task is never woken");
        thread::park_timeout(FAR);
    }
}

fn is_send<T: Send>(task: T) -> T {
    task
}

#[test]
fn a_task_waits_for_the_guard_of_the_last_swap_and_goes_on_when_it_is_dropped() {
    let mut writer = writer();
    let (send_guard_taken, guard_taken) = mpsc::channel();
    let (end_guard, guard_may_end) = mpsc::channel::<()>();
    let reader = writer.read_handle();
    let holder = thread::spawn(move || {
        let guard = reader.read();
        send_guard_taken.send(()).unwrap();
        guard_may_end.recv().unwrap();
        assert_eq!(*guard, 0);
    });
    guard_taken.recv().unwrap();
    // The first refresh after the guard does not wait.
    writer.push(Set(1));
    let (version, wakes) = run(is_send(writer.swap_buffers_async()));
    assert_eq!((version.as_u64(), wakes), (1, 0));
    // The second waits, and is woken.
    writer.push(Set(2));
    {
        let mut refresh = pin!(writer.swap_buffers_async());
        let mut context = Context::from_waker(Waker::noop());
        for _ in 0..3 {
            assert!(refresh.as_mut().poll(&mut context).is_pending());
        }
        // Dropped before it is ready, so nothing was published.
    }
    assert_eq!((writer.version().as_u64(), writer.pending().len()), (1, 1));
    let unpark = Arc::new(Unpark(thread::current(), AtomicUsize::new(0)));
    {
        let waker = Waker::from(Arc::clone(&unpark));
        let mut refresh = pin!(writer.swap_buffers_async());
        let poll = refresh.as_mut().poll(&mut Context::from_waker(&waker));
        assert!(poll.is_pending());
        // Only now, so that it has to be woken.
        end_guard.send(()).unwrap();
        let begin = Instant::now();
        while unpark.1.load(Ordering::SeqCst) == 0 {
            assert!(begin.elapsed() < FAR, "the task is never woken");
            thread::park_timeout(FAR);
        }
        let poll = refresh.as_mut().poll(&mut Context::from_waker(&waker));
        assert_eq!(poll.map(|version| version.as_u64()), Poll::Ready(2));
    }
    assert_eq!(unpark.1.load(Ordering::SeqCst), 1, "woken once");
    assert_eq!(*writer.read_handle().read(), 2);
    holder.join().unwrap();
}

#[test]
fn an_empty_refresh_never_waits() {
    let mut writer = writer();
    let reader = writer.read_handle();
    let _guard = reader.read();
    set(&mut writer, 1);
    assert_eq!(run(writer.swap_buffers_async()).0.as_u64(), 1);
}

#[test]
fn many_tasks_wait_at_once_and_all_are_woken() {
    let waits: Vec<_> = (0..20)
        .map(|n| {
            thread::spawn(move || {
                let mut writer = writer();
                let reader = writer.read_handle();
                let (taken, wait_for_guard) = mpsc::channel();
                let holder = thread::spawn(move || {
                    let guard = reader.read();
                    taken.send(()).unwrap();
                    thread::sleep(Duration::from_millis(n));
                    drop(guard);
                });
                wait_for_guard.recv().unwrap();
                set(&mut writer, 1);
                // With the guard or without it.
                let _ = try_set(&mut writer, 2);
                writer.push(Set(2));
                assert_eq!(*run(writer.catch_up_async()).0, 2);
                holder.join().unwrap();
            })
        })
        .collect();
    for wait in waits {
        wait.join().unwrap();
    }
}
