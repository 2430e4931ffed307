//! [`Listening`]: a task listens to an event, and goes on in a forked child.

use std::mem;

use event_listener::EventListener;
use left_right::background::Background;

/// A task's listener, and the process in which it began to listen.
#[derive(Default)]
pub(super) struct Listening {
    listener: Option<EventListener>,
    process: u64,
}

impl Listening {
    /// Returns the listener. In a forked child, listens again first.
    pub(super) fn in_process(
        &mut self,
        listen: impl FnOnce() -> EventListener,
    ) -> &mut EventListener {
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
            // Its event belongs to the parent. A thread that does not exist in this process may hold the event's lock.
            mem::forget(self.listener.take());
        }
    }
}
