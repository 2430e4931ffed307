//! [`List`]: what is published, item by item, for subscribers that read it at their own pace.
//!
//! Each node refers to the next one weakly. The publisher keeps the last nodes alive, as many as the subscribers have
//! capacity for. A subscriber keeps the node that it has read last, so what a slow or forgotten subscriber holds is
//! bounded, and no subscriber holds a lock that the publisher takes.
//!
//! The map's writer lock guards the list. `tests/subscribe_model` explores this file with loom.
//!
//! # Invariants
//! - **H2** A node is complete before a subscriber can reach it.
//! - **H3** The window holds every node that a subscriber which has not lagged has yet to read.
//!
//! # Orderings
//! - **H4** `rest` is set (Release) after the last node was appended, and looked at (Acquire) before the next node is. A
//!   subscriber that sees it finds every node. One that does not see it finds the next node, or looks again later.
//! - **H5** `has_lagged` needs no order. A subscriber that misses the store finds the next node, or finds that it is gone,
//!   which means the same.

use std::collections::VecDeque;
use std::mem;

use super::sync::{Arc, AtomicBool, AtomicU64, OnceLock, Ordering, Weak, planted};

/// The nodes that are kept, and who reads them.
pub(super) struct List<T> {
    window: VecDeque<Arc<Node<T>>>,
    /// The last node.
    tail: Arc<Node<T>>,
    subscribers: Vec<Arc<Subscriber<T>>>,
}

/// A published item, or the place before the first one.
pub(crate) struct Node<T> {
    /// The sum of the sizes in the list up to here.
    pub(super) end: u64,
    item: Option<T>,
    next: OnceLock<Weak<Node<T>>>,
}

/// What the publisher and one subscriber share.
pub(super) struct Subscriber<T> {
    /// How far it may be behind, in sizes.
    capacity: u64,
    /// The end of the node that it has read last.
    seen: AtomicU64,
    has_lagged: AtomicBool,
    /// Set when nothing will follow: the nodes that it has yet to read.
    rest: OnceLock<Vec<Arc<Node<T>>>>,
}

/// What a subscriber finds after its position.
pub(super) enum Found<T> {
    Next(Arc<Node<T>>),
    Nothing,
    Lagged,
    /// Nothing will follow.
    Closed,
}

impl<T> List<T> {
    pub(super) fn new() -> Self {
        List {
            window: VecDeque::new(),
            tail: Arc::new(Node {
                end: 0,
                item: None,
                next: OnceLock::new(),
            }),
            subscribers: Vec::new(),
        }
    }

    /// Adds a subscriber, and returns it with its position: it reads what comes after that.
    pub(super) fn register(&mut self, capacity: usize) -> (Arc<Subscriber<T>>, Arc<Node<T>>) {
        // So that their number is bounded even if nothing is published.
        self.subscribers
            .retain(|subscriber| Arc::strong_count(subscriber) > 1);
        let subscriber = Arc::new(Subscriber {
            capacity: u64::try_from(capacity.max(1)).unwrap_or(u64::MAX),
            seen: AtomicU64::new(self.tail.end),
            has_lagged: AtomicBool::new(false),
            rest: OnceLock::new(),
        });
        self.subscribers.push(Arc::clone(&subscriber));
        (subscriber, Arc::clone(&self.tail))
    }

    /// Appends an item of this size. Drops nothing: passes a node that is no longer needed to `drops`.
    pub(super) fn append(&mut self, item: T, size: usize, drops: impl FnOnce(Arc<Node<T>>)) {
        let node = Arc::new(Node {
            end: self.tail.end + size as u64,
            item: Some(item),
            next: OnceLock::new(),
        });
        let is_first = self.tail.next.set(Arc::downgrade(&node)).is_ok();
        debug_assert!(is_first, "only the publisher appends");
        self.window.push_back(Arc::clone(&node));
        drops(mem::replace(&mut self.tail, node));
    }

    /// Gives up subscribers that are gone or lag, and passes nodes that nobody needs to `drops`. Returns whether any
    /// subscriber is left.
    pub(super) fn prune(&mut self, mut drops: impl FnMut(Arc<Node<T>>)) -> bool {
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
            if lags && !planted("lagged-unsaid") {
                // ORDER: H5.
                subscriber.has_lagged.store(true, Ordering::Relaxed);
            }
            if !lags {
                seen_by_all = seen_by_all.min(seen);
            }
            !lags
        });
        if planted("given-up-early") {
            seen_by_all += 1;
        }
        while let Some(node) = self.window.front()
            && node.end <= seen_by_all
        {
            self.window.pop_front().into_iter().for_each(&mut drops);
        }
        !self.subscribers.is_empty()
    }

    /// Gives each subscriber the nodes that it has yet to read, since nothing will follow.
    pub(super) fn close(&self) {
        for subscriber in &self.subscribers {
            // ORDER: H4.
            _ = subscriber.rest.set(self.window.iter().cloned().collect());
        }
    }

    /// Takes every node, when nobody subscribes any more.
    pub(super) fn into_nodes(self) -> impl Iterator<Item = Arc<Node<T>>> {
        self.window.into_iter().chain([self.tail])
    }
}

impl<T> Subscriber<T> {
    /// Returns what comes after this node.
    pub(super) fn after(&self, position: &Node<T>) -> Found<T> {
        // ORDER: H5.
        if self.has_lagged.load(Ordering::Relaxed) {
            return Found::Lagged;
        }
        // ORDER: H4. First, so that all nodes are there if it is.
        let mut is_closed = self.is_closed();
        let next = position.next.get();
        if planted("closed-looked-at-late") {
            is_closed = self.is_closed();
        }
        match next.map(Weak::upgrade) {
            Some(Some(next)) => Found::Next(next),
            Some(None) => Found::Lagged,
            None if is_closed => Found::Closed,
            None => Found::Nothing,
        }
    }

    /// Whether nothing will follow. Then the list is complete.
    pub(super) fn is_closed(&self) -> bool {
        self.rest.get().is_some()
    }

    /// Notes that everything up to this node was read.
    pub(super) fn has_read(&self, node: &Node<T>) {
        // ORDER: none needed: see `List::prune`.
        self.seen.store(node.end, Ordering::Relaxed);
    }
}

impl<T> Node<T> {
    pub(crate) fn item(&self) -> Option<&T> {
        self.item.as_ref()
    }
}
