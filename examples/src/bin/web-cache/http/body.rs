//! A request's body, within bounds.

use std::time::Duration;

use axum::{
    body::{Bytes, HttpBody},
    extract::{FromRequest, Request},
    http::StatusCode,
};
use tokio::time::timeout;

use super::problem::Problem;

/// The most bytes that a body may have; the routes have it as their limit too.
pub const LARGEST: usize = 1 << 20;
/// How long it may take to arrive.
const LONGEST: Duration = Duration::from_secs(5);

/// All of the body.
pub async fn read(request: Request) -> Result<Bytes, Problem> {
    // A client that announces it need not send it.
    if request.body().size_hint().lower() > LARGEST as u64 {
        return Err(too_large());
    }
    match timeout(LONGEST, Bytes::from_request(request, &())).await {
        Err(_) => Err(Problem::slow_body()),
        Ok(Err(rejection)) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            Err(too_large())
        }
        Ok(Err(rejection)) => Err(Problem::bad_request(rejection.body_text())),
        Ok(Ok(bytes)) => Ok(bytes),
    }
}

fn too_large() -> Problem {
    Problem::too_large(format!("the body has more than {LARGEST} bytes"))
}
