//! `compare cache`: the bounded caches beside each other, with what each of them has to be good at.
//!
//! How many requests are hits is counted on one thread; then come the times of hits, of hits with some misses, and of
//! the slowest hits beside a writer; and memory.

pub mod hits;
pub mod memory;
pub mod misses;
pub mod ratio;
pub mod tail;

use std::path::PathBuf;

use super::{MOST, Workload, number};
use crate::paired::{Case, Plan};
use crate::requests::directory;

pub use memory::subject;

/// Of the tables.
pub const NAME: &str = "cache";

/// What the caches are asked for, and how much they hold.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Where OLTP.lis.zst and P3.lis.zst are; without it, no trace is replayed
    #[arg(long, value_parser = directory, value_name = "DIR")]
    traces: Option<PathBuf>,

    /// Entries whose memory is measured, such as 1M, at least 1k
    #[arg(long, value_parser = number::<1_000, MOST>, value_name = "N", default_value = "1M")]
    entries: usize,
}

impl Workload for Args {
    fn measure(&self, plan: &Plan, show: &mut dyn FnMut(Case)) {
        show(ratio::traces(self.traces.as_deref(), plan));
        show(ratio::patterns(plan));
        show(hits::measure(plan));
        show(misses::measure(plan));
        show(tail::measure(plan));
        memory::measure(self.entries, plan, show);
    }
}
