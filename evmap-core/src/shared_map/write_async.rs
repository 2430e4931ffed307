//! Writes of tasks: no step of one waits, sleeps, clones the map, or replays more than a bounded number of operations.
//!
//! A task waits for the lock in the same queue as threads. If the copy that is written next is not ready then, it gives the
//! lock back, and the janitor prepares the copy: it waits for readers, goes past them, replays, and recovers from panics.
//!
//! A poll takes no lock that is held for longer than a few instructions, and it tries those: where another thread has one,
//! the task wakes itself and looks again when it is run again. (After a write it waits for them, so that no request to
//! the janitor or the publisher is lost.)

use std::future::{Future, poll_fn};
use std::hash::{BuildHasher, Hash};
use std::panic::resume_unwind;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use left_right::background::{Background, Next, hold_off_forks};
use left_right::{LockError, ReadersBusy, SwapError, Version};

use super::background::{SHORTEST_REST, STEP};
use super::batches::Ticket;
use super::core::{Core, Locked};
use super::error::{CALLED_FROM_INSIDE, LEFT_BY_A_FORK, NO_COPY};
use super::stats::Counters;
use super::tasks::Waiting;
use super::writer::{Unready, Writer};
use crate::map::WriteHandle;
use crate::op::MapOp;
use crate::panics::{Payload, catch, contain};
use crate::table::Engine;

/// While tasks wait for the lock, the janitor looks this often whether one of them is stalled.
const STALL_LOOK: Duration = Duration::from_millis(10);

/// Why a write is not made yet.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Obstacle {
    /// A reader of the calling thread is in the copy.
    OwnReader,
    /// The copy lacks more changes than a poll makes.
    MuchToReplay,
    /// Readers of other threads, or the recovery from a panic.
    Other,
}

/// Why a copy cannot be prepared in a poll.
enum NotReady {
    Busy(ReadersBusy),
    MuchToReplay,
    /// It needs the recovery from a panic, or a fresh copy.
    Inconsistent,
}

/// A write that was made.
struct Made<R> {
    outcome: Result<R, Payload>,
    commit: Version,
    /// Its ticket, if it is not visible yet.
    unpublished: Option<Option<Ticket>>,
}

impl<K, V, S, E> Core<K, V, S, E>
where
    K: Hash + Eq + Clone,
    V: Clone,
    S: BuildHasher + Clone,
    E: Engine,
{
    /// As [`write_blocking`](Self::write_blocking), for a task.
    ///
    /// # Panics
    /// If `write` does. If the copy that is written next cannot be made, since a `Clone` panics: nothing was written then.
    pub(super) async fn write_async<R, F>(&self, mut write: F) -> (R, Version)
    where
        F: FnOnce(&mut WriteHandle<K, V, S, (), E>) -> R,
    {
        // Where the copy lacks much, although the janitor has prepared it, a thread with large writes was faster. Then the
        // next poll may replay more, so that the task gets to its write in the end.
        let mut most = STEP;
        let mut has_waited_to_replay = false;
        let made = loop {
            let writer = self.lock_async().await;
            match self.try_write_of_task(writer, write, most) {
                Ok(made) => break made,
                Err((back, obstacle)) => {
                    write = back;
                    let lacks_much = obstacle == Obstacle::MuchToReplay;
                    if lacks_much && has_waited_to_replay {
                        most = most.saturating_mul(2);
                    }
                    has_waited_to_replay |= lacks_much;
                    assert!(self.wait_for_copy(obstacle).await, "{NO_COPY}");
                }
            }
        };
        match (made.outcome, made.unpublished) {
            (Err(panic), _) => resume_unwind(panic),
            (Ok(result), None) => (result, made.commit),
            (Ok(result), Some(ticket)) if Background::is_janitor() => {
                self.ensure_visible(made.commit);
                self.check_rolled_back(ticket);
                (result, made.commit)
            }
            (Ok(result), Some(ticket)) => {
                let before = Version::from_u64(made.commit.as_u64() - 1);
                let (listen, expect) = (|| self.lock.listen(), || self.call_janitor());
                self.versions.beyond(before, listen, expect).await;
                self.check_rolled_back(ticket);
                (result, made.commit)
            }
        }
    }

    /// Runs the write if the copy that is written next is ready, or can be made so with little work.
    ///
    /// # Errors
    /// The write, and why it was not run.
    fn try_write_of_task<R, F>(
        &self,
        mut writer: Locked<'_, K, V, S, E>,
        write: F,
        most: usize,
    ) -> Result<Made<R>, (F, Obstacle)>
    where
        F: FnOnce(&mut WriteHandle<K, V, S, (), E>) -> R,
    {
        if let Err(unready) = writer.prepare_briefly(most, &self.counters) {
            let obstacle = match unready {
                NotReady::Busy(busy) if busy.readers().iter().any(|it| self.reader.is_own(it)) => {
                    Obstacle::OwnReader
                }
                NotReady::MuchToReplay => Obstacle::MuchToReplay,
                NotReady::Busy(_) | NotReady::Inconsistent => Obstacle::Other,
            };
            self.end_briefly(writer);
            return Err((write, obstacle));
        }
        let begin = writer.end();
        let outcome = writer.run_without_recovery(write, &self.counters);
        let commit = writer.commit_version();
        let unpublished = self.commit(&mut writer, begin, outcome.is_ok(), false);
        self.end_briefly(writer);
        Ok(Made {
            outcome,
            commit,
            unpublished,
        })
    }

    /// Unlocks. Does a few deferred drops, and leaves many to the janitor.
    pub(super) fn end_briefly(&self, mut writer: Locked<'_, K, V, S, E>) {
        let commit = writer.commit_version();
        let drops = writer.take_few_drops(&self.counters, STEP);
        let needs_janitor = writer.has_drops() || !writer.is_consistent();
        let wakeups = self.wakeups(&mut writer);
        self.unlock(writer, commit, || self.notify());
        if let Some(wakeups) = wakeups {
            self.wake_background(wakeups);
        }
        if needs_janitor {
            self.call_janitor();
        }
        if let Some(drops) = drops {
            self.counters.count(|c| &c.panics, drops.drop_each());
        }
    }

    /// Waits until the janitor has prepared the copy that is written next. Returns `false` if it could not, since a `Clone`
    /// panicked.
    pub(super) async fn wait_for_copy(&self, obstacle: Obstacle) -> bool {
        let has_own_reader = obstacle == Obstacle::OwnReader;
        let mut waiting: Option<Arc<Waiting>> = None;
        poll_fn(|context| {
            let waker = context.waker();
            if let Some(outcome) = waiting.as_ref().and_then(|task| task.outcome()) {
                return Poll::Ready(outcome);
            }
            let is_janitor = Background::is_janitor();
            if !is_janitor && waiting.as_ref().is_some_and(|task| task.is_for(waker)) {
                return Poll::Pending;
            }
            waiting = self.tasks.try_join(waker, has_own_reader);
            let requested = match &waiting {
                Some(_) => self.background.try_tidy_after(Duration::ZERO),
                None => None,
            };
            let has_janitor = matches!(requested, Some(Ok(()))) && !is_janitor;
            if has_janitor {
                return Poll::Pending;
            }
            if requested.is_some() {
                // There is no other thread for it, so each poll does a step.
                self.prepare_for_tasks();
            }
            let outcome = waiting.take().and_then(|task| task.outcome());
            if outcome.is_none() {
                contain(|| waker.wake_by_ref());
            }
            outcome.map_or(Poll::Pending, Poll::Ready)
        })
        .await
    }

    /// Does one step of preparing the copy that is written next, for tasks that wait for it. Returns when to come
    /// again, or `None` if no task waits any more.
    pub(super) fn prepare_for_tasks(&self) -> Option<Next> {
        let has_own_reader = self.tasks.waiting()?;
        let soon = Some(Next::After(SHORTEST_REST));
        let Some(held_off) = hold_off_forks() else {
            return soon;
        };
        let Some(mut writer) = self.try_lock_again() else {
            if self.lock.is_abandoned() {
                // They find that when they lock.
                self.tasks.wake(false);
                return None;
            }
            return soon;
        };
        let prepared = self.prepare_in_steps(&mut writer, has_own_reader);
        let commit = writer.commit_version();
        let drops = self.end_without_drops(writer, commit);
        drop(held_off);
        let has_drops = self.drop_some(drops);
        match prepared {
            Ok(true) => self.tasks.wake(false),
            Ok(false) => return Some(Next::After(Duration::ZERO)),
            Err(Unready::Panicked(_)) => self.tasks.wake(true),
            Err(unready) => {
                if matches!(unready, Unready::TooManyRetired(_)) && self.tasks.note_stall() {
                    self.counters.count(|c| &c.stalls, 1);
                }
                return Some(Next::After(self.tasks.next_pause()));
            }
        }
        has_drops.then_some(Next::After(Duration::ZERO))
    }

    /// Returns whether the copy is ready, or `false` if there is more to replay.
    fn prepare_in_steps(
        &self,
        writer: &mut Locked<'_, K, V, S, E>,
        has_own_reader: bool,
    ) -> Result<bool, Unready> {
        if writer.is_consistent() {
            let ops = &mut writer.map.ops;
            match catch(|| ops.try_replay(STEP)) {
                Ok(Ok(false)) => return Ok(false),
                Ok(_) => {}
                Err(payload) => writer.note_panic(payload, &self.counters),
            }
        }
        let prepared = writer.prepare(&self.counters);
        let prepared =
            prepared.or_else(|unready| self.rebuild_past(writer, unready, has_own_reader));
        match prepared {
            Ok(()) => Ok(true),
            Err(Unready::Panicked(payload)) => {
                writer.note_panic(payload, &self.counters);
                Err(Unready::Panicked(Box::new(())))
            }
            Err(unready) => Err(unready),
        }
    }
}

impl<K, V, S, E: Engine> Core<K, V, S, E> {
    /// Takes the lock, for a task.
    ///
    /// # Panics
    /// If the calling thread holds it, or if the thread that holds it is not in this child after a fork.
    pub(super) async fn lock_async(&self) -> Locked<'_, K, V, S, E> {
        if Background::is_janitor() {
            // While its thread waits here, nobody would wake the task, nor pass over those before it.
            return self.lock_blocking();
        }
        let mut locked = self.lock.lock_async();
        let locked = poll_fn(|context| {
            if let Poll::Ready(writer) = Pin::new(&mut locked).poll(context) {
                return Poll::Ready(writer);
            }
            match self.background.try_tidy_after(STALL_LOOK) {
                Some(Ok(())) => return Poll::Pending,
                // If there is no janitor, the tasks themselves look whether one of them is stalled.
                Some(Err(_)) => _ = self.lock.pass_over_stalled_task(),
                // Without a request, no task may be in the queue.
                None => locked = self.lock.lock_async(),
            }
            contain(|| context.waker().wake_by_ref());
            Poll::Pending
        });
        match locked.await {
            Ok(writer) => writer,
            Err(LockError::Abandoned) => panic!("{LEFT_BY_A_FORK}"),
            Err(_) => panic!("{CALLED_FROM_INSIDE}"),
        }
    }

    /// Passes over a task that does not take the lock. Returns when to come again, if tasks wait.
    pub(super) fn look_after_tasks(&self) -> Option<Duration> {
        self.lock.pass_over_stalled_task().then_some(STALL_LOOK)
    }
}

impl<K, V, S, E> Writer<K, V, S, E>
where
    K: Hash + Eq + Clone,
    V: Clone,
    S: BuildHasher + Clone,
    E: Engine,
{
    /// As [`prepare`](Self::prepare), if that applies no more than this many changes. It frees no copy that was set aside.
    fn prepare_briefly(&mut self, most: usize, counters: &Counters) -> Result<(), NotReady> {
        if !self.is_consistent() {
            return Err(NotReady::Inconsistent);
        }
        let mut missing = 0;
        let is_little = self.map.ops.missing().all(|op: &MapOp<K, V, ()>| {
            missing += op.changes();
            missing <= most
        });
        if !is_little {
            return Err(NotReady::MuchToReplay);
        }
        let ops = &mut self.map.ops;
        match catch(|| ops.catch_up_if_free()) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(SwapError::Busy(busy))) => Err(NotReady::Busy(busy)),
            Ok(Err(SwapError::Poisoned(_))) => Err(NotReady::Inconsistent),
            Err(payload) => {
                self.note_panic(payload, counters);
                Err(NotReady::Inconsistent)
            }
        }
    }
}
