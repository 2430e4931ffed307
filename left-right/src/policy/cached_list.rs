//! [`CachedList`]: a writer's own list of the readers, and when to have one.

use crate::protocol::{Listed, SlotList};
use crate::sync::MODELLED;

/// More readers than that are not listed: to look at them takes longer than to lock the registry.
pub(crate) const MOST: usize = 64;
/// A writer lists its readers when this many scans in a row have found the same ones, so that short-lived handles do not
/// cause lists that are never used.
pub(crate) const QUIET_SCANS: u32 = if MODELLED { 0 } else { 16 };
/// The least capacity that is worth an allocation.
const FIRST: usize = 4;
/// For how many pins the first scan has capacity: none, since mostly nobody is in the copy swapped out. In a model,
/// a second look is only more interleavings.
const FIRST_PINS: usize = if MODELLED { 4 } else { 0 };

/// The readers as a writer has found them, so that a scan takes no lock while nobody joins or quits.
pub(super) struct CachedList {
    list: SlotList,
    /// The registry's generation as the last scan under the lock has found it, and how many readers.
    generation: Option<usize>,
    len: usize,
    /// How many of those have found the same.
    quiet: u32,
    /// How many readers the last of them has pinned.
    pinned: usize,
    /// Whether the scan that goes on is under the lock.
    is_locking: bool,
}

impl CachedList {
    pub(super) fn new() -> Self {
        CachedList {
            list: SlotList::with_capacity(0),
            generation: None,
            len: 0,
            quiet: 0,
            pinned: FIRST_PINS,
            is_locking: false,
        }
    }

    pub(super) fn list(&self) -> &SlotList {
        &self.list
    }

    /// Drops an outdated list, and makes capacity for the next one if that may come now. To be called
    /// before a scan locks the registry. Returns for how many pins that should have capacity.
    pub(super) fn prepare(&mut self) -> usize {
        let may_list = self.quiet.saturating_add(1) >= QUIET_SCANS && self.len <= MOST;
        let capacity = if may_list { self.len.max(FIRST) } else { 0 };
        self.list = SlotList::with_capacity(capacity);
        self.is_locking = true;
        self.pinned
    }

    /// These are the readers now. Neither allocates nor frees: without the capacity for them,
    /// they are not listed yet.
    pub(super) fn listed(&mut self, readers: Listed<'_>) {
        self.quiet = if self.generation == Some(readers.generation()) {
            self.quiet.saturating_add(1)
        } else {
            0
        };
        self.generation = Some(readers.generation());
        self.len = readers.len();
        if self.quiet >= QUIET_SCANS && self.len <= MOST {
            // If it does not fit, the next scan has the capacity.
            let _ = self.list.try_fill(readers);
        }
    }

    /// A scan is over.
    pub(super) fn scanned(&mut self, pinned: usize) {
        if std::mem::take(&mut self.is_locking) {
            self.pinned = pinned;
        }
    }
}
