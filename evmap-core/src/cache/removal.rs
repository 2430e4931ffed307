//! [`RemovalCause`], and the queue of removed entries that the janitor drops and tells the listener of.

use std::collections::VecDeque;
use std::thread::ThreadId;
use std::time::Duration;

use super::node::Node;
use crate::Shared;
use crate::panics::Drops;

/// Why an entry was removed from a cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RemovalCause {
    /// Its time to live or its time to idle was over.
    Expired,
    /// A call removed it: [`remove`](super::Cache::remove), [`invalidate`](super::Cache::invalidate),
    /// [`invalidate_all`](super::Cache::invalidate_all) or [`invalidate_if`](super::Cache::invalidate_if).
    Explicit,
    /// Its value was replaced by an [`insert`](super::Cache::insert) of the same key.
    Replaced,
    /// The cache was full, or the entry was too heavy for the whole cache.
    Size,
}

impl RemovalCause {
    /// Whether the cache removed the entry by itself, since it had expired or the cache was full.
    pub fn was_evicted(self) -> bool {
        matches!(self, RemovalCause::Expired | RemovalCause::Size)
    }
}

/// A listener of removals.
pub(super) type Listener<K, V> = dyn Fn(&K, &V, RemovalCause) + Send + Sync;

/// An entry that was removed.
pub(super) struct Removal<K, V> {
    /// Its key, if there is a listener to tell.
    pub(super) key: Option<K>,
    pub(super) node: Shared<Node<V>>,
    pub(super) cause: RemovalCause,
}

/// A thread of a process.
pub(super) type Teller = (u64, ThreadId);

/// The entries that were removed and are not dropped yet.
pub(super) struct Removals<K, V> {
    /// The thread that is calling the listener, so that calls follow each other.
    pub(super) teller: Option<Teller>,
    /// Those of which the listener has not been told.
    fresh: VecDeque<Removal<K, V>>,
    /// Values that a copy of the map still has.
    held: VecDeque<Shared<Node<V>>>,
    /// While this many are fresh, no more are added.
    most: usize,
    /// The janitor's pause before it looks again at values that something still has.
    pub(super) rest: Duration,
}

impl<K, V> Removals<K, V> {
    pub(super) fn new(most: usize) -> Self {
        Removals {
            teller: None,
            fresh: VecDeque::new(),
            held: VecDeque::new(),
            most,
            rest: Duration::ZERO,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.fresh.is_empty() && self.held.is_empty()
    }

    /// The number of removals of which the listener has not been told.
    pub(super) fn fresh(&self) -> usize {
        self.fresh.len()
    }

    /// The number of values that wait to be dropped.
    pub(super) fn len(&self) -> usize {
        self.fresh.len() + self.held.len()
    }

    /// Adds the removals of one write, or gives them back if too many wait for the listener.
    ///
    /// All of them or none: so a write that removes all entries is told of, however many there were.
    pub(super) fn push_all(&mut self, removals: Vec<Removal<K, V>>) -> Vec<Removal<K, V>> {
        if self.fresh.len() >= self.most {
            return removals;
        }
        self.fresh.extend(removals);
        Vec::new()
    }

    /// Whether half as many wait for the listener as may. Then removals that can be left for later should be.
    pub(super) fn is_half_full(&self) -> bool {
        self.fresh.len() >= self.most / 2
    }

    /// Takes at most this many removals, oldest first.
    pub(super) fn take_fresh(&mut self, most: usize) -> Vec<Removal<K, V>> {
        let count = self.fresh.len().min(most);
        self.fresh.drain(..count).collect()
    }

    /// Keeps a value until nothing else has it. (Without this, what has it would keep it in memory all the same.)
    pub(super) fn hold(&mut self, node: Shared<Node<V>>) {
        self.held.push_back(node);
    }

    /// Takes the values that nothing else has any more. Looks at this many at most, oldest first.
    pub(super) fn take_released(&mut self, most: usize) -> Vec<Shared<Node<V>>> {
        let mut released = Vec::new();
        for _ in 0..self.held.len().min(most) {
            let Some(node) = self.held.pop_front() else {
                break;
            };
            if node.is_unique() {
                released.push(node);
            } else {
                self.held.push_back(node);
            }
        }
        released
    }
}

impl<K, V> Drop for Removals<K, V> {
    /// Drops each key and value by itself, since two that panic would abort the program. Resumes the first panic.
    fn drop(&mut self) {
        let mut drops = Drops::default();
        for removal in self.fresh.drain(..) {
            drops.drop(removal.key);
            drops.drop(removal.node);
        }
        drops.drop_each(self.held.drain(..));
        drops.resume();
    }
}
