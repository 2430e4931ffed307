//! [`Stats`]: figures of a writer and of its readers.

use crate::FenceMode;

/// Figures of a writer, taken at one moment.
///
/// Made by `stats()` of each write handle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Live read handles and snapshots, plus threads that read through a `SharedReader`.
    pub readers: usize,
    /// Copies that were set aside for readers still inside them.
    pub retired: usize,
    /// Operations pushed and not yet published; 0 for a writer without a log.
    pub pending: usize,
    /// How reads and swaps are ordered now, never [`FenceMode::Auto`].
    pub fence_mode: FenceMode,
}
