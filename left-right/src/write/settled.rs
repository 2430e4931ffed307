//! [`Settled`], and how an [`OpWriteHandle`] settles both copies while nothing is pending.

use super::OpWriteHandle;
use super::op::Cause;
use crate::policy::Patience;
use crate::{CopiesDiffer, Operation, SwapError};

/// What the closure passed to [`OpWriteHandle::settle_with`](crate::OpWriteHandle::settle_with) did.
///
/// Made from `bool` (whether anything changed), or from `()`, which stands for a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    /// The copy is as it was.
    Unchanged,
    /// The copy's layout has changed, but not what it shows to a reader.
    Changed,
}

impl From<()> for Settled {
    fn from((): ()) -> Self {
        Settled::Changed
    }
}

impl From<bool> for Settled {
    fn from(has_changed: bool) -> Self {
        if has_changed {
            Settled::Changed
        } else {
            Settled::Unchanged
        }
    }
}

impl<T, O: Operation<T>> OpWriteHandle<T, O> {
    /// Lets `work` tidy the writer's copy (finish a table's growth, say) while nothing is pending,
    /// then swaps the two copies, which are equal, under the same version. So the next call gets
    /// the other copy.
    ///
    /// `work` must change the layout only, never what the copy shows to a reader. It returns
    /// whether it changed anything (`bool`), or `()`, which stands for a change.
    /// If it changed nothing, nothing is swapped.
    ///
    /// Does nothing if operations are pending or if readers are still in the writer's copy.
    /// Returns whether the copies were swapped.
    ///
    /// # Blocking
    /// Never waits.
    /// But it counts as a swap: the guards taken before it hold up the next one.
    ///
    /// # Panics
    /// If an operation or `work` panics, and from then on. Also if the `Drop` of a copy that was [set aside](Self#panics-and-poison) does.
    ///
    /// # Examples
    /// ```
    /// # use left_right::{Operation, OpWriteHandle, WriteHandle};
    /// # struct Push(u32);
    /// # impl Operation<Vec<u32>> for Push {
    /// #     fn apply(&mut self, target: &mut Vec<u32>) { target.push(self.0); }
    /// # }
    /// let copies = WriteHandle::new(Vec::with_capacity(99), Vec::with_capacity(99));
    /// let mut writer = OpWriteHandle::from(copies);
    /// writer.push(Push(1));
    /// let version = writer.swap_buffers();
    /// assert!(writer.settle_with(|numbers| numbers.shrink_to_fit()));
    /// assert!(writer.settle_with(|numbers| numbers.shrink_to_fit()));
    /// assert_eq!(writer.get().read_buffer().capacity(), 1);
    /// assert_eq!(writer.get().write_buffer().capacity(), 1);
    /// assert_eq!(writer.version(), version);
    /// ```
    pub fn settle_with<S: Into<Settled>>(&mut self, work: impl FnOnce(&mut T) -> S) -> bool {
        if !self.is_poisoned() && !self.pending().is_empty() {
            return false;
        }
        match self.settle_within(work) {
            Ok(settled) => settled == Settled::Changed,
            Err(SwapError::Busy(_)) => false,
            Err(SwapError::Poisoned(poisoned)) => panic!("{poisoned}"),
        }
    }

    /// Compares the two copies, after publishing what is pending and applying it to both.
    ///
    /// For tests: it finds an operation that acts differently on the two copies.
    ///
    /// # Blocking
    /// Waits for all guards that were taken before this call, forever if the calling thread holds
    /// one of them.
    ///
    /// # Errors
    /// [`CopiesDiffer`] if they do.
    ///
    /// # Panics
    /// If an operation panics, and from then on; and if the comparison does.
    /// Also if the `Drop` of a copy that was [set aside](Self#panics-and-poison) does; then what was pending may
    /// already be published.
    ///
    /// # Examples
    /// ```
    /// use std::sync::atomic::{AtomicU32, Ordering};
    /// use left_right::{OpWriteHandle, Operation};
    ///
    /// static CALLS: AtomicU32 = AtomicU32::new(0);
    ///
    /// struct Count;
    ///
    /// impl Operation<u32> for Count {
    ///     fn apply(&mut self, target: &mut u32) {
    ///         *target = CALLS.fetch_add(1, Ordering::Relaxed); // another number for each copy
    ///     }
    /// }
    ///
    /// let mut writer = OpWriteHandle::cloned(0);
    /// writer.push(Count);
    /// println!("{}", writer.verify_copies().unwrap_err());
    /// // the two copies differ: an operation acts differently on each
    /// # let mut writer = OpWriteHandle::cloned(0);
    /// # writer.push(Count);
    /// # assert_eq!(writer.verify_copies().unwrap_err().to_string(), "the two copies differ: an operation acts differently on each");
    /// ```
    pub fn verify_copies(&mut self) -> Result<(), CopiesDiffer>
    where
        T: PartialEq,
    {
        if !self.pending().is_empty() {
            self.swap_buffers();
        }
        // With nothing pending, this settles both copies.
        self.swap_buffers();
        self.catch_up();
        if self.get().read_buffer() == self.get().write_buffer() {
            Ok(())
        } else {
            Err(CopiesDiffer)
        }
    }

    /// With nothing pending, replays what is owed, lets `work` run, and swaps the equal copies if
    /// that changed one.
    pub(super) fn settle_within<S: Into<Settled>>(
        &mut self,
        work: impl FnOnce(&mut T) -> S,
    ) -> Result<Settled, SwapError> {
        if !self.is_poisoned() {
            // Readers in the writer's copy do not matter: this is about the published one.
            self.delay.write.buffers.rest();
        }
        self.update(Patience::Try)?;
        self.log.shrink();
        let version = self.version();
        let mut copy = self.delay.write.buffers.writable(Patience::Try)?;
        let before = self.health.begin(Cause::Tidying);
        let settled = work(copy.as_mut()).into();
        self.health = before;
        if settled == Settled::Changed {
            copy.swap(version);
        }
        Ok(settled)
    }
}
