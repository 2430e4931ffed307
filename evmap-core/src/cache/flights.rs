//! [`Flights`]: which keys are being loaded, so that each is loaded once.
//!
//! A caller that misses [joins](Flights::join) the table: it either leads a new flight, and loads the value, or waits for the
//! flight that it finds. The leader publishes its value, [leaves the table and says what came of it](Lead::finish). If it is
//! dropped before, by a panic or with its future, those that wait join again, and one of them leads.
//!
//! Any other change of a key [detaches](Flights::detach) its flights first. What a detached flight loads is answered
//! to those that wait, and is not kept.
//!
//! A flight that takes too long is not joined any more, so there may be several of one key. They stay in the table until they
//! end, or are detached.
//!
//! In a child of a fork, the flights of its parent do nothing: other threads of the parent may have had their locks.
//!
//! No user code runs under a lock, except the global allocator: keys are compared outside, by way of a copy of the flights
//! whose keys have the same hash.
//!
//! # Orderings
//! - **L1** `is_detached` needs none. It is set before the map is locked for the change, and read while the map is locked for
//!   the insertion of what was loaded. If the insertion comes second, the map's lock orders the two. If it comes first, the
//!   change finds what was inserted.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use slab::Slab;
use smallvec::SmallVec;

use super::sync::{
    Arc, AtomicBool, Mutex, MutexGuard, Ordering, PoisonError, Tag, contain, planted, process,
};

/// The number of parts of the table, each with a lock. A power of two.
#[cfg(not(mutants))]
const SHARDS: usize = 16;
#[cfg(mutants)]
const SHARDS: usize = 1;

/// The loads that are under way. `T` is what comes of one, whose `Clone` runs no user code.
pub(super) struct Flights<K, T> {
    shards: [Mutex<Shard<K, T>>; SHARDS],
}

/// Flights by the hashes of their keys.
type Shard<K, T> = HashMap<u64, SmallVec<[Arc<Flight<K, T>>; 1]>>;

/// One load of a key.
pub(super) struct Flight<K, T> {
    hash: u64,
    key: K,
    /// What its caller says of it.
    pub(super) label: Label,
    began: Instant,
    process: u64,
    is_detached: AtomicBool,
    state: Mutex<State<T>>,
}

/// Who loads, and what the entry's tags will be.
#[derive(Clone, Default)]
pub(super) struct Label {
    /// The thread, if it loads by a closure.
    pub(super) thread: Option<std::thread::ThreadId>,
    pub(super) tags: Box<[Tag]>,
}

struct State<T> {
    end: Option<End<T>>,
    /// Those that wait.
    wakers: Slab<Waker>,
}

/// How a flight has ended: with an outcome, or without one, since its leader was dropped.
type End<T> = Option<T>;

/// What a caller has joined.
pub(super) enum Joined<'a, K, T: Clone> {
    Lead(Lead<'a, K, T>),
    Wait(Arc<Flight<K, T>>),
}

/// The place of the caller that loads.
pub(super) struct Lead<'a, K, T: Clone> {
    flights: &'a Flights<K, T>,
    flight: Arc<Flight<K, T>>,
    end: End<T>,
}

impl<K, T> Default for Flights<K, T> {
    fn default() -> Self {
        Flights {
            shards: std::array::from_fn(|_| Mutex::new(Shard::new())),
        }
    }
}

impl<K: Eq + Clone, T: Clone> Flights<K, T> {
    /// Joins the flight of this key, if one began within this time, or leads a new one.
    pub(super) fn join(
        &self,
        hash: u64,
        key: &K,
        label: &Label,
        within: Option<Duration>,
    ) -> Joined<'_, K, T> {
        let mut fresh = None;
        loop {
            let seen = self.lock(hash).get(&hash).cloned().unwrap_or_default();
            let is_young = |flight: &Flight<K, T>| {
                within.is_none_or(|time| flight.left(time) > Duration::ZERO)
            };
            let mut others = seen.iter().filter(|flight| is_young(flight));
            if let Some(flight) = others.find(|flight| flight.key == *key) {
                return Joined::Wait(Arc::clone(flight));
            }
            let fresh = fresh.get_or_insert_with(|| Arc::new(Flight::new(hash, key, label)));
            let flight = Arc::clone(fresh);
            let mut shard = self.lock(hash);
            let now = shard.entry(hash).or_default();
            // Those that have come since may have the same key.
            if planted("join-unchecked")
                || now
                    .iter()
                    .all(|one| seen.iter().any(|other| Arc::ptr_eq(one, other)))
            {
                now.push(Arc::clone(&flight));
                drop(shard);
                return Joined::Lead(Lead {
                    flights: self,
                    flight,
                    end: None,
                });
            }
        }
    }
}

impl<K, T> Flights<K, T> {
    /// Detaches the flights of the keys with this hash. (Another key with the same hash is detached, too, which costs a
    /// load.)
    pub(super) fn detach(&self, hash: u64) {
        let flights = self.lock(hash).remove(&hash);
        for flight in flights.into_iter().flatten() {
            flight.detach();
        }
    }

    /// Detaches each flight for which `is_meant` returns `true`, which must not run user code.
    pub(super) fn detach_if(&self, is_meant: impl Fn(&Label) -> bool) {
        for shard in &self.shards {
            let mut removed = Vec::new();
            let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            shard.retain(|_, flights| {
                flights.retain(|flight| {
                    let stays = !is_meant(&flight.label);
                    if !stays {
                        flight.detach();
                        removed.push(Arc::clone(flight));
                    }
                    stays
                });
                !flights.is_empty()
            });
            drop(shard);
            // Their keys may be dropped here.
            drop(removed);
        }
    }

    /// Whether nothing is being loaded.
    #[cfg(mutants)]
    pub(super) fn is_empty(&self) -> bool {
        self.shards.iter().all(|shard| {
            let shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            shard.is_empty()
        })
    }

    fn leave(&self, flight: &Arc<Flight<K, T>>) {
        let mut shard = self.lock(flight.hash);
        if let Some(flights) = shard.get_mut(&flight.hash) {
            flights.retain(|other| !Arc::ptr_eq(other, flight));
            if flights.is_empty() {
                shard.remove(&flight.hash);
            }
        }
    }

    fn lock(&self, hash: u64) -> MutexGuard<'_, Shard<K, T>> {
        // The highest bits, since a table may use the lowest.
        let index = (hash >> 48) as usize % SHARDS;
        self.shards[index]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K, T> Flight<K, T> {
    fn new(hash: u64, key: &K, label: &Label) -> Self
    where
        K: Clone,
    {
        Flight {
            hash,
            key: key.clone(),
            label: label.clone(),
            began: Instant::now(),
            process: process(),
            is_detached: AtomicBool::new(false),
            state: Mutex::new(State {
                end: None,
                wakers: Slab::new(),
            }),
        }
    }

    /// How much is left of this time since its begin.
    pub(super) fn left(&self, time: Duration) -> Duration {
        time.saturating_sub(self.began.elapsed())
    }

    /// Whether it belongs to the parent of this process.
    fn is_left_behind(&self) -> bool {
        self.process != process()
    }

    fn detach(&self) {
        if !planted("detach-forgotten") {
            // ORDER: L1.
            self.is_detached.store(true, Ordering::Relaxed);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K, T: Clone> Lead<'_, K, T> {
    /// Whether what it loads is kept. To be asked while the map is locked.
    pub(super) fn is_kept(&self) -> bool {
        // ORDER: L1.
        !self.flight.is_detached.load(Ordering::Relaxed) && !self.flight.is_left_behind()
    }

    /// Ends the flight: those that wait get this outcome.
    pub(super) fn finish(mut self, outcome: T) {
        self.end = Some(outcome);
    }
}

impl<K, T: Clone> Drop for Lead<'_, K, T> {
    fn drop(&mut self) {
        if self.flight.is_left_behind() {
            return;
        }
        // Before those that wait join again.
        self.flights.leave(&self.flight);
        let mut state = self.flight.lock();
        state.end = Some(self.end.take());
        let wakers = std::mem::take(&mut state.wakers);
        drop(state);
        if !planted("waiters-forgotten") {
            for (_, waker) in wakers {
                contain(|| waker.wake());
            }
        }
    }
}

/// Waits for the end of a flight.
pub(super) struct Waiting<K, T> {
    flight: Arc<Flight<K, T>>,
    ticket: Option<usize>,
}

impl<K, T> Waiting<K, T> {
    pub(super) fn new(flight: Arc<Flight<K, T>>) -> Self {
        Waiting {
            flight,
            ticket: None,
        }
    }
}

impl<K, T> Unpin for Waiting<K, T> {}

impl<K, T: Clone> Future for Waiting<K, T> {
    type Output = End<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<End<T>> {
        let this = &mut *self;
        if this.flight.is_left_behind() {
            return Poll::Ready(None);
        }
        // Cloned and dropped outside of the lock, since that is user code.
        let waker = context.waker().clone();
        let mut state = this.flight.lock();
        if let Some(end) = &state.end {
            let end = end.clone();
            this.ticket = None;
            drop(state);
            return Poll::Ready(end);
        }
        let before = match this.ticket.and_then(|ticket| state.wakers.get_mut(ticket)) {
            Some(place) => Some(std::mem::replace(place, waker)),
            None => {
                this.ticket = Some(state.wakers.insert(waker));
                None
            }
        };
        drop(state);
        drop(before);
        Poll::Pending
    }
}

impl<K, T> Drop for Waiting<K, T> {
    fn drop(&mut self) {
        let Some(ticket) = self.ticket.filter(|_| !self.flight.is_left_behind()) else {
            return;
        };
        let mut state = self.flight.lock();
        let waker = state.wakers.try_remove(ticket);
        drop(state);
        drop(waker);
    }
}
