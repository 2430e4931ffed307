//! [`Stats`]: figures of a shared map, its writers and its readers.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use left_right::{FenceMode, Version};

use crate::map::{LookupCounts, WriteHandle};
use crate::panics::{Payload, dispose};
use crate::table::Engine;

/// Figures of a shared map. They are read without waiting, so they may be of different moments.
///
/// Returned by [`SharedMap::stats`](crate::SharedMap::stats).
/// Counters begin at 0 with the map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Live read handles and snapshots, plus threads that read through the map or a `SharedReader`.
    pub readers: usize,
    /// Copies that are set aside for readers still inside them.
    pub retired: usize,
    /// Operations that readers do not see yet; each entry of an `extend` is one.
    pub pending: usize,
    /// Whether a copy's table is growing: see [`Incremental`](crate::table::Incremental).
    pub is_growing: bool,
    /// Buckets that a growth has postponed, in both copies, since the `Hash` of the key there panicked: see
    /// [`Incremental`](crate::table::Incremental).
    pub postponed: usize,
    /// How reads and publications were ordered at the end of the last write, never [`FenceMode::Auto`]. Readers may have
    /// ended their fences since.
    pub fence_mode: FenceMode,
    /// The version that readers see.
    pub version: Version,
    /// Lookups by key that found a value. 0 unless the map is made with
    /// [`count_lookups`](crate::shared_map::Builder::count_lookups).
    pub hits: u64,
    /// Lookups by key that found no value. 0 unless the map is made with
    /// [`count_lookups`](crate::shared_map::Builder::count_lookups).
    pub misses: u64,
    /// Writes that changed something; a batch counts as one.
    pub writes: u64,
    /// Versions published; `writes / publications` is the size of the groups.
    pub publications: u64,
    /// How often a fresh copy was made, to go past a reader or after a panic.
    pub rebuilds: u64,
    /// Writes that found readers in their copy and could set aside no more copies. Tasks that wait at the same time count as
    /// one.
    pub stalls: u64,
    /// Panics of user code that reached no caller: when a change was applied to its second
    /// copy, when a fresh copy was made after another panic, or when something that was replaced or removed
    /// was dropped. (A `Hash` that panics in a growth is counted in `postponed`.)
    pub panics: u64,
    /// Writes that were rolled back although their call may have returned, since they panicked when they
    /// had to be applied once more: the user code in them acts differently each time.
    pub rolled_back: u64,
}

/// The figures that are counted, and those that are updated at each unlock.
///
/// # Orderings
/// - **C0** None are needed: each figure stands by itself, and no other read depends on it.
#[derive(Default)]
pub(super) struct Counters {
    pub(super) retired: AtomicUsize,
    pub(super) pending: AtomicUsize,
    pub(super) is_growing: AtomicBool,
    pub(super) postponed: AtomicUsize,
    pub(super) is_fenced: AtomicBool,
    pub(super) writes: AtomicU64,
    pub(super) publications: AtomicU64,
    pub(super) rebuilds: AtomicU64,
    pub(super) stalls: AtomicU64,
    pub(super) panics: AtomicU64,
    pub(super) rolled_back: AtomicU64,
}

impl Counters {
    /// Stores the figures of the inner writer, under the lock.
    pub(super) fn note<K, V, S, E: Engine>(&self, writer: &WriteHandle<K, V, S, (), E>) {
        // ORDER: none needed (C0), for all of them.
        let copies = writer.ops.get();
        self.retired.store(copies.retired(), Ordering::Relaxed);
        self.is_growing
            .store(writer.is_growing(), Ordering::Relaxed);
        self.postponed.store(writer.postponed(), Ordering::Relaxed);
        let is_fenced = copies.fence_mode() == FenceMode::SeqCst;
        self.is_fenced.store(is_fenced, Ordering::Relaxed);
    }

    pub(super) fn rolled_back(&self) -> u64 {
        // ORDER: none needed (C0).
        self.rolled_back.load(Ordering::Relaxed)
    }

    /// Stores the number of pending operations, under the lock.
    #[inline]
    pub(super) fn note_pending(&self, pending: usize) {
        // ORDER: none needed (C0).
        self.pending.store(pending, Ordering::Relaxed);
    }

    /// Counts a panic that reaches no caller, and disposes of its payload.
    pub(super) fn note_panic(&self, payload: Payload) {
        dispose(payload);
        self.count(|c| &c.panics, 1);
    }

    /// Adds one, under the lock, so no other thread adds to it meanwhile.
    pub(super) fn bump(&self, counter: fn(&Self) -> &AtomicU64) {
        let counter = counter(self);
        // ORDER: none needed (C0), for both.
        counter.store(counter.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
    }

    pub(super) fn count(&self, counter: fn(&Self) -> &AtomicU64, more: u64) {
        if more > 0 {
            // ORDER: none needed (C0).
            counter(self).fetch_add(more, Ordering::Relaxed);
        }
    }

    pub(super) fn stats(&self, readers: usize, lookups: LookupCounts, version: Version) -> Stats {
        // ORDER: none needed (C0), for all of them.
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Stats {
            readers,
            retired: self.retired.load(Ordering::Relaxed),
            pending: self.pending.load(Ordering::Relaxed),
            is_growing: self.is_growing.load(Ordering::Relaxed),
            postponed: self.postponed.load(Ordering::Relaxed),
            fence_mode: if self.is_fenced.load(Ordering::Relaxed) {
                FenceMode::SeqCst
            } else {
                FenceMode::Membarrier
            },
            version,
            hits: lookups.hits,
            misses: lookups.misses,
            writes: get(&self.writes),
            publications: get(&self.publications),
            rebuilds: get(&self.rebuilds),
            stalls: get(&self.stalls),
            panics: get(&self.panics),
            rolled_back: get(&self.rolled_back),
        }
    }
}
