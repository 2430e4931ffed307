//! The routes.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, Path, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, put},
};
use serde::Deserialize;

use crate::{catalog::Catalog, database::Failure, etag, metrics, page::Page};

/// The longest body of a request. The HTTP library bounds the head: at most 100 lines, and some 400 KiB.
const LONGEST_BODY: usize = 4 * 1024;
const LONGEST_NAME: usize = 200;
const LONGEST_CATEGORY: usize = 40;
/// In cents.
const HIGHEST_PRICE: u32 = 10_000_000;

/// For answers that are right now and may be wrong at once.
const NOT_STORED: (header::HeaderName, &str) = (header::CACHE_CONTROL, "no-store");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewProduct {
    name: String,
    /// In cents.
    price: u32,
    category: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Discount {
    percent: u32,
}

/// axum clones the state for each request. A clone of an `Arc` counts one reference, that of a cache several.
pub fn router(catalog: Arc<Catalog>) -> Router {
    let constant = Page::constant(&catalog.tags);
    Router::new()
        .route("/product/{id}", get(product).put(set_product))
        .route("/category/{name}/discount", put(set_discount))
        // What the same server does without a cache and without a database, to compare with.
        .route(
            "/constant",
            get(|headers: HeaderMap| async move { answer(&headers, constant) }),
        )
        .route("/metrics", get(show_metrics))
        .layer(DefaultBodyLimit::max(LONGEST_BODY))
        .with_state(catalog)
}

async fn product(
    State(catalog): State<Arc<Catalog>>,
    Path(id): Path<u32>,
    headers: HeaderMap,
) -> Response {
    match catalog.page(id).await {
        Ok(Some(page)) => answer(&headers, page),
        Ok(None) => (
            StatusCode::NOT_FOUND,
            [NOT_STORED],
            "there is no such product\n",
        )
            .into_response(),
        Err(failure) => refuse(&failure),
    }
}

async fn set_product(
    State(catalog): State<Arc<Catalog>>,
    Path(id): Path<u32>,
    Json(product): Json<NewProduct>,
) -> Response {
    let NewProduct {
        name,
        price,
        category,
    } = product;
    let name = name.trim().to_owned();
    if name.is_empty() || name.len() > LONGEST_NAME || price > HIGHEST_PRICE {
        return (StatusCode::BAD_REQUEST, "that is no product\n").into_response();
    }
    if !is_category(&category) {
        return (StatusCode::BAD_REQUEST, "that is no category\n").into_response();
    }
    match catalog.set_product(id, name, price, category).await {
        Ok(true) => StatusCode::CREATED.into_response(),
        Ok(false) => StatusCode::NO_CONTENT.into_response(),
        Err(failure) => refuse(&failure),
    }
}

async fn set_discount(
    State(catalog): State<Arc<Catalog>>,
    Path(category): Path<String>,
    Json(discount): Json<Discount>,
) -> Response {
    if discount.percent > 100 {
        return (StatusCode::BAD_REQUEST, "that is no discount\n").into_response();
    }
    match catalog.set_discount(category, discount.percent).await {
        Ok(0) => (StatusCode::NOT_FOUND, "there is no such category\n").into_response(),
        Ok(changed) => format!("{changed} products\n").into_response(),
        Err(failure) => refuse(&failure),
    }
}

async fn show_metrics(State(catalog): State<Arc<Catalog>>) -> impl IntoResponse {
    (
        [(header::CONTENT_TYPE, "text/plain; version=0.0.4")],
        metrics::text(&catalog),
    )
}

fn is_category(name: &str) -> bool {
    let is_part = |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
    (1..=LONGEST_CATEGORY).contains(&name.len()) && name.bytes().all(is_part)
}

fn answer(headers: &HeaderMap, page: Page) -> Response {
    let Page { html, etag } = page;
    let is_known = etag::is_known(headers, &etag);
    let both = [
        (header::ETAG, etag),
        // A client may keep it, and asks each time whether it is still right.
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    ];
    if is_known {
        return (StatusCode::NOT_MODIFIED, both).into_response();
    }
    (
        both,
        [(header::CONTENT_TYPE, "text/html; charset=utf-8")],
        html,
    )
        .into_response()
}

fn refuse(failure: &Failure) -> Response {
    match failure {
        Failure::Busy | Failure::Moved => (
            StatusCode::SERVICE_UNAVAILABLE,
            [(header::RETRY_AFTER, "1"), NOT_STORED],
            "the database is busy\n",
        )
            .into_response(),
        Failure::Other(error) => {
            eprintln!("a request failed: {error}");
            (StatusCode::INTERNAL_SERVER_ERROR, "the database failed\n").into_response()
        }
    }
}
