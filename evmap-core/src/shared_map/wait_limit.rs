//! [`WaitLimit`]: how long a call may wait.

use std::time::{Duration, Instant};

/// How long a call may wait for other writers and for readers.
#[derive(Clone, Copy, Debug)]
pub(super) enum WaitLimit {
    /// Not at all.
    NoWait,
    /// Until this time.
    Until(Instant),
    /// Without a limit.
    Unlimited,
}

impl WaitLimit {
    /// Returns the time that is left.
    pub(super) fn left(self) -> Duration {
        match self {
            WaitLimit::NoWait => Duration::ZERO,
            WaitLimit::Until(deadline) => deadline.saturating_duration_since(Instant::now()),
            WaitLimit::Unlimited => Duration::MAX,
        }
    }
}
