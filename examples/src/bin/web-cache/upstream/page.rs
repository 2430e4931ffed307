//! A value as the upstream has sent it.

use axum::http::HeaderValue;
use bytes::Bytes;

/// Cloning it copies no text.
#[derive(Clone)]
pub struct Page {
    pub body: Bytes,
    pub content_type: HeaderValue,
    /// Of the body and its type, for the entity tag. It differs from run to run.
    pub hash: u64,
}

impl Page {
    /// The bytes that it takes.
    pub fn size(&self) -> usize {
        self.body.len() + self.content_type.len()
    }
}
