//! Methods for writers that are built on the log: operations that return something or are taken back, and access
//! to the writer's copy for work that no reader notices.

use super::OpWriteHandle;
use super::op::{Cause, Health, bring_up_to_date, unpoisoned};
use crate::policy::Patience;
use crate::{Operation, Poisoned, SwapError, Version};

impl<T, O> OpWriteHandle<T, O> {
    /// Removes the [pending](Self::pending) operations from index `at` on, and returns them in order.
    ///
    /// If any of them is already applied to the writer's copy (by [`catch_up`](Self::catch_up), say, or because
    /// one panicked half-way), the handle [is poisoned](Self::is_poisoned), until a
    /// [`rebuild`](Self::rebuild) gives it a copy without them.
    /// Readers never saw them, and never will.
    ///
    /// # Blocking
    /// Never waits.
    ///
    /// # Cost
    /// O(operations taken back).
    ///
    /// # Examples
    /// ```
    /// # use left_right::{Operation, OpWriteHandle};
    /// # #[derive(Debug, PartialEq)]
    /// # struct Add(u32);
    /// # impl Operation<u32> for Add {
    /// #     fn apply(&mut self, target: &mut u32) { *target += self.0; }
    /// # }
    /// let mut writer = OpWriteHandle::cloned(0);
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
        // The operation that panicked has index `applied`. It is taken back, too, if none is left there.
        let applying = Health::Poisoned(Cause::Applying);
        let panicked = self.health == applying && !self.log.has_next();
        if panicked || (had_some && self.health == Health::Sound) {
            self.health = Health::Poisoned(Cause::Undone);
        }
        taken
    }

    /// Returns the operations that the writer's copy lacks, in order: first those that are published, then those that
    /// are pending.
    ///
    /// [`catch_up`](Self::catch_up) applies them. So this tells how long that would take.
    ///
    /// # Examples
    /// ```
    /// # use left_right::{Operation, OpWriteHandle};
    /// # #[derive(Debug, PartialEq)]
    /// # struct Add(u32);
    /// # impl Operation<u32> for Add {
    /// #     fn apply(&mut self, target: &mut u32) { *target += self.0; }
    /// # }
    /// let mut writer = OpWriteHandle::cloned(0);
    /// writer.push(Add(1));
    /// writer.swap_buffers();
    /// writer.push(Add(10));
    /// assert!(writer.missing().eq(&[Add(1), Add(10)]));
    /// writer.catch_up();
    /// assert_eq!(writer.missing().count(), 0);
    /// ```
    pub fn missing(&self) -> impl Iterator<Item = &O> {
        self.log.missing()
    }

    /// Lends the writer's copy, as it is, for work that no reader can notice: collecting what
    /// operations left in it, say.
    ///
    /// It may lack operations, and after a panic it may be half changed.
    /// `work` must not change what it says to a reader: the other copy stays as it is.
    /// (See [`settle_with`](Self::settle_with) for work that both copies need.)
    /// Returns `None` if readers are still in it, or if they are unknown since the system refused a memory barrier.
    ///
    /// # Blocking
    /// Never waits: it looks a bounded number of times.
    ///
    /// # Panics
    /// If `work` does. Then the handle [is poisoned](Self::is_poisoned), and keeps its first cause if it already was.
    /// Also if the `Drop` of a copy that was [set aside](Self#panics-and-poison) does.
    pub fn tidy_with<R>(&mut self, work: impl FnOnce(&mut T) -> R) -> Option<R> {
        let copy = self.delay.write.buffers.writable(Patience::Try).ok()?;
        let before = self.health.begin(Cause::Tidying);
        let result = work(copy.into_mut());
        self.health = before;
        Some(result)
    }
}

impl<T, O> OpWriteHandle<T, O> {
    /// Publishes what is pending if nothing else needs to be done: the writer's copy is free and has everything
    /// that was pushed, by [`catch_up`](Self::catch_up) or [`apply_now`](Self::apply_now).
    ///
    /// `tidy` is lent the copy first, as by [`tidy_with`](Self::tidy_with).
    /// Runs no operation and drops nothing, for threads that must not.
    /// So a writer that uses only this, `apply_now` and `catch_up_if_ready` never frees a copy that was set aside;
    /// `try_catch_up` does.
    /// Returns `None` and changes nothing if nothing is pending or if anything else must be done first.
    ///
    /// # Blocking
    /// Never waits for a reader.
    ///
    /// # Cost
    /// One atomic swap, one heavy fence (see [`FenceMode`](crate::FenceMode)) and a look at each live reader.
    ///
    /// # Panics
    /// If `tidy` does; then the handle [is poisoned](Self::is_poisoned), and nothing is published.
    ///
    /// # Examples
    /// ```
    /// # use left_right::{Operation, OpWriteHandle};
    /// # struct Set(u32);
    /// # impl Operation<u32> for Set {
    /// #     fn apply(&mut self, target: &mut u32) { *target = self.0; }
    /// # }
    /// let mut writer = OpWriteHandle::cloned(7);
    /// writer.push(Set(8));
    /// assert_eq!(writer.swap_applied(|_| ()), None); // it is not applied yet
    /// writer.catch_up();
    /// let (version, value) = writer.swap_applied(|value| *value).unwrap();
    /// assert_eq!((version.as_u64(), value, *writer.read_handle().read()), (1, 8, 8));
    /// ```
    #[inline]
    pub fn swap_applied<R>(&mut self, tidy: impl FnOnce(&mut T) -> R) -> Option<(Version, R)> {
        if self.health != Health::Sound || self.log.is_behind() || self.pending().is_empty() {
            return None;
        }
        let version = self.delay.write.buffers.version().next();
        let mut copy = self.delay.write.buffers.ready()?;
        self.health = Health::Poisoned(Cause::Tidying);
        let result = tidy(copy.as_mut());
        self.health = Health::Sound;
        copy.swap(version);
        self.log.publish();
        Some((version, result))
    }
}

impl<T, O: Operation<T>> OpWriteHandle<T, O> {
    /// As [`try_catch_up`](Self::try_catch_up), if that only needs to apply operations: it looks at no reader and
    /// frees no copy that was set aside. Returns whether the writer's copy now has everything.
    ///
    /// For the common case of a writer that writes again and again. After `false`, call a method that can do more.
    ///
    /// # Blocking
    /// Never waits.
    ///
    /// # Panics
    /// If an operation panics, and then the handle [is poisoned](Self::is_poisoned).
    #[inline]
    pub fn catch_up_if_ready(&mut self) -> bool {
        let buffers = &mut self.delay.write.buffers;
        if self.health != Health::Sound {
            return false;
        }
        let Some(copy) = buffers.ready() else {
            return false;
        };
        if self.log.is_behind() {
            bring_up_to_date(&mut self.log, &mut self.health, copy.into_mut());
        }
        true
    }

    /// As [`try_catch_up`](Self::try_catch_up), but frees no copy that was set aside, which may take long.
    ///
    /// # Blocking
    /// Never waits: it looks a bounded number of times.
    ///
    /// # Errors
    /// [`SwapError`]: nothing was applied.
    ///
    /// # Panics
    /// If an operation panics, and then the handle [is poisoned](Self::is_poisoned).
    pub fn catch_up_if_free(&mut self) -> Result<(), SwapError> {
        if self.health != Health::Sound {
            return Err(Poisoned.into());
        }
        let copy = self.delay.write.buffers.free()?;
        if self.log.is_behind() {
            bring_up_to_date(&mut self.log, &mut self.health, copy.into_mut());
        }
        Ok(())
    }

    /// Applies at most `operations` of the published operations that the writer's copy lacks, for work in bounded
    /// steps. Returns whether it then has all of them.
    ///
    /// Does not touch what is pending.
    ///
    /// # Blocking
    /// Never waits: it looks a bounded number of times.
    ///
    /// # Errors
    /// [`SwapError`]: nothing was applied.
    ///
    /// # Panics
    /// As [`try_catch_up`](Self::try_catch_up).
    pub fn try_replay(&mut self, operations: usize) -> Result<bool, SwapError> {
        if self.health != Health::Sound {
            return Err(Poisoned.into());
        }
        let copy = self.delay.write.buffers.writable(Patience::Try)?;
        if self.log.owes() {
            self.health = Health::Poisoned(Cause::Replaying);
            self.log.replay_some(copy.into_mut(), operations);
            self.health = Health::Sound;
        }
        Ok(!self.log.owes())
    }

    /// Logs an operation and applies it to the writer's copy at once. Returns what `apply` returns.
    ///
    /// `apply` is called instead of the operation's own [`apply`](Operation::apply). Both must have the same effect.
    /// The operation is pending then, and the next swap publishes it.
    ///
    /// # Blocking
    /// As [`catch_up`](Self::catch_up), which it does first.
    ///
    /// # Panics
    /// As [`catch_up`](Self::catch_up); then `op` is dropped, neither logged nor applied.
    /// Also if `apply` does, which counts as a panic of the operation.
    ///
    /// # Examples
    /// ```
    /// # use left_right::{Operation, OpWriteHandle};
    /// # struct Set(u32);
    /// # impl Operation<u32> for Set {
    /// #     fn apply(&mut self, target: &mut u32) { *target = self.0; }
    /// # }
    /// let mut writer = OpWriteHandle::cloned(7);
    /// let old = writer.apply_now(Set(8), |op, target| std::mem::replace(target, op.0));
    /// println!("{old} {}", *writer.catch_up()); // 7 8
    /// # assert_eq!((old, *writer.catch_up()), (7, 8));
    /// ```
    #[inline]
    pub fn apply_now<R>(&mut self, op: O, apply: impl FnOnce(&mut O, &mut T) -> R) -> R {
        if !self.is_caught_up() {
            self.catch_up_first();
        }
        let Some(copy) = self.delay.write.buffers.ready() else {
            unreachable!("a copy that has caught up is the writer's");
        };
        self.health = Health::Poisoned(Cause::Applying);
        let result = self.log.push_and_apply(op, copy.into_mut(), apply);
        self.health = Health::Sound;
        result
    }

    #[cold]
    #[inline(never)]
    fn catch_up_first(&mut self) {
        unpoisoned(self.update(Patience::ENDLESS));
    }
}
