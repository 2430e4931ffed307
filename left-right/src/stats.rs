//! [`Stats`]: figures of a writer and of its readers.

use crate::FenceMode;

/// Figures of a writer, taken at one moment.
///
/// Returned by `stats()` of each write handle.
///
/// # Examples
/// ```
/// let writer = left_right::WriteHandle::cloned(0);
/// let _reader = writer.read_handle();
/// let stats = writer.stats();
/// println!("{} {} {}", stats.readers, stats.retired, stats.pending); // 1 0 0
/// # assert_eq!((stats.readers, stats.retired, stats.pending), (1, 0, 0));
/// ```
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
