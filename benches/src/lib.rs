//! What the measurements share, and the measurements themselves.
//!
//! - [`paired`]: the harness. It compares in rounds, prints tables, draws plots, and knows no measurement.
//! - [`contenders`]: each map in a file of its own, with what it can do; and one list of all.
//! - [`caches`]: each bounded cache in a file of its own, and what is asked of them is in [`requests`].
//! - [`workloads`]: each measurement in a file of its own, with its arguments and its names.
//! - [`targets`]: one table of what this project wants of the figures.
//!
//! Each uses those above it alone, and `keys` and `slice`, which use none of them but the harness.
//! `cargo compare` runs the workloads; the criterion benches use the contenders.

pub mod caches;
pub mod contenders;
pub mod keys;
pub mod paired;
pub mod requests;
pub mod slice;
pub mod targets;
pub mod workloads;
