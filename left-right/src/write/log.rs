//! The log: operations that the two copies do not both have yet.
//!
//! # Invariants
//! - **N1** `owed` holds, in order, what the published copy has and the writer's copy lacks.
//! - **N2** `pending` holds, in order, what the published copy lacks; the writer's copy has the
//!   first `applied` of them.
//! - **N3** `applied` is 0 unless `owed` is empty: order is kept on both copies.
//!
//! The boundary between the two lists is the waterline; a swap moves it to the end.

use std::mem;
use std::vec;

use crate::Operation;
use crate::fault::planted;
use crate::panics::{Panics, drop_each};

/// Room that an idle log may keep, in operations.
const KEPT: usize = 1024;

pub(super) struct Log<O> {
    owed: Vec<O>,
    /// What is owed of a batch whose replay has begun; `owed` is empty then.
    begun: vec::IntoIter<O>,
    pending: Vec<O>,
    applied: usize,
    /// Operations that panicked unpublished, until they are handed back.
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

    /// Whether the writer's copy lacks anything.
    pub(super) fn is_behind(&self) -> bool {
        self.owes() || self.has_next()
    }

    pub(super) fn push(&mut self, op: O) {
        self.pending.push(op);
    }

    pub(super) fn extend(&mut self, ops: impl IntoIterator<Item = O>) {
        self.pending.extend(ops);
    }

    /// Gives the writer's copy what it is owed, using the operations up.
    ///
    /// If one panics, the rest of what was owed is dropped, each operation by itself, and `target` must not be
    /// trusted.
    pub(super) fn replay<T>(&mut self, target: &mut T)
    where
        O: Operation<T>,
    {
        if self.begun.len() > 0 {
            self.replay_begun(target);
        }
        // One at a time is what a writer has that publishes each of its operations.
        if self.owed.len() == 1 && self.owed.capacity() <= KEPT && !planted("waterline-off-by-one")
        {
            self.replay_one(target);
        } else {
            self.replay_all(target);
        }
    }

    /// By itself, so that no frame of an unoptimised build has room for an operation of either way.
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
        // One large batch must not be paid for ever after.
        if replayed < self.owed.capacity() / 4 {
            self.owed.shrink_to((replayed * 2).max(KEPT));
        }
    }

    /// As [`replay`](Self::replay), but at most this many of the operations.
    pub(super) fn replay_some<T>(&mut self, target: &mut T, most: usize)
    where
        O: Operation<T>,
    {
        if self.owed.len() > most {
            // What is left is not moved by each step.
            self.begun = mem::take(&mut self.owed).into_iter();
        }
        if self.begun.len() == 0 {
            return self.replay(target);
        }
        let begun = Owed(&mut self.begun);
        for op in begun.0.by_ref().take(most) {
            op.apply_once(target);
        }
        // What is left is for the next step.
        mem::forget(begun);
        if self.begun.len() == 0 {
            self.end_begun();
        }
    }

    /// Ends what [`replay_some`](Self::replay_some) has begun.
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

    /// Gives back the room of a batch that was replayed in steps.
    fn end_begun(&mut self) {
        self.begun = Vec::new().into_iter();
    }

    /// Gives the writer's copy what it lacks of the pending operations, and keeps them.
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

    /// Logs an operation and has `apply` make it, on a copy that has all others: what that returns.
    ///
    /// If it panics, `target` must not be trusted.
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

    /// The writer's copy was published: what was pending is owed to the other one.
    pub(super) fn publish(&mut self) {
        debug_assert!(!self.owes(), "N3");
        debug_assert_eq!(self.applied, self.pending.len(), "N2");
        mem::swap(&mut self.owed, &mut self.pending);
        self.applied = 0;
    }

    /// The writer's copy was replaced by a clone of the published one: nothing is owed, and none of
    /// the pending operations is applied. What was owed is handed out, to be dropped last.
    ///
    /// The first operation that was not applied whole is rejected, if `rejects`.
    pub(super) fn restart(&mut self, rejects: bool) -> Vec<O> {
        if rejects && self.has_next() {
            self.rejected.push(self.pending.remove(self.applied));
        }
        self.applied = 0;
        let mut owed = mem::take(&mut self.owed);
        owed.extend(mem::take(&mut self.begun));
        owed
    }

    /// An operation that was rejected and not handed back yet.
    pub(super) fn take_rejected(&mut self) -> Option<O> {
        self.rejected.pop()
    }

    /// Takes out the pending operations from the one at `at` on: them, and whether the writer's copy
    /// has any of them.
    pub(super) fn split_off(&mut self, at: usize) -> (Vec<O>, bool) {
        let taken = self.pending.split_off(at.min(self.pending.len()));
        let had_some = self.applied > self.pending.len();
        self.applied = self.applied.min(self.pending.len());
        (taken, had_some)
    }

    /// Whether the first operation that the writer's copy lacks is still here.
    pub(super) fn has_next(&self) -> bool {
        self.applied < self.pending.len()
    }

    /// Gives back room that an idle log does not need.
    pub(super) fn shrink(&mut self) {
        for list in [&mut self.owed, &mut self.pending] {
            if list.is_empty() && list.capacity() > KEPT {
                list.shrink_to(KEPT);
            }
        }
    }
}

impl<O> Drop for Log<O> {
    /// If operations panic here, the first panic goes on when all are dropped.
    fn drop(&mut self) {
        let mut panics = Panics::default();
        panics.drop_each(self.begun.by_ref());
        for list in [&mut self.owed, &mut self.pending, &mut self.rejected] {
            panics.drop_each(list.drain(..));
        }
        panics.resume();
    }
}

/// What is being replayed.
struct Owed<I: ExactSizeIterator>(I);

impl<I: ExactSizeIterator> Drop for Owed<I> {
    /// Whatever is left, behind an operation that panicked, adds no panic to that one.
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
