use std::time::{Duration, SystemTime};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use evmap_core::SharedMap;
use tokio::net::TcpListener;

#[derive(Clone)]
struct App {
    prices: SharedMap<String, u32>,
    sold: SharedMap<String, u64>,
    /// A number that is different each time the program starts.
    start: u128,
}

fn router(app: App) -> Router {
    Router::new()
        .route("/price/{item}", get(price).put(set_price))
        .route("/prices", get(all_prices))
        .route("/buy/{item}", post(buy))
        .route("/audit", post(audit))
        .with_state(app)
}

/// Reads one value.
async fn price(State(app): State<App>, Path(item): Path<String>) -> Result<String, StatusCode> {
    let price = app.prices.get_cloned(&item).ok_or(StatusCode::NOT_FOUND)?;
    Ok(format!("{price}\n"))
}

/// Sets one value. Requests that begin after the response see it.
async fn set_price(State(app): State<App>, Path(item): Path<String>, body: String) -> StatusCode {
    let Ok(price) = body.trim().parse() else { return StatusCode::BAD_REQUEST };
    // While this waits, its thread serves other requests.
    match app.prices.insert_async(item, price).await {
        None => StatusCode::CREATED,
        Some(_old) => StatusCode::NO_CONTENT,
    }
}

/// Counts a sale, which is rare compared with reads. `merge` inserts 1, or else stores what the closure computes from the
/// old number.
async fn buy(State(app): State<App>, Path(item): Path<String>) -> Result<String, StatusCode> {
    if !app.prices.contains_key(&item) {
        return Err(StatusCode::NOT_FOUND);
    }
    let sold = app.sold.merge_async(item, 1, |old, one| Some(old + one)).await;
    Ok(format!("{}\n", sold.unwrap_or(0)))
}

/// Lists one state of the table, with an ETag that changes when the table does.
async fn all_prices(State(app): State<App>, headers: HeaderMap) -> Response {
    let view = app.prices.read(); // one state, for all keys
    let tag = format!("\"{}-{}\"", app.start, view.version());
    // A server behind a proxy should also accept lists and weak tags (`W/"..."`) here.
    if headers.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes()) {
        return (StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response();
    }
    let mut lines: Vec<_> = view.iter().map(|(item, price)| format!("{item} {price}\n")).collect();
    lines.sort();
    ([(header::ETAG, tag)], lines.concat()).into_response()
}

/// Sends each entry of one state to a slow service. Limit how many of these run at once: see below.
async fn audit(State(app): State<App>) -> String {
    let snapshot = app.prices.snapshot(); // unlike a view, it may be held across an `.await`
    for (item, price) in &snapshot {
        send_to_auditor(item, *price).await;
    }
    format!("sent {} prices of version {}\n", snapshot.len(), snapshot.version())
}

async fn send_to_auditor(_item: &str, _price: u32) {
    tokio::task::yield_now().await; // stands for a request to another service
}

/// Answers requests until `end` is ready.
async fn serve(listener: TcpListener, app: App, end: impl Future<Output = ()> + Send + 'static) {
    axum::serve(listener, router(app.clone())).with_graceful_shutdown(end).await.expect("it serves");
    // All requests are answered. Make the last sales visible, before you save them, for example.
    app.sold.flush_async().await;
}

#[tokio::main]
async fn main() {
    let app = App {
        prices: SharedMap::from([("apple".to_string(), 120)]),
        // The number of sales need not be visible at once. A write returns, and readers see it within 100 ms.
        sold: SharedMap::builder().refresh_every(Duration::from_millis(100)).build(),
        start: SystemTime::UNIX_EPOCH.elapsed().map_or(0, |time| time.as_nanos()),
    };
    let listener = TcpListener::bind("127.0.0.1:8000").await.expect("the port is free");
    // Containers are ended by SIGTERM: there, also wait for `tokio::signal::unix`.
    let end = async { _ = tokio::signal::ctrl_c().await };
    serve(listener, app, end).await;
}
