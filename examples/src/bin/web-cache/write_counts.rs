//! How many requests to write came to what.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use axum::http::StatusCode;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Put,
    Delete,
    Increment,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Applied,
    /// There was nothing to delete.
    Absent,
    /// There is nothing that can be counted up.
    Conflict,
    Unauthorized,
    /// The request says nothing that could be done.
    Invalid,
    /// The server could not, or not in time.
    Failed,
}

/// Independent numbers, as all of the server's.
#[derive(Debug, Default)]
pub struct WriteCounts([[AtomicU64; Outcome::ALL.len()]; Kind::ALL.len()]);

impl WriteCounts {
    /// Counts a request by the status of its response.
    pub fn count(&self, kind: Kind, status: StatusCode) {
        let outcome = Outcome::of(status);
        self.0[kind as usize][outcome as usize].fetch_add(1, Relaxed);
    }

    /// All of them, with the names of kind and outcome.
    pub fn all(&self) -> impl Iterator<Item = (&'static str, &'static str, u64)> {
        Kind::ALL.into_iter().flat_map(move |kind| {
            Outcome::ALL.into_iter().map(move |outcome| {
                let count = self.0[kind as usize][outcome as usize].load(Relaxed);
                (kind.name(), outcome.name(), count)
            })
        })
    }
}

impl Kind {
    const ALL: [Kind; 3] = [Kind::Put, Kind::Delete, Kind::Increment];

    fn name(self) -> &'static str {
        match self {
            Kind::Put => "put",
            Kind::Delete => "delete",
            Kind::Increment => "incr",
        }
    }
}

impl Outcome {
    const ALL: [Outcome; 6] = [
        Outcome::Applied,
        Outcome::Absent,
        Outcome::Conflict,
        Outcome::Unauthorized,
        Outcome::Invalid,
        Outcome::Failed,
    ];

    fn of(status: StatusCode) -> Self {
        match status {
            StatusCode::NOT_FOUND => Outcome::Absent,
            StatusCode::CONFLICT => Outcome::Conflict,
            StatusCode::UNAUTHORIZED => Outcome::Unauthorized,
            status if status.is_success() => Outcome::Applied,
            status if status.is_client_error() => Outcome::Invalid,
            _ => Outcome::Failed,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Outcome::Applied => "applied",
            Outcome::Absent => "absent",
            Outcome::Conflict => "conflict",
            Outcome::Unauthorized => "unauthorized",
            Outcome::Invalid => "invalid",
            Outcome::Failed => "failed",
        }
    }
}
