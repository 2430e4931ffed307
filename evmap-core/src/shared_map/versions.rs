//! [`Versions`]: the visible version, the commit version, and the waiters for the next one.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Instant;

use event_listener::{Event, IntoNotification, Listener};
use left_right::Version;
use left_right::background::PerProcess;

use super::listening::Listening;
use super::waker::contained;

/// The visible version, the commit version, and the waiters for the next one.
///
/// # Orderings
/// - **V1** `show` (Release) pairs with `visible` (Acquire): a thread that reads a version sees everything that its
///   writers did before.
/// - **V2** A version is shown under the writer lock. A waiter first joins an event, then calls `listen` (of the lock),
///   and then reads the version. So either it sees the new version, or the unlock that follows `show` reports a
///   listener, and the event is notified after that.
pub(super) struct Versions {
    visible: AtomicU64,
    /// The commit version: it shows everything that was written so far.
    commit: AtomicU64,
    /// Waiting threads. To wake them runs no user code.
    threads: PerProcess<Event>,
    /// Waiting tasks, whose wakers are user code.
    tasks: PerProcess<Event>,
}

impl Versions {
    pub(super) fn new(version: Version) -> Self {
        Versions {
            visible: AtomicU64::new(version.as_u64()),
            commit: AtomicU64::new(version.as_u64()),
            threads: PerProcess::new(Event::new),
            tasks: PerProcess::new(Event::new),
        }
    }

    /// Returns the visible version: a read that begins now shows it or a later one.
    pub(super) fn visible(&self) -> Version {
        // ORDER: V1.
        Version::from_u64(self.visible.load(Ordering::Acquire))
    }

    /// Makes this the visible version.
    pub(super) fn show(&self, version: Version) {
        // ORDER: V1.
        self.visible.store(version.as_u64(), Ordering::Release);
    }

    /// Wakes the threads that listen.
    ///
    /// It wakes all, since a single thread might not look, and the others would wait on.
    pub(super) fn notify_threads(&self) {
        // Ordered by the lock (V2).
        self.threads.get().notify(usize::MAX.relaxed());
    }

    /// Wakes the tasks that listen, which runs their wakers.
    pub(super) fn notify_tasks(&self) {
        // Ordered by the lock (V2).
        self.tasks.get().notify(usize::MAX.relaxed());
    }

    /// Reserves this version: once it is visible, it shows everything that was written so far.
    pub(super) fn reserve(&self, version: Version) {
        // ORDER: none needed. A caller of `commit` has learnt of the writes that it asks about, and so of this store.
        self.commit.store(version.as_u64(), Ordering::Relaxed);
    }

    /// Returns the commit version: it shows everything that was written so far.
    pub(super) fn commit(&self) -> Version {
        // ORDER: none needed: see `reserve`.
        Version::from_u64(self.commit.load(Ordering::Relaxed))
    }

    /// Waits until a version after `version` is visible. Returns it, or `None` after the deadline.
    pub(super) fn wait_beyond(
        &self,
        version: Version,
        deadline: Option<Instant>,
        listen: impl Fn(),
    ) -> Option<Version> {
        loop {
            let visible = self.visible();
            if visible > version {
                return Some(visible);
            }
            let listener = self.threads.get().listen();
            listen();
            let visible = self.visible();
            if visible > version {
                return Some(visible);
            }
            let is_notified = match deadline {
                None => {
                    listener.wait();
                    true
                }
                Some(deadline) => listener.wait_deadline(deadline).is_some(),
            };
            if !is_notified {
                // The version may have been shown at the same moment.
                return Some(self.visible()).filter(|visible| *visible > version);
            }
        }
    }

    /// As [`wait_beyond`](Self::wait_beyond), for a task. Calls `expect` at each poll that finds no new version.
    pub(super) async fn beyond(
        &self,
        version: Version,
        listen: impl Fn(),
        expect: impl Fn(),
    ) -> Version {
        let mut listening = Listening::default();
        poll_fn(|context| {
            let waker = contained(context.waker());
            let context = &mut Context::from_waker(&waker);
            loop {
                let visible = self.visible();
                if visible > version {
                    return Poll::Ready(visible);
                }
                expect();
                let listener = listening.in_process(|| self.tasks.get().listen());
                // At each poll: a forked child does not take over the listeners of its parent.
                listen();
                let visible = self.visible();
                if visible > version {
                    return Poll::Ready(visible);
                }
                ready!(Pin::new(listener).poll(context));
                listening = Listening::default();
            }
        })
        .await
    }
}
