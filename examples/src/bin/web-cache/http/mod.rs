//! The routes, and what their handlers share.

mod admin;
mod at_least;
mod body;
mod etag;
mod leftover;
mod lookup;
mod pages;
mod problem;
mod query;
mod upstream;
mod write;

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{DefaultBodyLimit, Request, State},
    http::Uri,
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
    routing::get,
};

use crate::{status::Status, store::Store, telemetry::Telemetry, token::Token, upstream::Upstream};
use etag::Tags;
use problem::{Problem, READ, READ_AND_WRITE};

/// Whatever a handler waits for has a bound of its own, and their sum is less than this: it is for what was forgotten.
/// The time limit of the upstream's requests is added to it.
const LONGEST_ANSWER: Duration = Duration::from_secs(10);

pub struct App {
    store: Store,
    status: Arc<Status>,
    telemetry: Telemetry,
    source: String,
    tags: Tags,
    /// Nobody may write if there is none.
    token: Option<Token>,
    /// Where a key is asked for that the table does not have.
    upstream: Option<Upstream>,
}

impl App {
    /// `source` is the name of what is served; who has the `token` may write.
    pub fn new(
        store: Store,
        status: Arc<Status>,
        telemetry: Telemetry,
        source: String,
        token: Option<Token>,
        upstream: Option<Upstream>,
    ) -> Self {
        App {
            store,
            status,
            telemetry,
            source,
            tags: Tags::of_this_process(),
            token,
            upstream,
        }
    }
}

pub fn router(app: Arc<App>) -> Router {
    let upstream = app.upstream.as_ref();
    let longest = LONGEST_ANSWER + upstream.map_or(Duration::ZERO, Upstream::timeout);
    let key = get(lookup::one)
        .put(write::put)
        .delete(write::delete)
        .post(write::increment)
        .layer(DefaultBodyLimit::max(body::LARGEST));
    Router::new()
        .route("/", get(pages::index))
        .route("/healthz", get(pages::health))
        .route("/metrics", get(pages::metrics))
        .route("/v1", get(lookup::many))
        .route("/v1/{*key}", key)
        .fallback(no_route)
        .method_not_allowed_fallback(wrong_method)
        .layer(from_fn(move |request, next| {
            in_time(longest, request, next)
        }))
        .layer(from_fn(leftover::announce_end))
        .with_state(app)
}

async fn no_route(uri: Uri) -> Problem {
    Problem::not_found(format!("nothing at {}", uri.path()))
}

async fn wrong_method(State(app): State<Arc<App>>, uri: Uri) -> Problem {
    let is_written = app.token.is_some() && uri.path().starts_with("/v1/");
    Problem::wrong_method(if is_written { READ_AND_WRITE } else { READ })
}

async fn in_time(longest: Duration, request: Request, next: Next) -> Response {
    // Built only where somebody listens: this is on the way of every request.
    let line = tracing::enabled!(tracing::Level::DEBUG)
        .then(|| format!("{} {}", request.method(), request.uri()));
    let response = match tokio::time::timeout(longest, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::too_slow().into_response(),
    };
    if let Some(line) = line {
        tracing::debug!(status = response.status().as_u16(), "{line}");
    }
    response
}
