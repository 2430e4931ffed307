//! The writers' waits as futures: a task gives up its thread while it waits, and needs no particular runtime.
//!
//! No data changes while a task waits, so a future may be dropped at any time.

use std::future::poll_fn;

use super::{DelayWriteHandle, OpWriteHandle, WriteHandle};
use crate::{Operation, Version};

impl<T> DelayWriteHandle<T> {
    /// As [`finish_swap`](Self::finish_swap), for a task: it gives its thread up while it waits.
    ///
    /// Needs no particular runtime.
    /// Readers do not report that they leave. So while any task waits, the [janitor](crate::background) looks
    /// every two milliseconds or more often, as far as the steps of other structures let it.
    /// Code that runs on the janitor (a value's `Drop`, another task's waker) must not wait for this task.
    /// To stop waiting, drop the future; nothing has changed then.
    pub async fn finish_swap_async(&mut self) -> &mut WriteHandle<T> {
        let mut watch = None;
        poll_fn(|context| self.write.buffers.poll_finish(&mut watch, context)).await;
        &mut self.write
    }
}

impl<T, O: Operation<T>> OpWriteHandle<T, O> {
    /// As [`swap_buffers`](Self::swap_buffers), for a task: it gives its thread up while it waits, as
    /// [`DelayWriteHandle::finish_swap_async`] does.
    ///
    /// To stop waiting, drop the future; nothing was published then, and what was pushed is still
    /// pending.
    ///
    /// # Panics
    /// If an operation panics, and from then on. Also if the `Drop` of a copy that was [set aside](Self#panics-and-poison) does.
    pub async fn swap_buffers_async(&mut self) -> Version {
        if !self.pending().is_empty() {
            self.delay.finish_swap_async().await;
        }
        self.swap_buffers()
    }

    /// As [`catch_up`](Self::catch_up), for a task: it gives its thread up while it waits, as
    /// [`DelayWriteHandle::finish_swap_async`] does.
    ///
    /// To stop waiting, drop the future; nothing was applied then.
    ///
    /// # Panics
    /// If an operation panics, and from then on. Also if the `Drop` of a copy that was [set aside](Self#panics-and-poison) does.
    pub async fn catch_up_async(&mut self) -> &T {
        self.delay.finish_swap_async().await;
        self.catch_up()
    }
}
