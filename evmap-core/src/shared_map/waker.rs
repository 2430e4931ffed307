//! [`contained`]: wraps a task's waker so that its panics are caught.

use std::sync::Arc;
use std::task::{Wake, Waker};

use crate::panics::contain;

/// Wraps a waker, which is user code. If it panics, neither the thread that wakes it nor the other listeners are
/// affected.
pub(super) fn contained(waker: &Waker) -> Waker {
    Waker::from(Arc::new(Contained(Some(waker.clone()))))
}

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
