//! The figures of a cache reach a recorder of the crate `metrics`.

use std::collections::BTreeMap;

use evmap_core::cache::Cache;
use metrics_util::debugging::{DebugValue, DebuggingRecorder};

#[test]
fn a_recorder_sees_the_figures_of_each_cache_under_its_name() {
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let pages = Cache::builder().max_capacity(2).record_stats().build();
    let users = Cache::new(10);
    for n in 0..3 {
        pages.insert(n, n);
        users.insert(n, n);
    }
    pages.get(&2);
    pages.get(&9);
    _ = users.try_get_with(5, || Err::<i32, _>("it fails"));
    metrics::with_local_recorder(&recorder, || {
        pages.record_metrics("pages");
        users.record_metrics("users");
        // Again, as before each collection: counters are set, and not added to.
        pages.record_metrics("pages");
    });
    let mut seen = BTreeMap::new();
    for (key, _, _, value) in snapshotter.snapshot().into_vec() {
        let labels: Vec<_> = key
            .key()
            .labels()
            .map(|label| label.value().to_string())
            .collect();
        let value = match value {
            DebugValue::Counter(count) => count as f64,
            DebugValue::Gauge(number) => number.0,
            DebugValue::Histogram(_) => f64::NAN,
        };
        seen.insert(format!("{} {}", key.key().name(), labels.join(" ")), value);
    }
    for (name, value) in [
        ("cache_hits_total pages", 1.0),
        ("cache_misses_total pages", 1.0),
        ("cache_insertions_total pages", 3.0),
        ("cache_removals_total pages size", 1.0),
        ("cache_removals_total pages expired", 0.0),
        ("cache_entries pages", 2.0),
        ("cache_weight pages", 2.0),
        ("cache_entries users", 3.0),
        ("cache_loads_total users", 1.0),
        ("cache_load_failures_total users", 1.0),
        ("cache_loads_total pages", 0.0),
        ("cache_stale_total users", 0.0),
        ("cache_removals_total users size", 0.0),
    ] {
        assert_eq!(seen.get(name), Some(&value), "{name} of {seen:?}");
    }
}
