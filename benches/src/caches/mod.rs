//! The bounded caches: a file for each, and [`ALL`] of them in one list.
//!
//! All hold `u64` pairs, are given the same capacity, and hash with clones of one hasher.
//! Each is behind the small trait [`Cache`], which compiles away; [`Handle`] is what the measured loops are compiled
//! into, and is called through a `dyn` once for many lookups.

mod contender;
mod fibre_cache;
mod foyer;
mod loops;
mod moka;
mod ours;
mod quick_cache;
#[cfg(test)]
mod tests;

pub use self::contender::{Cache, Contender, Handle, Timed};
pub use self::fibre_cache::FIBRE_CACHE;
pub use self::foyer::FOYER;
pub use self::moka::MOKA;
pub use self::ours::OURS;
pub use self::quick_cache::QUICK_CACHE;

/// Everyone, in the order of the tables' rows.
pub const ALL: [Contender; 5] = [OURS, MOKA, QUICK_CACHE, FIBRE_CACHE, FOYER];
