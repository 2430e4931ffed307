//! Numbers for Prometheus.

use std::time::{Duration, SystemTime};

use metrics::{
    Histogram, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram,
};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

use crate::{status::Status, store::Reader};

const REFRESH: &str = "web_cache_refresh_seconds";

/// From a refresh of a few rows to one that waits for somebody.
const REFRESH_BUCKETS: [f64; 9] = [
    0.000_025, 0.000_1, 0.000_5, 0.002, 0.01, 0.05, 0.2, 1.0, 5.0,
];

#[derive(Clone)]
pub struct Telemetry(PrometheusHandle);

/// Where the writer notes how long a refresh took.
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
    pub fn render(&self, status: &Status, reader: &Reader) -> String {
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

        let table = reader.summary();
        let age = SystemTime::now().duration_since(table.read_at);
        gauge!("web_cache_version").set(table.version as f64);
        gauge!("web_cache_entries").set(table.entries as f64);
        gauge!("web_cache_table_age_seconds").set(age.unwrap_or_default().as_secs_f64());
        gauge!("web_cache_staleness_seconds").set(status.staleness().as_secs_f64());

        let load = status.load();
        gauge!("web_cache_pending_operations").set(load.pending as f64);
        gauge!("web_cache_readers").set(load.readers as f64);
        gauge!("web_cache_connections").set(status.connections.load(Relaxed) as f64);
        self.0.render()
    }
}

impl RefreshTimes {
    pub fn record(&self, took: Duration) {
        self.0.record(took);
    }
}

fn describe() {
    describe_counter!("web_cache_reads_total", "Keys looked up");
    describe_counter!("web_cache_hits_total", "Keys looked up and found");
    describe_counter!("web_cache_misses_total", "Keys looked up and not found");
    describe_counter!("web_cache_reloads_total", "Reloads of the table by outcome");
    describe_counter!(
        "web_cache_reload_failures_total",
        "Reloads that left the last good table in place"
    );
    describe_gauge!("web_cache_version", "Version of the table that is served");
    describe_gauge!("web_cache_entries", "Keys in the table");
    describe_gauge!(
        "web_cache_table_age_seconds",
        "Time since the table last changed"
    );
    describe_gauge!(
        "web_cache_staleness_seconds",
        "Time that the table has been known to be behind its file, 0 if it is not"
    );
    describe_gauge!("web_cache_pending_operations", "Changes not published yet");
    describe_gauge!("web_cache_readers", "Live readers of the map");
    describe_gauge!("web_cache_connections", "Open connections");
    describe_histogram!(REFRESH, "Time that one refresh took");
}
