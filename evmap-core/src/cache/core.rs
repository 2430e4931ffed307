//! [`Core`]: what the handles of a cache share.

use std::hash::{BuildHasher, Hash};
use std::mem;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::Duration;

use left_right::background::{Background, hold_off_forks};

use super::change::Change;
use super::clock::{Clock, NEVER, to_millis};
use super::node::Node;
use super::policy::S3Fifo;
use super::removal::{Listener, Removals};
use super::stats::Counters;
use super::timers::Timers;
use crate::map::WriteHandle;
use crate::panics::Drops;
use crate::{Shared, SharedMap};

/// The map of a cache.
pub(super) type Map<K, V, S> = SharedMap<K, Shared<Node<V>>, S>;
/// Its writer.
pub(super) type Writer<K, V, S> = WriteHandle<K, Shared<Node<V>>, S>;

/// The maximal number of removed values that wait for the janitor.
const MOST_REMOVALS: usize = 1 << 14;
/// How soon the janitor comes to removed entries.
const SOON: Duration = Duration::from_millis(1);

/// What the handles of a cache share.
pub(super) struct Core<K, V, S> {
    pub(super) map: Map<K, V, S>,
    pub(super) clock: Arc<Clock>,
    pub(super) settings: Settings<K, V>,
    pub(super) counters: Counters,
    pub(super) background: Background,
    /// Changed only by a thread that is inside a write of the map, or that holds off forks: so no child of a fork finds it
    /// locked, except one that cannot write to the map either. No user code runs under it but inside a write.
    store: Mutex<Store<K, V>>,
    /// The time for which the publisher is requested, or an earlier one.
    next_due: AtomicU64,
}

/// What a cache is made with.
pub(super) struct Settings<K, V> {
    pub(super) max_weight: Option<u64>,
    pub(super) weigher: Option<Arc<Weigher<K, V>>>,
    pub(super) listener: Option<Arc<Listener<K, V>>>,
    pub(super) time_to_live: Option<Duration>,
    /// The share of a lifetime, from 0 to 1, by which it may be shortened.
    pub(super) jitter: f64,
}

pub(super) type Weigher<K, V> = dyn Fn(&K, &V) -> u32 + Send + Sync;

/// What writers know about the entries, under the map's writer lock.
pub(super) struct Store<K, V> {
    pub(super) policy: S3Fifo<Shared<Node<V>>>,
    pub(super) timers: Timers,
    pub(super) removals: Removals<K, V>,
    /// Set while a write is under way. If it is set at the beginning of a write, the last one panicked, and the policy may
    /// differ from the map.
    pub(super) is_dirty: bool,
    /// How many writes of the map had been rolled back after their end, when the policy was last known to be right.
    pub(super) rolled_back: u64,
    /// The process whose janitor is requested and has not come to an end yet, or 0.
    pub(super) janitor_of: u64,
    /// The janitor's pause before it looks again at values that a copy of the map still has.
    pub(super) rest: Duration,
}

/// The background threads that a write needs, once it has unlocked.
#[derive(Default)]
pub(super) struct Wakeups {
    pub(super) publisher_within: Option<u64>,
    pub(super) needs_janitor: bool,
}

impl<K, V> Drop for Store<K, V> {
    /// Drops each value by itself, since two that panic would abort the program. Resumes the first panic.
    fn drop(&mut self) {
        let mut drops = Drops::default();
        for (_, entry) in self.policy.take_all() {
            drops.drop(entry.item);
        }
        self.removals.drop_all(&mut drops);
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
    ) -> Self {
        let store = Store {
            policy: S3Fifo::new(settings.max_weight),
            timers: Timers::default(),
            removals: Removals::new(MOST_REMOVALS),
            is_dirty: false,
            rolled_back: 0,
            janitor_of: 0,
            rest: Duration::ZERO,
        };
        Core {
            map,
            clock,
            settings,
            counters: Counters::default(),
            background,
            store: Mutex::new(store),
            next_due: AtomicU64::new(NEVER),
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
    pub(super) fn expires(&self, lifetime: Option<Duration>, hash: u64, now: u64) -> u64 {
        let Some(lifetime) = lifetime else {
            return NEVER;
        };
        let millis = to_millis(lifetime);
        // A number from 0 to 1, different for each key.
        let random = (hash.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 11) as f64 / (1_u64 << 53) as f64;
        let shorter = (millis as f64 * self.settings.jitter * random) as u64;
        let left = if millis == 0 {
            0
        } else {
            millis.saturating_sub(shorter).max(1)
        };
        now.saturating_add(left)
    }

    /// The time at which an entry is due, as far as it is known now, or [`NEVER`].
    pub(super) fn due(&self, node: &Node<V>) -> u64 {
        node.expires.min(self.clock.idle_from(node.read_at()))
    }

    /// Locks the store, from inside a write of the map.
    pub(super) fn store_in_write(&self) -> MutexGuard<'_, Store<K, V>> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs `f` with the store, outside of a write of the map.
    pub(super) fn with_store<R>(&self, f: impl FnOnce(&mut Store<K, V>) -> R) -> R {
        // A fork that is under way already does not wait, but a child that begins here cannot be helped.
        let _held_off = hold_off_forks();
        f(&mut self.store_in_write())
    }

    /// As [`with_store`](Self::with_store), but does not wait: it returns `None` if the store is in use or a fork is under
    /// way.
    pub(super) fn try_with_store<R>(&self, f: impl FnOnce(&mut Store<K, V>) -> R) -> Option<R> {
        let _held_off = hold_off_forks()?;
        match self.store.try_lock() {
            Ok(mut store) => Some(f(&mut store)),
            Err(TryLockError::Poisoned(poisoned)) => Some(f(&mut poisoned.into_inner())),
            Err(TryLockError::WouldBlock) => None,
        }
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

    /// Starts the clock of a forked child, or one that could not be started before. Returns the time.
    #[cold]
    #[inline(never)]
    pub(super) fn start_clock(&self) -> u64 {
        if !self.clock.is_manual() && self.background.publish_after(Duration::ZERO).is_ok() {
            self.clock.keep();
        }
        self.clock.advance()
    }

    /// Requests what a write needs.
    pub(super) fn wake(&self, wakeups: &Wakeups) {
        if let Some(millis) = wakeups.publisher_within {
            // Without a publisher, readers ask the system for the time.
            let time = Duration::from_millis(millis);
            if self.background.publish_after(time).is_ok() {
                self.clock.keep();
            }
        }
        if wakeups.needs_janitor && self.background.tidy_after(SOON).is_err() {
            self.with_store(|store| store.janitor_of = 0);
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

    /// As [`change`](Self::change), but does not wait: returns `None` if other writers or readers are in the way.
    pub(super) fn try_change<R>(
        &self,
        change: impl FnOnce(&mut Change<'_, K, V, S>) -> R,
    ) -> Option<R> {
        let (result, ended) = self.map.try_run(|w| Change::run(self, w, change)).ok()?;
        self.finish(ended);
        Some(result)
    }

    fn finish(&self, (wakeups, dropped): (Wakeups, Vec<Shared<Node<V>>>)) {
        self.wake(&wakeups);
        if !dropped.is_empty() {
            let mut drops = Drops::default();
            drops.drop_each(dropped);
            Counters::add(&self.counters.panics, drops.count());
        }
    }
}
