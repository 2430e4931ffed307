//! Errors as responses: every one has a JSON body.

use axum::{
    Json,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::json;

/// The methods of a route that is only read, as in the header `Allow`.
pub const READ: &str = "GET, HEAD";
/// The methods of a key's route.
pub const READ_AND_WRITE: &str = "GET, HEAD, PUT, DELETE";

#[derive(Debug)]
pub struct Problem {
    status: StatusCode,
    message: String,
    header: Option<(HeaderName, HeaderValue)>,
}

impl Problem {
    pub fn bad_request(message: impl Into<String>) -> Self {
        Problem::new(StatusCode::BAD_REQUEST, message)
    }

    pub fn not_found(message: impl Into<String>) -> Self {
        Problem::new(StatusCode::NOT_FOUND, message)
    }

    pub fn too_long(message: impl Into<String>) -> Self {
        Problem::new(StatusCode::URI_TOO_LONG, message)
    }

    pub fn no_key(key: &str) -> Self {
        Problem::not_found(format!("no key {key:?}"))
    }

    /// `allowed` as in the header `Allow`.
    pub fn wrong_method(allowed: &'static str) -> Self {
        Problem::new(
            StatusCode::METHOD_NOT_ALLOWED,
            format!("served here: {allowed}"),
        )
        .with_header(header::ALLOW, HeaderValue::from_static(allowed))
    }

    /// Nobody may write.
    pub fn read_only() -> Self {
        Problem {
            message: "the server was started without --admin-token-file, so nobody may write"
                .into(),
            ..Problem::wrong_method(READ)
        }
    }

    pub fn unauthorized(message: &str) -> Self {
        Problem::new(StatusCode::UNAUTHORIZED, message)
            .with_header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
    }

    pub fn conflict(message: &str) -> Self {
        Problem::new(StatusCode::CONFLICT, message)
    }

    /// What is served is older than what the client asks for.
    pub fn too_old(message: impl Into<String>) -> Self {
        Problem::new(StatusCode::PRECONDITION_FAILED, message)
    }

    pub fn too_large(message: impl Into<String>) -> Self {
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, message)
    }

    pub fn slow_body() -> Self {
        Problem::new(
            StatusCode::REQUEST_TIMEOUT,
            "the body did not arrive in time",
        )
    }

    pub fn too_slow() -> Self {
        Problem::unavailable("no answer in time")
    }

    pub fn unavailable(message: impl Into<String>) -> Self {
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, message)
    }

    /// The upstream gave no answer that could be passed on.
    pub fn upstream_failed(message: impl Into<String>) -> Self {
        Problem::new(StatusCode::BAD_GATEWAY, message)
    }

    pub fn upstream_late(message: impl Into<String>) -> Self {
        Problem::new(StatusCode::GATEWAY_TIMEOUT, message)
    }

    pub fn internal() -> Self {
        Problem::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "the server has a fault; its log says more",
        )
    }

    fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Problem {
            status,
            message: message.into(),
            header: None,
        }
    }

    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.header = Some((name, value));
        self
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = json!({ "error": self.message, "status": self.status.as_u16() });
        let mut headers: HeaderMap = self.header.into_iter().collect();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        (self.status, headers, Json(body)).into_response()
    }
}
