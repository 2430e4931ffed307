//! `catch_up`: waits for the writer's copy ahead of time. Also the async forms.

use std::hash::{BuildHasher, Hash};
use std::time::Duration;

use left_right::{Operation, SwapError, Version};

use super::{OwnView, WriteHandle};
use crate::state::State;
use crate::table::Engine;

/// Reads of the writer's own (`get`, `len`, `iter`), `retain` and the compute calls need the writer's
/// copy, and wait for the readers that are still in it.
/// After one of these calls has succeeded, none of those calls waits. This holds until the next refresh.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// let (mut writer, reader) = evmap_core::new();
/// let _stalled = reader.read();
/// writer.insert("sold", 1);
/// writer.refresh();
///
/// // `_stalled` is in the copy that this would need:
/// let busy = writer.try_catch_up().unwrap_err();
/// let busy = writer.catch_up_timeout(Duration::from_millis(1)).unwrap_err();
///
/// drop(_stalled);
/// println!("{:?}", writer.try_catch_up()?.get("sold")); // Some(1)
/// let sum = writer.merge("sold", 1, |sum, n| Some(sum + n)); // it does not wait
/// assert_eq!(sum, Some(2));
/// # Ok::<(), evmap_core::SwapError>(())
/// ```
impl<K, V, S, M, E, O> WriteHandle<K, V, S, M, E, O>
where
    K: Hash,
    S: BuildHasher,
    E: Engine,
    O: Operation<State<K, V, S, M, E>>,
{
    /// Applies all changes to the writer's copy, and returns a view of it: the writer's own state, with its unrefreshed
    /// changes. Publishes nothing.
    ///
    /// # Blocking
    /// Waits for guards that were taken before the last refresh. [`try_catch_up`](Self::try_catch_up) never waits,
    /// [`catch_up_timeout`](Self::catch_up_timeout) has a limit, and [`catch_up_async`](Self::catch_up_async) is for tasks.
    ///
    /// # Panics
    /// As [`refresh`](Self::refresh).
    ///
    /// # Examples
    /// ```
    /// let (mut writer, reader) = evmap_core::new();
    /// writer.extend([("a", 1), ("b", 2)]);
    /// let own = writer.catch_up();
    /// println!("{:?} of {} keys", own.get("a"), own.len()); // Some(1) of 2 keys
    /// # assert_eq!((own["a"], own.len()), (1, 2));
    /// assert!(reader.is_empty());
    /// ```
    pub fn catch_up(&mut self) -> OwnView<'_, K, V, S, M, E> {
        OwnView::new(self.caught_up())
    }

    /// As [`catch_up`](Self::catch_up), but does not wait: it looks a bounded number of times.
    ///
    /// # Errors
    /// [`SwapError`]: nothing has changed.
    ///
    /// # Panics
    /// As [`refresh`](Self::refresh), the first time.
    pub fn try_catch_up(&mut self) -> Result<OwnView<'_, K, V, S, M, E>, SwapError> {
        self.ops.try_catch_up()?;
        Ok(self.catch_up())
    }

    /// As [`catch_up`](Self::catch_up), but waits no longer than `timeout`.
    ///
    /// # Errors
    /// [`SwapError`]: nothing has changed.
    ///
    /// # Panics
    /// As [`refresh`](Self::refresh), the first time.
    pub fn catch_up_timeout(
        &mut self,
        timeout: Duration,
    ) -> Result<OwnView<'_, K, V, S, M, E>, SwapError> {
        self.ops.catch_up_timeout(timeout)?;
        Ok(self.catch_up())
    }

    /// As [`catch_up`](Self::catch_up), for a task: it gives its thread up while it waits, and needs
    /// no particular runtime. To stop waiting, drop the future: nothing has changed then.
    ///
    /// # Panics
    /// As [`refresh`](Self::refresh).
    pub async fn catch_up_async(&mut self) -> OwnView<'_, K, V, S, M, E> {
        self.ops.catch_up_async().await;
        self.catch_up()
    }

    /// As [`refresh`](Self::refresh), for a task: it gives its thread up while it waits, and needs no
    /// particular runtime. To stop waiting, drop the future: nothing was published then, and no
    /// change is lost.
    ///
    /// # Panics
    /// As [`refresh`](Self::refresh).
    pub async fn refresh_async(&mut self) -> Version {
        if self.has_pending() {
            let version = self.ops.swap_buffers_async().await;
            self.after_refresh(true);
            version
        } else {
            // It would not wait.
            self.refresh()
        }
    }
}
