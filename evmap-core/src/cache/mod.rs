//! A bounded cache with wait-free hits: [`Cache`].
//!
//! ```text
//! Cache ── lookups ──────────────────────────────> SharedMap<K, Shared<Node<V>>>
//!   └─ writes ─> Core ─> Change (map and policy) ─┘   └─ Frequency: raised by readers, read by the policy
//!                 ├─ S3Fifo (which entry is evicted) ─> Ghosts
//!                 ├─ Timers (when each is due), Clock (the time of readers)
//!                 ├─ Removals (what the janitor drops and tells the listener of)
//!                 └─ work (steps of the publisher and the janitor)
//! ```
//!
//! # When to use it
//!
//! For data that is looked up far more often than it is inserted, such as rendered pages, sessions' users or resolved names:
//! hit rates of 90 % and more. Where most lookups miss and insert, a cache with many locks, such as quick_cache, writes
//! faster, since it writes in parallel.
//!
//! For a table without a limit, use a [`SharedMap`](crate::SharedMap).

mod builder;
#[allow(clippy::module_inception)]
mod cache;
mod change;
mod clock;
mod core;
mod frequency;
mod ghosts;
mod iter;
#[cfg(feature = "metrics")]
mod metrics;
mod node;
mod policy;
mod removal;
mod stats;
mod sync;
mod timers;
mod work;
mod writes;

pub use builder::Builder;
pub use cache::Cache;
pub use clock::ManualClock;
pub use iter::Iter;
pub use removal::RemovalCause;
pub use stats::CacheStats;
