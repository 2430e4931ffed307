//! [`Core`]: how a write becomes visible.
//!
//! A writer takes the writer lock, changes the copy that is published next, and publishes that copy, with all pending
//! operations, before it unlocks.
//!
//! If a publication needs a barrier, which takes longer than many writes, and the next writer is already awake, a writer
//! leaves the publication to it. So a group of writers publishes once (*group commit*).
//! It does not rely on the next writer: if its changes are not visible after a moment, it locks again and publishes
//! them itself.
//!
//! Deferred writes return after their unlock. A writer that comes near the deadline publishes them; if none comes, the
//! [publisher](super::background) does.
//!
//! No writer holds the lock while it waits for readers. If its copy is not free, it unlocks and tries again a little
//! later, so it delays neither other writers nor `flush`.
//!
//! The steps of a write are inlined where the compiler optimises. Elsewhere each write of a program would have a copy of
//! all of them, which takes long to compile.

use std::hash::{BuildHasher, Hash};
use std::panic::{RefUnwindSafe, UnwindSafe, resume_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::time::Duration;

use left_right::background::Background;
use left_right::{LockError, Version, WriterGuard, WriterLock};

use super::batches::Ticket;
use super::deadline::Deadline;
use super::deferred_drops::DeferredDrops;
use super::error::{CALLED_FROM_INSIDE, LEFT_BY_A_FORK, WriteError};
use super::stats::{Counters, Stats};
use super::tasks::Tasks;
use super::versions::Versions;
use super::wait_limit::WaitLimit;
use super::writer::Writer;
use crate::map::{SharedReader, WriteHandle};
use crate::table::Engine;

/// How often a call that never waits tries the lock, which takes a few microseconds.
const TRY_LOOKS: u32 = 200;

/// The state that all handles of a shared map share.
pub(super) struct Core<K, V, S, E: Engine> {
    pub(super) lock: WriterLock<Writer<K, V, S, E>>,
    pub(super) versions: Versions,
    pub(super) counters: Counters,
    /// Reads on the calling thread, and tells its own guards from those of other threads.
    pub(super) reader: SharedReader<K, V, S, (), E>,
    pub(super) stall_limit: Duration,
    /// When writes become visible.
    pub(super) publishing: Publishing,
    pub(super) background: Background,
    /// The processes whose publisher and whose janitor have been requested and have not come yet. 0 for none.
    /// They change only under the lock.
    pub(super) publisher_of: AtomicU64,
    pub(super) janitor_of: AtomicU64,
    pub(super) deadline: Deadline,
    /// Set by the publisher after a publication: the janitor has to wake tasks.
    pub(super) has_tasks_to_wake: AtomicBool,
    pub(super) tasks: Tasks,
    /// The janitor drops a part of this in each step.
    pub(super) backlog: Mutex<DeferredDrops<K, V, E::Table<K, V>>>,
}

/// The guard of the writer lock.
pub(super) type Locked<'a, K, V, S, E> = WriterGuard<'a, Writer<K, V, S, E>>;

/// When writes become visible.
pub(super) enum Publishing {
    /// Before they return.
    AtOnce,
    /// Within a time after the first of them.
    Within {
        time: Duration,
        /// At this many pending operations, a write publishes at once.
        max_pending: usize,
    },
}

// A panic inside a write rolls that write back, and a panic in the background is contained. So the state behind the
// lock is consistent for the next thread that takes it (`writer.rs` M1, M5).
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
            tasks: Tasks::new(),
            backlog: Mutex::new(DeferredDrops::new()),
        }
    }

    /// Whether writes become visible after they return.
    pub(super) fn is_deferred(&self) -> bool {
        matches!(self.publishing, Publishing::Within { .. })
    }

    pub(super) fn stats(&self) -> Stats {
        let lookups = self.reader.lookup_counts();
        self.counters
            .stats(self.reader.readers(), lookups, self.versions.visible())
    }

    /// Takes the lock. Returns `None` once the limit is reached.
    ///
    /// # Panics
    /// If the calling thread holds it, or if the thread that holds it is not in this child after a fork.
    #[inline]
    pub(super) fn lock(&self, limit: WaitLimit) -> Option<Locked<'_, K, V, S, E>> {
        if let Some(writer) = self.lock.try_lock() {
            return Some(writer);
        }
        self.lock_contended(limit)
    }

    #[cold]
    #[inline(never)]
    fn lock_contended(&self, limit: WaitLimit) -> Option<Locked<'_, K, V, S, E>> {
        self.refuse_inside();
        let locked = match limit {
            WaitLimit::NoWait if self.lock.is_abandoned() => Err(LockError::Abandoned),
            WaitLimit::NoWait => return self.try_lock_again(),
            WaitLimit::Until(deadline) => self.lock.lock_until(deadline),
            WaitLimit::Unlimited => self.lock.lock(),
        };
        match locked {
            Ok(writer) => Some(writer),
            Err(LockError::TimedOut) => None,
            Err(LockError::Abandoned) => panic!("{LEFT_BY_A_FORK}"),
            Err(_) => panic!("{CALLED_FROM_INSIDE}"),
        }
    }

    /// Tries a bounded number of times: the janitor and most writers hold the lock only for a moment.
    pub(super) fn try_lock_again(&self) -> Option<Locked<'_, K, V, S, E>> {
        (0..TRY_LOOKS).find_map(|_| {
            std::hint::spin_loop();
            self.lock.try_lock()
        })
    }

    /// As [`lock`](Self::lock), without a limit.
    #[inline]
    pub(super) fn lock_blocking(&self) -> Locked<'_, K, V, S, E> {
        match self.lock(WaitLimit::Unlimited) {
            Some(writer) => writer,
            None => unreachable!("an unlimited wait ended"),
        }
    }

    /// # Panics
    /// If the calling thread is inside a write of this map: it would wait for itself.
    pub(super) fn refuse_inside(&self) {
        assert!(!self.lock.is_held_by_caller(), "{CALLED_FROM_INSIDE}");
    }

    /// # Panics
    /// If no later version is visible, and none ever will be: at the fork, a thread that is not in this child was
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
    /// Runs a write under the lock, and ensures that it becomes visible. Returns its result, and the version that
    /// shows everything that it wrote or read.
    pub(super) fn write<R>(
        &self,
        limit: WaitLimit,
        write: impl FnOnce(&mut WriteHandle<K, V, S, (), E>) -> R,
    ) -> Result<(R, Version), WriteError> {
        let writer = self.prepared(limit)?;
        // A caller that must not wait does not wait for the publication either, so it publishes itself.
        Ok(self.write_in(writer, write, matches!(limit, WaitLimit::Unlimited)))
    }

    /// As [`write`](Self::write), without a limit.
    #[inline]
    pub(super) fn write_blocking<R>(
        &self,
        write: impl FnOnce(&mut WriteHandle<K, V, S, (), E>) -> R,
    ) -> (R, Version) {
        let mut writer = self.lock_blocking();
        if let Err(unready) = writer.prepare(&self.counters) {
            writer = match self.prepare_again(writer, unready, WaitLimit::Unlimited) {
                Ok(writer) => writer,
                Err(error) => unreachable!("an unlimited wait ended: {error}"),
            };
        }
        self.write_in(writer, write, true)
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn write_in<R>(
        &self,
        mut writer: Locked<'_, K, V, S, E>,
        write: impl FnOnce(&mut WriteHandle<K, V, S, (), E>) -> R,
        may_delegate: bool,
    ) -> (R, Version) {
        let begin = writer.end();
        let outcome = writer.run(write, &self.counters);
        let commit = writer.commit_version();
        let unpublished = self.commit(&mut writer, begin, outcome.is_ok(), may_delegate);
        self.end_with(writer, commit);
        match outcome {
            Err(panic) => resume_unwind(panic),
            Ok(result) => {
                if let Some(ticket) = unpublished {
                    self.ensure_visible(commit);
                    self.check_rolled_back(ticket);
                }
                (result, commit)
            }
        }
    }

    /// Publishes what is pending, if it is time for it. `begin` is where the operations of the write begin that has just
    /// been run, and `is_kept` says whether it was not rolled back. Returns its ticket, if its caller has to see to it that
    /// it becomes visible.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn commit(
        &self,
        writer: &mut Locked<'_, K, V, S, E>,
        begin: usize,
        is_kept: bool,
        may_delegate: bool,
    ) -> Option<Option<Ticket>> {
        match &self.publishing {
            Publishing::AtOnce => {
                // If the next writer is awake, it publishes these changes with its own, which saves a barrier.
                // A fence is cheaper than that handover.
                if !(may_delegate && writer.has_barrier() && self.lock.has_next()) {
                    self.publish(writer);
                }
                // The publication may also have failed.
                (writer.map().has_pending() && is_kept).then(|| writer.record(begin))
            }
            Publishing::Within { max_pending, .. } => {
                // A write that panicked is rolled back, and so may be pending operations of others.
                if is_kept {
                    writer.record(begin);
                }
                if writer.pending() >= *max_pending || self.deadline.is_near(|| self.early()) {
                    self.publish(writer);
                }
                None
            }
        }
    }

    /// Takes the lock, and prepares the writer's copy: it is free and up to date.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn prepared(&self, limit: WaitLimit) -> Result<Locked<'_, K, V, S, E>, WriteError> {
        let Some(mut writer) = self.lock(limit) else {
            return Err(WriteError::Occupied);
        };
        match writer.prepare(&self.counters) {
            Ok(()) => Ok(writer),
            Err(unready) => self.prepare_again(writer, unready, limit),
        }
    }

    /// Publishes all pending operations, unless a panic in a `Clone` prevents it.
    #[inline]
    pub(super) fn publish(&self, writer: &mut Writer<K, V, S, E>) {
        if let Some(version) = writer.publish(&self.counters) {
            self.versions.show(version);
            self.deadline.clear();
        }
    }

    /// Unlocks, and then wakes the waiters if something was published, requests the publisher and the janitor, and
    /// does the deferred drops.
    pub(super) fn end(&self, writer: Locked<'_, K, V, S, E>) {
        let commit = writer.commit_version();
        self.end_with(writer, commit);
    }

    /// As [`end`](Self::end), with the commit version.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn end_with(&self, mut writer: Locked<'_, K, V, S, E>, commit: Version) {
        if writer.may_have_drops() {
            self.end_and_drop(writer, commit);
        } else {
            let wakeups = self.wakeups(&mut writer);
            self.unlock(writer, commit, || self.notify());
            if let Some(wakeups) = wakeups {
                self.wake_background(wakeups);
            }
        }
    }

    #[inline(never)]
    fn end_and_drop(&self, writer: Locked<'_, K, V, S, E>, commit: Version) {
        if let Some(drops) = self.end_without_drops(writer, commit) {
            self.counters.count(|c| &c.panics, drops.drop_each());
        }
    }

    /// As [`end_with`](Self::end_with), but returns the deferred drops.
    pub(super) fn end_without_drops(
        &self,
        mut writer: Locked<'_, K, V, S, E>,
        commit: Version,
    ) -> Option<DeferredDrops<K, V, E::Table<K, V>>> {
        let drops = writer.take_drops(&self.counters);
        let wakeups = self.wakeups(&mut writer);
        self.unlock(writer, commit, || self.notify());
        if let Some(wakeups) = wakeups {
            self.wake_background(wakeups);
        }
        drops
    }

    #[cold]
    #[inline(never)]
    pub(super) fn notify(&self) {
        self.versions.notify_threads();
        self.versions.notify_tasks();
    }

    /// Updates the public counters and the commit version, and unlocks. Calls `notify` if something was published and
    /// somebody listens.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn unlock(
        &self,
        mut writer: Locked<'_, K, V, S, E>,
        commit: Version,
        notify: impl FnOnce(),
    ) {
        self.counters.note_pending(writer.pending());
        self.versions.reserve(commit);
        // Without a publication, the listeners wait on: they would wake for nothing.
        if writer.take_published() && writer.unlock() {
            notify();
        }
    }
}
