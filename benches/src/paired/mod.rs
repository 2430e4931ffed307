//! The harness: contenders are compared round by round, so that what slows a round down slows all of them.
//!
//! A measurement goes in rounds.
//! In each round every contender runs one short slice under every condition, in a newly shuffled order, and its
//! time is divided by that of the base in the same round.
//! A table shows the median of these ratios and their quartiles.
//! The *control* is a second base, made alike: its distance from 1 is noise.
//!
//! Where memory lies is drawn once for a process: [`processes`] repeats a run in several.

mod alone;
mod case;
mod output;
mod plan;
pub mod processes;
mod quartiles;
mod report;
mod svg;
mod text;
mod verdict;

pub use alone::{MemoryRow, Subject, memory, report as report_alone};
pub use case::{CONTROL, Case, Head};
pub use output::Output;
pub use plan::{Figure, Pace, Plan, Samples};
pub use quartiles::{Quartiles, quantile, ratios};
pub use report::Report;
pub use svg::Plots;
pub use text::count;
pub use verdict::{Limit, Target};
