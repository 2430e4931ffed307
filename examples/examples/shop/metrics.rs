//! `/metrics`: what the program counts, in the text format of Prometheus.

use std::{fmt::Write, sync::atomic::Ordering};

use evmap_core::cache::CacheStats;

use crate::catalog::Catalog;

/// A figure of each cache: its name, its type, what it is, and where it is found.
type Figure = (
    &'static str,
    &'static str,
    &'static str,
    fn(&CacheStats) -> u64,
);

const FIGURES: [Figure; 7] = [
    (
        "shop_cache_hits_total",
        "counter",
        "Lookups that found a value.",
        |stats| stats.hits,
    ),
    (
        "shop_cache_misses_total",
        "counter",
        "Lookups that found no value.",
        |stats| stats.misses,
    ),
    (
        "shop_cache_loads_total",
        "counter",
        "Loads that were begun.",
        |stats| stats.loads,
    ),
    (
        "shop_cache_load_failures_total",
        "counter",
        "Loads that failed.",
        |stats| stats.load_failures,
    ),
    (
        "shop_cache_stale_total",
        "counter",
        "Failed loads for which an old value was returned.",
        |stats| stats.stale,
    ),
    (
        "shop_cache_evicted_total",
        "counter",
        "Values that were removed because the cache was full.",
        |stats| stats.evicted,
    ),
    (
        "shop_cache_entries",
        "gauge",
        "Values in the cache, those included that are kept for loads that fail.",
        |stats| stats.entries,
    ),
];

pub fn text(catalog: &Catalog) -> String {
    let mut text = String::new();
    let caches = catalog.stats();
    for (name, kind, help, figure) in FIGURES {
        if caches.is_empty() {
            break;
        }
        describe(&mut text, name, kind, help);
        for (cache, stats) in &caches {
            line(
                &mut text,
                &format!("{name}{{cache=\"{cache}\"}}"),
                figure(stats),
            );
        }
    }
    let database = &catalog.database;
    let counters = [
        (
            "shop_database_queries_total",
            "Queries for products, those that failed included.",
            &database.queries,
        ),
        (
            "shop_database_busy_total",
            "Queries that found the database locked.",
            &database.busy,
        ),
    ];
    for (name, help, counter) in counters {
        describe(&mut text, name, "counter", help);
        line(&mut text, name, counter.load(Ordering::Relaxed));
    }
    text
}

fn describe(text: &mut String, name: &str, kind: &str, help: &str) {
    // Writing to a `String` does not fail.
    _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
}

fn line(text: &mut String, name: &str, number: u64) {
    _ = writeln!(text, "{name} {number}");
}
