//! What the two threads of the process do for a map: see [`left_right::background`].
//!
//! The *publisher* publishes what deferred writes left when it is time.
//! A little before that it tells the map that it waits: a writer that comes then publishes itself. That is much
//! cheaper than to take the lock, and all that it guards, to the publisher's processor and back.
//! It only tries to lock: a map whose lock is taken is tried again soon.
//! It runs no user code: a publication is a swap by M1, and what it has to drop is left to the janitor.
//!
//! The *janitor* tidies up when nobody has written for a while: it brings the writer's copy up to date, lets a
//! growth go on, frees copies that were set aside once their readers have left, recovers from a panic, drops
//! what was removed, and wakes tasks. It only tries to lock, too, and takes bounded steps.

use std::hash::{BuildHasher, Hash};
use std::mem;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::Duration;

use left_right::background::{Background, Next, Work, hold_off_forks};

use super::core::{Core, Publishing};
use super::deferred_drops::DeferredDrops;
use super::writer::{Settling, Writer};
use crate::table::Engine;

/// Until the publisher comes again to a map whose lock was taken.
const SOON: Duration = Duration::from_micros(100);
/// How long before it is time the publisher lets writers publish themselves, at the most.
const EARLY: Duration = Duration::from_micros(100);
/// For how long nobody must have written before the janitor tidies up.
const QUIET: Duration = Duration::from_millis(10);
/// Between two steps of the janitor: the pause while each gets on, and the longest while a reader is in the way.
const SHORTEST_REST: Duration = Duration::from_micros(100);
const LONGEST_REST: Duration = Duration::from_millis(250);
/// The most operations that one step replays, and the most things that it drops.
const STEP: usize = 1000;

/// What is to be asked for after the unlock.
pub(super) struct Errands {
    publisher_within: Option<Duration>,
    janitor_within: Option<Duration>,
}

impl<K, V, S, E: Engine> Core<K, V, S, E> {
    /// What a writer has to ask for after it, if anything. To be asked once before each unlock.
    #[inline]
    pub(super) fn errands(&self, writer: &mut Writer<K, V, S, E>) -> Option<Errands> {
        let process = Background::process();
        // ORDER: none needed, for both: they are changed under the lock only.
        let has_janitor = || self.janitor_of.load(Ordering::Relaxed) == process;
        let has_publisher = || self.publisher_of.load(Ordering::Relaxed) == process;
        let is_seen_to = if !writer.map().has_pending() {
            !self.deadline.is_set() && has_janitor()
        } else if self.is_deferred() {
            // There is nothing to tidy up before the publication, but copies that were set aside.
            self.deadline.is_set()
                && has_publisher()
                && (writer.map().copies().retired() == 0 || has_janitor())
        } else {
            has_janitor()
        };
        if is_seen_to {
            return None;
        }
        self.errands_anew(writer)
    }

    #[cold]
    #[inline(never)]
    fn errands_anew(&self, writer: &mut Writer<K, V, S, E>) -> Option<Errands> {
        let process = Background::process();
        let mut errands = Errands {
            publisher_within: None,
            janitor_within: None,
        };
        // ORDER: none needed, for all of them: they are changed under the lock only.
        let waits_for_publication = self.is_deferred()
            && writer.map().has_pending()
            && writer.map().copies().retired() == 0;
        if self.janitor_of.load(Ordering::Relaxed) != process
            && writer.is_untidy()
            && !waits_for_publication
        {
            self.janitor_of.store(process, Ordering::Relaxed);
            errands.janitor_within = Some(self.quiet());
        }
        if let Publishing::Within { time, .. } = self.publishing {
            if !writer.map().has_pending() {
                self.deadline.clear();
            } else if !self.deadline.is_set()
                || self.publisher_of.load(Ordering::Relaxed) != process
            {
                let is_real = self.deadline.set_after(time);
                self.publisher_of.store(process, Ordering::Relaxed);
                errands.publisher_within = is_real.then(|| time - self.early());
            }
        }
        (errands.publisher_within.is_some() || errands.janitor_within.is_some()).then_some(errands)
    }

    /// How long before it is time writers publish themselves.
    pub(super) fn early(&self) -> Duration {
        match self.publishing {
            Publishing::AtOnce => Duration::ZERO,
            Publishing::Within { time, .. } => EARLY.min(time / 4),
        }
    }

    /// For how long nobody must have written before the janitor tidies up.
    fn quiet(&self) -> Duration {
        match self.publishing {
            Publishing::AtOnce => QUIET,
            Publishing::Within { time, .. } => time.clamp(SHORTEST_REST, QUIET),
        }
    }

    /// Asks the publisher of a forked child to come for what was pending at the fork, on behalf of a thread that
    /// waits for that. Returns `false` if there is none, and nobody would come.
    pub(super) fn expect_publication(&self) -> bool {
        let Publishing::Within { time, .. } = self.publishing else {
            return true;
        };
        // ORDER: none needed: who waits has learnt of the write, and so of this; in a child nobody else is there.
        if self.publisher_of.load(Ordering::Relaxed) == Background::process()
            || self.versions.visible() >= self.versions.commit()
        {
            return true;
        }
        self.background.publish_after(time).is_ok()
    }

    /// Asks the janitor to come now. Where there is no thread for it, the next writer does its work.
    fn call_janitor(&self) {
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
    /// Asks the two threads to come. Where there is none, publishes at once.
    #[cold]
    #[inline(never)]
    pub(super) fn send(&self, errands: Errands) {
        if let Some(time) = errands.janitor_within {
            // Without a janitor, the next write drops what this one has removed.
            _ = self.background.tidy_after(time);
        }
        if let Some(time) = errands.publisher_within
            && self.background.publish_after(time).is_err()
        {
            let mut writer = self.lock_endlessly();
            self.publish(&mut writer);
            self.end(writer);
        }
    }

    /// Drops some of the backlog, with this added to it. Returns whether anything is left.
    fn drop_some(&self, more: Option<DeferredDrops<K, V, E::Table<K, V>>>) -> bool {
        // Nobody else takes it, no user code runs under the lock, and forks wait, unless one is under way already.
        let exchange = |drops| {
            let _held_off = hold_off_forks();
            let mut backlog = self.backlog.lock().unwrap_or_else(PoisonError::into_inner);
            mem::replace(&mut *backlog, drops)
        };
        let mut drops = exchange(DeferredDrops::new());
        if let Some(more) = more {
            drops.append(more);
        }
        let panics = drops.drop_some(STEP);
        self.counters.count(|c| &c.panics, panics);
        let is_left = !drops.is_empty();
        exchange(drops);
        is_left
    }

    /// Whether something is pending that should be visible by now.
    fn is_overdue(&self, writer: &Writer<K, V, S, E>) -> bool {
        writer.map().has_pending() && self.deadline.left().is_none_or(|left| left.is_zero())
    }

    /// One bounded step of tidying up: when to come again.
    fn tidy_some(&self, writer: &mut Writer<K, V, S, E>) -> Next {
        // ORDER: none needed: it is counted under the lock.
        let writes = self.counters.writes.load(Ordering::Relaxed);
        if writer.writes_seen != writes && !self.is_overdue(writer) {
            // Somebody has written meanwhile, and will do most of this.
            writer.writes_seen = writes;
            writer.rest = self.quiet();
            return Next::After(writer.rest);
        }
        let settling = match writer.make_consistent(&self.counters) {
            Err(payload) => {
                writer.note_panic(payload, &self.counters);
                Settling::HeldUp
            }
            Ok(()) => {
                if self.is_overdue(writer) {
                    // The publisher could not, before the recovery.
                    self.publish(writer);
                }
                if writer.map().has_pending() {
                    writer.sweep(&self.counters);
                    if writer.map().copies().retired() == 0 {
                        // Nothing to do before the publication, after which the janitor is asked anew.
                        return Next::Idle;
                    }
                    Settling::HeldUp
                } else {
                    writer.settle(STEP, &self.counters)
                }
            }
        };
        match settling {
            Settling::Done => Next::Idle,
            Settling::Begun => {
                writer.rest = SHORTEST_REST;
                Next::After(SHORTEST_REST)
            }
            // Longer and longer while a reader stays, or user code panics.
            Settling::HeldUp => {
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
            // Somebody has published, and written since.
            (Some(left), early) if left > early => return Next::After(left - early),
            (Some(left), _) if !left.is_zero() => {
                self.deadline.tell();
                return Next::After(left);
            }
            _ => {}
        }
        let Some(_held_off) = hold_off_forks() else {
            self.deadline.tell();
            return Next::After(SOON);
        };
        let Some(mut writer) = self.lock.try_lock() else {
            if self.lock.is_abandoned() {
                return Next::Idle;
            }
            self.deadline.tell();
            return Next::After(SOON);
        };
        self.publish(&mut writer);
        if !writer.map().has_pending() {
            // Also if there was nothing to publish.
            self.deadline.clear();
        }
        let has_failed = writer.map().has_pending();
        let has_drops = writer.has_drops();
        let errands = self.errands(&mut writer);
        let commit = writer.commit_version();
        self.unlock(writer, commit, || {
            self.versions.notify_threads();
            // ORDER: pairs with the swap in `tidy`, which comes after this call of the janitor.
            self.has_tasks_to_wake.store(true, Ordering::Release);
            self.call_janitor();
        });
        if has_failed {
            // By a panic in a `Clone`: the janitor recovers, or the next writer, and publishes.
            self.deadline.tell();
        }
        if has_failed || has_drops {
            self.call_janitor();
        }
        let Some(errands) = errands else {
            return Next::Idle;
        };
        if let Some(time) = errands.janitor_within {
            _ = self.background.tidy_after(time);
        }
        errands.publisher_within.map_or(Next::Idle, Next::After)
    }

    fn tidy(&self) -> Next {
        // ORDER: pairs with the store in `publish`.
        if self.has_tasks_to_wake.swap(false, Ordering::Acquire) {
            self.versions.notify_tasks();
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
        // ORDER: none needed: it is changed under the lock only.
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
