//! [`CacheStats`]: figures of a cache.

use std::sync::atomic::{AtomicU64, Ordering};

use super::RemovalCause;

/// Figures of a cache. They are read without waiting, so they may be of different moments.
///
/// Returned by [`Cache::stats`](super::Cache::stats). Counters begin at 0 with the cache, and never go back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CacheStats {
    /// Lookups that found a value: by [`get`](super::Cache::get), [`get_ref`](super::Cache::get_ref),
    /// [`get_many_cloned`](super::Cache::get_many_cloned), and [`get_with`](super::Cache::get_with) and its kin. 0 unless the cache is made with
    /// [`record_stats`](super::Builder::record_stats).
    pub hits: u64,
    /// Lookups that found none, or one that has expired. 0 unless the cache is made with
    /// [`record_stats`](super::Builder::record_stats).
    pub misses: u64,
    /// Values that were inserted, those that replaced another included.
    pub insertions: u64,
    /// Entries that were removed since the cache was full.
    pub evicted: u64,
    /// Entries that were removed since their time was over.
    pub expired: u64,
    /// Entries that were removed by a call.
    pub invalidated: u64,
    /// Values that were replaced by an insertion of their key.
    pub replaced: u64,
    /// Values that were not inserted, since each of them is heavier than the whole cache may be or has no time to live.
    pub refused: u64,
    /// Loads that were begun, by [`get_with`](super::Cache::get_with) and its kin. One of many keys counts once.
    pub loads: u64,
    /// Those of them that returned an error, that panicked, or whose future was dropped. Also counted where an old value was
    /// returned instead of the error.
    pub load_failures: u64,
    /// How often an old value was returned since a load had failed.
    pub stale: u64,
    /// The number of entries, those that have expired and are not removed yet included.
    pub entries: u64,
    /// The sum of their weights.
    pub weight: u64,
    /// Removed values that wait to be dropped, and of which the listener may not know yet.
    pub undropped: u64,
    /// Copies of the table that are set aside for guards or snapshots still inside them. They pin the values that were in
    /// the cache then. (Such a guard is one of [`get_ref`](super::Cache::get_ref) that is held for long.)
    pub retired: u64,
    /// Removals of which the listener was not told, since too many waited.
    pub unnotified: u64,
    /// Panics of the listener, and of a value's `Drop` on a background thread.
    pub panics: u64,
}

impl CacheStats {
    /// The share of lookups that found a value, from 0 to 1, or `None` before the first lookup.
    ///
    /// # Examples
    /// ```
    /// use evmap_core::cache::Cache;
    ///
    /// let cache = Cache::builder().max_capacity(10).record_stats().build();
    /// cache.insert("a", 1);
    /// (cache.get("a"), cache.get("a"), cache.get("a"), cache.get("b"));
    /// println!("{:?}", cache.stats().hit_ratio()); // Some(0.75)
    /// # assert_eq!(cache.stats().hit_ratio(), Some(0.75));
    /// ```
    pub fn hit_ratio(&self) -> Option<f64> {
        let lookups = self.hits + self.misses;
        (lookups > 0).then(|| self.hits as f64 / lookups as f64)
    }
}

/// What one write has done. Removals are counted by their cause.
#[derive(Default)]
pub(super) struct Counted {
    pub(super) insertions: u64,
    pub(super) refused: u64,
    pub(super) removed: [u64; 4],
}

/// What is counted, and the sizes as of the last write.
///
/// # Orderings
/// - **C2** None are needed: each figure stands by itself.
#[derive(Debug, Default)]
pub(super) struct Counters {
    insertions: AtomicU64,
    refused: AtomicU64,
    removed: [AtomicU64; 4],
    pub(super) loads: AtomicU64,
    pub(super) load_failures: AtomicU64,
    pub(super) stale: AtomicU64,
    pub(super) entries: AtomicU64,
    pub(super) weight: AtomicU64,
    pub(super) undropped: AtomicU64,
    pub(super) unnotified: AtomicU64,
    pub(super) panics: AtomicU64,
}

impl Counters {
    pub(super) fn add(counter: &AtomicU64, more: u64) {
        if more > 0 {
            // ORDER: C2.
            counter.fetch_add(more, Ordering::Relaxed);
        }
    }

    pub(super) fn set(counter: &AtomicU64, number: u64) {
        // ORDER: C2.
        counter.store(number, Ordering::Relaxed);
    }

    pub(super) fn get(counter: &AtomicU64) -> u64 {
        // ORDER: C2.
        counter.load(Ordering::Relaxed)
    }

    /// Adds what one write has done.
    pub(super) fn add_all(&self, counted: &Counted) {
        Self::add(&self.insertions, counted.insertions);
        Self::add(&self.refused, counted.refused);
        for (counter, more) in self.removed.iter().zip(counted.removed) {
            Self::add(counter, more);
        }
    }

    /// The figures, without those of readers.
    pub(super) fn stats(&self) -> CacheStats {
        let removed = |cause: RemovalCause| Self::get(&self.removed[cause as usize]);
        CacheStats {
            insertions: Self::get(&self.insertions),
            evicted: removed(RemovalCause::Size),
            expired: removed(RemovalCause::Expired),
            invalidated: removed(RemovalCause::Explicit),
            replaced: removed(RemovalCause::Replaced),
            refused: Self::get(&self.refused),
            loads: Self::get(&self.loads),
            load_failures: Self::get(&self.load_failures),
            stale: Self::get(&self.stale),
            entries: Self::get(&self.entries),
            weight: Self::get(&self.weight),
            undropped: Self::get(&self.undropped),
            unnotified: Self::get(&self.unnotified),
            panics: Self::get(&self.panics),
            ..CacheStats::default()
        }
    }
}
