//! A bounded cache with wait-free hits: [`Cache`].
//!
//! ```text
//! Cache ── lookups ──────────────────────────────> SharedMap<K, Shared<Node<V>>>
//!   ├─ loads ─> Load ─> Flights (who loads which key)
//!   └─ writes ─> Core ─> Change (map and policy) ─┘   └─ Frequency: raised by readers, read by the policy
//!                 ├─ S3Fifo (which entry is evicted) ─> Ghosts
//!                 ├─ Timers (when each is due), Clock (the time of readers), TagIndex
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
//!
//! # What is not there
//!
//! - One policy, S3-FIFO.
//! - No memory is given back while the cache lives: its tables stay as large as they were for the largest number of entries.
//!
//! # Promises, and the tests that hold them
//!
//! In `tests/cache`, unless another place is named. `moka` says how each claim of moka's own tests is answered.
//!
//! - When a write returns, the cache holds no more than it may. (`bounds::*`)
//! - The policy evicts what a naive model of S3-FIFO evicts.
//!   (`cache::policy::tests::it_evicts_what_the_model_evicts`, in the library)
//! - The hit of a hot entry stores to nothing but its thread's own line.
//!   (`a_hit_on_a_hot_key_stores_to_no_line_but_the_readers_own`, in `tests/cache_hit_stores.rs`)
//! - Readers that count reads disturb no eviction. (`tests/cache_model`, a model)
//! - Entries expire when they should, and leave memory by themselves. (`expiry::*`)
//! - The listener learns of each removal once, with its cause, and not before readers do. (`removal::*`, `regressions::*`)
//! - Each value is dropped once, after the last guard that sees it, and usually not by a writer. (`removal::*`)
//! - A panic in user code undoes its write, and the cache goes on. (`panics::*`, `user_code::*`)
//! - A forked child goes on, too. (`forks::*`)
//! - A missing key is loaded once for all who ask, by threads and by tasks. (`loads::together::*`, `loads::many::*`, and
//!   `callers_of_one_key_share_one_load`, a model in `tests/cache_model`)
//! - What was loaded before a change of its key is not kept. (`loads::changes::*`, in 10,000 orders of the steps of loads and
//!   changes, and `what_was_loaded_before_a_change_is_not_kept`, a model)
//! - A load that panics, fails or is dropped leaves nobody waiting. (`loads::failures::*`, and
//!   `a_load_that_is_dropped_leaves_nobody_waiting`, a model)
//! - What is remembered of a key without a value, and when a value is loaded anew. (`loads::remembered::*`)

mod builder;
mod change;
mod clock;
mod core;
mod flights;
mod frequency;
mod get_all_with;
mod get_with;
mod get_with_async;
mod ghosts;
mod handle;
mod iter;
mod loads;
mod lookups;
#[cfg(feature = "metrics")]
mod metrics;
mod node;
mod policy;
mod removal;
mod stats;
mod sync;
mod tags;
mod timers;
mod work;
mod writes;
mod writes_async;

pub use builder::Builder;
pub use clock::ManualClock;
pub use handle::Cache;
pub use iter::Iter;
pub use removal::RemovalCause;
pub use stats::CacheStats;
