//! How the server is: for people, for probes and for Prometheus.

use std::{
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use axum::{
    Json,
    extract::State,
    http::{HeaderName, header},
    response::IntoResponse,
};
use serde::Serialize;

use super::App;
use crate::upstream::Upstream;

const PAGE: &str = include_str!("../page.html");
/// The page loads nothing from elsewhere, and talks to nobody else.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; \
                      img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'";

#[derive(Serialize)]
struct Health {
    /// "ok", or "degraded": the table is served, but its source could not be read again.
    status: &'static str,
    error: Option<String>,
    /// Seconds since 1970, like every time here.
    error_at: Option<f64>,
    reload_failures: u64,
    source: String,
    /// The upstream's host and port.
    upstream: Option<String>,
    version: u64,
    entries: usize,
    read_at: f64,
    staleness_seconds: f64,
}

pub async fn index() -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, PAGE)
}

pub async fn health(State(app): State<Arc<App>>) -> impl IntoResponse {
    let failure = app.status.failure();
    let table = app.store.summary();
    let upstream = app.upstream.as_ref();
    let health = Health {
        status: if failure.is_some() { "degraded" } else { "ok" },
        error_at: failure.as_ref().map(|failure| seconds(failure.at)),
        error: failure.map(|failure| failure.message),
        reload_failures: app.status.reloads().failed,
        source: app.source.clone(),
        upstream: upstream.map(|upstream| upstream.authority().to_owned()),
        version: table.version,
        entries: table.entries,
        read_at: seconds(table.read_at),
        staleness_seconds: app.status.staleness().as_secs_f64(),
    };
    (never_kept(), Json(health))
}

pub async fn metrics(State(app): State<Arc<App>>) -> impl IntoResponse {
    let upstream = app.upstream.as_ref().map(Upstream::figures);
    let text = app.telemetry.render(&app.status, &app.store, upstream);
    let kind = (header::CONTENT_TYPE, "text/plain; version=0.0.4");
    ([kind], never_kept(), text)
}

fn never_kept() -> [(HeaderName, &'static str); 1] {
    [(header::CACHE_CONTROL, "no-store")]
}

fn seconds(time: SystemTime) -> f64 {
    time.duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs_f64()
}
