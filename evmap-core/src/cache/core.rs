//! [`Core`]: what the handles of a cache share.

use std::hash::{BuildHasher, Hash};
use std::mem;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::Duration;

use left_right::background::{Background, PerProcess, hold_off_forks};

use super::change::Change;
use super::clock::{Clock, NEVER};
use super::node::Node;
use super::policy::S3Fifo;
use super::removal::{Listener, Removal, Removals};
use super::stats::Counters;
use super::tags::TagIndex;
use super::timers::Timers;
use crate::map::WriteHandle;
use crate::panics::Drops;
use crate::{Shared, SharedMap};

/// The map of a cache.
pub(super) type Map<K, V, S> = SharedMap<K, Shared<Node<V>>, S>;
/// Its writer.
pub(super) type Writer<K, V, S> = WriteHandle<K, Shared<Node<V>>, S>;

/// How soon the janitor comes to removed entries.
const SOON: Duration = Duration::from_millis(1);
/// How long expired entries wait for the janitor, so that it removes many at once.
pub(super) const BATCH: Duration = Duration::from_millis(100);

/// What the handles of a cache share.
///
/// The lock of the store is taken by a thread that is inside a write of the map, or that holds off forks. So no child of a
/// fork finds it locked, except a child that cannot write to the map either.
pub(super) struct Core<K, V, S> {
    pub(super) map: Map<K, V, S>,
    pub(super) clock: Arc<Clock>,
    pub(super) settings: Settings<K, V>,
    pub(super) counters: Counters,
    pub(super) background: Background,
    /// User code may run while it is locked, since a whole write does. So background threads only try to lock it.
    store: Mutex<Store<V>>,
    /// No user code runs while it is locked. A child of a fork leaves those of its parent to the parent.
    removals: PerProcess<Mutex<Removals<K, V>>>,
    /// The time for which the publisher is requested, or an earlier one.
    next_due: AtomicU64,
    /// Set before the last handle leaves the background threads.
    is_closed: AtomicBool,
}

/// What a cache is made with.
pub(super) struct Settings<K, V> {
    pub(super) max_weight: Option<u64>,
    pub(super) weigher: Option<Arc<Weigher<K, V>>>,
    pub(super) listener: Option<Arc<Listener<K, V>>>,
    pub(super) time_to_live: Option<Duration>,
    /// Set if the time to idle is no time at all.
    pub(super) keeps_nothing: bool,
    /// The share of a lifetime, from 0 to 1, by which it may be shortened.
    pub(super) jitter: f64,
    pub(super) refresh_after: Option<Duration>,
    /// For how long an expired value may be shown if a load fails, in milliseconds.
    pub(super) stale_if_error: u64,
}

pub(super) type Weigher<K, V> = dyn Fn(&K, &V) -> u32 + Send + Sync;

/// What writers know about the entries, under the map's writer lock.
pub(super) struct Store<V> {
    pub(super) policy: S3Fifo<Shared<Node<V>>>,
    pub(super) timers: Timers,
    pub(super) tags: TagIndex,
    /// Set while a write is under way. If it is set at the beginning of a write, the last one panicked, and the policy may
    /// differ from the map.
    pub(super) is_dirty: bool,
    /// How many writes of the map had been rolled back after their end, when the policy was last known to be right.
    pub(super) rolled_back: u64,
}

/// What is left to do once a write is visible.
pub(super) struct Ended<K, V> {
    /// When the next entry is due.
    pub(super) due: u64,
    /// Whether one is due now.
    pub(super) has_due: bool,
    /// The number of the write, if the janitor is to handle what it has removed.
    pub(super) write: Option<u64>,
    /// What is dropped at once.
    pub(super) dropped: Vec<Removal<K, V>>,
    /// Entries that the policy had and the map had not.
    pub(super) strange: Vec<Shared<Node<V>>>,
}

impl<V> Drop for Store<V> {
    /// Drops each value by itself, since two that panic would abort the program. Resumes the first panic.
    fn drop(&mut self) {
        let mut drops = Drops::default();
        for (_, entry) in self.policy.take_all() {
            drops.drop(entry.item);
        }
        drops.resume();
    }
}

// A panic inside a write leaves `is_dirty` set, so the next write repairs the policy.
impl<K, V, S> UnwindSafe for Core<K, V, S> {}
impl<K, V, S> RefUnwindSafe for Core<K, V, S> {}

impl<K, V, S> Core<K, V, S> {
    pub(super) fn new(
        map: Map<K, V, S>,
        clock: Arc<Clock>,
        settings: Settings<K, V>,
        background: Background,
    ) -> Self
    where
        K: Send + Sync,
        V: Send + Sync,
    {
        let store = Store {
            policy: S3Fifo::new(settings.max_weight),
            timers: Timers::default(),
            tags: TagIndex::default(),
            is_dirty: false,
            rolled_back: 0,
        };
        Core {
            map,
            clock,
            settings,
            counters: Counters::default(),
            background,
            store: Mutex::new(store),
            removals: PerProcess::new(Mutex::default),
            next_due: AtomicU64::new(NEVER),
            is_closed: AtomicBool::new(false),
        }
    }

    /// Whether removed entries have to wait for the janitor.
    pub(super) fn needs_janitor(&self) -> bool {
        self.settings.listener.is_some() || mem::needs_drop::<V>()
    }

    /// The weight of an entry. Runs user code.
    pub(super) fn weigh(&self, key: &K, value: &V) -> u32 {
        match &self.settings.weigher {
            Some(weigher) => weigher(key, value),
            None => 1,
        }
    }

    /// The time at which an entry with this lifetime and this hash expires, or [`NEVER`].
    pub(super) fn expires(&self, lifetime: Duration, hash: u64) -> u64 {
        let latest = self.clock.after(lifetime);
        if self.settings.jitter == 0.0 || latest == NEVER {
            return latest;
        }
        // A number from 0 to 1, different for each key.
        let random = (hash.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 11) as f64 / (1_u64 << 53) as f64;
        let left = 1.0 - self.settings.jitter * random;
        let shorter = Duration::try_from_secs_f64(lifetime.as_secs_f64() * left);
        shorter.map_or(latest, |time| self.clock.after(time).min(latest))
    }

    /// The time from which on lookups do not show an entry, as far as it is known now, or [`NEVER`].
    pub(super) fn ends(&self, node: &Node<V>) -> u64 {
        self.clock.end_of(node.expires, node.read_at())
    }

    /// The time at which an entry leaves memory, as far as it is known now, or [`NEVER`].
    pub(super) fn due(&self, node: &Node<V>) -> u64 {
        let kept = node.expires.saturating_add(self.settings.stale_if_error);
        kept.min(self.clock.idle_from(node.read_at()))
    }

    /// The time at which the clock must be right and the entry must be looked at again, or [`NEVER`].
    pub(super) fn next_look(&self, node: &Node<V>, now: u64) -> u64 {
        match self.ends(node) {
            ends if ends > now => ends,
            _ => self.due(node),
        }
    }

    /// Locks the store, from inside a write of the map.
    pub(super) fn store_in_write(&self) -> MutexGuard<'_, Store<V>> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs `f` with the store, outside of a write of the map. Does not wait: it returns `None` if the store is in use or
    /// a fork is under way.
    pub(super) fn try_with_store<R>(&self, f: impl FnOnce(&mut Store<V>) -> R) -> Option<R> {
        let _held_off = hold_off_forks()?;
        match self.store.try_lock() {
            Ok(mut store) => Some(f(&mut store)),
            Err(TryLockError::Poisoned(poisoned)) => Some(f(&mut poisoned.into_inner())),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    /// Runs `f`, which runs no user code, with the removals.
    pub(super) fn with_removals<R>(&self, f: impl FnOnce(&mut Removals<K, V>) -> R) -> R {
        let removals = self.removals.get();
        let mut removals = removals.lock().unwrap_or_else(PoisonError::into_inner);
        let result = f(&mut removals);
        Counters::set(&self.counters.undropped, removals.len() as u64);
        result
    }

    /// The time at which the publisher has to come, as it was last requested.
    pub(super) fn next_due(&self) -> u64 {
        // ORDER: none needed. A publisher that sees an older time comes again after a millisecond.
        self.next_due.load(Ordering::Relaxed)
    }

    /// Sets the time at which the publisher has to come. For a thread that has the store.
    pub(super) fn set_next_due(&self, time: u64) {
        // ORDER: as in `next_due`.
        self.next_due.store(time, Ordering::Relaxed);
    }

    /// Requests the publisher for the time at which the next entry is due, unless it comes by then anyway.
    fn request_publisher(&self, due: u64) {
        if self.clock.is_manual()
            || due == NEVER
            || (due >= self.next_due() && self.clock.is_kept())
        {
            return;
        }
        self.set_next_due(due);
        let time = Duration::from_millis(due.saturating_sub(self.clock.now()));
        // Without a publisher, readers ask the system for the time.
        if self.background.publish_after(time).is_ok() {
            self.clock.keep();
        }
        self.leave_if_closed();
    }

    /// Requests the janitor within this time.
    pub(super) fn request_janitor(&self, time: Duration) {
        // Without a janitor, writes remove what has expired, and `run_pending_tasks` does the rest.
        _ = self.background.tidy_after(time);
        self.leave_if_closed();
    }

    /// Ends the requests of the background threads, and those that a step of theirs makes at this moment.
    pub(super) fn close(&self) {
        // ORDER: `leave` locks what a request locks. A request that comes after it sees the flag.
        self.is_closed.store(true, Ordering::SeqCst);
        self.background.leave();
    }

    /// Whether the last handle is gone.
    pub(super) fn is_closed(&self) -> bool {
        // ORDER: see `close`.
        self.is_closed.load(Ordering::SeqCst)
    }

    fn leave_if_closed(&self) {
        if self.is_closed() {
            self.background.leave();
        }
    }
}

impl<K, V, S> Core<K, V, S>
where
    K: Hash + Eq + Clone,
    S: BuildHasher + Clone,
{
    /// Runs a change, which is visible when this returns.
    pub(super) fn change<R>(&self, change: impl FnOnce(&mut Change<'_, K, V, S>) -> R) -> R {
        let (result, ended) = self.map.run(|w| Change::run(self, w, change));
        self.finish(ended);
        result
    }

    /// As [`change`](Self::change), for a task.
    pub(super) async fn change_async<R>(
        &self,
        change: impl FnOnce(&mut Change<'_, K, V, S>) -> R,
    ) -> R {
        let (result, ended) = self.map.run_async(|w| Change::run(self, w, change)).await;
        self.finish(ended);
        result
    }

    /// As [`change`](Self::change), but does not wait: returns `None` if other writers or readers are in the way.
    pub(super) fn try_change<R>(
        &self,
        change: impl FnOnce(&mut Change<'_, K, V, S>) -> R,
    ) -> Option<R> {
        let (result, ended) = self.map.try_run(|w| Change::run(self, w, change)).ok()?;
        self.finish(ended);
        Some(result)
    }

    /// Does what is left to do once a write is visible. So the listener never learns of a removal before readers do.
    fn finish(&self, ended: Ended<K, V>) {
        self.request_publisher(ended.due);
        if ended.has_due && !self.clock.is_manual() {
            self.request_janitor(BATCH);
        }
        let mut dropped = ended.dropped;
        if let Some(write) = ended.write {
            dropped = self.with_removals(|removals| removals.publish(write));
            self.request_janitor(SOON);
        }
        let mut drops = Drops::default();
        for removal in dropped {
            let is_told = self.settings.listener.is_some();
            Counters::add(&self.counters.unnotified, is_told.into());
            drops.drop(removal.key);
            drops.drop(removal.node);
        }
        drops.drop_each(ended.strange);
        Counters::add(&self.counters.panics, drops.count());
    }
}
