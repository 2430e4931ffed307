//! [`Bell`]: an event that costs next to nothing to ring while nobody listens.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering, fence};
use std::task::{Context, Wake, Waker};
use std::time::Instant;

use event_listener::{Event, EventListener, IntoNotification, Listener};

use crate::panics::contain;

/// An event that costs next to nothing to ring while nobody listens.
///
/// # Orderings
/// - **N1** Whoever rings has changed something and has passed a full fence since; whoever listens
///   does so, passes a full fence, and then looks. So either the change is seen or the ring is heard.
pub(super) struct Bell {
    event: Event,
    listeners: AtomicUsize,
}

/// One who listens.
pub(super) struct Ear<'a> {
    listener: EventListener,
    _counted: Counted<'a>,
}

/// Counts a listener until this is dropped.
struct Counted<'a>(&'a AtomicUsize);

impl Bell {
    pub(super) fn new() -> Self {
        Bell {
            event: Event::new(),
            listeners: AtomicUsize::new(0),
        }
    }

    /// Wakes all who listen. To be called after a full fence (N1).
    ///
    /// All, since one who was told and does not look would keep the others from being told.
    #[inline]
    pub(super) fn ring(&self) {
        // ORDER: N1, by the fence that came before.
        if self.listeners.load(Ordering::Relaxed) > 0 {
            self.event.notify(usize::MAX.relaxed());
        }
    }

    /// Listens; to be followed by a look at what is waited for, before the wait.
    pub(super) fn listen(&self) -> Ear<'_> {
        // ORDER: N1, by the fence that follows.
        self.listeners.fetch_add(1, Ordering::Relaxed);
        let ear = Ear {
            _counted: Counted(&self.listeners),
            listener: self.event.listen(),
        };
        // ORDER: N1.
        fence(Ordering::SeqCst);
        ear
    }
}

impl Ear<'_> {
    /// Waits for the ring, but not beyond the deadline: whether it was heard.
    pub(super) fn wait(self, deadline: Option<Instant>) -> bool {
        match deadline {
            None => {
                self.listener.wait();
                true
            }
            Some(deadline) => self.listener.wait_deadline(deadline).is_some(),
        }
    }

    /// Waits for the ring, as a task.
    pub(super) async fn heard(mut self) {
        poll_fn(|context| {
            let waker = Waker::from(Arc::new(Contained(Some(context.waker().clone()))));
            Pin::new(&mut self.listener).poll(&mut Context::from_waker(&waker))
        })
        .await;
    }
}

/// A task's waker, which is somebody else's code: should it panic, whoever rings and whoever else
/// listens are none the worse.
struct Contained(Option<Waker>);

impl Wake for Contained {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if let Some(waker) = &self.0 {
            contain(|| waker.wake_by_ref());
        }
    }
}

impl Drop for Contained {
    fn drop(&mut self) {
        let waker = self.0.take();
        contain(|| drop(waker));
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        // ORDER: none needed: who rings for nobody does no harm.
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
