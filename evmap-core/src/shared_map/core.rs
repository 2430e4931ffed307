//! [`Core`]: how a write becomes visible.
//!
//! A writer takes the writer lock, makes its changes to the copy that is published next, and publishes that
//! copy before it unlocks, with everything that is pending in it.
//!
//! Where a publication costs a barrier, which takes longer than many writes, a writer leaves it to the next
//! one, if one is awake already: a group of writers then publishes once (*group commit*).
//! It does not rely on that one: if its changes are not visible after a moment, it locks once more and
//! publishes them itself.
//!
//! Deferred writes return after their unlock; who writes when it is time publishes, or, if nobody does, the
//! [publisher](super::background).
//!
//! The lock is never held while waiting for readers: a writer whose copy is not free unlocks, and
//! tries again a little later, so it holds up neither the others nor `flush`.

use std::hash::{BuildHasher, Hash};
use std::panic::{RefUnwindSafe, UnwindSafe, resume_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::time::Duration;

use left_right::background::Background;
use left_right::{LockError, Version, WriterGuard, WriterLock};

use super::batch::Batch;
use super::deadline::Deadline;
use super::deferred_drops::DeferredDrops;
use super::error::{CALLED_FROM_INSIDE, LEFT_BY_A_FORK, WriteError};
use super::patience::Patience;
use super::stats::{Counters, Stats};
use super::versions::Versions;
use super::writer::Writer;
use crate::map::SharedReader;
use crate::table::Engine;

/// How often a call that never waits looks whether the lock is free: some microseconds.
const TRY_LOOKS: u32 = 200;

/// What all handles of a shared map have together.
pub(super) struct Core<K, V, S, E: Engine> {
    pub(super) lock: WriterLock<Writer<K, V, S, E>>,
    pub(super) versions: Versions,
    pub(super) counters: Counters,
    /// The calling thread's way to read, which tells its own guards from others'.
    pub(super) reader: SharedReader<K, V, S, (), E>,
    pub(super) stall_limit: Duration,
    /// When writes become visible.
    pub(super) publishing: Publishing,
    pub(super) background: Background,
    /// The processes whose publisher and whose janitor were asked to come, and have not been here since.
    /// Changed under the lock only. 0 for none.
    pub(super) publisher_of: AtomicU64,
    pub(super) janitor_of: AtomicU64,
    pub(super) deadline: Deadline,
    /// The janitor has to wake tasks, after a publication by the publisher.
    pub(super) has_tasks_to_wake: AtomicBool,
    /// What the janitor drops, some of it in each step.
    pub(super) backlog: Mutex<DeferredDrops<K, V, E::Table<K, V>>>,
}

/// The lock, taken.
pub(super) type Locked<'a, K, V, S, E> = WriterGuard<'a, Writer<K, V, S, E>>;

/// When writes become visible.
pub(super) enum Publishing {
    /// Before they return.
    AtOnce,
    /// Within a time that begins with the first of them.
    Within {
        time: Duration,
        /// As soon as this many operations are pending, they are published.
        max_pending: usize,
    },
}

// A panic inside a write undoes that write, and one in the background is contained: what is behind the lock, and what
// the two threads find, is consistent whenever somebody else comes to it (M1, M5).
impl<K, V, S, E: Engine> UnwindSafe for Core<K, V, S, E> {}
impl<K, V, S, E: Engine> RefUnwindSafe for Core<K, V, S, E> {}

impl<K, V, S, E: Engine> Core<K, V, S, E> {
    pub(super) fn new(
        writer: Writer<K, V, S, E>,
        reader: SharedReader<K, V, S, (), E>,
        stall_limit: Duration,
        publishing: Publishing,
        background: Background,
    ) -> Self {
        let counters = Counters::default();
        counters.note(writer.map());
        Core {
            versions: Versions::new(writer.map().version()),
            lock: WriterLock::new(writer),
            counters,
            reader,
            stall_limit,
            publishing,
            background,
            publisher_of: AtomicU64::new(0),
            janitor_of: AtomicU64::new(0),
            deadline: Deadline::new(),
            has_tasks_to_wake: AtomicBool::new(false),
            backlog: Mutex::new(DeferredDrops::new()),
        }
    }

    /// Whether writes become visible after they return.
    pub(super) fn is_deferred(&self) -> bool {
        matches!(self.publishing, Publishing::Within { .. })
    }

    pub(super) fn stats(&self) -> Stats {
        self.counters
            .stats(self.reader.readers(), self.versions.visible())
    }

    /// Takes the lock. Returns `None` if that takes too long.
    ///
    /// # Panics
    /// If the calling thread has it, and if a fork has left the thread that has it behind.
    #[inline]
    pub(super) fn lock(&self, patience: Patience) -> Option<Locked<'_, K, V, S, E>> {
        if let Some(writer) = self.lock.try_lock() {
            return Some(writer);
        }
        self.lock_slowly(patience)
    }

    #[cold]
    #[inline(never)]
    fn lock_slowly(&self, patience: Patience) -> Option<Locked<'_, K, V, S, E>> {
        self.refuse_inside();
        let locked = match patience {
            Patience::Try if self.lock.is_abandoned() => Err(LockError::Abandoned),
            Patience::Try => return self.try_lock_again(),
            Patience::Until(deadline) => self.lock.lock_until(deadline),
            Patience::Endless => self.lock.lock(),
        };
        match locked {
            Ok(writer) => Some(writer),
            Err(LockError::TimedOut) => None,
            Err(LockError::Abandoned) => panic!("{LEFT_BY_A_FORK}"),
            Err(_) => panic!("{CALLED_FROM_INSIDE}"),
        }
    }

    /// Looks a bounded number of times: the janitor may have the lock for a moment, and few writers have it for long.
    fn try_lock_again(&self) -> Option<Locked<'_, K, V, S, E>> {
        (0..TRY_LOOKS).find_map(|_| {
            std::hint::spin_loop();
            self.lock.try_lock()
        })
    }

    /// As [`lock`](Self::lock), however long it takes.
    #[inline]
    pub(super) fn lock_endlessly(&self) -> Locked<'_, K, V, S, E> {
        match self.lock(Patience::Endless) {
            Some(writer) => writer,
            None => unreachable!("an endless wait ended"),
        }
    }

    /// # Panics
    /// If the calling thread is inside a write of this map: it would wait for itself.
    pub(super) fn refuse_inside(&self) {
        assert!(!self.lock.is_held_by_caller(), "{CALLED_FROM_INSIDE}");
    }

    /// # Panics
    /// If no later version than this one is visible, and none ever will be: a fork has left a thread behind that is
    /// inside a write.
    pub(super) fn refuse_abandoned(&self, version: Version) {
        assert!(
            self.versions.visible() > version || !self.lock.is_abandoned(),
            "{LEFT_BY_A_FORK}"
        );
    }
}

impl<K, V, S, E> Core<K, V, S, E>
where
    K: Hash + Eq + Clone,
    V: Clone,
    S: BuildHasher + Clone,
    E: Engine,
{
    /// Runs a batch under the lock, and sees to it that it becomes visible. Returns its result, and the
    /// version that shows everything that it did or saw.
    pub(super) fn write<R>(
        &self,
        patience: Patience,
        batch: impl FnOnce(&mut Batch<'_, K, V, S, E>) -> R,
    ) -> Result<(R, Version), WriteError> {
        let writer = self.prepared(patience)?;
        // Who may not wait, for the publication neither, publishes itself.
        Ok(self.write_in(writer, batch, matches!(patience, Patience::Endless)))
    }

    /// As [`write`](Self::write), however long it takes.
    #[inline]
    pub(super) fn write_endlessly<R>(
        &self,
        batch: impl FnOnce(&mut Batch<'_, K, V, S, E>) -> R,
    ) -> (R, Version) {
        let mut writer = self.lock_endlessly();
        if let Err(unready) = writer.prepare(&self.counters) {
            writer = match self.prepare_again(writer, unready, Patience::Endless) {
                Ok(writer) => writer,
                Err(error) => unreachable!("an endless wait ended: {error}"),
            };
        }
        self.write_in(writer, batch, true)
    }

    #[inline(always)]
    fn write_in<R>(
        &self,
        mut writer: Locked<'_, K, V, S, E>,
        batch: impl FnOnce(&mut Batch<'_, K, V, S, E>) -> R,
        may_be_left: bool,
    ) -> (R, Version) {
        let begin = writer.end();
        let outcome = writer.run(batch, &self.counters);
        let commit = writer.commit_version();
        let mut left = None;
        match &self.publishing {
            Publishing::AtOnce => {
                // Who is awake for the lock takes these changes along, where that saves a
                // barrier; a fence is cheaper than the change of hands.
                if !(may_be_left && writer.has_barrier() && self.lock.has_next()) {
                    self.publish(&mut writer);
                }
                // A publication that failed is seen to as well.
                if writer.map().has_pending() && outcome.is_ok() {
                    left = Some(writer.record(begin));
                }
            }
            Publishing::Within { max_pending, .. } => {
                // What panicked is undone, and others' operations may be, too.
                if outcome.is_ok() {
                    writer.record(begin);
                }
                if writer.pending() >= *max_pending || self.deadline.is_near(|| self.early()) {
                    self.publish(&mut writer);
                }
            }
        }
        self.end_with(writer, commit);
        match outcome {
            Err(panic) => resume_unwind(panic),
            Ok(result) => {
                if let Some(ticket) = left {
                    self.see_to(commit);
                    self.ask_for_losses(ticket);
                }
                (result, commit)
            }
        }
    }

    /// The lock, with the writer's copy free and up to date.
    #[inline(always)]
    fn prepared(&self, patience: Patience) -> Result<Locked<'_, K, V, S, E>, WriteError> {
        let Some(mut writer) = self.lock(patience) else {
            return Err(WriteError::Occupied);
        };
        match writer.prepare(&self.counters) {
            Ok(()) => Ok(writer),
            Err(unready) => self.prepare_again(writer, unready, patience),
        }
    }

    /// Publishes what is pending, unless a panic in a `Clone` keeps the copy from being made.
    #[inline]
    pub(super) fn publish(&self, writer: &mut Writer<K, V, S, E>) {
        if let Some(version) = writer.publish(&self.counters) {
            self.versions.show(version);
            self.deadline.clear();
        }
    }

    /// Unlocks, and does what comes after that: wakes who waits for what was published, asks the publisher and
    /// the janitor to come, and drops what was removed.
    pub(super) fn end(&self, writer: Locked<'_, K, V, S, E>) {
        let commit = writer.commit_version();
        self.end_with(writer, commit);
    }

    /// As [`end`](Self::end), with the version that shows everything.
    #[inline(always)]
    fn end_with(&self, mut writer: Locked<'_, K, V, S, E>, commit: Version) {
        if writer.may_have_drops() {
            self.end_and_drop(writer, commit);
        } else {
            let errands = self.errands(&mut writer);
            self.unlock(writer, commit, || self.notify());
            if let Some(errands) = errands {
                self.send(errands);
            }
        }
    }

    #[inline(never)]
    fn end_and_drop(&self, writer: Locked<'_, K, V, S, E>, commit: Version) {
        if let Some(drops) = self.end_without_drops(writer, commit) {
            self.counters.count(|c| &c.panics, drops.drop_each());
        }
    }

    /// As [`end_with`](Self::end_with), but returns what is to be dropped.
    pub(super) fn end_without_drops(
        &self,
        mut writer: Locked<'_, K, V, S, E>,
        commit: Version,
    ) -> Option<DeferredDrops<K, V, E::Table<K, V>>> {
        let drops = writer.take_drops(&self.counters);
        let errands = self.errands(&mut writer);
        self.unlock(writer, commit, || self.notify());
        if let Some(errands) = errands {
            self.send(errands);
        }
        drops
    }

    #[cold]
    #[inline(never)]
    fn notify(&self) {
        self.versions.notify_threads();
        self.versions.notify_tasks();
    }

    /// Notes what others may know of the writer, and unlocks. Calls `notify` if something was published that
    /// somebody listens for.
    #[inline(always)]
    pub(super) fn unlock(
        &self,
        mut writer: Locked<'_, K, V, S, E>,
        commit: Version,
        notify: impl FnOnce(),
    ) {
        self.counters.note_pending(writer.pending());
        self.versions.reserve(commit);
        // Who listens is left to the next publication, else it would be woken for nothing.
        if writer.take_published() && writer.unlock() {
            notify();
        }
    }
}
