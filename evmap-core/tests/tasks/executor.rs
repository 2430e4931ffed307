//! Runs tasks on the calling thread, and looks at what each poll does.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::Instant;

use crate::FAR;

struct Unpark(thread::Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Runs a task to its end. Panics after a minute.
pub fn block_on<F: Future>(task: F) -> F::Output {
    block_on_with(task, |task, context| task.poll(context))
}

/// As `block_on`, with a closure that polls.
pub fn block_on_with<F: Future>(
    task: F,
    mut poll: impl FnMut(Pin<&mut F>, &mut Context<'_>) -> Poll<F::Output>,
) -> F::Output {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut task = pin!(task);
    let begin = Instant::now();
    loop {
        match poll(task.as_mut(), &mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park_timeout(FAR),
        }
        assert!(begin.elapsed() < FAR, "the task is not woken");
    }
}

/// Polls once, with a waker that only counts.
pub fn poll_once<F: Future>(task: Pin<&mut F>, woken: &Arc<Counting>) -> Poll<F::Output> {
    let waker = Waker::from(Arc::clone(woken));
    task.poll(&mut Context::from_waker(&waker))
}

/// Polls a task until it waits to be woken by others. It wakes itself if a lock was taken when it looked.
pub fn poll_until_it_waits<F: Future>(mut task: Pin<&mut F>, woken: &Arc<Counting>) {
    loop {
        let before = woken.count();
        assert!(poll_once(task.as_mut(), woken).is_pending());
        if woken.count() == before {
            return;
        }
    }
}

/// Counts how often it is woken.
#[derive(Default)]
pub struct Counting(AtomicUsize);

impl Counting {
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    pub fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

impl Wake for Counting {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// How often the calling thread has given its processor up since it started, to sleep or to wait for a lock.
#[cfg(target_os = "linux")]
pub fn voluntary_switches() -> u64 {
    let status = std::fs::read_to_string("/proc/thread-self/status").unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
    line.unwrap().trim().parse().unwrap()
}
