//! [`ContainedWaker`]: a task's waker, whose panics stay where they are.

use std::sync::Arc;
use std::task::{Wake, Waker};

use crate::panics::contain;

/// A task's waker, which is somebody else's code: should it panic, neither the thread that wakes it nor the
/// other listeners notice.
pub(super) struct ContainedWaker(Option<Waker>);

impl ContainedWaker {
    pub(super) fn new(waker: &Waker) -> Waker {
        Waker::from(Arc::new(ContainedWaker(Some(waker.clone()))))
    }
}

impl Wake for ContainedWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if let Some(waker) = &self.0 {
            contain(|| waker.wake_by_ref());
        }
    }
}

impl Drop for ContainedWaker {
    fn drop(&mut self) {
        let waker = self.0.take();
        contain(|| drop(waker));
    }
}
