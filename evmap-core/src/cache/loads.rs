//! [`Loads`]: what a cache needs to load values that are missing, and [`Load`]: one caller's attempt.
//!
//! The blocking calls are in `get_with`, those of tasks in `get_with_async`. Both take the same steps, and differ in how they
//! wait.

use std::any::Any;
use std::hash::{BuildHasher, Hash};
use std::sync::Arc;
use std::time::Duration;

use left_right::background::{Background, PerProcess};

use super::Cache;
use super::change::{Change, Fresh};
use super::flights::{Flight, Flights, Joined, Label, Lead};
use super::node::{Node, Tags};
use super::removal::RemovalCause;
use super::stats::Counters;
use crate::Shared;
use crate::op::Hashed;
use crate::table::Table;

/// The loads of a cache, and the keys that are known to have no value.
pub(super) struct Loads<K, V, S> {
    /// A child of a fork has none of its parent's loaders.
    flights: PerProcess<Flights<K, Outcome<V>>>,
    /// With `negative_ttl`.
    pub(super) absent: Option<Cache<K, (), S>>,
    /// For how long a thread waits for the load of another.
    pub(super) timeout: Option<Duration>,
}

/// What came of a load.
pub(super) enum Outcome<V> {
    Value(Shared<Node<V>>),
    /// There is none.
    Absent,
    Failed(Arc<dyn Any + Send + Sync>),
}

impl<V> Clone for Outcome<V> {
    fn clone(&self) -> Self {
        match self {
            Outcome::Value(node) => Outcome::Value(Shared::clone(node)),
            Outcome::Absent => Outcome::Absent,
            Outcome::Failed(error) => Outcome::Failed(Arc::clone(error)),
        }
    }
}

/// What a caller gets: a value, or none where that is an answer, or an error.
pub(super) type Answer<V, E> = Result<Option<V>, Arc<E>>;

/// A flight that a caller waits for.
pub(super) type OtherFlight<K, V> = Arc<Flight<K, Outcome<V>>>;

/// What a caller does next.
pub(super) enum Step<'a, K, V, E> {
    Done(Answer<V, E>),
    Load(Lead<'a, K, Outcome<V>>),
    Wait(OtherFlight<K, V>),
}

/// One caller's attempt to get the value of a key.
pub(super) struct Load<'a, K, V, S> {
    pub(super) cache: &'a Cache<K, V, S>,
    pub(super) key: Hashed<K>,
    pub(super) label: Label,
    /// Whether "there is no value" is an answer.
    accepts_none: bool,
    /// The present value, if it is due to be loaded anew.
    old: Option<Shared<Node<V>>>,
    /// What the map had when this caller began to load.
    before: Option<Shared<Node<V>>>,
    /// How many loads of others have taken too long for this caller.
    waits: u32,
}

/// A caller waits for this many loads of others that take too long. Then it loads the value itself.
const MOST_WAITS: u32 = 2;

/// What a lookup has found for a caller that can load.
pub(super) enum Found<V> {
    Value(V),
    /// It is due to be loaded anew.
    Old(Shared<Node<V>>),
}

impl<K, V, S> Loads<K, V, S> {
    pub(super) fn new(absent: Option<Cache<K, (), S>>, timeout: Option<Duration>) -> Self
    where
        K: Send + Sync,
        V: Send + Sync,
    {
        Loads {
            flights: PerProcess::new(Flights::default),
            absent,
            timeout,
        }
    }

    pub(super) fn flights(&self) -> &Flights<K, Outcome<V>> {
        self.flights.get()
    }
}

/// Counts a load as failed unless it is told otherwise: it may panic, and its future may be dropped.
pub(super) struct Attempt<'a>(Option<&'a Counters>);

impl<'a> Attempt<'a> {
    pub(super) fn begin(counters: &'a Counters) -> Self {
        Counters::add(&counters.loads, 1);
        Attempt(Some(counters))
    }

    pub(super) fn succeed(mut self) {
        self.0 = None;
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        if let Some(counters) = self.0 {
            Counters::add(&counters.load_failures, 1);
        }
    }
}

impl<'a, K, V, S> Load<'a, K, V, S>
where
    K: Hash + Eq + Clone,
    V: Clone,
    S: BuildHasher + Clone,
{
    pub(super) fn new(cache: &'a Cache<K, V, S>, key: K, accepts_none: bool) -> Self {
        let hash = cache.hasher().hash_one(&key);
        Load {
            cache,
            key: Hashed { hash, key },
            label: Label::default(),
            accepts_none,
            old: None,
            before: None,
            waits: 0,
        }
    }

    /// Looks the key up, as a read. Returns the answer, unless something has to be loaded.
    pub(super) fn look<E>(&mut self) -> Option<Answer<V, E>> {
        self.old = None;
        match self.cache.look(self.key.hash, &self.key.key) {
            Some(Found::Value(value)) => return Some(Ok(Some(value))),
            Some(Found::Old(node)) => self.old = Some(node),
            None => {}
        }
        self.is_known_absent().then_some(Ok(None))
    }

    fn is_known_absent(&self) -> bool {
        let absent = self.cache.loads().absent.as_ref();
        self.accepts_none
            && self.old.is_none()
            && absent.is_some_and(|absent| absent.get(&self.key.key).is_some())
    }

    /// Joins the table of loads.
    ///
    /// # Panics
    /// If the calling thread is inside a write of the cache: the load that it may wait for may wait for this write.
    pub(super) fn step<E>(&mut self) -> Step<'a, K, V, E> {
        let loads = self.cache.loads();
        self.cache.map.refuse_inside();
        // The janitor must not wait: a load that is to be inserted may wait for it.
        let waits_no_more = self.waits >= MOST_WAITS || Background::is_janitor();
        let within = if waits_no_more {
            Some(Duration::ZERO)
        } else {
            loads.timeout
        };
        let flights = loads.flights();
        match flights.join(self.key.hash, &self.key.key, &self.label, within) {
            Joined::Wait(flight) => match &self.old {
                // Another caller refreshes it.
                Some(old) => Step::Done(Ok(Some(old.value.clone()))),
                None => Step::Wait(flight),
            },
            Joined::Lead(lead) => {
                self.before = self.cache.find(&self.key);
                // A load may have ended between the look and this. Those that wait already look for themselves: this flight
                // may have begun after a change, and what is found here may be older.
                if let Some(node) = &self.before
                    && self.cache.is_fresh(node)
                {
                    return Step::Done(Ok(Some(node.value.clone())));
                }
                if self.is_known_absent() {
                    return Step::Done(Ok(None));
                }
                Step::Load(lead)
            }
        }
    }

    /// For how long to wait for this flight.
    pub(super) fn patience(&self, flight: &OtherFlight<K, V>) -> Option<Duration> {
        self.cache.loads().timeout.map(|time| flight.left(time))
    }

    /// Notes that a load of another caller has taken too long.
    pub(super) fn give_up(&mut self) {
        self.waits += 1;
    }

    /// What another caller's load means for this one: an answer, unless this caller has to load the value itself.
    pub(super) fn accept<E: Send + Sync + 'static>(
        &self,
        outcome: Option<Outcome<V>>,
    ) -> Option<Answer<V, E>> {
        match outcome? {
            Outcome::Value(node) => Some(Ok(Some(node.value.clone()))),
            Outcome::Absent => self.accepts_none.then_some(Ok(None)),
            Outcome::Failed(error) => {
                let error = error.downcast().ok()?;
                Some(self.old_or(error))
            }
        }
    }

    /// An old value that may be shown instead of this error, if there is one.
    fn old_or<E>(&self, error: Arc<E>) -> Answer<V, E> {
        let node = self.cache.find(&self.key);
        let Some(node) = node.filter(|node| self.cache.may_show_old(node)) else {
            return Err(error);
        };
        Counters::add(&self.cache.core().counters.stale, 1);
        Ok(Some(node.value.clone()))
    }

    /// The value to insert, with its weight. Runs user code.
    pub(super) fn fresh(&self, value: V) -> Fresh<V> {
        let core = self.cache.core();
        Fresh {
            weight: core.weigh(&self.key.key, &value),
            value,
            lifetime: core.settings.time_to_live,
            tags: self.label.tags.clone(),
        }
    }

    /// A copy of the key, for the map. Runs user code.
    pub(super) fn key(&self) -> Hashed<K> {
        Hashed {
            hash: self.key.hash,
            key: self.key.key.clone(),
        }
    }

    /// Ends a load that has failed. Returns an old value instead of the error, if there is one that may be shown.
    pub(super) fn fail<E: Send + Sync + 'static>(
        &self,
        lead: Lead<'_, K, Outcome<V>>,
        error: E,
    ) -> Answer<V, E> {
        let error = Arc::new(error);
        lead.finish(Outcome::Failed(Arc::clone(&error) as _));
        self.old_or(error)
    }

    /// Inserts the value that was loaded, unless the key was changed meanwhile. For a write of the map.
    pub(super) fn keep(
        &self,
        change: &mut Change<'_, K, V, S>,
        lead: &Lead<'_, K, Outcome<V>>,
        key: Hashed<K>,
        fresh: Fresh<V>,
    ) -> Shared<Node<V>> {
        if self.is_kept(change, lead) {
            change.insert(key, fresh)
        } else {
            change.pass(fresh.value)
        }
    }

    /// Removes what is there of a key that has no value, unless the key was changed meanwhile. For a write of the map.
    pub(super) fn keep_absent(
        &self,
        change: &mut Change<'_, K, V, S>,
        lead: &Lead<'_, K, Outcome<V>>,
    ) {
        if self.is_kept(change, lead) {
            change.remove(self.key.hash, &self.key.key, RemovalCause::Explicit);
        }
    }

    /// Whether the map had this key when the load began.
    pub(super) fn is_in_map(&self) -> bool {
        self.before.is_some()
    }

    /// The keys that are known to have no value, if this is one of them.
    pub(super) fn known_absent(&self) -> Option<&'a Cache<K, (), S>> {
        let absent = self.cache.loads().absent.as_ref();
        absent.filter(|absent| absent.contains_key(&self.key.key))
    }

    /// Whether the key is as it was when the load began.
    fn is_kept(&self, change: &mut Change<'_, K, V, S>, lead: &Lead<'_, K, Outcome<V>>) -> bool {
        let now = change.find(self.key.hash, &self.key.key);
        let is_same = now.is_none_or(|now| {
            let before = self.before.as_ref();
            before.is_some_and(|before| Shared::ptr_eq(before, now))
        });
        is_same && lead.is_kept()
    }
}

impl<K, V, S> Cache<K, V, S>
where
    K: Hash + Eq,
{
    /// What the map has of this key, though it may have expired.
    pub(super) fn find(&self, key: &Hashed<K>) -> Option<Shared<Node<V>>> {
        let state = self.map.inner.read();
        let (_, node) = state.table.find(key.hash, &key.key)?;
        Some(Shared::clone(node))
    }

    /// Whether a value has neither expired, nor is due to be loaded anew.
    fn is_fresh(&self, node: &Node<V>) -> bool {
        let now = self.clock.now();
        self.core().ends(node) > now && node.refresh_at() > now
    }

    /// Whether a value may be shown after a load that has failed.
    fn may_show_old(&self, node: &Node<V>) -> bool {
        self.core().due(node) > self.clock.now()
    }
}

/// Remembers that a key has no value, unless the key was changed meanwhile. For a write of the keys without a value.
pub(super) fn remember<K, V, S>(
    change: &mut Change<'_, K, (), S>,
    lead: &Lead<'_, K, Outcome<V>>,
    key: Hashed<K>,
) where
    K: Hash + Eq + Clone,
    S: BuildHasher + Clone,
{
    if lead.is_kept() {
        change.insert_plain(key, ());
    }
}

/// The tags of an entry, as they are stored.
pub(super) fn tags(names: &[&str]) -> Tags {
    let mut tags: Vec<Arc<str>> = names.iter().map(|name| Arc::from(*name)).collect();
    tags.sort_unstable();
    tags.dedup();
    tags.into()
}

/// Waits on the calling thread.
pub(super) fn wait_blocking<F: Future + Unpin>(
    mut future: F,
    timeout: Option<Duration>,
) -> Option<F::Output> {
    struct Unpark(std::thread::Thread);

    impl std::task::Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }

    let waker = Arc::new(Unpark(std::thread::current())).into();
    let mut context = std::task::Context::from_waker(&waker);
    let begin = std::time::Instant::now();
    loop {
        if let std::task::Poll::Ready(output) = std::pin::Pin::new(&mut future).poll(&mut context) {
            return Some(output);
        }
        match timeout {
            None => std::thread::park(),
            Some(timeout) => match timeout.checked_sub(begin.elapsed()) {
                Some(left) if !left.is_zero() => std::thread::park_timeout(left),
                _ => return None,
            },
        }
    }
}
