//! The log: operations that the two copies do not both have yet.
//!
//! # Invariants
//! - **N1** `owed` holds, in order, what the published copy has and the writer's copy lacks.
//! - **N2** `pending` holds, in order, what the published copy lacks; the writer's copy has the
//!   first `applied` of them.
//! - **N3** `applied` is 0 unless `owed` is empty: order is kept on both copies.
//!
//! The boundary between the two lists is the waterline. A swap moves it to the end.

use std::mem;
use std::vec;

use crate::Operation;
use crate::fault::planted;
use crate::panics::{Panics, drop_each};

/// The capacity that an idle log may keep, in operations.
const KEPT: usize = 1024;

pub(super) struct Log<O> {
    owed: Vec<O>,
    /// The rest of a batch whose replay has begun. `owed` is empty then.
    begun: vec::IntoIter<O>,
    pending: Vec<O>,
    applied: usize,
    /// Operations that panicked before they were published, until they are returned to the caller.
    rejected: Vec<O>,
}

impl<O> Log<O> {
    pub(super) fn new() -> Self {
        Log {
            owed: Vec::new(),
            begun: Vec::new().into_iter(),
            pending: Vec::new(),
            applied: 0,
            rejected: Vec::new(),
        }
    }

    pub(super) fn pending(&self) -> &[O] {
        &self.pending
    }

    pub(super) fn applied(&self) -> usize {
        self.applied
    }

    pub(super) fn owes(&self) -> bool {
        !self.owed.is_empty() || self.begun.len() > 0
    }

    /// Returns whether the writer's copy lacks any operation.
    pub(super) fn is_behind(&self) -> bool {
        self.owes() || self.has_next()
    }

    /// The operations that the writer's copy lacks, in order.
    pub(super) fn missing(&self) -> impl Iterator<Item = &O> {
        let begun = self.begun.as_slice().iter();
        begun
            .chain(&self.owed)
            .chain(self.pending.iter().skip(self.applied))
    }

    pub(super) fn push(&mut self, op: O) {
        self.pending.push(op);
    }

    pub(super) fn extend(&mut self, ops: impl IntoIterator<Item = O>) {
        self.pending.extend(ops);
    }

    /// Applies the owed operations to the writer's copy, and consumes them.
    ///
    /// If one panics, the other owed operations are dropped, each by itself, and `target` must not be trusted.
    pub(super) fn replay<T>(&mut self, target: &mut T)
    where
        O: Operation<T>,
    {
        if self.begun.len() > 0 {
            self.replay_begun(target);
        }
        // A writer that publishes each of its operations owes one at a time.
        if self.owed.len() == 1 && self.owed.capacity() <= KEPT && !planted("waterline-off-by-one")
        {
            self.replay_one(target);
        } else {
            self.replay_all(target);
        }
    }

    /// A function of its own, so that in an unoptimised build no frame holds an operation of both ways.
    #[inline]
    fn replay_one<T>(&mut self, target: &mut T)
    where
        O: Operation<T>,
    {
        if let Some(op) = self.owed.pop() {
            op.apply_once(target);
        }
    }

    fn replay_all<T>(&mut self, target: &mut T)
    where
        O: Operation<T>,
    {
        let replayed = self.owed.len();
        let spared = usize::from(planted("waterline-off-by-one") && replayed > 0);
        let mut owed = Owed(self.owed.drain(..replayed - spared));
        for op in owed.0.by_ref() {
            op.apply_once(target);
        }
        drop(owed);
        if spared > 0 {
            self.owed.clear();
        }
        // One large batch must not cost its memory forever.
        if replayed < self.owed.capacity() / 4 {
            self.owed.shrink_to((replayed * 2).max(KEPT));
        }
    }

    /// As [`replay`](Self::replay), but applies at most this many operations.
    pub(super) fn replay_some<T>(&mut self, target: &mut T, most: usize)
    where
        O: Operation<T>,
    {
        if self.owed.len() > most {
            // An iterator, so that a step does not move the operations that are left.
            self.begun = mem::take(&mut self.owed).into_iter();
        }
        if self.begun.len() == 0 {
            return self.replay(target);
        }
        let begun = Owed(&mut self.begun);
        for op in begun.0.by_ref().take(most) {
            op.apply_once(target);
        }
        // The operations that are left are for the next step.
        mem::forget(begun);
        if self.begun.len() == 0 {
            self.end_begun();
        }
    }

    /// Applies the rest of a batch that [`replay_some`](Self::replay_some) has begun.
    #[cold]
    #[inline(never)]
    fn replay_begun<T>(&mut self, target: &mut T)
    where
        O: Operation<T>,
    {
        let begun = Owed(&mut self.begun);
        for op in begun.0.by_ref() {
            op.apply_once(target);
        }
        drop(begun);
        self.end_begun();
    }

    /// Frees the memory of a batch that was replayed in steps.
    fn end_begun(&mut self) {
        self.begun = Vec::new().into_iter();
    }

    /// Applies the pending operations that the writer's copy lacks, and keeps them.
    ///
    /// If one panics, `target` must not be trusted.
    pub(super) fn apply<T>(&mut self, target: &mut T)
    where
        O: Operation<T>,
    {
        debug_assert!(!self.owes(), "N3");
        for op in &mut self.pending[self.applied..] {
            op.apply(target);
            self.applied += 1;
        }
    }

    /// Logs an operation, and applies it by `apply` to a copy that has all others. Returns what `apply` returns.
    ///
    /// If that panics, `target` must not be trusted.
    #[inline(always)]
    pub(super) fn push_and_apply<T, R>(
        &mut self,
        op: O,
        target: &mut T,
        apply: impl FnOnce(&mut O, &mut T) -> R,
    ) -> R {
        debug_assert!(!self.is_behind(), "N2, N3");
        self.pending.push(op);
        let result = apply(&mut self.pending[self.applied], target);
        self.applied += 1;
        result
    }

    /// Records that the writer's copy was published: the pending operations are now owed to the other copy.
    pub(super) fn publish(&mut self) {
        debug_assert!(!self.owes(), "N3");
        debug_assert_eq!(self.applied, self.pending.len(), "N2");
        mem::swap(&mut self.owed, &mut self.pending);
        self.applied = 0;
    }

    /// Records that the writer's copy was replaced by a clone of the published one: nothing is owed, and none of
    /// the pending operations is applied. Returns the operations that were owed, which are to be dropped last.
    ///
    /// If `rejects`, the first operation that was not completely applied is rejected.
    pub(super) fn restart(&mut self, rejects: bool) -> Vec<O> {
        if rejects && self.has_next() {
            self.rejected.push(self.pending.remove(self.applied));
        }
        self.applied = 0;
        let mut owed = mem::take(&mut self.owed);
        owed.extend(mem::take(&mut self.begun));
        owed
    }

    /// Returns a rejected operation that was not yet returned.
    pub(super) fn take_rejected(&mut self) -> Option<O> {
        self.rejected.pop()
    }

    /// Removes the pending operations from index `at` on. Returns them, and whether any of them is applied to the
    /// writer's copy.
    pub(super) fn split_off(&mut self, at: usize) -> (Vec<O>, bool) {
        let taken = self.pending.split_off(at.min(self.pending.len()));
        let had_some = self.applied > self.pending.len();
        self.applied = self.applied.min(self.pending.len());
        (taken, had_some)
    }

    /// Returns whether a pending operation is not applied to the writer's copy.
    pub(super) fn has_next(&self) -> bool {
        self.applied < self.pending.len()
    }

    /// Frees capacity that an idle log does not need.
    pub(super) fn shrink(&mut self) {
        for list in [&mut self.owed, &mut self.pending] {
            if list.is_empty() && list.capacity() > KEPT {
                list.shrink_to(KEPT);
            }
        }
    }
}

impl<O> Drop for Log<O> {
    /// If operations panic here, the first panic resumes when all are dropped.
    fn drop(&mut self) {
        let mut panics = Panics::default();
        panics.drop_each(self.begun.by_ref());
        for list in [&mut self.owed, &mut self.pending, &mut self.rejected] {
            panics.drop_each(list.drain(..));
        }
        panics.resume();
    }
}

/// The operations that are being replayed.
struct Owed<I: ExactSizeIterator>(I);

impl<I: ExactSizeIterator> Drop for Owed<I> {
    /// Drops the operations after one that panicked, without a further panic.
    #[inline(always)]
    fn drop(&mut self) {
        if self.0.len() > 0 {
            drop_rest(&mut self.0);
        }
    }
}

#[cold]
#[inline(never)]
fn drop_rest<I: Iterator>(rest: &mut I) {
    drop_each(rest);
}
