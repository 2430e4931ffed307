//! [`contained`]: wraps a task's waker so that its panics are caught.

use std::sync::Arc;
use std::task::{Wake, Waker};

use crate::panics::contain;

/// Wraps a waker, which is user code. If it panics, neither the thread that wakes it nor the other listeners are
/// affected.
pub(super) fn contained(waker: &Waker) -> Waker {
    Waker::from(Arc::new(Contained::new(waker)))
}

/// A waker whose panics are caught.
pub(super) struct Contained(Option<Waker>);

impl Contained {
    pub(super) fn new(waker: &Waker) -> Self {
        Contained(Some(waker.clone()))
    }

    pub(super) fn will_wake(&self, waker: &Waker) -> bool {
        self.0.as_ref().is_some_and(|own| own.will_wake(waker))
    }

    pub(super) fn wake(&self) {
        if let Some(waker) = &self.0 {
            contain(|| waker.wake_by_ref());
        }
    }
}

impl Wake for Contained {
    fn wake(self: Arc<Self>) {
        Contained::wake(&self);
    }

    fn wake_by_ref(self: &Arc<Self>) {
        Contained::wake(self);
    }
}

impl Drop for Contained {
    fn drop(&mut self) {
        let waker = self.0.take();
        contain(|| drop(waker));
    }
}
