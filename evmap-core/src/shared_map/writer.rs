//! [`Writer`]: the one writer inside, whose turns the others take, and how it is mended.
//!
//! # Invariants
//! - **M1** At the end of a turn the writer's copy has everything that is pending, so a publication
//!   runs no user code and waits for nobody. (Unless the `Clone` of a key or value panicked in a
//!   [`mend`](Writer::mend): then the next turn mends.)
//! - **M2** `batches` says which pending operations are whose: what is undone is undone whole.
//! - **M3** What changes take out or leave over is not dropped here: it goes to the [`DeferredDrops`], which is
//!   emptied after the turn. (What a closure holds, or is given and ignores, it drops itself; and what a
//!   panic unwinds is dropped by that.)
//! - **M4** A copy that is published has nothing left in it that changes took out: that is collected
//!   before each swap.
//! - **M5** A panic of user code leaves a turn only through the write that it belongs to, and after the
//!   turn has ended as every other does.

use std::hash::{BuildHasher, Hash};
use std::mem;

use left_right::{FenceMode, ReadersBusy, SwapError, TooManyRetired, Version};

use super::batch::Batch;
use super::deferred_drops::DeferredDrops;
use super::stats::Counters;
use crate::map::WriteHandle;
use crate::op::MapOp;
use crate::panics::{Drops, Payload, catch};
use crate::removed::{Contents, Gone};
use crate::table::{Engine, Table};

/// Tells a batch from all others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ticket(u64);

/// How far both copies have everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Settling {
    /// They have.
    Done,
    /// They come nearer to it with each turn.
    Begun,
    /// Not while a reader is in the writer's copy, or user code panics.
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
    map: WriteHandle<K, V, S, (), E>,
    /// Where each pending batch begins, in order.
    batches: Vec<(usize, Ticket)>,
    next_ticket: u64,
    /// How many changes are pending: an operation may stand for many.
    changes: usize,
    /// Batches that were undone after their turn, whose callers have not been told yet; nothing if
    /// callers do not wait to be told.
    lost: Option<Vec<Ticket>>,
    /// Whether this turn has published something.
    has_news: bool,
    /// After the map, whose copies it empties.
    gone: Collector<K, V, E::Table<K, V>>,
    drops: DeferredDrops<K, V, E::Table<K, V>>,
}

/// Drops what the copies leave when the writer ends, although a reader may keep the published one.
struct Collector<K, V, T: Table<K, V>>(Gone<K, V, T>);

impl<K, V, T: Table<K, V>> Drop for Collector<K, V, T> {
    fn drop(&mut self) {
        let mut drops = Drops::default();
        for contents in self.0.take() {
            contents.drop_each(&mut drops);
        }
        drops.resume();
    }
}

impl<K, V, S, E: Engine> Writer<K, V, S, E> {
    /// `tells` says whether callers wait until what they wrote is visible.
    pub(super) fn new(
        map: WriteHandle<K, V, S, (), E>,
        gone: Gone<K, V, E::Table<K, V>>,
        tells: bool,
    ) -> Self {
        Writer {
            map,
            batches: Vec::new(),
            next_ticket: 0,
            changes: 0,
            lost: tells.then(Vec::new),
            has_news: false,
            gone: Collector(gone),
            drops: DeferredDrops::new(),
        }
    }

    pub(super) fn map(&self) -> &WriteHandle<K, V, S, (), E> {
        &self.map
    }

    /// The version that shows everything that was written so far.
    pub(super) fn carrier(&self) -> Version {
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
    fn end(&self) -> usize {
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

    /// Whether this turn has published something that waiters have to be told of.
    pub(super) fn take_news(&mut self) -> bool {
        mem::take(&mut self.has_news)
    }

    /// What this turn has to drop after it, if there is anything.
    pub(super) fn take_drops(
        &mut self,
        counters: &Counters,
    ) -> Option<DeferredDrops<K, V, E::Table<K, V>>> {
        if Contents::<K, V, E::Table<K, V>>::IS_NEEDED {
            // After a publication the writer's copy is the other one, in which nothing was left.
            if !self.has_news {
                self.collect(counters);
            }
            self.drops.contents.extend(self.gone.0.take());
        } else {
            self.drops.ops.clear();
        }
        (!self.drops.is_empty()).then(|| mem::replace(&mut self.drops, DeferredDrops::new()))
    }

    /// Collects what changes took out of the writer's copy, before that becomes another one (M4).
    fn collect(&mut self, counters: &Counters) {
        if !Contents::<K, V, E::Table<K, V>>::IS_NEEDED {
            return;
        }
        let taken = loop {
            let ops = self.map.ops();
            match catch(|| ops.tidy_with(|state| state.removed.as_mut()?.take())) {
                Ok(taken) => break taken.flatten(),
                // Copies that were set aside are freed first, and their hashers dropped: each once.
                Err(payload) => self.note_panic(payload, counters),
            }
        };
        self.drops.contents.extend(taken);
    }

    /// Counts a panic that no caller gets. Its payload is dropped after the turn, as everything else.
    fn note_panic(&mut self, payload: Payload, counters: &Counters) {
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
    pub(super) fn prepare(&mut self, counters: &Counters) -> Result<(), Unready> {
        if self.map.ops().is_caught_up() {
            return Ok(());
        }
        loop {
            if !self.is_whole() {
                match self.try_mend(counters) {
                    Ok(mended) => mended.map_err(Unready::TooManyRetired)?,
                    Err(payload) => return Err(Unready::Panicked(payload)),
                }
            }
            // Replays what was published before, whose writers have returned. Nothing else: a growth that is
            // under way asks for hashes of keys that have nothing to do with it.
            let ops = self.map.ops();
            match catch(|| ops.try_catch_up().map(|_| ())) {
                Ok(Ok(())) => return Ok(()),
                Ok(Err(SwapError::Busy(busy))) => return Err(Unready::Busy(busy)),
                // A refused barrier; the next round mends.
                Ok(Err(SwapError::Poisoned(_))) => {}
                Err(payload) => self.note_panic(payload, counters),
            }
        }
    }

    /// Runs a batch on the prepared copy: its result, and its ticket if it has changed anything.
    ///
    /// # Errors
    /// What panicked in it; then it is undone whole.
    pub(super) fn run<R>(
        &mut self,
        batch: impl FnOnce(&mut Batch<'_, K, V, S, E>) -> R,
        counters: &Counters,
    ) -> Result<(R, Option<Ticket>), Payload> {
        let begin = self.end();
        let outcome = catch(|| {
            let result = batch(&mut Batch::new(&mut self.map));
            // A panic that the closure has caught shows here.
            if !self.map.ops().is_caught_up() {
                self.map.ops().catch_up();
            }
            result
        });
        match outcome {
            Ok(result) => {
                let ticket = (self.end() > begin).then(|| {
                    let made = &self.map.pending()[begin..];
                    self.changes += made.iter().map(MapOp::changes).sum::<usize>();
                    let ticket = Ticket(self.next_ticket);
                    self.next_ticket += 1;
                    self.batches.push((begin, ticket));
                    counters.bump(|c| &c.writes);
                    ticket
                });
                Ok((result, ticket))
            }
            Err(panic) => {
                let undone = self.map.ops().split_off(begin);
                self.drops.ops.extend(undone);
                // The next turn mends if that fails now: by a `Clone` that panics (an error comes only if
                // readers are in the copy, which they were not).
                if let Err(payload) = self.make_whole(counters) {
                    self.note_panic(payload, counters);
                }
                Err(panic)
            }
        }
    }

    /// Publishes what is pending. Waits for nobody and runs no user code (M1).
    pub(super) fn publish(&mut self, counters: &Counters) -> Version {
        debug_assert!(self.is_whole(), "M1");
        self.collect(counters);
        while self.map.has_pending() && self.is_whole() {
            match catch(|| self.map.try_refresh()) {
                Ok(Ok(_)) => {
                    self.batches.clear();
                    self.changes = 0;
                    self.has_news = true;
                    counters.bump(|c| &c.publications);
                }
                // Not to be had by M1; if it comes all the same, the next turn tries again.
                Ok(Err(_)) => break,
                // Nothing of the map's: copies that were set aside are freed first, each once.
                Err(payload) => self.note_panic(payload, counters),
            }
        }
        counters.note(&self.map);
        self.map.version()
    }

    /// With nothing pending: gives the writer's copy what it lacks, and lets a growth go on, if nobody
    /// is in it.
    pub(super) fn settle(&mut self, counters: &Counters) -> Settling {
        debug_assert!(!self.map.has_pending());
        let ops = self.map.ops();
        let replayed = catch(|| ops.try_catch_up().is_ok());
        // What the replay took out, before a growth swaps the copies (M4).
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
        if self.map.is_settled() {
            Settling::Done
        } else if goes_on {
            Settling::Begun
        } else {
            Settling::HeldUp
        }
    }

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
    fn mend(&mut self, counters: &Counters) -> Result<(), TooManyRetired> {
        while !self.is_whole() {
            if self.map.is_poisoned() {
                self.rebuild(counters)?;
            }
            // Only the operations: see `prepare`.
            let ops = self.map.ops();
            if let Err(payload) = catch(|| _ = ops.catch_up()) {
                if self.map.is_poisoned() {
                    self.drops.payloads.push(payload);
                    let at = self.map.ops().applied();
                    self.lose(at, counters);
                } else {
                    // No operation has panicked, but something that was dropped on the way.
                    self.note_panic(payload, counters);
                }
            }
        }
        Ok(())
    }

    /// [Mends](Self::mend) what an earlier panic in a `Clone` has left, if anything.
    ///
    /// # Errors
    /// What panicked in a `Clone` again: nothing has changed.
    pub(super) fn make_whole(&mut self, counters: &Counters) -> Result<(), Payload> {
        if self.is_whole() {
            return Ok(());
        }
        // An error only if copies are pinned, which one that is to be mended is not.
        self.try_mend(counters).map(drop)
    }

    /// As [`mend`](Self::mend).
    ///
    /// # Errors
    /// What panicked in a `Clone`: nothing has changed.
    fn try_mend(&mut self, counters: &Counters) -> Result<Result<(), TooManyRetired>, Payload> {
        match catch(|| self.mend(counters)) {
            // Something that was dropped then, such as the hasher of the copy replaced.
            Err(payload) if self.is_whole() => {
                self.note_panic(payload, counters);
                Ok(Ok(()))
            }
            outcome => outcome,
        }
    }

    /// Whether M1 holds.
    pub(super) fn is_whole(&mut self) -> bool {
        !self.map.is_poisoned() && self.map.ops().applied() == self.end()
    }

    /// Undoes the batch that has the operation at `at`, which has panicked.
    fn lose(&mut self, at: usize, counters: &Counters) {
        let index = self.batches.partition_point(|&(begin, _)| begin <= at);
        let index = index.saturating_sub(1);
        let Some(&(begin, ticket)) = self.batches.get(index) else {
            // No pending batch: what panicked was published already.
            counters.count(|c| &c.panics, 1);
            return;
        };
        let end = self
            .batches
            .get(index + 1)
            .map_or(self.end(), |&(begin, _)| begin);
        let ops = self.map.ops();
        let mut undone = ops.split_off(begin);
        ops.extend(undone.split_off(end - begin));
        self.drops.ops.extend(undone);
        self.batches.remove(index);
        for (later, _) in &mut self.batches[index..] {
            *later -= end - begin;
        }
        if self.map.pending().is_empty() {
            // The version was promised already: it comes, and shows what the one before does.
            self.map.log(MapOp::Reserve(0));
        }
        self.changes = self.map.pending_changes();
        if let Some(lost) = &mut self.lost {
            lost.push(ticket);
        }
        counters.count(|c| &c.lost, 1);
    }
}
