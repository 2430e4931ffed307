//! The writers' waits as futures: a task gives up its thread while it waits, and needs no particular runtime.
//!
//! No data changes while a task waits, so a future may be dropped at any time.

use std::future::poll_fn;

use super::{DelayWriteHandle, OpWriteHandle, WriteHandle};
use crate::{Operation, Version};

impl<T> DelayWriteHandle<T> {
    /// As [`finish_swap`](Self::finish_swap), for a task: it gives its thread up while it waits.
    ///
    /// Needs no particular runtime. To stop waiting, drop the future; nothing has changed then.
    ///
    /// # Blocking
    /// No poll waits. The task waits for the guards that were taken before the last swap.
    /// Readers do not report that they leave. So while any task waits, the [janitor](crate::background) looks
    /// every two milliseconds or more often, as far as the steps of other structures let it.
    /// Code that runs on the janitor (a value's `Drop`, another task's waker) must not wait for this task.
    ///
    /// # Panics
    /// If the `Clone` of the task's waker does; nothing has changed then.
    ///
    /// # Examples
    /// ```
    /// use left_right::DelayWriteHandle;
    ///
    /// async fn set(writer: &mut DelayWriteHandle<u32>, value: u32) {
    ///     *writer.finish_swap_async().await.write_buffer_mut() = value;
    ///     writer.start_swap();
    /// }
    ///
    /// let mut writer = DelayWriteHandle::cloned(0);
    /// # let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    /// # assert!(std::pin::pin!(set(&mut writer, 7)).poll(&mut context).is_ready());
    /// // After `set(&mut writer, 7).await`:
    /// println!("{}", *writer.read_handle().read()); // 7
    /// # assert_eq!(*writer.read_handle().read(), 7);
    /// ```
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
    /// # Blocking
    /// No poll waits. The task waits for the guards that were taken before the last swap, and not at all if nothing is
    /// pending. Operations run on the task's thread.
    ///
    /// # Panics
    /// If an operation panics, and from then on. Also if the `Drop` of a copy that was [set aside](Self#panics-and-poison) does.
    ///
    /// # Examples
    /// ```
    /// # use left_right::{Operation, OpWriteHandle};
    /// # struct Add(u32);
    /// # impl Operation<u32> for Add {
    /// #     fn apply(&mut self, target: &mut u32) { *target += self.0; }
    /// # }
    /// async fn add(writer: &mut OpWriteHandle<u32, Add>, n: u32) {
    ///     writer.push(Add(n));
    ///     writer.swap_buffers_async().await;
    /// }
    ///
    /// let mut writer = OpWriteHandle::cloned(1);
    /// # let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    /// # assert!(std::pin::pin!(add(&mut writer, 2)).poll(&mut context).is_ready());
    /// // After `add(&mut writer, 2).await`:
    /// println!("{}", *writer.read_handle().read()); // 3
    /// # assert_eq!(*writer.read_handle().read(), 3);
    /// ```
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
    /// # Blocking
    /// No poll waits. The task waits for the guards that were taken before the last swap. Operations run on the task's
    /// thread.
    ///
    /// # Panics
    /// If an operation panics, and from then on. Also if the `Drop` of a copy that was [set aside](Self#panics-and-poison) does.
    pub async fn catch_up_async(&mut self) -> &T {
        self.delay.finish_swap_async().await;
        self.catch_up()
    }
}
