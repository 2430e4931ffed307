//! [`RemovalCause`], and the queue of removed entries that the janitor drops and tells the listener of.

use std::collections::VecDeque;
use std::thread::ThreadId;
use std::time::Duration;

use super::node::Node;
use crate::Shared;
use crate::panics::Drops;

/// While this many removals wait for the listener, no more are added.
const MOST: usize = 1 << 14;
/// A step looks whether values are free at this many times the number of removals that it tells of: a look is short.
const LOOKS: usize = 16;

/// Why an entry was removed from a cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RemovalCause {
    /// Its time to live or its time to idle was over.
    Expired,
    /// A call removed it: [`remove`](super::Cache::remove), [`invalidate`](super::Cache::invalidate),
    /// [`invalidate_all`](super::Cache::invalidate_all), [`invalidate_if`](super::Cache::invalidate_if) or
    /// [`invalidate_tag`](super::Cache::invalidate_tag).
    Explicit,
    /// Its value was replaced by an [`insert`](super::Cache::insert) of the same key, or by a load.
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

/// The entries that were removed and are not dropped yet.
///
/// They pass through it in the order of their writes: `ended`, until their write is visible; `fresh`, until the listener
/// is told; `held`, until nothing else has the value.
pub(super) struct Removals<K, V> {
    /// The thread that is calling the listener, so that calls follow each other.
    pub(super) teller: Option<ThreadId>,
    /// Of each write that has ended and may not be visible yet, with its number.
    ended: VecDeque<(u64, Vec<Removal<K, V>>)>,
    /// The number of the last write that removed something.
    last_write: u64,
    /// Those of which the listener has not been told.
    fresh: VecDeque<Removal<K, V>>,
    /// How many have been added to `fresh`, and how many of these have been handled.
    added: u64,
    handled: u64,
    /// Values that a copy of the map still has.
    held: VecDeque<Shared<Node<V>>>,
    /// The janitor's pause before it looks again at values that something still has.
    pub(super) rest: Duration,
}

impl<K, V> Default for Removals<K, V> {
    fn default() -> Self {
        Removals {
            teller: None,
            ended: VecDeque::new(),
            last_write: 0,
            fresh: VecDeque::new(),
            added: 0,
            handled: 0,
            held: VecDeque::new(),
            rest: Duration::ZERO,
        }
    }
}

impl<K, V> Removals<K, V> {
    /// Whether nothing is left to do for the janitor.
    pub(super) fn is_empty(&self) -> bool {
        self.fresh.is_empty() && self.held.is_empty()
    }

    /// The number of removals of which the listener has not been told.
    pub(super) fn fresh(&self) -> usize {
        self.fresh.len()
    }

    /// How many removals have become visible so far, and how many of these have been handled.
    pub(super) fn progress(&self) -> (u64, u64) {
        (self.added, self.handled)
    }

    /// The number of values that wait to be dropped.
    pub(super) fn len(&self) -> usize {
        (self.added - self.handled) as usize + self.held.len()
    }

    /// Adds what a write has removed, before another write begins. Returns the number of the write.
    pub(super) fn end_write(&mut self, removed: Vec<Removal<K, V>>) -> u64 {
        self.last_write += 1;
        self.ended.push_back((self.last_write, removed));
        self.last_write
    }

    /// Makes the removals of this write and of those before it known, since they are visible. Returns those of which the
    /// listener is not told, because too many wait.
    ///
    /// Of what one write has removed, these are all or none. So a write that removes all entries is told of, however many
    /// there were.
    pub(super) fn publish(&mut self, write: u64) -> Vec<Removal<K, V>> {
        let mut refused = Vec::new();
        while self
            .ended
            .front()
            .is_some_and(|(number, _)| *number <= write)
        {
            let Some((_, mut removed)) = self.ended.pop_front() else {
                break;
            };
            if self.fresh.len() >= MOST {
                refused.append(&mut removed);
            } else {
                self.added += removed.len() as u64;
                self.fresh.extend(removed);
            }
        }
        refused
    }

    /// Takes back what writes have removed that were undone after their end.
    pub(super) fn take_ended(&mut self) -> impl Iterator<Item = Removal<K, V>> + use<K, V> {
        let ended = std::mem::take(&mut self.ended);
        ended.into_iter().flat_map(|(_, removed)| removed)
    }

    /// Whether half as many wait for the listener as may. Then removals that can be left for later should be.
    pub(super) fn is_half_full(&self) -> bool {
        self.fresh.len() >= MOST / 2
    }

    /// Takes at most this many removals, oldest first.
    pub(super) fn take_fresh(&mut self, most: usize) -> Vec<Removal<K, V>> {
        let count = self.fresh.len().min(most);
        let taken = self.fresh.drain(..count).collect();
        if self.fresh.is_empty() {
            self.fresh.shrink_to(MOST);
        }
        taken
    }

    /// Notes that removals that were taken are handled, and keeps these values until nothing else has them. (Without this,
    /// what has them would keep them in memory all the same.)
    pub(super) fn handle(&mut self, count: usize, held: Vec<Shared<Node<V>>>) {
        self.handled += count as u64;
        self.held.extend(held);
    }

    /// Takes the values that nothing else has any more, at most this many, oldest first.
    pub(super) fn take_released(&mut self, most: usize) -> Vec<Shared<Node<V>>> {
        let mut released = Vec::new();
        for _ in 0..self.held.len().min(most * LOOKS) {
            let Some(node) = self.held.pop_front() else {
                break;
            };
            if !node.is_unique() {
                self.held.push_back(node);
                continue;
            }
            released.push(node);
            if released.len() == most {
                break;
            }
        }
        if self.held.is_empty() {
            self.held.shrink_to(MOST);
        }
        released
    }
}

impl<K, V> Drop for Removals<K, V> {
    /// Drops each key and value by itself, since two that panic would abort the program. Resumes the first panic.
    fn drop(&mut self) {
        let mut drops = Drops::default();
        let ended = self.take_ended();
        for removal in ended.chain(self.fresh.drain(..)) {
            drops.drop(removal.key);
            drops.drop(removal.node);
        }
        drops.drop_each(self.held.drain(..));
        drops.resume();
    }
}
