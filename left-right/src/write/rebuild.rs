//! `OpWriteHandle::rebuild`: a fresh copy for the writer.

use super::OpWriteHandle;
use super::op::{Cause, Health};
use crate::panics::{Panics, drop_each};
use crate::protocol::Buffer;
use crate::{Operation, TooManyRetired};

impl<T, O: Operation<T>> OpWriteHandle<T, O> {
    /// Replaces the writer's copy by a clone of the published one, and returns an operation that panicked.
    ///
    /// This recovers a [poisoned](Self::is_poisoned) writer, and frees a writer from a reader that does not leave.
    ///
    /// What is pending stays pending, except an operation that panicked while it was applied: that one
    /// is removed and returned.
    /// Pending operations that were applied to the old copy are [applied](Operation::apply) again,
    /// to the new one.
    /// (One that panicked when it was applied to its second copy is published already, and the
    /// clone has it.)
    /// A copy that readers are still in is retired. Once they have left, the next call that needs the writer's copy
    /// (a swap, `catch_up`, `rebuild`), or the drop of the writer, frees it. Without such a call it is kept.
    ///
    /// # Blocking
    /// Never waits for a reader.
    ///
    /// # Cost
    /// One clone of the whole `T`; and memory for one more copy, while there are readers in the one
    /// that is retired.
    /// After a refused memory barrier two clones, and the two copies whose readers are unknown are
    /// leaked.
    /// Later calls that need the writer's copy drop retired copies, which takes as long as their `Drop` does.
    ///
    /// # Errors
    /// [`TooManyRetired`]: readers are still in the writer's copy, and
    /// [`Builder::max_retired`](crate::Builder::max_retired) copies are retired already.
    /// Nothing has changed.
    ///
    /// # Panics
    /// If `T::clone` does, or the `Drop` of an earlier retired copy: then nothing has changed, and it
    /// may be called again.
    /// If the `Drop` of the copy replaced does, or that of an operation: then the writer has recovered,
    /// and the next call returns what this one did not.
    ///
    /// # Examples
    /// ```
    /// # use left_right::{Operation, OpWriteHandle};
    /// # struct Set(u32);
    /// # impl Operation<u32> for Set {
    /// #     fn apply(&mut self, target: &mut u32) { *target = self.0; }
    /// # }
    /// let mut writer = OpWriteHandle::cloned(0);
    /// let reader = writer.read_handle();
    /// let stalled = reader.read();
    /// writer.push(Set(1));
    /// writer.swap_buffers();
    /// writer.push(Set(2));
    /// assert!(writer.try_swap_buffers().is_err()); // `stalled` is in the copy that it needs
    ///
    /// writer.rebuild()?;
    /// for n in 3..100 {
    ///     writer.push(Set(n));
    ///     writer.swap_buffers(); // never waits for `stalled` again
    /// }
    /// println!("{} {}", *stalled, *writer.read_handle().read()); // 0 99
    /// # assert_eq!((*stalled, *writer.read_handle().read()), (0, 99));
    /// # Ok::<(), left_right::TooManyRetired>(())
    /// ```
    pub fn rebuild(&mut self) -> Result<Option<O>, TooManyRetired>
    where
        T: Clone,
    {
        let (owed, replaced) = self.renew()?;
        // Their `Drop` may panic. The writer is consistent by now, and the log keeps a rejected operation.
        let mut panics = Panics::default();
        panics.drop_each(owed);
        panics.drop_each(replaced);
        panics.resume();
        Ok(self.log.take_rejected())
    }

    /// As [`rebuild`](Self::rebuild), but appends the operations that were owed to the copy replaced to
    /// `owed` instead of dropping them, for callers that must not run their `Drop` here.
    ///
    /// # Blocking
    /// Never waits for a reader.
    ///
    /// # Errors
    /// As [`rebuild`](Self::rebuild).
    ///
    /// # Panics
    /// As [`rebuild`](Self::rebuild).
    pub fn rebuild_into(&mut self, owed: &mut Vec<O>) -> Result<Option<O>, TooManyRetired>
    where
        T: Clone,
    {
        let (ops, replaced) = self.renew()?;
        owed.extend(ops);
        drop_each(replaced);
        Ok(self.log.take_rejected())
    }

    /// Recovers the writer. Returns what is to be dropped afterwards.
    fn renew(&mut self) -> Result<(Vec<O>, Option<Box<Buffer<T>>>), TooManyRetired>
    where
        T: Clone,
    {
        let replaced = self.delay.write.buffers.rebuild()?;
        let owed = self
            .log
            .restart(self.health == Health::Poisoned(Cause::Applying));
        self.health = Health::Sound;
        Ok((owed, replaced))
    }
}
