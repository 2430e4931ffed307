//! The routes, and what their handlers share.

mod etag;
mod lookup;
mod pages;
mod problem;
mod query;

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::Request,
    http::Uri,
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
    routing::get,
};

use crate::{status::Status, store::Reader, telemetry::Telemetry};
use etag::Tags;
use problem::Problem;

/// No handler waits for anything for long; one that does anyway must not keep its client for ever.
const LONGEST_ANSWER: Duration = Duration::from_secs(10);

pub struct App {
    reader: Reader,
    status: Arc<Status>,
    telemetry: Telemetry,
    source: String,
    tags: Tags,
}

impl App {
    /// `source` is the name of what is served.
    pub fn new(reader: Reader, status: Arc<Status>, telemetry: Telemetry, source: String) -> Self {
        App {
            reader,
            status,
            telemetry,
            source,
            tags: Tags::of_this_process(),
        }
    }
}

pub fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/", get(pages::index))
        .route("/healthz", get(pages::health))
        .route("/metrics", get(pages::metrics))
        .route("/v1", get(lookup::many))
        .route("/v1/{*key}", get(lookup::one))
        .fallback(no_route)
        .method_not_allowed_fallback(wrong_method)
        .layer(from_fn(in_time))
        .with_state(app)
}

async fn no_route(uri: Uri) -> Problem {
    Problem::not_found(format!("nothing at {}", uri.path()))
}

async fn wrong_method() -> Problem {
    Problem::wrong_method()
}

async fn in_time(request: Request, next: Next) -> Response {
    // Built only where somebody listens: this is on the way of every request.
    let line = tracing::enabled!(tracing::Level::DEBUG)
        .then(|| format!("{} {}", request.method(), request.uri()));
    let response = match tokio::time::timeout(LONGEST_ANSWER, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::too_slow().into_response(),
    };
    if let Some(line) = line {
        tracing::debug!(status = response.status().as_u16(), "{line}");
    }
    response
}
