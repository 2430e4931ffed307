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

use clap::ValueEnum;

use super::{MOST, Workload, number, or};
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

    /// Only these tables, such as traces,patterns
    #[arg(long, value_enum, value_delimiter = ',', value_name = "TABLE,..")]
    only: Vec<Table>,
}

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Table {
    /// Requests that are hits, of traces
    Traces,
    /// Requests that are hits, of patterns
    Patterns,
    /// The time of a hit
    Hits,
    /// The time of a request, where some miss
    Misses,
    /// The slowest hits beside a writer
    Tail,
    /// Memory
    Memory,
}

impl Workload for Args {
    fn measure(&self, plan: &Plan, show: &mut dyn FnMut(Case)) {
        for table in or(&self.only, Table::value_variants()) {
            match table {
                Table::Traces => show(ratio::traces(self.traces.as_deref(), plan)),
                Table::Patterns => show(ratio::patterns(plan)),
                Table::Hits => show(hits::measure(plan)),
                Table::Misses => show(misses::measure(plan)),
                Table::Tail => show(tail::measure(plan)),
                Table::Memory => memory::measure(self.entries, plan, show),
            }
        }
    }
}
