//! Numbers for Prometheus.

use std::time::{Duration, SystemTime};

use metrics::{
    Histogram, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram,
};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

use crate::{status::Status, store::Store, upstream::Figures};

const REFRESH: &str = "web_cache_refresh_seconds";

/// From a reload of a few rows to one that waits for somebody.
const REFRESH_BUCKETS: [f64; 9] = [
    0.000_025, 0.000_1, 0.000_5, 0.002, 0.01, 0.05, 0.2, 1.0, 5.0,
];

#[derive(Clone)]
pub struct Telemetry(PrometheusHandle);

/// Where the writer notes how long a reload took to become visible.
pub struct RefreshTimes(Histogram);

impl Telemetry {
    /// Makes this the process's recorder of metrics.
    pub fn install() -> Result<Self, BuildError> {
        let prometheus = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Full(REFRESH.into()), &REFRESH_BUCKETS)?
            .install_recorder()?;
        describe();
        Ok(Telemetry(prometheus))
    }

    pub fn refresh_times(&self) -> RefreshTimes {
        RefreshTimes(histogram!(REFRESH))
    }

    /// The metrics' text. Counting a request costs one addition; everything else is gathered here.
    pub fn render(&self, status: &Status, store: &Store, upstream: Option<Figures>) -> String {
        use std::sync::atomic::Ordering::Relaxed;

        let hits = status.hits.load(Relaxed);
        let misses = status.misses.load(Relaxed);
        counter!("web_cache_hits_total").absolute(hits);
        counter!("web_cache_misses_total").absolute(misses);
        counter!("web_cache_reads_total").absolute(hits + misses);

        let reloads = status.reloads();
        counter!("web_cache_reloads_total", "outcome" => "applied").absolute(reloads.applied);
        counter!("web_cache_reloads_total", "outcome" => "unchanged").absolute(reloads.unchanged);
        counter!("web_cache_reloads_total", "outcome" => "failed").absolute(reloads.failed);
        counter!("web_cache_reload_failures_total").absolute(reloads.failed);

        for (kind, outcome, count) in status.writes.all() {
            let labels = [("kind", kind), ("outcome", outcome)];
            counter!("web_cache_writes_total", &labels).absolute(count);
        }

        let table = store.summary();
        let age = SystemTime::now().duration_since(table.read_at);
        gauge!("web_cache_version").set(table.version as f64);
        gauge!("web_cache_entries").set(table.entries as f64);
        gauge!("web_cache_table_age_seconds").set(age.unwrap_or_default().as_secs_f64());
        gauge!("web_cache_staleness_seconds").set(status.staleness().as_secs_f64());

        let map = store.stats();
        gauge!("web_cache_pending_operations").set(map.pending as f64);
        gauge!("web_cache_readers").set(map.readers as f64);
        gauge!("web_cache_retired_copies").set(map.retired as f64);
        counter!("web_cache_map_writes_total").absolute(map.writes);
        counter!("web_cache_map_publications_total").absolute(map.publications);
        counter!("web_cache_map_rebuilds_total").absolute(map.rebuilds);
        counter!("web_cache_map_stalls_total").absolute(map.stalls);
        let group = map.writes as f64 / map.publications.max(1) as f64;
        gauge!("web_cache_group_size").set(group);
        gauge!("web_cache_connections").set(status.connections.load(Relaxed) as f64);
        if let Some(figures) = upstream {
            gather(&figures);
        }
        self.0.render()
    }
}

impl RefreshTimes {
    pub fn record(&self, took: Duration) {
        self.0.record(took);
    }
}

fn gather(upstream: &Figures) {
    let cache = &upstream.cache;
    counter!("web_cache_upstream_hits_total").absolute(cache.hits);
    counter!("web_cache_upstream_misses_total").absolute(cache.misses);
    counter!("web_cache_upstream_loads_total").absolute(cache.loads);
    counter!("web_cache_upstream_load_failures_total").absolute(cache.load_failures);
    counter!("web_cache_upstream_stale_total").absolute(cache.stale);
    counter!("web_cache_upstream_evicted_total").absolute(cache.evicted);
    counter!("web_cache_upstream_expired_total").absolute(cache.expired);
    gauge!("web_cache_upstream_entries").set(cache.entries as f64);
    gauge!("web_cache_upstream_bytes").set(cache.weight as f64);
    gauge!("web_cache_upstream_open_requests").set(upstream.open as f64);
}

fn describe() {
    describe_upstream();
    describe_counter!("web_cache_reads_total", "Keys looked up");
    describe_counter!("web_cache_hits_total", "Keys looked up and found");
    describe_counter!("web_cache_misses_total", "Keys looked up and not found");
    describe_counter!("web_cache_reloads_total", "Reloads of the table by outcome");
    describe_counter!(
        "web_cache_reload_failures_total",
        "Reloads that left the last good table in place"
    );
    describe_counter!(
        "web_cache_writes_total",
        "Requests to write by kind and outcome"
    );
    describe_counter!(
        "web_cache_map_writes_total",
        "Writes that changed the map, of clients and reloads"
    );
    describe_counter!(
        "web_cache_map_publications_total",
        "Versions of the map that were published"
    );
    describe_counter!(
        "web_cache_map_rebuilds_total",
        "Fresh copies of the map that were made to go past a reader"
    );
    describe_counter!(
        "web_cache_map_stalls_total",
        "Times that a write found as many copies set aside as may be"
    );
    describe_gauge!(
        "web_cache_retired_copies",
        "Copies set aside for readers that are still in them"
    );
    describe_gauge!(
        "web_cache_group_size",
        "Writes of the map that became visible together, on average"
    );
    describe_gauge!("web_cache_version", "Version of the table that is served");
    describe_gauge!("web_cache_entries", "Keys in the table");
    describe_gauge!(
        "web_cache_table_age_seconds",
        "Time since the file was read that the table last took rows from"
    );
    describe_gauge!(
        "web_cache_staleness_seconds",
        "Time that the table has been known to be behind its file, 0 if it is not"
    );
    describe_gauge!("web_cache_pending_operations", "Changes not published yet");
    describe_gauge!("web_cache_readers", "Live readers of the map");
    describe_gauge!("web_cache_connections", "Open connections");
    describe_histogram!(REFRESH, "Time that one reload took to become visible");
}

fn describe_upstream() {
    describe_counter!(
        "web_cache_upstream_hits_total",
        "Keys that the table does not have, answered from the cache"
    );
    describe_counter!(
        "web_cache_upstream_misses_total",
        "Keys that the table does not have, and the cache did not have either"
    );
    describe_counter!(
        "web_cache_upstream_loads_total",
        "Keys that the upstream was asked for"
    );
    describe_counter!(
        "web_cache_upstream_load_failures_total",
        "Loads in which the upstream gave no answer about the key"
    );
    describe_counter!(
        "web_cache_upstream_stale_total",
        "Old answers that were shown since the upstream failed"
    );
    describe_counter!(
        "web_cache_upstream_evicted_total",
        "Entries that were removed since the cache was full"
    );
    describe_counter!(
        "web_cache_upstream_expired_total",
        "Entries that were removed since their time was over"
    );
    describe_gauge!(
        "web_cache_upstream_entries",
        "Entries of the cache, keys known to have no value included"
    );
    describe_gauge!(
        "web_cache_upstream_bytes",
        "Bytes that the entries of the cache take"
    );
    describe_gauge!(
        "web_cache_upstream_open_requests",
        "Requests to the upstream that are under way"
    );
}
