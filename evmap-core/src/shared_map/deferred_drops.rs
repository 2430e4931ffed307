//! [`DeferredDrops`]: what is dropped after an unlock.

use crate::op::MapOp;
use crate::panics::{Drops, Payload, dispose};
use crate::removed::Contents;
use crate::table::Table;

/// What is to be dropped after the unlock, since a `Drop` may call the map.
pub(super) struct DeferredDrops<K, V, T> {
    pub(super) contents: Vec<Contents<K, V, T>>,
    pub(super) ops: Vec<MapOp<K, V, ()>>,
    /// What panics left that no caller gets.
    pub(super) payloads: Vec<Payload>,
}

impl<K, V, T: Table<K, V>> DeferredDrops<K, V, T> {
    pub(super) const fn new() -> Self {
        DeferredDrops {
            contents: Vec::new(),
            ops: Vec::new(),
            payloads: Vec::new(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.contents.is_empty() && self.ops.is_empty() && self.payloads.is_empty()
    }

    /// Drops at most this many things, each by itself; the rest stays for the next call. Returns the number of
    /// those that panicked.
    pub(super) fn drop_some(&mut self, mut most: usize) -> u64 {
        let mut drops = Drops::default();
        while let Some(contents) = self.contents.last_mut() {
            most -= contents.drop_some(most, &mut drops);
            if most == 0 {
                return drops.count();
            }
            self.contents.pop();
        }
        let rest = self.ops.len().saturating_sub(most);
        for op in self.ops.drain(rest..) {
            op.drop_each(&mut drops);
        }
        self.payloads.drain(..).for_each(dispose);
        drops.count()
    }

    /// Adds what another one has.
    pub(super) fn append(&mut self, mut other: Self) {
        self.contents.append(&mut other.contents);
        self.ops.append(&mut other.ops);
        self.payloads.append(&mut other.payloads);
    }

    /// Drops each key and value by itself. Returns the number of those that panicked.
    pub(super) fn drop_each(self) -> u64 {
        let mut drops = Drops::default();
        for contents in self.contents {
            contents.drop_each(&mut drops);
        }
        for op in self.ops {
            op.drop_each(&mut drops);
        }
        self.payloads.into_iter().for_each(dispose);
        drops.count()
    }
}
