//! Recovery of the [`Writer`]: it makes a fresh copy to go past a reader, or after a panic.
//!
//! M1 is an invariant of `writer.rs`.

use std::hash::{BuildHasher, Hash};

use left_right::TooManyRetired;

use super::deferred_drops::Other;
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
    /// Makes a fresh copy, and so goes past the readers that are in the writer's copy.
    ///
    /// # Errors
    /// [`TooManyRetired`]: nothing has changed.
    ///
    /// # Panics
    /// If a `Clone` does. Nothing has changed then.
    pub(super) fn rebuild(&mut self, counters: &Counters) -> Result<(), TooManyRetired> {
        self.collect(counters);
        let rejected = self.map.ops.rebuild_into(&mut self.drops.ops)?;
        debug_assert!(
            rejected.is_none(),
            "an operation that panicked is rolled back before"
        );
        self.drops.ops.extend(rejected);
        counters.count(|c| &c.rebuilds, 1);
        counters.note(&self.map);
        Ok(())
    }

    /// Restores M1: makes a fresh copy if needed, and applies everything that is pending. Rolls back a batch that
    /// panics when it is applied once more.
    ///
    /// # Errors
    /// [`TooManyRetired`]: nothing has changed.
    ///
    /// # Panics
    /// If a `Clone` does. Nothing has changed then, and pending operations are kept.
    fn recover(&mut self, counters: &Counters) -> Result<(), TooManyRetired> {
        while !self.is_consistent() {
            if self.map.is_poisoned() {
                self.rebuild(counters)?;
            }
            // Only the operations: see `prepare`.
            let ops = &mut self.map.ops;
            if let Err(payload) = catch(|| _ = ops.catch_up()) {
                if self.map.is_poisoned() {
                    self.drops.others.push(Other::Payload(payload));
                    let at = self.map.ops.applied();
                    self.roll_back(at, counters);
                } else {
                    // No operation has panicked, but a drop.
                    self.note_panic(payload, counters);
                }
            }
        }
        Ok(())
    }

    /// [Recovers](Self::recover) if an earlier panic in a `Clone` has left an inconsistent state.
    ///
    /// # Errors
    /// The payload, if a `Clone` panicked again. Nothing has changed then.
    pub(super) fn make_consistent(&mut self, counters: &Counters) -> Result<(), Payload> {
        if self.is_consistent() {
            return Ok(());
        }
        // The inner error cannot occur: it needs a pinned copy, and a poisoned copy is not pinned.
        self.try_recover(counters).map(drop)
    }

    /// As [`recover`](Self::recover), but returns the payload of a panic.
    ///
    /// # Errors
    /// The payload, if a `Clone` panicked. Nothing has changed then.
    pub(super) fn try_recover(
        &mut self,
        counters: &Counters,
    ) -> Result<Result<(), TooManyRetired>, Payload> {
        match catch(|| self.recover(counters)) {
            // A drop panicked, such as that of the hasher of the replaced copy.
            Err(payload) if self.is_consistent() => {
                self.note_panic(payload, counters);
                Ok(Ok(()))
            }
            outcome => outcome,
        }
    }

    /// Whether M1 holds.
    pub(super) fn is_consistent(&mut self) -> bool {
        !self.map.is_poisoned() && self.map.ops.applied() == self.end()
    }

    /// Rolls back the batch of the operation at `at`, which has panicked.
    fn roll_back(&mut self, at: usize, counters: &Counters) {
        if at >= self.end() {
            // No pending batch: the operation was published already.
            counters.count(|c| &c.panics, 1);
            return;
        }
        let batch = self.batches.of(at);
        let ops = &mut self.map.ops;
        let mut rejected = ops.split_off(batch.begin);
        ops.extend(rejected.split_off(batch.end - batch.begin));
        self.drops.ops.extend(rejected);
        self.batches.remove(batch);
        self.unstage(batch.begin, batch.end);
        if self.map.pending().is_empty() {
            // The commit version is reserved already, so it is published, and shows the same as the one before.
            self.map.log(MapOp::Reserve(0));
            if let Some(hub) = &mut self.hub {
                hub.stage_nothing();
            }
        }
        self.changes = self.map.pending_changes();
        if let (Some(rolled_back), Some(ticket)) = (&mut self.rolled_back, batch.ticket) {
            rolled_back.push(ticket);
        }
        counters.count(|c| &c.rolled_back, 1);
    }
}
