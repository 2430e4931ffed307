//! [`Sleeper`]: what wakes a waiter of the queue.

use std::sync::Arc;
use std::task::Waker;

use crate::panics::Panics;
use crate::sync::Unparker;

/// What wakes a waiter. Clones wake the same one, and to clone it runs no user code.
#[derive(Clone)]
pub(super) enum Sleeper {
    Thread(Unparker),
    Task(Arc<TaskWaker>),
}

/// The waker of a task. It is user code, whose panics do not reach the thread that wakes.
pub(super) struct TaskWaker(Option<Waker>);

impl TaskWaker {
    /// # Panics
    /// If the waker's `Clone` does.
    pub(super) fn new(waker: &Waker) -> Arc<Self> {
        Arc::new(TaskWaker(Some(waker.clone())))
    }

    pub(super) fn will_wake(&self, waker: &Waker) -> bool {
        self.0.as_ref().is_some_and(|own| own.will_wake(waker))
    }
}

impl Sleeper {
    pub(super) fn is_task(&self) -> bool {
        matches!(self, Sleeper::Task(_))
    }

    /// Wakes the waiter. For a task, this runs user code, so no lock may be held.
    pub(super) fn wake(&self) {
        match self {
            Sleeper::Thread(unparker) => unparker.unpark(),
            Sleeper::Task(task) => {
                if let Some(waker) = &task.0 {
                    Panics::default().catch(|| waker.wake_by_ref());
                }
            }
        }
    }
}

impl Drop for TaskWaker {
    fn drop(&mut self) {
        let waker = self.0.take();
        Panics::default().drop_each(waker);
    }
}
