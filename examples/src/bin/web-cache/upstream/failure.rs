//! Why the upstream gave no answer about a key.

use std::{error::Error, fmt, io, time::Duration};

use axum::http::StatusCode;
use tokio::task::JoinError;

use super::client::LARGEST;

#[derive(Debug)]
#[non_exhaustive]
pub enum Failure {
    /// It took longer than it may.
    Late(Duration),
    Unreachable(io::Error),
    /// What it sent is not HTTP, or ended early.
    Unreadable(hyper::Error),
    /// Neither a value, nor that there is none.
    Status(StatusCode),
    TooLarge,
    /// The body is not the value itself.
    Encoded,
    /// The fault is here.
    Fault(JoinError),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Late(limit) => {
                let seconds = limit.as_secs();
                write!(f, "no answer from the upstream within {seconds} s")
            }
            Failure::Unreachable(error) => write!(f, "the upstream cannot be reached: {error}"),
            Failure::Unreadable(error) => {
                write!(f, "the upstream's answer cannot be read: {error}")
            }
            Failure::Status(status) => write!(f, "the upstream answered {status}"),
            Failure::TooLarge => write!(f, "the upstream's value has more than {LARGEST} bytes"),
            Failure::Encoded => f.write_str("the upstream's value is encoded"),
            Failure::Fault(error) => write!(f, "a load failed: {error}"),
        }
    }
}

impl Error for Failure {}
