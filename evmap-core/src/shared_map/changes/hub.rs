//! [`Hub`]: the subscribers of a map, and the effects that its writer hands to them.
//!
//! Published changes form a list, each node of which refers to the next one weakly. The writer keeps the last nodes
//! alive, as many as the subscribers have capacity for. A subscriber keeps the node that it has read last, so what a slow
//! or forgotten subscriber holds is bounded, and no subscriber holds a lock that the writer takes.
//!
//! # Invariants
//! - **H1** At each unlock, `staged` holds the effects of each pending operation, in the order of the operations.
//! - **H2** The writer's lock guards the hub. A node is complete before a subscriber can reach it.
//! - **H3** The window holds every node that a subscriber which has not lagged has yet to read.
//!
//! # Orderings
//! - **H4** `has_lagged` is stored (Release) before the nodes that the subscriber lacks are given up, and loaded (Acquire)
//!   before it looks for the next one. A subscriber that misses the store finds the next node, or finds that it is gone,
//!   which means the same.

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::mem;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, Weak};

use left_right::Version;
use smallvec::{SmallVec, smallvec};

use super::effect::{Change, Effect};
use crate::op::MapOp;
use crate::panics::Drops;
use crate::shared_map::deferred_drops::Other;

/// The capacity that is kept for the effects of pending operations.
const KEPT: usize = 1024;

/// The effects of one operation.
type Staged<K, V> = SmallVec<[Effect<K, V>; 1]>;

/// The subscribers of a map. It exists while there are any.
pub(in crate::shared_map) struct Hub<K, V> {
    staged: Vec<Staged<K, V>>,
    window: VecDeque<Arc<Node<K, V>>>,
    /// The last node.
    tail: Arc<Node<K, V>>,
    subscribers: Vec<Arc<Subscriber<K, V>>>,
}

/// A published change in the list, or the place before the first one.
pub(in crate::shared_map) struct Node<K, V> {
    /// The number of effects in the list up to here.
    end: u64,
    change: Option<Change<K, V>>,
    next: OnceLock<Weak<Node<K, V>>>,
}

/// What the writer and one subscriber share.
pub(super) struct Subscriber<K, V> {
    /// How many effects it may be behind.
    capacity: u64,
    /// The number of effects that it has seen.
    seen: AtomicU64,
    has_lagged: AtomicBool,
    /// Set when the map is gone: the nodes that it has yet to read.
    rest: OnceLock<Vec<Arc<Node<K, V>>>>,
}

/// The place of a new subscriber: it reads what comes after `position`.
pub(in crate::shared_map) struct Registration<K, V> {
    pub(super) subscriber: Arc<Subscriber<K, V>>,
    pub(super) position: Arc<Node<K, V>>,
    pub(super) start: Version,
}

/// What a subscriber finds after its position.
pub(super) enum Found<K, V> {
    Next(Arc<Node<K, V>>),
    Nothing,
    Lagged,
}

impl<K, V> Hub<K, V> {
    pub(in crate::shared_map) fn new() -> Self {
        Hub {
            staged: Vec::new(),
            window: VecDeque::new(),
            tail: Arc::new(Node {
                end: 0,
                change: None,
                next: OnceLock::new(),
            }),
            subscribers: Vec::new(),
        }
    }

    /// Adds a subscriber, for the changes of the versions after `start`. Nothing may be pending.
    pub(in crate::shared_map) fn register(
        &mut self,
        capacity: usize,
        start: Version,
    ) -> Registration<K, V> {
        debug_assert!(self.staged.is_empty(), "H1");
        // So that their number is bounded even if nobody writes.
        self.subscribers
            .retain(|subscriber| Arc::strong_count(subscriber) > 1);
        let subscriber = Arc::new(Subscriber {
            capacity: u64::try_from(capacity.max(1)).unwrap_or(u64::MAX),
            seen: AtomicU64::new(self.tail.end),
            has_lagged: AtomicBool::new(false),
            rest: OnceLock::new(),
        });
        self.subscribers.push(Arc::clone(&subscriber));
        Registration {
            subscriber,
            position: Arc::clone(&self.tail),
            start,
        }
    }

    /// Clones the effects of these operations, which are the last that are pending.
    ///
    /// # Panics
    /// If a `Clone` does. The effects of some operations may be staged then.
    pub(in crate::shared_map) fn stage(&mut self, ops: &[MapOp<K, V, ()>])
    where
        K: Clone,
        V: Clone,
    {
        for op in ops {
            let effects = match op {
                MapOp::Insert(key, value) => {
                    smallvec![Effect::Insert(key.key.clone(), value.clone())]
                }
                MapOp::Load(entries) => entries
                    .iter()
                    .map(|(key, value)| Effect::Insert(key.key.clone(), value.clone()))
                    .collect(),
                MapOp::Remove(key) => smallvec![Effect::Remove(key.key.clone())],
                MapOp::Clear => smallvec![Effect::Clear],
                MapOp::Reserve(_) | MapOp::ShrinkToFit | MapOp::SetMeta(()) => SmallVec::new(),
            };
            self.staged.push(effects);
        }
    }

    /// Takes back the effects of the operations from `begin` to `end`, which are rolled back. Those that were not
    /// staged yet are left out.
    pub(in crate::shared_map) fn unstage(
        &mut self,
        begin: usize,
        end: usize,
    ) -> impl Iterator<Item = Effect<K, V>> {
        let staged = self.staged.len();
        self.staged
            .drain(begin.min(staged)..end.min(staged))
            .flatten()
    }

    /// Notes an operation without an effect.
    pub(in crate::shared_map) fn stage_nothing(&mut self) {
        self.staged.push(SmallVec::new());
    }

    /// Appends the effects of everything that was pending to the list, as the change of this version. Gives up subscribers
    /// that are gone or lag, and moves nodes that nobody needs to `drops`. Returns whether any subscriber is left.
    ///
    /// Runs no user code, drops nothing of the user's, and waits for nobody.
    pub(in crate::shared_map) fn publish(
        &mut self,
        version: Version,
        drops: &mut Vec<Other<K, V>>,
    ) -> bool {
        let effects: Vec<_> = self.staged.drain(..).flatten().collect();
        // One large write must not cost its memory forever.
        self.staged.shrink_to(KEPT);
        if !effects.is_empty() {
            let node = Arc::new(Node {
                end: self.tail.end + effects.len() as u64,
                change: Some(Change {
                    version,
                    effects: effects.into(),
                }),
                next: OnceLock::new(),
            });
            let is_first = self.tail.next.set(Arc::downgrade(&node)).is_ok();
            debug_assert!(is_first, "only the writer appends");
            self.window.push_back(Arc::clone(&node));
            give_up(mem::replace(&mut self.tail, node), drops);
        }
        self.prune(drops)
    }

    /// Gives up subscribers that are gone or lag, and moves nodes that nobody needs to `drops`. Returns whether any
    /// subscriber is left.
    pub(in crate::shared_map) fn prune(&mut self, drops: &mut Vec<Other<K, V>>) -> bool {
        let end = self.tail.end;
        let mut seen_by_all = end;
        self.subscribers.retain(|subscriber| {
            if Arc::strong_count(subscriber) == 1 {
                return false;
            }
            // ORDER: none needed: an older number only keeps nodes for longer, or finds a subscriber lagging that was
            // lagging a moment ago.
            let seen = subscriber.seen.load(Ordering::Relaxed);
            let lags = end - seen > subscriber.capacity;
            if lags {
                // ORDER: H4.
                subscriber.has_lagged.store(true, Ordering::Release);
            } else {
                seen_by_all = seen_by_all.min(seen);
            }
            !lags
        });
        while let Some(node) = self.window.front()
            && node.end <= seen_by_all
        {
            self.window
                .pop_front()
                .into_iter()
                .for_each(|node| give_up(node, drops));
        }
        !self.subscribers.is_empty()
    }

    /// Gives each subscriber the nodes that it has yet to read, since the map is about to end.
    pub(in crate::shared_map) fn close(&self) {
        for subscriber in &self.subscribers {
            _ = subscriber.rest.set(self.window.iter().cloned().collect());
        }
    }

    /// Takes everything that needs to be dropped, when nobody subscribes any more.
    pub(in crate::shared_map) fn into_drops(self) -> impl Iterator<Item = Other<K, V>> {
        let effects = self.staged.into_iter().flatten().map(Other::Effect);
        let nodes = self.window.into_iter().chain([self.tail]).map(Other::Node);
        effects.chain(nodes)
    }
}

impl<K, V> Registration<K, V> {
    /// The place of a subscriber to a map that is gone.
    pub(in crate::shared_map) fn closed(start: Version) -> Self {
        let mut hub = Hub::new();
        let registration = hub.register(1, start);
        hub.close();
        registration
    }
}

impl<K, V> Subscriber<K, V> {
    /// Returns what comes after this node.
    pub(super) fn after(&self, position: &Node<K, V>) -> Found<K, V> {
        // ORDER: H4.
        if self.has_lagged.load(Ordering::Acquire) {
            return Found::Lagged;
        }
        match position.next.get().map(Weak::upgrade) {
            None => Found::Nothing,
            Some(Some(next)) => Found::Next(next),
            Some(None) => Found::Lagged,
        }
    }

    /// Whether the map is gone. Then the list is complete.
    pub(super) fn is_closed(&self) -> bool {
        self.rest.get().is_some()
    }

    /// Notes that everything up to this node was read.
    pub(super) fn has_read(&self, node: &Node<K, V>) {
        // ORDER: none needed: see `Hub::publish`.
        self.seen.store(node.end, Ordering::Relaxed);
    }
}

impl<K, V> Node<K, V> {
    pub(super) fn change(&self) -> Option<&Change<K, V>> {
        self.change.as_ref()
    }

    pub(in crate::shared_map) fn len(&self) -> usize {
        self.change
            .as_ref()
            .map_or(0, |change| change.effects.len())
    }
}

impl<K, V> Drop for Node<K, V> {
    /// Drops each key and value by itself: two panics during one drop would abort the program. If some panic, resumes
    /// the first one.
    fn drop(&mut self) {
        let Some(change) = &mut self.change else {
            return;
        };
        // A subscriber may still have the effects.
        if let Some(effects) = Arc::get_mut(&mut change.effects) {
            let mut drops = Drops::default();
            for effect in effects {
                drop_effect(mem::replace(effect, Effect::Clear), &mut drops);
            }
            drops.resume();
        }
    }
}

/// Drops a node, or leaves that to `drops` if it may run user code.
fn give_up<K, V>(node: Arc<Node<K, V>>, drops: &mut Vec<Other<K, V>>) {
    if mem::needs_drop::<Effect<K, V>>() {
        drops.push(Other::Node(node));
    }
}

/// Drops the key and the value by themselves.
pub(in crate::shared_map) fn drop_effect<K, V>(effect: Effect<K, V>, drops: &mut Drops) {
    match effect {
        Effect::Insert(key, value) => {
            drops.drop(key);
            drops.drop(value);
        }
        Effect::Remove(key) => drops.drop(key),
        Effect::Clear => {}
    }
}
