//! [`LookupCounts`]: how many lookups have found a value.

use left_right::{Counter, ReadGuard};

use crate::table::Engine;

/// How many lookups of a map have found a value, and how many have found none.
///
/// Returned by `lookup_counts` of readers and writers. A map counts if it is made with `count_lookups`: see
/// [`Counted`](crate::table::Counted).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct LookupCounts {
    /// Lookups that found a value.
    pub hits: u64,
    /// Lookups that found none.
    pub misses: u64,
}

impl LookupCounts {
    /// From the sums of the readers' counters.
    pub(crate) fn new([misses, hits]: [u64; 2]) -> Self {
        LookupCounts { hits, misses }
    }
}

/// Counts a lookup in the reader's own line, if the engine says so.
///
/// The first counter is that of misses, so `is_hit` is the number of the counter. The other way round, a `contains_key`
/// would have two instructions more.
#[inline(always)]
pub(crate) fn count_lookup<E: Engine, T: ?Sized>(guard: &mut ReadGuard<'_, T>, is_hit: bool) {
    if E::COUNTS_LOOKUPS {
        let counter = if is_hit {
            Counter::Second
        } else {
            Counter::First
        };
        ReadGuard::count(guard, counter);
    }
}
