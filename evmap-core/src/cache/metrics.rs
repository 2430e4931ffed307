//! The figures of a cache for the crate `metrics`.

use metrics::{counter, gauge};

use super::{Cache, RemovalCause};

impl<K, V, S> Cache<K, V, S> {
    /// Passes the figures of [`stats`](Self::stats) to the recorder of the crate [`metrics`](::metrics), with the label `cache`
    /// set to `name`.
    ///
    /// Call it before the figures are collected, for example in the handler of `/metrics`, or every few seconds. The
    /// counters are `cache_hits_total`, `cache_misses_total`, `cache_loads_total`, `cache_load_failures_total`,
    /// `cache_stale_total`, `cache_insertions_total`, `cache_refused_total`, `cache_unnotified_total`, `cache_panics_total` and
    /// `cache_removals_total` (with the label `cause`). The gauges are `cache_entries`, `cache_weight`, `cache_undropped_values` and `cache_retired_copies`.
    ///
    /// # Blocking
    /// As [`stats`](Self::stats), and what the recorder does.
    ///
    /// # Examples
    /// ```
    /// let cache = evmap_core::cache::Cache::new(100);
    /// cache.insert("a", 1);
    /// cache.record_metrics("pages"); // does nothing if the program has no recorder
    /// # assert_eq!(cache.stats().insertions, 1);
    /// ```
    pub fn record_metrics(&self, name: &str) {
        let stats = self.stats();
        let counters = [
            ("cache_hits_total", stats.hits),
            ("cache_misses_total", stats.misses),
            ("cache_loads_total", stats.loads),
            ("cache_load_failures_total", stats.load_failures),
            ("cache_stale_total", stats.stale),
            ("cache_insertions_total", stats.insertions),
            ("cache_refused_total", stats.refused),
            ("cache_unnotified_total", stats.unnotified),
            ("cache_panics_total", stats.panics),
        ];
        for (metric, count) in counters {
            counter!(metric, "cache" => name.to_string()).absolute(count);
        }
        let removals = [
            (RemovalCause::Expired, stats.expired),
            (RemovalCause::Explicit, stats.invalidated),
            (RemovalCause::Replaced, stats.replaced),
            (RemovalCause::Size, stats.evicted),
        ];
        for (cause, count) in removals {
            let cause = format!("{cause:?}").to_lowercase();
            let labels = [("cache", name.to_string()), ("cause", cause)];
            counter!("cache_removals_total", &labels).absolute(count);
        }
        let gauges = [
            ("cache_entries", stats.entries),
            ("cache_weight", stats.weight),
            ("cache_undropped_values", stats.undropped),
            ("cache_retired_copies", stats.retired),
        ];
        for (metric, number) in gauges {
            gauge!(metric, "cache" => name.to_string()).set(number as f64);
        }
    }
}
