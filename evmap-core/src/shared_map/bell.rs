//! [`Bell`]: an event that costs next to nothing to ring while nobody listens.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering, fence};
use std::time::Instant;

use event_listener::{Event, EventListener, IntoNotification, Listener};

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
        if self.listeners.load(Ordering::Relaxed) > 0 {
            self.wake_all();
        }
    }

    /// A waker is somebody else's code: should it panic, the others are woken all the same.
    #[cold]
    fn wake_all(&self) {
        for _ in 0..=self.listeners.load(Ordering::Relaxed) {
            let ring = || self.event.notify(usize::MAX.relaxed());
            if catch_unwind(AssertUnwindSafe(ring)).is_ok() {
                return;
            }
        }
    }

    /// Listens; to be followed by a look at what is waited for, before the wait.
    pub(super) fn listen(&self) -> Ear<'_> {
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
    pub(super) async fn heard(self) {
        self.listener.await;
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
