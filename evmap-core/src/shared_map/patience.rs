//! [`Patience`]: for how long a call may wait.

use std::time::{Duration, Instant};

/// For how long a call may wait for other writers and for readers.
#[derive(Clone, Copy, Debug)]
pub(super) enum Patience {
    /// Not at all.
    Try,
    /// Until then.
    Until(Instant),
    /// As long as it takes.
    Endless,
}

impl Patience {
    /// How much is left of it.
    pub(super) fn left(self) -> Duration {
        match self {
            Patience::Try => Duration::ZERO,
            Patience::Until(deadline) => deadline.saturating_duration_since(Instant::now()),
            Patience::Endless => Duration::MAX,
        }
    }
}
