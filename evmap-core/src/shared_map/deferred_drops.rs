//! [`DeferredDrops`]: everything that is dropped after an unlock.

use crate::copy_drops::DropList;
use crate::op::MapOp;
use crate::panics::{Drops, Payload, dispose};
use crate::table::Table;

/// Everything that is dropped after the unlock, since a `Drop` may call the map.
pub(super) struct DeferredDrops<K, V, T> {
    pub(super) lists: Vec<DropList<K, V, T>>,
    pub(super) ops: Vec<MapOp<K, V, ()>>,
    /// The payloads of panics that reach no caller.
    pub(super) payloads: Vec<Payload>,
}

impl<K, V, T: Table<K, V>> DeferredDrops<K, V, T> {
    pub(super) const fn new() -> Self {
        DeferredDrops {
            lists: Vec::new(),
            ops: Vec::new(),
            payloads: Vec::new(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lists.is_empty() && self.ops.is_empty() && self.payloads.is_empty()
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
        self.payloads.drain(..).for_each(dispose);
        drops.count()
    }

    /// Moves everything from `other` into this.
    pub(super) fn append(&mut self, mut other: Self) {
        self.lists.append(&mut other.lists);
        self.ops.append(&mut other.ops);
        self.payloads.append(&mut other.payloads);
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
        self.payloads.into_iter().for_each(dispose);
        drops.count()
    }
}
