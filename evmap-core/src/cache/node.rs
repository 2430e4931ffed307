//! [`Node`]: a value, and what its cache knows about it. Both copies of the map share it.
//!
//! # Orderings
//! - **N1** None are needed for `slot`, which belongs to the writer, nor for what never changes. Readers of a node have found
//!   it in a published copy, so they see it as it was made.
//! - **N2** `note_read` (Release) pairs with `read_at` (Acquire). Who sees the tick of a read sees a clock that has reached
//!   it, if it asks the clock afterwards. Else the read would look like one almost 2^32 ticks ago, and the entry idle. Who
//!   sees an older tick does not know of the read yet.

use std::sync::atomic::{AtomicU32, Ordering};

use super::clock::NEVER;
use super::frequency::Frequency;
use super::policy::Item;
use crate::Shared;

/// A value in a cache.
#[derive(Debug)]
pub(crate) struct Node<V> {
    pub(super) frequency: Frequency,
    pub(super) weight: u32,
    /// The millisecond of the clock at which it expires, or [`NEVER`].
    pub(super) expires: u64,
    pub(super) value: V,
    /// Its index in the policy. Only the writer uses it.
    slot: AtomicU32,
    /// The tick of the clock at which it was last read, if the cache has a time to idle.
    read_at: AtomicU32,
}

impl<V> Node<V> {
    /// `tick` is that of the clock, if the cache has a time to idle.
    pub(super) fn new(value: V, weight: u32, expires: u64, tick: Option<u32>) -> Self {
        Node {
            frequency: Frequency::new(expires != NEVER || tick.is_some()),
            weight,
            expires,
            value,
            slot: AtomicU32::new(u32::MAX),
            read_at: AtomicU32::new(tick.unwrap_or(0)),
        }
    }

    pub(super) fn slot(&self) -> u32 {
        // ORDER: N1.
        self.slot.load(Ordering::Relaxed)
    }

    pub(super) fn read_at(&self) -> u32 {
        // ORDER: N2. The caller asks the clock after this.
        self.read_at.load(Ordering::Acquire)
    }

    /// Notes a read at this tick. Stores only the first time in a tick.
    pub(super) fn note_read(&self, tick: u32) {
        if self.read_at.load(Ordering::Relaxed) != tick {
            // ORDER: N2. The clock has reached this tick.
            self.read_at.store(tick, Ordering::Release);
        }
    }
}

impl<V> Item for Shared<Node<V>> {
    fn weight(&self) -> u32 {
        self.weight
    }

    fn frequency(&self) -> &Frequency {
        &self.frequency
    }

    fn set_slot(&self, slot: u32) {
        // ORDER: N1.
        self.slot.store(slot, Ordering::Relaxed);
    }
}
