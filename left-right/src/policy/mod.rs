//! What may be tuned without touching safety.
//!
//! The [protocol](crate::protocol) asks [`Tuning`] through its trait [`Policy`], and no answer can make a
//! read unsafe.
//! The rest of the writer uses what lies here beside it: how long to wait and how, how tasks are woken, and how many
//! copies are set aside.

mod adaptive;
mod cached_list;
mod fence_cost;
mod fences;
mod mode;
mod retired;
mod wait;
mod watch;

pub use self::mode::FenceMode;

pub(crate) use self::retired::Retired;
pub(crate) use self::wait::{Deadline, Patience};
pub(crate) use self::watch::Watch;

#[cfg(all(test, not(loom)))]
pub(crate) use self::cached_list::{MOST, QUIET_SCANS};

use self::cached_list::CachedList;
use self::fences::Fences;
use crate::protocol::{Listed, Policy, SlotList};

/// One writer's answers to the protocol: which fence is paid, and how readers are listed.
pub(crate) struct Tuning {
    fences: Fences,
    readers: CachedList,
}

impl Tuning {
    pub(crate) fn new(mode: FenceMode) -> Self {
        Tuning {
            fences: Fences::new(mode),
            readers: CachedList::new(),
        }
    }

    /// Whether the pointers published now are tagged, as far as the writer knows: readers may have taken the tag off.
    pub(crate) fn is_tagged(&self) -> bool {
        self.fences.is_tagged()
    }

    /// Whether readers may take a tag off.
    pub(crate) fn is_adaptive(&self) -> bool {
        self.fences.is_adaptive()
    }

    /// Nothing was to be published. Returns whether the published pointer should lose its tag.
    pub(crate) fn rest(&mut self) -> bool {
        self.fences.rest()
    }

    /// How many swaps in a row have met nobody, where that is counted.
    #[cfg(all(test, not(loom)))]
    pub(crate) fn idle_streak(&self) -> Option<u32> {
        self.fences.idle_streak()
    }

    /// A mode for the next swap, whatever was observed.
    #[cfg(all(test, not(loom)))]
    pub(crate) fn force(&mut self, is_tagged: bool) {
        self.fences.force(is_tagged);
    }
}

impl Policy for Tuning {
    #[inline]
    fn tags_next(&mut self) -> bool {
        self.fences.next()
    }

    #[inline]
    fn swapped(&mut self, was_tagged: bool) {
        self.fences.swapped(was_tagged);
    }

    fn refused(&mut self) {
        self.fences.refuse();
    }

    #[inline]
    fn list(&self) -> &SlotList {
        self.readers.list()
    }

    fn prepare(&mut self) -> usize {
        self.readers.prepare()
    }

    fn listed(&mut self, readers: Listed<'_>) {
        self.readers.listed(readers);
    }

    #[inline]
    fn scanned(&mut self, pinned: usize, met_any: bool) {
        self.readers.scanned(pinned);
        self.fences.scanned(met_any);
    }
}
