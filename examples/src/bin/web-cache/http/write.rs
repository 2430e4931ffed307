//! `/v1/{key}`: writes by key.
//!
//! Each checks the token, then the key, then the body, and writes on a thread that may block: a write waits for its turn
//! among the writers, and no thread that serves requests may do that.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use serde_json::value::RawValue;
use tokio::task::spawn_blocking;

use super::{App, admin, body, problem::Problem, query};
use crate::{
    store::{NotCounted, Store, WriteError, Written},
    table::{Key, Value},
    write_counts::Kind,
};

#[derive(Serialize)]
struct Put {
    version: u64,
    created: bool,
}

#[derive(Serialize)]
struct Deleted {
    version: u64,
}

#[derive(Serialize)]
struct Incremented {
    version: u64,
    value: i64,
}

/// `PUT /v1/{key}`: sets the value to the JSON in the body.
pub async fn put(State(app): State<Arc<App>>, request: Request) -> Response {
    counted(&app, Kind::Put, async {
        admin::check(&app, request.headers())?;
        let key: Key = query::key_in_path(request.uri())?.into();
        let value = json(&body::read(request).await?)?;
        let Written {
            version,
            outcome: created,
        } = apply(&app, move |store| store.put(key, value)).await?;
        let status = if created {
            StatusCode::CREATED
        } else {
            StatusCode::OK
        };
        Ok(answer(&app, status, version, Put { version, created }))
    })
    .await
}

/// `DELETE /v1/{key}`: removes the key.
pub async fn delete(State(app): State<Arc<App>>, uri: Uri, headers: HeaderMap) -> Response {
    counted(&app, Kind::Delete, async {
        admin::check(&app, &headers)?;
        let key: Key = query::key_in_path(&uri)?.into();
        let (key, Written { version, outcome }) = apply(&app, move |store| {
            store.delete(&key).map(|written| (key, written))
        })
        .await?;
        if outcome {
            Ok(answer(&app, StatusCode::OK, version, Deleted { version }))
        } else {
            let tag = app.tags.tag(version);
            Err(Problem::no_key(&key).with_header(header::ETAG, tag))
        }
    })
    .await
}

/// `POST /v1/{key}/incr`: adds the integer in the body, or 1.
pub async fn increment(State(app): State<Arc<App>>, request: Request) -> Response {
    counted(&app, Kind::Increment, async {
        admin::check(&app, request.headers())?;
        let key: Key = query::counter_in_path(request.uri())?.into();
        let by = amount(&body::read(request).await?)?;
        let Written { version, outcome } =
            apply(&app, move |store| store.increment(key, by)).await?;
        match outcome {
            Ok(value) => Ok(answer(
                &app,
                StatusCode::OK,
                version,
                Incremented { version, value },
            )),
            Err(reason) => {
                let message = match reason {
                    NotCounted::NoInteger => "the value is no integer of 64 bits",
                    NotCounted::Overflow => "the sum would be no integer of 64 bits",
                };
                let tag = app.tags.tag(version);
                Err(Problem::conflict(message).with_header(header::ETAG, tag))
            }
        }
    })
    .await
}

async fn counted(
    app: &App,
    kind: Kind,
    write: impl Future<Output = Result<Response, Problem>>,
) -> Response {
    let response = write.await.into_response();
    app.status.writes.count(kind, response.status());
    response
}

/// Writes on a thread that may block. A client that goes away meanwhile does not undo it.
async fn apply<T: Send + 'static>(
    app: &Arc<App>,
    write: impl FnOnce(&Store) -> Result<T, WriteError> + Send + 'static,
) -> Result<T, Problem> {
    let app = app.clone();
    match spawn_blocking(move || write(&app.store)).await {
        Ok(Ok(written)) => Ok(written),
        Ok(Err(error)) => Err(Problem::unavailable(error.to_string())),
        Err(error) => {
            tracing::error!(%error, "a write did not end well");
            Err(Problem::internal())
        }
    }
}

fn answer(app: &App, status: StatusCode, version: u64, body: impl Serialize) -> Response {
    let headers = [
        (header::ETAG, app.tags.tag(version)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (status, headers, Json(body)).into_response()
}

/// The body as a value, which is kept as it is written, without what stands around it.
fn json(body: &[u8]) -> Result<Value, Problem> {
    let value: &RawValue = serde_json::from_slice(body)
        .map_err(|error| Problem::bad_request(format!("the body is not JSON: {error}")))?;
    // A copy: the body may be a small part of a large buffer, and would keep all of it.
    Ok(Value::copy_from_slice(value.get().as_bytes()))
}

fn amount(body: &[u8]) -> Result<i64, Problem> {
    if body.trim_ascii().is_empty() {
        return Ok(1);
    }
    serde_json::from_slice(body).map_err(|error| {
        Problem::bad_request(format!("the body is no integer of 64 bits: {error}"))
    })
}
