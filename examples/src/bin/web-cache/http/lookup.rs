//! `/v1`: values by key.

use std::sync::Arc;

use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use serde_json::to_writer;

use super::{App, at_least, etag::is_known, problem::Problem, query, upstream};
use crate::{store::Found, table::Value};

const JSON: HeaderValue = HeaderValue::from_static("application/json");
/// Keep it, but ask whether it is still current.
const REVALIDATE: HeaderValue = HeaderValue::from_static("no-cache");

/// `GET /v1/{key}`: the value, from the upstream if there is one and the table does not have the key.
pub async fn one(
    State(app): State<Arc<App>>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let key = query::key_in_path(&uri)?;
    at_least::wait(&app, &headers).await?;
    let Found { version, values } = app.store.get(&key);
    let tag = app.tags.tag(version);
    let Some(value) = values else {
        app.status.count_lookups(0, 1);
        return match &app.upstream {
            Some(upstream) => upstream::one(&app, upstream, &key, &headers).await,
            None => Err(Problem::no_key(&key).with_header(header::ETAG, tag)),
        };
    };
    app.status.count_lookups(1, 0);
    Ok(table_answer(&headers, tag, || value))
}

/// `GET /v1?keys=a,b,c`: the values of one version, and which keys it does not have.
pub async fn many(
    State(app): State<Arc<App>>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let keys = query::keys_in_query(&uri)?;
    at_least::wait(&app, &headers).await?;
    let found = app.store.get_all(&keys);
    let hits = found.values.iter().flatten().count();
    app.status
        .count_lookups(hits as u64, (keys.len() - hits) as u64);
    let tag = app.tags.tag(found.version);
    Ok(table_answer(&headers, tag, || snapshot(&keys, &found)))
}

/// An answer from the table.
pub fn table_answer(
    request: &HeaderMap,
    tag: HeaderValue,
    body: impl FnOnce() -> Bytes,
) -> Response {
    answer(request, tag, JSON, body)
}

/// The body, unless the client has it: what the tag stands for.
pub fn answer(
    request: &HeaderMap,
    tag: HeaderValue,
    content_type: HeaderValue,
    body: impl FnOnce() -> Bytes,
) -> Response {
    if is_known(request, &tag) {
        let headers = [(header::ETAG, tag), (header::CACHE_CONTROL, REVALIDATE)];
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    let headers = [
        (header::CONTENT_TYPE, content_type),
        (header::ETAG, tag),
        (header::CACHE_CONTROL, REVALIDATE),
    ];
    (headers, body()).into_response()
}

/// Written by hand, since the values are JSON already.
fn snapshot(keys: &[String], found: &Found<Vec<Option<Value>>>) -> Bytes {
    let mut json = format!("{{\"version\":{},\"values\":{{", found.version).into_bytes();
    let mut missing = Vec::new();
    let mut separator: &[u8] = b"";
    for (key, value) in keys.iter().zip(&found.values) {
        match value {
            None => missing.push(key),
            Some(value) => {
                json.extend_from_slice(separator);
                to_writer(&mut json, key).expect("text is always JSON");
                json.push(b':');
                json.extend_from_slice(value);
                separator = b",";
            }
        }
    }
    json.extend_from_slice(b"},\"missing\":");
    to_writer(&mut json, &missing).expect("a list of texts is always JSON");
    json.push(b'}');
    json.into()
}
