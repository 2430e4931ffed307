//! [`Writer`]: the one writer inside the lock. Its recovery stands in [`recovery`](super::recovery).
//!
//! # Invariants
//! - **M1** At each unlock the writer's copy has everything that is pending, so a publication
//!   runs no user code and waits for nobody. (Unless the `Clone` of a key or value panicked in a
//!   [`recover`](Writer::recover): then the next write recovers.)
//! - **M2** `batches` says which pending operations are whose: what is undone is undone whole.
//! - **M3** What changes remove or do not need is not dropped here: it goes to the [`DeferredDrops`], which is
//!   emptied after the unlock. (What a closure holds, or is given and ignores, it drops itself; and what a
//!   panic unwinds is dropped by that.)
//! - **M4** A copy that is published keeps nothing that changes removed: that is collected before each swap.
//! - **M5** A panic of user code leaves the lock only through the write that it belongs to, and after an
//!   unlock as any other.

use std::hash::{BuildHasher, Hash};
use std::mem;
use std::time::Duration;

use left_right::{FenceMode, ReadersBusy, SwapError, TooManyRetired, Version};

use super::batch;
use super::batches::{Batch, Batches, Ticket};
use super::deferred_drops::DeferredDrops;
use super::stats::Counters;
use crate::copy_drops::{DropList, DropQueue};
use crate::map::WriteHandle;
use crate::op::MapOp;
use crate::panics::{Drops, Payload, catch};
use crate::table::{Engine, Table};

/// How far both copies have everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Settling {
    /// They have.
    Done,
    /// They come nearer to it with each step.
    Begun,
    /// Not while a reader is in the writer's copy or in one that was set aside, or user code panics.
    HeldUp,
}

/// Why the writer's copy is not ready for a write.
pub(super) enum Unready {
    /// Readers are in it.
    Busy(ReadersBusy),
    /// Readers are in it, and it cannot be set aside.
    TooManyRetired(TooManyRetired),
    /// No other copy could be made: a `Clone` panicked. Nothing has changed.
    Panicked(Payload),
}

/// The one writer inside.
pub(super) struct Writer<K, V, S, E: Engine> {
    pub(super) map: WriteHandle<K, V, S, (), E>,
    /// Which pending operations are one batch's (M2).
    pub(super) batches: Batches,
    next_ticket: u64,
    /// How many changes are pending: an operation may stand for many.
    pub(super) changes: usize,
    /// Batches that were undone after their unlock, whose callers have not been told yet; nothing if
    /// callers do not wait to be told.
    pub(super) lost: Option<Vec<Ticket>>,
    /// Whether something was published since the lock was taken.
    has_published: bool,
    /// What the janitor found when it last came: the number of writes, and how long it rested then.
    pub(super) writes_seen: u64,
    pub(super) rest: Duration,
    /// After the map, whose copies it empties.
    queue: Collector<K, V, E::Table<K, V>>,
    pub(super) drops: DeferredDrops<K, V, E::Table<K, V>>,
}

/// Drops what the copies leave when the writer ends, although a reader may keep the published one.
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
    /// `tells` says whether callers wait until what they wrote is visible.
    pub(super) fn new(
        map: WriteHandle<K, V, S, (), E>,
        queue: DropQueue<K, V, E::Table<K, V>>,
        tells: bool,
    ) -> Self {
        Writer {
            map,
            batches: Batches::new(),
            next_ticket: 0,
            changes: 0,
            lost: tells.then(Vec::new),
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

    /// The version that shows everything that was written so far.
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
        self.map.copies().fence_mode() == FenceMode::Membarrier
    }

    /// How many changes are pending.
    pub(super) fn pending(&self) -> usize {
        self.changes
    }

    /// How many operations are pending, which is where the next batch begins.
    pub(super) fn end(&self) -> usize {
        self.map.pending().len()
    }

    /// Whether the caller of this batch has to be told that it is undone. Asked once.
    pub(super) fn take_lost(&mut self, ticket: Ticket) -> bool {
        let Some(lost) = &mut self.lost else {
            return false;
        };
        let index = lost.iter().position(|&lost| lost == ticket);
        if let Some(index) = index {
            lost.swap_remove(index);
        }
        index.is_some()
    }

    /// Whether something was published since the lock was taken. Asked once.
    pub(super) fn take_published(&mut self) -> bool {
        mem::take(&mut self.has_published)
    }

    /// Whether anything is left for the janitor: for a copy that lacks something, or one that is set aside.
    pub(super) fn is_untidy(&self) -> bool {
        !self.map.is_settled() || self.map.copies().retired() > 0
    }

    /// Whether there is anything to be dropped after the unlock, as far as it was collected.
    pub(super) fn has_drops(&self) -> bool {
        !self.drops.is_empty()
    }

    /// Whether there may be anything to be dropped after the unlock.
    #[inline]
    pub(super) fn may_have_drops(&self) -> bool {
        DropList::<K, V, E::Table<K, V>>::IS_NEEDED || self.has_drops()
    }

    /// What has to be dropped after the unlock, if there is anything.
    pub(super) fn take_drops(
        &mut self,
        counters: &Counters,
    ) -> Option<DeferredDrops<K, V, E::Table<K, V>>> {
        if DropList::<K, V, E::Table<K, V>>::IS_NEEDED {
            // After a publication the writer's copy is the other one, in which nothing was left.
            if !self.has_published {
                self.collect(counters);
            }
            self.drops.lists.extend(self.queue.0.take());
        } else {
            self.drops.ops.clear();
        }
        (!self.drops.is_empty()).then(|| mem::replace(&mut self.drops, DeferredDrops::new()))
    }

    /// Collects what changes removed from the writer's copy, before that becomes another one (M4).
    pub(super) fn collect(&mut self, counters: &Counters) {
        if !DropList::<K, V, E::Table<K, V>>::IS_NEEDED {
            return;
        }
        let taken = loop {
            let ops = self.map.ops();
            match catch(|| ops.tidy_with(|state| state.drops.as_mut()?.take())) {
                Ok(taken) => break taken.flatten(),
                // Copies that were set aside are freed first, and their hashers dropped: each once.
                Err(payload) => self.note_panic(payload, counters),
            }
        };
        self.drops.lists.extend(taken);
    }

    /// Counts a panic that no caller gets. Its payload is dropped after the unlock, as everything else.
    pub(super) fn note_panic(&mut self, payload: Payload, counters: &Counters) {
        counters.count(|c| &c.panics, 1);
        self.drops.payloads.push(payload);
    }
}

impl<K, V, S, E> Writer<K, V, S, E>
where
    K: Hash + Eq + Clone,
    V: Clone,
    S: BuildHasher + Clone,
    E: Engine,
{
    /// Makes the writer's copy ready for a write: nobody else is in it, and it has everything that
    /// is pending.
    ///
    /// # Errors
    /// What is in the way.
    #[inline(always)]
    pub(super) fn prepare(&mut self, counters: &Counters) -> Result<(), Unready> {
        // A copy that was set aside is to be looked at.
        if self.map.copies().retired() > 0 {
            return self.prepare_with_all(counters);
        }
        let ops = self.map.ops();
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
            // Replays what was published before, whose writers have returned. Nothing else: a growth that is
            // under way asks for hashes of keys that have nothing to do with it.
            let ops = self.map.ops();
            match catch(|| ops.try_catch_up().map(|_| ())) {
                Ok(Ok(())) => return Ok(()),
                Ok(Err(SwapError::Busy(busy))) => return Err(Unready::Busy(busy)),
                // A refused barrier; the next round recovers.
                Ok(Err(SwapError::Poisoned(_))) => {}
                Err(payload) => self.note_panic(payload, counters),
            }
        }
    }

    /// Runs a batch on the prepared copy. Returns its result.
    ///
    /// # Errors
    /// What panicked in it; then it is undone whole.
    #[inline(always)]
    pub(super) fn run<R>(
        &mut self,
        batch: impl FnOnce(&mut batch::Batch<'_, K, V, S, E>) -> R,
        counters: &Counters,
    ) -> Result<R, Payload> {
        let begin = self.end();
        let outcome = catch(|| {
            let result = batch(&mut batch::Batch::new(&mut self.map));
            // A panic that the closure has caught shows here.
            self.map.apply_all();
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
                self.undo(begin, counters);
                Err(panic)
            }
        }
    }

    #[cold]
    #[inline(never)]
    fn undo(&mut self, begin: usize, counters: &Counters) {
        let undone = self.map.ops().split_off(begin);
        self.drops.ops.extend(undone);
        // If that fails now, by a `Clone` that panics, the next write tries again (an error comes only if
        // readers are in the copy, which they were not).
        if let Err(payload) = self.make_consistent(counters) {
            self.note_panic(payload, counters);
        }
    }

    /// Notes that the operations from the one at `begin` on are one batch (M2), if they stay pending after the
    /// unlock. Returns its ticket, if its caller waits to be told.
    #[inline(always)]
    pub(super) fn record(&mut self, begin: usize) -> Option<Ticket> {
        match &self.map.pending()[begin..] {
            [] => None,
            [single] if self.lost.is_none() => {
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
        let ticket = self.lost.is_some().then_some(Ticket(self.next_ticket));
        self.next_ticket += 1;
        self.batches.note(Batch { begin, end, ticket });
        ticket
    }

    /// Publishes what is pending, if anything is. Waits for nobody and runs no user code (M1). Returns the
    /// version that is visible now.
    ///
    /// `None`, and nothing has changed, if a panic in a `Clone` keeps the copy from being whole.
    #[inline]
    pub(super) fn publish(&mut self, counters: &Counters) -> Option<Version> {
        let (version, removed) = self.map.ops().swap_applied(|state| {
            // M4.
            if DropList::<K, V, E::Table<K, V>>::IS_NEEDED {
                state.drops.as_mut()?.take()
            } else {
                None
            }
        })?;
        self.drops.lists.extend(removed);
        self.batches.clear();
        self.changes = 0;
        self.has_published = true;
        counters.bump(|c| &c.publications);
        counters.note(&self.map);
        Some(version)
    }

    /// Frees copies that were set aside once their readers have left, and does nothing else: the writer's copy must
    /// be consistent (M1).
    pub(super) fn sweep(&mut self, counters: &Counters) {
        debug_assert!(self.is_consistent(), "M1");
        let ops = self.map.ops();
        if let Err(payload) = catch(|| _ = ops.try_catch_up()) {
            self.note_panic(payload, counters);
        }
        counters.note(&self.map);
    }

    /// With nothing pending: gives the writer's copy what it lacks, at most this many operations at once, and then
    /// lets a growth go on, if nobody is in it. Frees copies that were set aside once their readers have left.
    pub(super) fn settle(&mut self, operations: usize, counters: &Counters) -> Settling {
        debug_assert!(!self.map.has_pending());
        let ops = self.map.ops();
        let replayed = match catch(|| ops.try_replay(operations)) {
            Ok(Ok(false)) => return Settling::Begun,
            Ok(Ok(true)) => Ok(true),
            Ok(Err(_)) => Ok(false),
            Err(payload) => Err(payload),
        };
        // What the replay removed, before a growth swaps the copies (M4).
        self.collect(counters);
        let outcome = replayed.and_then(|is_free| {
            if is_free {
                // Nobody is in the copy, so the only error would be a poison that shows again.
                catch(|| self.map.try_refresh().is_ok())
            } else {
                // Readers of the other copy may need no fences any more. This never swaps, even if the copy
                // is free by now (M4).
                let ops = self.map.ops();
                catch(|| !ops.is_poisoned() && ops.settle_with(|_| false))
            }
        });
        let goes_on = outcome.unwrap_or_else(|payload| {
            self.note_panic(payload, counters);
            false
        });
        counters.note(&self.map);
        if !self.is_untidy() {
            Settling::Done
        } else if goes_on {
            Settling::Begun
        } else {
            Settling::HeldUp
        }
    }
}
