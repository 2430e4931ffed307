//! The [`Writer`]'s recovery: a fresh copy past a reader, or after a panic.

use std::hash::{BuildHasher, Hash};

use left_right::TooManyRetired;

use super::stats::Counters;
use super::writer::Writer;
use crate::op::MapOp;
use crate::panics::{Payload, catch};
use crate::table::Engine;

impl<K, V, S, E> Writer<K, V, S, E>
where
    K: Hash + Eq + Clone,
    V: Clone,
    S: BuildHasher + Clone,
    E: Engine,
{
    /// Goes past the readers that are in the writer's copy.
    ///
    /// # Errors
    /// [`TooManyRetired`]: nothing has changed.
    ///
    /// # Panics
    /// If a `Clone` does: nothing has changed.
    pub(super) fn rebuild(&mut self, counters: &Counters) -> Result<(), TooManyRetired> {
        self.collect(counters);
        let rejected = self.map.ops().rebuild_into(&mut self.drops.ops)?;
        debug_assert!(rejected.is_none(), "what panicked was taken back before");
        self.drops.ops.extend(rejected);
        counters.count(|c| &c.rebuilds, 1);
        counters.note(&self.map);
        Ok(())
    }

    /// A fresh copy that has everything that is pending (M1). A batch that panics when it is applied
    /// once more is undone.
    ///
    /// # Errors
    /// [`TooManyRetired`]: nothing has changed.
    ///
    /// # Panics
    /// If a `Clone` does: nothing has changed, and what is pending is kept.
    fn recover(&mut self, counters: &Counters) -> Result<(), TooManyRetired> {
        while !self.is_consistent() {
            if self.map.is_poisoned() {
                self.rebuild(counters)?;
            }
            // Only the operations: see `prepare`.
            let ops = self.map.ops();
            if let Err(payload) = catch(|| _ = ops.catch_up()) {
                if self.map.is_poisoned() {
                    self.drops.payloads.push(payload);
                    let at = self.map.ops().applied();
                    self.roll_back(at, counters);
                } else {
                    // No operation has panicked, but something that was dropped on the way.
                    self.note_panic(payload, counters);
                }
            }
        }
        Ok(())
    }

    /// [Recovers](Self::recover) from what an earlier panic in a `Clone` has left, if anything.
    ///
    /// # Errors
    /// What panicked in a `Clone` again: nothing has changed.
    pub(super) fn make_consistent(&mut self, counters: &Counters) -> Result<(), Payload> {
        if self.is_consistent() {
            return Ok(());
        }
        // An error only if copies are pinned, which a poisoned one is not.
        self.try_recover(counters).map(drop)
    }

    /// As [`recover`](Self::recover).
    ///
    /// # Errors
    /// What panicked in a `Clone`: nothing has changed.
    pub(super) fn try_recover(
        &mut self,
        counters: &Counters,
    ) -> Result<Result<(), TooManyRetired>, Payload> {
        match catch(|| self.recover(counters)) {
            // Something that was dropped then, such as the hasher of the copy replaced.
            Err(payload) if self.is_consistent() => {
                self.note_panic(payload, counters);
                Ok(Ok(()))
            }
            outcome => outcome,
        }
    }

    /// Whether M1 holds.
    pub(super) fn is_consistent(&mut self) -> bool {
        !self.map.is_poisoned() && self.map.ops().applied() == self.end()
    }

    /// Undoes the batch that has the operation at `at`, which has panicked.
    fn roll_back(&mut self, at: usize, counters: &Counters) {
        if at >= self.end() {
            // No pending batch: what panicked was published already.
            counters.count(|c| &c.panics, 1);
            return;
        }
        let batch = self.batches.of(at);
        let ops = self.map.ops();
        let mut undone = ops.split_off(batch.begin);
        ops.extend(undone.split_off(batch.end - batch.begin));
        self.drops.ops.extend(undone);
        self.batches.remove(batch);
        if self.map.pending().is_empty() {
            // The version was promised already: it comes, and shows what the one before does.
            self.map.log(MapOp::Reserve(0));
        }
        self.changes = self.map.pending_changes();
        if let (Some(lost), Some(ticket)) = (&mut self.lost, batch.ticket) {
            lost.push(ticket);
        }
        counters.count(|c| &c.lost, 1);
    }
}
