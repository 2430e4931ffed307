//! Loads: one for all who ask, changes meanwhile, failures, and what is remembered.

mod changes;
mod failures;
mod many;
mod remembered;
mod together;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use crate::eventually;

/// A future that is polled by hand.
struct Task<'a, T> {
    future: Pin<Box<dyn Future<Output = T> + 'a>>,
    woken: Arc<Woken>,
}

#[derive(Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

impl<'a, T> Task<'a, T> {
    fn new(future: impl Future<Output = T> + 'a) -> Self {
        Task {
            future: Box::pin(future),
            woken: Arc::default(),
        }
    }

    /// Polls once. Returns the output if there is one.
    fn poll(&mut self) -> Option<T> {
        self.woken.0.store(false, Ordering::SeqCst);
        let waker = Waker::from(Arc::clone(&self.woken));
        match self.future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => Some(output),
            Poll::Pending => None,
        }
    }

    fn is_woken(&self) -> bool {
        self.woken.0.load(Ordering::SeqCst)
    }

    /// Polls whenever it is woken.
    fn finish(mut self) -> T {
        let mut output = self.poll();
        eventually("the task ends", || {
            if output.is_none() && self.is_woken() {
                output = self.poll();
            }
            output.is_some()
        });
        output.expect("it has ended")
    }
}

/// Is pending this many times, and wakes its task at once.
async fn pause(times: usize) {
    for _ in 0..times {
        let mut is_first = true;
        std::future::poll_fn(|context| {
            if !is_first {
                return Poll::Ready(());
            }
            is_first = false;
            context.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
    }
}

/// Is pending until it is told to go on, and then wakes its task.
#[derive(Clone, Default)]
struct Gate(Arc<std::sync::Mutex<(bool, Vec<Waker>)>>);

impl Gate {
    fn open(&self) {
        let wakers = {
            let mut gate = self.0.lock().expect("no panic");
            gate.0 = true;
            std::mem::take(&mut gate.1)
        };
        wakers.into_iter().for_each(Waker::wake);
    }

    async fn pass(&self) {
        std::future::poll_fn(|context| {
            let mut gate = self.0.lock().expect("no panic");
            if gate.0 {
                return Poll::Ready(());
            }
            gate.1.push(context.waker().clone());
            Poll::Pending
        })
        .await;
    }
}
