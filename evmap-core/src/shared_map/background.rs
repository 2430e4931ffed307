//! The work of the process's two background threads for a map: see [`left_right::background`].
//!
//! The *publisher* publishes deferred writes at their deadline.
//! A little before the deadline it marks it as near, and the next writer publishes. That is much cheaper than moving
//! the lock, and the data that it guards, to the publisher's processor and back.
//! The publisher only tries to lock. If the lock is taken, it tries again soon.
//! It runs no user code: a publication is only a swap (`writer.rs` M1), and it leaves drops to the janitor.
//!
//! The *janitor* tidies up when nobody has written for a while. It brings the writer's copy up to date, does rehash
//! steps, frees copies that were set aside once their readers have left, recovers from a panic, does deferred drops,
//! and wakes tasks. It only tries to lock, too, and works in bounded steps.

use std::hash::{BuildHasher, Hash};
use std::mem;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::Duration;

use left_right::background::{Background, Next, Work, hold_off_forks};

use super::core::{Core, Publishing};
use super::deferred_drops::DeferredDrops;
use super::settling::Settling;
use super::writer::Writer;
use crate::table::Engine;

/// After this time the publisher retries a map whose lock was taken.
const SOON: Duration = Duration::from_micros(100);
/// The longest time before the deadline from which writers publish themselves.
const EARLY: Duration = Duration::from_micros(100);
/// The janitor tidies up once nobody has written for this long.
const QUIET: Duration = Duration::from_millis(10);
/// The shortest pause between two steps of the janitor, while they make progress, and the longest, while a reader
/// blocks them.
pub(super) const SHORTEST_REST: Duration = Duration::from_micros(100);
const LONGEST_REST: Duration = Duration::from_millis(250);
/// The maximal number of operations that one step replays, and of things that it drops.
pub(super) const STEP: usize = 1000;

/// The wake-ups of background threads to request after the unlock.
pub(super) struct Wakeups {
    publisher_within: Option<Duration>,
    janitor_within: Option<Duration>,
}

impl<K, V, S, E: Engine> Core<K, V, S, E> {
    /// Returns the wake-ups to request after the unlock. Called once before each unlock.
    #[inline]
    pub(super) fn wakeups(&self, writer: &mut Writer<K, V, S, E>) -> Option<Wakeups> {
        let process = Background::process();
        // ORDER: none needed, for both: they change only under the lock.
        let has_janitor = || self.janitor_of.load(Ordering::Relaxed) == process;
        let has_publisher = || self.publisher_of.load(Ordering::Relaxed) == process;
        let is_scheduled = if !writer.map().has_pending() {
            !self.deadline.is_set() && has_janitor()
        } else if self.is_deferred() {
            // Before the publication, the janitor can only free copies that were set aside.
            self.deadline.is_set()
                && has_publisher()
                && (writer.map().ops.get().retired() == 0 || has_janitor())
        } else {
            has_janitor()
        };
        if is_scheduled {
            return None;
        }
        self.new_wakeups(writer)
    }

    #[cold]
    #[inline(never)]
    fn new_wakeups(&self, writer: &mut Writer<K, V, S, E>) -> Option<Wakeups> {
        let process = Background::process();
        let mut wakeups = Wakeups {
            publisher_within: None,
            janitor_within: None,
        };
        // ORDER: none needed, for all of them: they change only under the lock.
        let waits_for_publication = self.is_deferred()
            && writer.map().has_pending()
            && writer.map().ops.get().retired() == 0;
        if self.janitor_of.load(Ordering::Relaxed) != process
            && writer.is_untidy()
            && !waits_for_publication
        {
            self.janitor_of.store(process, Ordering::Relaxed);
            wakeups.janitor_within = Some(self.quiet());
        }
        if let Publishing::Within { time, .. } = self.publishing {
            if !writer.map().has_pending() {
                self.deadline.clear();
            } else if !self.deadline.is_set()
                || self.publisher_of.load(Ordering::Relaxed) != process
            {
                let is_real = self.deadline.set_after(time);
                self.publisher_of.store(process, Ordering::Relaxed);
                wakeups.publisher_within = is_real.then(|| time - self.early());
            }
        }
        (wakeups.publisher_within.is_some() || wakeups.janitor_within.is_some()).then_some(wakeups)
    }

    /// Returns the time before the deadline from which writers publish themselves.
    pub(super) fn early(&self) -> Duration {
        match self.publishing {
            Publishing::AtOnce => Duration::ZERO,
            Publishing::Within { time, .. } => EARLY.min(time / 4),
        }
    }

    /// Returns for how long nobody must have written before the janitor tidies up.
    fn quiet(&self) -> Duration {
        match self.publishing {
            Publishing::AtOnce => QUIET,
            Publishing::Within { time, .. } => time.clamp(SHORTEST_REST, QUIET),
        }
    }

    /// Requests the publisher of a forked child, for a thread that waits for writes that were pending at the fork.
    /// Returns `false` if the child has no publisher.
    pub(super) fn expect_publication(&self) -> bool {
        let Publishing::Within { time, .. } = self.publishing else {
            return true;
        };
        // ORDER: none needed. The waiting thread has learnt of the write, and so of this value. A child has no other
        // threads.
        if self.publisher_of.load(Ordering::Relaxed) == Background::process()
            || self.versions.visible() >= self.versions.commit()
        {
            return true;
        }
        self.background.publish_after(time).is_ok()
    }

    /// Requests the janitor at once. If the system has no thread for it, the next writer does its work.
    pub(super) fn call_janitor(&self) {
        _ = self.background.tidy_after(Duration::ZERO);
    }
}

impl<K, V, S, E> Core<K, V, S, E>
where
    K: Hash + Eq + Clone,
    V: Clone,
    S: BuildHasher + Clone,
    E: Engine,
{
    /// Requests the two threads. Publishes at once if the system has no thread for the publisher.
    #[cold]
    #[inline(never)]
    pub(super) fn wake_background(&self, wakeups: Wakeups) {
        if let Some(time) = wakeups.janitor_within {
            // Without a janitor, the next write does the drops of this one.
            _ = self.background.tidy_after(time);
        }
        if let Some(time) = wakeups.publisher_within
            && self.background.publish_after(time).is_err()
        {
            let mut writer = self.lock_blocking();
            self.publish(&mut writer);
            self.end(writer);
        }
    }

    /// Adds `more` to the backlog and drops a part of it. Returns whether anything is left.
    pub(super) fn drop_some(&self, more: Option<DeferredDrops<K, V, E::Table<K, V>>>) -> bool {
        // Other threads rarely lock it, no user code runs under the lock, and forks wait, unless one is under way already.
        let locked = |run: &mut dyn FnMut(&mut DeferredDrops<_, _, _>)| {
            let _held_off = hold_off_forks();
            run(&mut self.backlog.lock().unwrap_or_else(PoisonError::into_inner));
        };
        let mut drops = DeferredDrops::new();
        locked(&mut |backlog| drops = mem::replace(backlog, DeferredDrops::new()));
        if let Some(more) = more {
            drops.append(more);
        }
        let panics = drops.drop_some(STEP);
        self.counters.count(|c| &c.panics, panics);
        let is_left = !drops.is_empty();
        // A task without a janitor may be here at the same time, so what is there stays.
        locked(&mut |backlog| backlog.append(mem::replace(&mut drops, DeferredDrops::new())));
        is_left
    }

    /// Whether pending operations should be visible by now.
    fn is_overdue(&self, writer: &Writer<K, V, S, E>) -> bool {
        writer.map().has_pending() && self.deadline.left().is_none_or(|left| left.is_zero())
    }

    /// Does one bounded step of tidying up. Returns when to come again.
    fn tidy_some(&self, writer: &mut Writer<K, V, S, E>) -> Next {
        writer.prune_effects();
        // Writes of tasks leave this to the janitor.
        if writer.map().ops.get().retired() > 0 && writer.is_consistent() {
            writer.sweep(STEP, &self.counters);
        }
        // ORDER: none needed: it changes only under the lock.
        let writes = self.counters.writes.load(Ordering::Relaxed);
        if writer.writes_seen != writes && !self.is_overdue(writer) {
            // Somebody has written since the last step, and writers do most of this work.
            writer.writes_seen = writes;
            writer.rest = self.quiet();
            return Next::After(writer.rest);
        }
        let settling = match writer.make_consistent(&self.counters) {
            Err(payload) => {
                writer.note_panic(payload, &self.counters);
                Settling::Blocked
            }
            Ok(()) => {
                if self.is_overdue(writer) {
                    // Before the recovery, the publisher could not publish.
                    self.publish(writer);
                }
                if writer.map().has_pending() {
                    writer.sweep(STEP, &self.counters);
                    if writer.map().ops.get().retired() == 0 {
                        // Nothing to do before the publication. It requests the janitor again.
                        return Next::Idle;
                    }
                    Settling::Blocked
                } else {
                    writer.settle(STEP, &self.counters)
                }
            }
        };
        match settling {
            Settling::Done => Next::Idle,
            Settling::UnderWay => {
                writer.rest = SHORTEST_REST;
                Next::After(SHORTEST_REST)
            }
            // The pauses grow while a reader does not leave, or user code panics.
            Settling::Blocked => {
                writer.rest = (writer.rest * 2).clamp(SHORTEST_REST, LONGEST_REST);
                Next::After(writer.rest)
            }
        }
    }
}

impl<K, V, S, E> Work for Core<K, V, S, E>
where
    K: Hash + Eq + Clone,
    V: Clone,
    S: BuildHasher + Clone,
    E: Engine,
    Core<K, V, S, E>: Send + Sync,
{
    fn publish(&self) -> Next {
        match (self.deadline.left(), self.early()) {
            (None, _) => return Next::Idle,
            // Another thread has published, and somebody has written since.
            (Some(left), early) if left > early => return Next::After(left - early),
            (Some(left), _) if !left.is_zero() => {
                self.deadline.mark_near();
                return Next::After(left);
            }
            _ => {}
        }
        let Some(_held_off) = hold_off_forks() else {
            self.deadline.mark_near();
            return Next::After(SOON);
        };
        let Some(mut writer) = self.lock.try_lock_before_stalled_task() else {
            if self.lock.is_abandoned() {
                return Next::Idle;
            }
            self.deadline.mark_near();
            return Next::After(SOON);
        };
        self.publish(&mut writer);
        if !writer.map().has_pending() {
            // Even if there was nothing to publish.
            self.deadline.clear();
        }
        let has_failed = writer.map().has_pending();
        let has_drops = writer.has_drops();
        let wakeups = self.wakeups(&mut writer);
        let commit = writer.commit_version();
        self.unlock(writer, commit, || {
            self.versions.notify_threads();
            // ORDER: pairs with the swap in `tidy`, which follows this request of the janitor.
            self.has_tasks_to_wake.store(true, Ordering::Release);
            self.call_janitor();
        });
        if has_failed {
            // A `Clone` panicked. The janitor or the next writer recovers and publishes.
            self.deadline.mark_near();
        }
        if has_failed || has_drops || self.lock.has_task_to_wake() {
            self.call_janitor();
        }
        let Some(wakeups) = wakeups else {
            return Next::Idle;
        };
        if let Some(time) = wakeups.janitor_within {
            _ = self.background.tidy_after(time);
        }
        wakeups.publisher_within.map_or(Next::Idle, Next::After)
    }

    fn tidy(&self) -> Next {
        // First, so that a task which the publisher has left to be woken does not wait for a slow step.
        let look = self.look_after_tasks();
        match (look, self.tidy_and_prepare()) {
            (Some(look), Next::After(time)) => Next::After(time.min(look)),
            (Some(look), Next::Idle) => Next::After(look),
            (None, next) => next,
        }
    }
}

impl<K, V, S, E> Core<K, V, S, E>
where
    K: Hash + Eq + Clone,
    V: Clone,
    S: BuildHasher + Clone,
    E: Engine,
{
    /// Does one step of what is most urgent. Returns when to come again.
    fn tidy_and_prepare(&self) -> Next {
        // ORDER: pairs with the store in `publish`.
        if self.has_tasks_to_wake.swap(false, Ordering::Acquire) {
            self.versions.notify_tasks();
        }
        if let Some(next) = self.prepare_for_tasks() {
            return next;
        }
        if self.drop_some(None) {
            return Next::After(Duration::ZERO);
        }
        let Some(held_off) = hold_off_forks() else {
            return Next::After(SHORTEST_REST);
        };
        let Some(mut writer) = self.lock.try_lock() else {
            return if self.lock.is_abandoned() {
                Next::Idle
            } else {
                Next::After(self.quiet())
            };
        };
        let next = self.tidy_some(&mut writer);
        // ORDER: none needed: it changes only under the lock.
        let process = if next == Next::Idle {
            0
        } else {
            Background::process()
        };
        self.janitor_of.store(process, Ordering::Relaxed);
        let commit = writer.commit_version();
        let drops = self.end_without_drops(writer, commit);
        drop(held_off);
        if self.drop_some(drops) {
            Next::After(Duration::ZERO)
        } else {
            next
        }
    }
}
