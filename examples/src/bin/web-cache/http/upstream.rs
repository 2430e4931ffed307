//! The answer for a key that the table does not have, if there is an upstream.

use axum::{
    http::{HeaderMap, HeaderName, HeaderValue, header},
    response::Response,
};

use super::{
    App,
    lookup::{answer, table_answer},
    problem::Problem,
};
use crate::upstream::{Failure, Upstream};

/// What another server sends is shown as it is, but it must not act for this one in a browser.
const ON_ITS_OWN: [(HeaderName, HeaderValue); 2] = [
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; sandbox"),
    ),
    (
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    ),
];

pub async fn one(
    app: &App,
    upstream: &Upstream,
    key: &str,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let loaded = upstream.get(key).await;
    // The table may have the key by now, and takes precedence.
    let found = app.store.get(key);
    let version_tag = app.tags.tag(found.version);
    if let Some(value) = found.values {
        return Ok(table_answer(headers, version_tag, || value));
    }
    match loaded {
        Ok(Some(page)) => {
            let tag = app.tags.tag_of_content(page.hash);
            let mut response = answer(headers, tag, page.content_type, || page.body);
            response.headers_mut().extend(ON_ITS_OWN);
            Ok(response)
        }
        Ok(None) => Err(Problem::no_key(key).with_header(header::ETAG, version_tag)),
        Err(failure) => Err(problem(&failure)),
    }
}

fn problem(failure: &Failure) -> Problem {
    match failure {
        Failure::Late(_) => Problem::upstream_late(failure.to_string()),
        Failure::Fault(error) => {
            tracing::error!(%error, "a load did not end well");
            Problem::internal()
        }
        _ => Problem::upstream_failed(failure.to_string()),
    }
}
