//! [`DeferredDrops`]: everything that is dropped after an unlock.

use std::sync::Arc;

use super::changes::{Effect, Node, Published, drop_effect};
use crate::copy_drops::DropList;
use crate::op::MapOp;
use crate::panics::{Drops, Payload, dispose};
use crate::table::Table;

/// Everything that is dropped after the unlock, since a `Drop` may call the map.
pub(super) struct DeferredDrops<K, V, T> {
    pub(super) lists: Vec<DropList<K, V, T>>,
    pub(super) ops: Vec<MapOp<K, V, ()>>,
    pub(super) others: Vec<Other<K, V>>,
}

/// What is seldom left over.
pub(super) enum Other<K, V> {
    /// The payload of a panic that reaches no caller.
    Payload(Payload),
    /// An effect of a write that was rolled back.
    Effect(Effect<K, V>),
    /// Effects that every subscriber has seen.
    Node(Arc<Node<K, V>>),
}

impl<K, V> Other<K, V> {
    /// The number of drops that it stands for, at most.
    fn len(&self) -> usize {
        match self {
            Other::Payload(_) | Other::Effect(_) => 1,
            Other::Node(node) => node.item().map_or(0, Published::len),
        }
    }

    fn drop_by_itself(self, drops: &mut Drops) {
        match self {
            Other::Payload(payload) => dispose(payload),
            Other::Effect(effect) => drop_effect(effect, drops),
            Other::Node(node) => drops.drop(node),
        }
    }
}

impl<K, V, T: Table<K, V>> DeferredDrops<K, V, T> {
    pub(super) const fn new() -> Self {
        DeferredDrops {
            lists: Vec::new(),
            ops: Vec::new(),
            others: Vec::new(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lists.is_empty() && self.ops.is_empty() && self.others.is_empty()
    }

    /// Whether there are more keys, values and operations than this.
    pub(super) fn has_more_than(&self, most: usize) -> bool {
        let lists = self.lists.iter().map(DropList::len);
        let ops = self.ops.iter().map(MapOp::changes);
        let others = self.others.iter().map(Other::len);
        let mut things = 0;
        // Stops where it is known.
        lists.chain(ops).chain(others).any(|more| {
            things += more;
            things > most
        })
    }

    /// Drops at most this many things, each by itself. The next call drops the rest. Returns the number of drops that
    /// panicked.
    pub(super) fn drop_some(&mut self, mut most: usize) -> u64 {
        let mut drops = Drops::default();
        while let Some(list) = self.lists.last_mut() {
            most -= list.drop_some(most, &mut drops);
            if most == 0 {
                return drops.count();
            }
            self.lists.pop();
        }
        let rest = self.ops.len().saturating_sub(most);
        for op in self.ops.drain(rest..) {
            op.drop_each(&mut drops);
        }
        let mut left = most;
        while left > 0
            && let Some(other) = self.others.pop()
        {
            left = left.saturating_sub(other.len().max(1));
            other.drop_by_itself(&mut drops);
        }
        drops.count()
    }

    /// Moves everything from `other` into this.
    pub(super) fn append(&mut self, mut other: Self) {
        self.lists.append(&mut other.lists);
        self.ops.append(&mut other.ops);
        self.others.append(&mut other.others);
    }

    /// Drops each key and value by itself. Returns the number of drops that panicked.
    pub(super) fn drop_each(self) -> u64 {
        let mut drops = Drops::default();
        for list in self.lists {
            list.drop_each(&mut drops);
        }
        for op in self.ops {
            op.drop_each(&mut drops);
        }
        for other in self.others {
            other.drop_by_itself(&mut drops);
        }
        drops.count()
    }
}
