//! [`Versions`]: which version is visible, and who waits for the next.

use std::future::{Future, poll_fn};
use std::mem;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Instant;

use event_listener::{Event, EventListener, IntoNotification, Listener};
use left_right::Version;
use left_right::background::{Background, PerProcess};

use super::waker::contained;

/// Which version is visible, and who waits for the next.
///
/// # Orderings
/// - **V1** `show` (Release) pairs with `visible` (Acquire): who learns of a version sees what its
///   writers did before.
/// - **V2** A version is shown under the writer lock, and who waits for one joins an event, then calls the
///   `listen` that it is given (the lock's), and then looks. So either it sees the version, or the unlock that
///   follows `show` reports it and the event that it joined is notified after that.
pub(super) struct Versions {
    visible: AtomicU64,
    /// The version that shows all that was written.
    commit: AtomicU64,
    /// Threads that wait, which are woken without running any code of theirs.
    threads: PerProcess<Event>,
    /// Tasks that wait, whose wakers are user code.
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

    /// The version that every read shows which begins now, or a later one.
    pub(super) fn visible(&self) -> Version {
        // ORDER: V1.
        Version::from_u64(self.visible.load(Ordering::Acquire))
    }

    /// This version is visible now.
    pub(super) fn show(&self, version: Version) {
        // ORDER: V1.
        self.visible.store(version.as_u64(), Ordering::Release);
    }

    /// Wakes the threads that listen.
    ///
    /// All, since one that is woken and does not look would keep the others waiting.
    pub(super) fn notify_threads(&self) {
        // Ordered by the lock (V2).
        self.threads.get().notify(usize::MAX.relaxed());
    }

    /// Wakes the tasks that listen: runs their wakers.
    pub(super) fn notify_tasks(&self) {
        // Ordered by the lock (V2).
        self.tasks.get().notify(usize::MAX.relaxed());
    }

    /// Everything that was written so far is shown by this version, once it is visible.
    pub(super) fn reserve(&self, version: Version) {
        // ORDER: none needed: who asks has learnt of the writes that it means, and so of this.
        self.commit.store(version.as_u64(), Ordering::Relaxed);
    }

    /// The version that shows everything that was written so far.
    pub(super) fn commit(&self) -> Version {
        // ORDER: none needed: see `reserve`.
        Version::from_u64(self.commit.load(Ordering::Relaxed))
    }

    /// Waits until a version after `version` is visible. Returns it, or `None` if the deadline comes first.
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
                // The version may have come at the same moment.
                return Some(self.visible()).filter(|visible| *visible > version);
            }
        }
    }

    /// As [`wait_beyond`](Self::wait_beyond), for a task. Calls `expect` whenever the task is run in vain.
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
                // Each time: a report of another process is none in a child.
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

/// A task's listener, in the process in which it began to listen.
#[derive(Default)]
struct Listening {
    listener: Option<EventListener>,
    process: u64,
}

impl Listening {
    /// The listener, and another one in a forked child.
    fn in_process(&mut self, listen: impl FnOnce() -> EventListener) -> &mut EventListener {
        if self.process != Background::process() {
            *self = Listening {
                listener: None,
                process: Background::process(),
            };
        }
        self.listener.get_or_insert_with(listen)
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        if self.process != Background::process() {
            // Its event is the parent's, whose lock may be held by a thread that this process does not have.
            mem::forget(self.listener.take());
        }
    }
}
