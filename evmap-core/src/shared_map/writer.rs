//! [`Writer`]: the single writer behind the lock. Its recovery is in [`recovery`](super::recovery), and its steps for
//! the janitor are in [`settling`](super::settling), its part for subscribers in [`effects`](super::effects).
//!
//! # Invariants
//! - **M1** At each unlock the writer is consistent: its copy has everything that is pending. So a publication runs no
//!   user code and does not wait. (Exceptions: the `Clone` of a key or value panicked in a
//!   [`recover`](Writer::recover), or the write of a task panicked. Then the next write or the janitor recovers.)
//! - **M2** `batches` groups the pending operations by write, so a write is always rolled back completely.
//! - **M3** Keys and values that changes remove or do not need are not dropped under the lock. They go to the
//!   [`DeferredDrops`], which are dropped after the unlock. (A closure drops what it owns and the results that it
//!   ignores. Unwinding drops, too.)
//! - **M4** A published copy holds no deferred drops: they are collected before each swap.
//! - **M5** A panic of user code propagates only to the caller of its own write, and only after a normal unlock.

use std::hash::{BuildHasher, Hash};
use std::mem;
use std::time::Duration;

use left_right::{FenceMode, ReadersBusy, SwapError, TooManyRetired, Version};

use super::batches::{Batch, Batches, Ticket};
use super::changes::Hub;
use super::deferred_drops::{DeferredDrops, Other};
use super::stats::Counters;
use crate::copy_drops::{DropList, DropQueue};
use crate::map::WriteHandle;
use crate::op::MapOp;
use crate::panics::{Drops, Payload, catch};
use crate::table::{Engine, Table};

/// Why the writer's copy is not ready for a write.
pub(super) enum Unready {
    /// Readers are in it.
    Busy(ReadersBusy),
    /// Readers are in it, and no more copies can be set aside.
    TooManyRetired(TooManyRetired),
    /// A `Clone` panicked, so no fresh copy could be made. Nothing has changed.
    Panicked(Payload),
}

/// The single writer behind the lock.
pub(super) struct Writer<K, V, S, E: Engine> {
    pub(super) map: WriteHandle<K, V, S, (), E>,
    /// Groups the pending operations by batch (M2).
    pub(super) batches: Batches,
    next_ticket: u64,
    /// The number of pending changes. An operation may stand for many.
    pub(super) changes: usize,
    /// Batches that were rolled back after their unlock, and whose callers have not learnt of it yet. `None` if callers
    /// do not wait for the outcome.
    pub(super) rolled_back: Option<Vec<Ticket>>,
    /// Whether a publication has more to do than usual: batches are recorded, or somebody subscribes. One flag, so that
    /// a write without either looks once.
    pub(super) has_extras: bool,
    /// Set while anybody subscribes to changes.
    pub(super) hub: Option<Box<Hub<K, V>>>,
    /// Set when the last handle of the map was dropped.
    pub(super) is_closed: bool,
    /// Whether something was published since the lock was taken.
    has_published: bool,
    /// The number of writes at the last step of the janitor, and its pause after that step.
    pub(super) writes_seen: u64,
    pub(super) rest: Duration,
    /// Declared after the map, since it drops what the copies leave.
    queue: Collector<K, V, E::Table<K, V>>,
    pub(super) drops: DeferredDrops<K, V, E::Table<K, V>>,
}

/// Drops what the copies leave when the writer is dropped. (A reader may keep the published copy for longer.)
struct Collector<K, V, T: Table<K, V>>(DropQueue<K, V, T>);

impl<K, V, T: Table<K, V>> Drop for Collector<K, V, T> {
    fn drop(&mut self) {
        let mut drops = Drops::default();
        for list in self.0.take() {
            list.drop_each(&mut drops);
        }
        drops.resume();
    }
}

impl<K, V, S, E: Engine> Writer<K, V, S, E> {
    /// `has_waiting_callers` says whether callers wait until their writes are visible.
    pub(super) fn new(
        map: WriteHandle<K, V, S, (), E>,
        queue: DropQueue<K, V, E::Table<K, V>>,
        has_waiting_callers: bool,
    ) -> Self {
        Writer {
            map,
            batches: Batches::new(),
            next_ticket: 0,
            changes: 0,
            rolled_back: has_waiting_callers.then(Vec::new),
            has_extras: false,
            hub: None,
            is_closed: false,
            has_published: false,
            writes_seen: 0,
            rest: Duration::ZERO,
            queue: Collector(queue),
            drops: DeferredDrops::new(),
        }
    }

    pub(super) fn map(&self) -> &WriteHandle<K, V, S, (), E> {
        &self.map
    }

    /// Returns the commit version: it shows everything that was written so far.
    #[inline]
    pub(super) fn commit_version(&self) -> Version {
        let version = self.map.version();
        if self.map.has_pending() {
            Version::from_u64(version.as_u64() + 1)
        } else {
            version
        }
    }

    /// Whether a publication costs a barrier.
    pub(super) fn has_barrier(&self) -> bool {
        self.map.ops.get().fence_mode() == FenceMode::Membarrier
    }

    /// Returns the number of pending changes.
    pub(super) fn pending(&self) -> usize {
        self.changes
    }

    /// Returns the number of pending operations, at which the next batch begins.
    pub(super) fn end(&self) -> usize {
        self.map.pending().len()
    }

    /// Returns whether this batch was rolled back after its unlock, and forgets it.
    pub(super) fn take_rolled_back(&mut self, ticket: Ticket) -> bool {
        let Some(rolled_back) = &mut self.rolled_back else {
            return false;
        };
        let index = rolled_back
            .iter()
            .position(|&rolled_back| rolled_back == ticket);
        if let Some(index) = index {
            rolled_back.swap_remove(index);
        }
        index.is_some()
    }

    /// Returns whether something was published since the lock was taken, and resets the flag.
    pub(super) fn take_published(&mut self) -> bool {
        mem::take(&mut self.has_published)
    }

    /// Whether there is work for the janitor: a copy is not up to date, or one is set aside.
    pub(super) fn is_untidy(&self) -> bool {
        !self.map.is_settled() || self.map.ops.get().retired() > 0
    }

    /// Whether any deferred drops have been collected.
    pub(super) fn has_drops(&self) -> bool {
        !self.drops.is_empty()
    }

    /// Whether there may be deferred drops, collected or not.
    #[inline]
    pub(super) fn may_have_drops(&self) -> bool {
        DropList::<K, V, E::Table<K, V>>::IS_NEEDED || self.has_drops()
    }

    /// Collects and takes the deferred drops, if there are any.
    pub(super) fn take_drops(
        &mut self,
        counters: &Counters,
    ) -> Option<DeferredDrops<K, V, E::Table<K, V>>> {
        if DropList::<K, V, E::Table<K, V>>::IS_NEEDED {
            // After a publication the writer's copy is the other one, which has no deferred drops.
            if !self.has_published {
                self.collect(counters);
            }
            self.drops.lists.extend(self.queue.0.take());
        } else {
            self.drops.ops.clear();
        }
        (!self.drops.is_empty()).then(|| mem::replace(&mut self.drops, DeferredDrops::new()))
    }

    /// As [`take_drops`](Self::take_drops), if there are no more than this many.
    pub(super) fn take_few_drops(
        &mut self,
        counters: &Counters,
        most: usize,
    ) -> Option<DeferredDrops<K, V, E::Table<K, V>>> {
        let drops = self.take_drops(counters)?;
        if drops.has_more_than(most) {
            self.drops = drops;
            return None;
        }
        Some(drops)
    }

    /// Collects the deferred drops of the writer's copy. Called before the copies are swapped (M4).
    pub(super) fn collect(&mut self, counters: &Counters) {
        if !DropList::<K, V, E::Table<K, V>>::IS_NEEDED {
            return;
        }
        let taken = loop {
            let ops = &mut self.map.ops;
            match catch(|| ops.tidy_with(|state| state.drops.as_mut()?.take())) {
                Ok(taken) => break taken.flatten(),
                // `tidy_with` first frees copies that were set aside, and the drop of a hasher may panic. Each is
                // dropped once, so this loop ends.
                Err(payload) => self.note_panic(payload, counters),
            }
        };
        self.drops.lists.extend(taken);
    }

    /// Counts a panic that reaches no caller. Defers the drop of its payload.
    pub(super) fn note_panic(&mut self, payload: Payload, counters: &Counters) {
        counters.count(|c| &c.panics, 1);
        self.drops.others.push(Other::Payload(payload));
    }
}

impl<K, V, S, E> Writer<K, V, S, E>
where
    K: Hash + Eq + Clone,
    V: Clone,
    S: BuildHasher + Clone,
    E: Engine,
{
    /// Prepares the writer's copy for a write: no reader is in it, and it has everything that is pending.
    ///
    /// # Errors
    /// The reason why the copy is not ready.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn prepare(&mut self, counters: &Counters) -> Result<(), Unready> {
        // Copies that were set aside may be free by now.
        if self.map.ops.get().retired() > 0 {
            return self.prepare_with_all(counters);
        }
        let ops = &mut self.map.ops;
        match catch(|| ops.catch_up_if_ready()) {
            Ok(true) => Ok(()),
            Ok(false) => self.prepare_with_all(counters),
            Err(payload) => {
                self.note_panic(payload, counters);
                self.prepare_with_all(counters)
            }
        }
    }

    #[cold]
    #[inline(never)]
    fn prepare_with_all(&mut self, counters: &Counters) -> Result<(), Unready> {
        loop {
            if !self.is_consistent() {
                match self.try_recover(counters) {
                    Ok(recovered) => recovered.map_err(Unready::TooManyRetired)?,
                    Err(payload) => return Err(Unready::Panicked(payload)),
                }
            }
            // Replays operations that are published, whose writers have returned. It does no rehash step: that
            // would hash keys that have nothing to do with them.
            let ops = &mut self.map.ops;
            match catch(|| ops.try_catch_up().map(|_| ())) {
                Ok(Ok(())) => return Ok(()),
                Ok(Err(SwapError::Busy(busy))) => return Err(Unready::Busy(busy)),
                // The system refused a barrier. The next round recovers.
                Ok(Err(SwapError::Poisoned(_))) => {}
                Err(payload) => self.note_panic(payload, counters),
            }
        }
    }

    /// Runs a write on the prepared copy. Returns its result.
    ///
    /// # Errors
    /// The payload, if it panicked. The write is rolled back then.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn run<R>(
        &mut self,
        write: impl FnOnce(&mut WriteHandle<K, V, S, (), E>) -> R,
        counters: &Counters,
    ) -> Result<R, Payload> {
        let outcome = self.run_without_recovery(write, counters);
        if outcome.is_err() {
            self.recover_after_panic(counters);
        }
        outcome
    }

    /// As [`run`](Self::run), but after a panic leaves the recovery to the next write or to the janitor.
    ///
    /// # Errors
    /// The payload, if it panicked. The write is rolled back then.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn run_without_recovery<R>(
        &mut self,
        write: impl FnOnce(&mut WriteHandle<K, V, S, (), E>) -> R,
        counters: &Counters,
    ) -> Result<R, Payload> {
        let begin = self.end();
        let outcome = catch(|| {
            let result = write(&mut self.map);
            // If a closure has caught a panic of its batch, this panics again.
            self.map.apply_all();
            if self.hub.is_some() {
                self.stage_effects(begin);
            }
            result
        });
        match outcome {
            Ok(result) => {
                if self.end() > begin {
                    counters.bump(|c| &c.writes);
                }
                Ok(result)
            }
            Err(panic) => {
                self.roll_back_from(begin);
                Err(panic)
            }
        }
    }

    #[cold]
    #[inline(never)]
    fn roll_back_from(&mut self, begin: usize) {
        let rejected = self.map.ops.split_off(begin);
        self.unstage(begin, begin + rejected.len());
        self.drops.ops.extend(rejected);
    }

    #[cold]
    #[inline(never)]
    fn recover_after_panic(&mut self, counters: &Counters) {
        // If a `Clone` panics here, the next write tries again. (`TooManyRetired` cannot occur: no reader is in the
        // copy.)
        if let Err(payload) = self.make_consistent(counters) {
            self.note_panic(payload, counters);
        }
    }

    /// Records the operations from `begin` on as one batch (M2), if they are still pending. Returns its ticket, if its
    /// caller waits for the outcome.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn record(&mut self, begin: usize) -> Option<Ticket> {
        match &self.map.pending()[begin..] {
            [] => None,
            [single] if self.rolled_back.is_none() => {
                self.changes += single.changes();
                None
            }
            _ => self.record_all(begin),
        }
    }

    #[cold]
    #[inline(never)]
    fn record_all(&mut self, begin: usize) -> Option<Ticket> {
        let end = self.end();
        let made = &self.map.pending()[begin..];
        self.changes += made.iter().map(MapOp::changes).sum::<usize>();
        let ticket = self
            .rolled_back
            .is_some()
            .then_some(Ticket(self.next_ticket));
        self.next_ticket += 1;
        self.has_extras = true;
        self.batches.record(Batch { begin, end, ticket });
        ticket
    }

    /// Publishes all pending operations. Does not wait, and runs no user code (M1). Returns the version that is visible
    /// now.
    ///
    /// Returns `None`, and changes nothing, if nothing is pending, or if the copy is not consistent after a panic in a
    /// `Clone`.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn publish(&mut self, counters: &Counters) -> Option<Version> {
        let (version, removed) = self.map.ops.swap_applied(|state| {
            // M4.
            if DropList::<K, V, E::Table<K, V>>::IS_NEEDED {
                state.drops.as_mut()?.take()
            } else {
                None
            }
        })?;
        self.drops.lists.extend(removed);
        if self.has_extras {
            self.publish_extras(version);
        }
        self.changes = 0;
        self.has_published = true;
        counters.bump(|c| &c.publications);
        counters.note(&self.map);
        Some(version)
    }
}
