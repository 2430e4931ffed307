//! [`Counter`]: which of a reader's two counters.

/// One of the two counters that each reader has.
///
/// What they count is for the program to decide: for example, lookups that found something, and lookups that did
/// not.
/// [`ReadGuard::count`](crate::ReadGuard::count) increments one of them. `counts()` of each handle and writer returns
/// the sums over all readers, that of `First` before that of `Second`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Counter {
    /// The first of the two.
    First,
    /// The second of the two.
    Second,
}
