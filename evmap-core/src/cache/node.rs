//! [`Node`]: a value, and what its cache knows about it. Both copies of the map share it.
//!
//! # Orderings
//! - **N1** None are needed. Readers of a node have found it in a published copy, so they see it as it was made. `slot`
//!   belongs to the writer. `read_at` only decides when an entry expires: who sees an older tick does not know of the last
//!   read yet, and who sees a tick that its own clock has not reached takes the entry for one that was just read.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use super::clock::NEVER;
use super::frequency::Frequency;
use super::policy::Item;
use super::sync::Tag;
use crate::Shared;

/// A value in a cache.
#[derive(Debug)]
pub(crate) struct Node<V> {
    pub(super) frequency: Frequency,
    /// The millisecond of the clock from which on lookups do not show it, or [`NEVER`].
    pub(super) expires: u64,
    pub(super) value: V,
    /// Its index in the policy. Only the writer uses it.
    slot: AtomicU32,
    /// What few caches have. It has a place of its own, so that the nodes of others are small.
    extra: Option<Box<Extra>>,
}

/// What a node has with a time to idle, with `refresh_after`, or with tags.
#[derive(Debug)]
struct Extra {
    /// The tick of the clock at which it was last read, if the cache has a time to idle.
    read_at: AtomicU64,
    /// The millisecond of the clock from which on it is loaded anew, or [`NEVER`].
    refresh_at: u64,
    tags: Tags,
}

/// The tags of an entry.
pub(super) type Tags = Box<[Tag]>;

impl<V> Node<V> {
    /// `tick` is that of the clock, if the cache has a time to idle.
    pub(super) fn new(
        value: V,
        expires: u64,
        tick: Option<u64>,
        refresh_at: u64,
        tags: Tags,
    ) -> Self {
        let has_extra = tick.is_some() || refresh_at != NEVER || !tags.is_empty();
        let extra = || {
            Box::new(Extra {
                read_at: AtomicU64::new(tick.unwrap_or(0)),
                refresh_at,
                tags,
            })
        };
        Node {
            frequency: Frequency::new(expires != NEVER || tick.is_some()),
            expires,
            value,
            slot: AtomicU32::new(u32::MAX),
            extra: has_extra.then(extra),
        }
    }

    pub(super) fn slot(&self) -> u32 {
        // ORDER: N1.
        self.slot.load(Ordering::Relaxed)
    }

    /// The tick at which it was last read, or 0.
    pub(super) fn read_at(&self) -> u64 {
        let extra = self.extra.as_ref();
        // ORDER: N1.
        extra.map_or(0, |extra| extra.read_at.load(Ordering::Relaxed))
    }

    /// Notes a read at this tick. Stores only the first time in a tick.
    pub(super) fn note_read(&self, tick: u64) {
        // ORDER: N1, for both.
        if let Some(extra) = &self.extra
            && extra.read_at.load(Ordering::Relaxed) < tick
        {
            // Another thread may have noted a later one.
            extra.read_at.fetch_max(tick, Ordering::Relaxed);
        }
    }

    pub(super) fn refresh_at(&self) -> u64 {
        self.extra.as_ref().map_or(NEVER, |extra| extra.refresh_at)
    }

    pub(super) fn tags(&self) -> &[Tag] {
        self.extra.as_ref().map_or(&[], |extra| &extra.tags)
    }
}

impl<V> Item for Shared<Node<V>> {
    fn frequency(&self) -> &Frequency {
        &self.frequency
    }

    fn set_slot(&self, slot: u32) {
        // ORDER: N1.
        self.slot.store(slot, Ordering::Relaxed);
    }
}
