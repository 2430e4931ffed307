//! `OpWriteHandle::rebuild`: a fresh copy for the writer; and `split_off`, which may need one.

use super::OpWriteHandle;
use super::op::Health;
use crate::{Operation, TooManyRetired};

impl<T, O> OpWriteHandle<T, O> {
    /// Takes back the [pending](Self::pending) operations from the one at `at` on, in order.
    ///
    /// If the writer's copy has any of them already (since [`catch_up`](Self::catch_up), say, or one
    /// of them panicked half-way), the handle [is poisoned](Self::is_poisoned), until a
    /// [`rebuild`](Self::rebuild) gives it a copy without them.
    /// Readers never saw them, and never will.
    ///
    /// # Blocking
    /// Waits for nobody.
    ///
    /// # Cost
    /// O(operations taken back).
    ///
    /// # Examples
    /// ```
    /// # use left_right::{DelayWriteHandle, Operation, OpWriteHandle, WriteHandle};
    /// # #[derive(Debug, PartialEq)]
    /// # struct Add(u32);
    /// # impl Operation<u32> for Add {
    /// #     fn apply(&mut self, target: &mut u32) { *target += self.0; }
    /// # }
    /// let mut writer = OpWriteHandle::new(DelayWriteHandle::new(WriteHandle::cloned(0)));
    /// writer.extend([Add(1), Add(10), Add(100)]);
    /// assert_eq!(writer.split_off(2), [Add(100)]); // nothing was applied yet
    /// assert_eq!(*writer.catch_up(), 11);
    ///
    /// assert_eq!(writer.split_off(1), [Add(10)]);
    /// assert!(writer.is_poisoned()); // its copy says 11
    /// writer.rebuild()?;
    /// assert_eq!(*writer.catch_up(), 1);
    /// # Ok::<(), left_right::TooManyRetired>(())
    /// ```
    pub fn split_off(&mut self, at: usize) -> Vec<O> {
        let (taken, had_some) = self.log.split_off(at);
        // The one that panicked is where `applied` ended: gone too, if nothing is left there.
        let panicked = self.health == Health::Applying && !self.log.has_next();
        if panicked || (had_some && self.health == Health::Sound) {
            self.health = Health::Undone;
        }
        taken
    }
}

impl<T, O: Operation<T>> OpWriteHandle<T, O> {
    /// Replaces the writer's copy by a clone of the published one: this mends a poisoned writer, and
    /// frees one that waits for a reader which will not leave.
    ///
    /// What is pending stays pending, but for an operation that panicked while it was applied: it
    /// is taken out and handed back.
    /// Pending operations that were applied to the old copy are [applied](Operation::apply) again,
    /// to the new one.
    /// (One that panicked when it was applied to its second copy is published already, and the
    /// clone has it.)
    /// A copy that readers are still in is retired, and freed once they have left: a look at them
    /// comes with each later call that needs the writer's copy.
    ///
    /// # Blocking
    /// Waits for nobody.
    ///
    /// # Cost
    /// One clone of the whole `T`; and memory for one more copy, while there are readers in the one
    /// that is retired.
    /// After a refused memory barrier two clones, and the two copies whose readers are unknown are
    /// leaked.
    /// Later calls that need the writer's copy drop retired copies, which takes as long as it takes.
    ///
    /// # Errors
    /// [`TooManyRetired`]: readers are still in the writer's copy, and
    /// [`Builder::max_retired`](crate::Builder::max_retired) copies are retired already.
    /// Nothing has changed.
    ///
    /// # Panics
    /// If `T::clone` does, or the `Drop` of an earlier retired copy: then nothing has changed, and it
    /// may be called again.
    /// If the `Drop` of the copy replaced does, or that of an operation: then the writer is mended,
    /// and the next call hands back what this one did not.
    ///
    /// # Examples
    /// ```
    /// # use left_right::{DelayWriteHandle, Operation, OpWriteHandle, WriteHandle};
    /// # struct Set(u32);
    /// # impl Operation<u32> for Set {
    /// #     fn apply(&mut self, target: &mut u32) { *target = self.0; }
    /// # }
    /// let mut writer = OpWriteHandle::new(DelayWriteHandle::new(WriteHandle::cloned(0)));
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
    /// assert_eq!((*stalled, *writer.read_handle().read()), (0, 99));
    /// # Ok::<(), left_right::TooManyRetired>(())
    /// ```
    pub fn rebuild(&mut self) -> Result<Option<O>, TooManyRetired>
    where
        T: Clone,
    {
        let (owed, replaced) = self.renew()?;
        // Their `Drop` may panic: by now the writer is whole, and what was rejected is kept.
        drop(owed);
        drop(replaced);
        Ok(self.log.take_rejected())
    }

    /// As [`rebuild`](Self::rebuild), but puts the operations that were owed to the copy replaced into
    /// `owed` instead of dropping them: for whoever must not run their `Drop` here.
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
        drop(replaced);
        Ok(self.log.take_rejected())
    }

    /// Makes the writer whole: what is to be dropped then.
    fn renew(&mut self) -> Result<(Vec<O>, impl Sized + use<T, O>), TooManyRetired>
    where
        T: Clone,
    {
        let replaced = self.buffers().rebuild()?;
        let owed = self.log.restart(self.health == Health::Applying);
        self.health = Health::Sound;
        Ok((owed, replaced))
    }
}
