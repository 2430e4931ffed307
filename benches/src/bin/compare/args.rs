//! [`Args`]: what to measure, and how long.

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use benches::stream::LONGEST_PIECE;
use clap::{Parser, Subcommand};

use crate::many::MOST;
use crate::name;
use crate::plan::Plan;
use crate::progress::Progress;
use crate::read::ReadArgs;
use crate::report::count;
use crate::stall::peer;

/// Compares these maps with bare hashbrown and with their peers, all in one run.
///
/// Without a command it measures everything. Run it on an otherwise idle machine.
#[derive(Parser)]
#[command(name = "compare", version)]
pub struct Args {
    #[command(subcommand)]
    pub command: Option<Command>,

    /// A few seconds instead of minutes: to see that it runs, not to quote
    #[arg(long, global = true)]
    quick: bool,

    /// Rounds for each table
    #[arg(long, global = true, value_name = "N")]
    rounds: Option<usize>,

    /// How often the maps are built anew during the rounds, since a map may be lucky in its place
    /// in memory
    #[arg(long, global = true, value_name = "N")]
    builds: Option<usize>,

    /// How long each contender runs in each round; half as long untimed before that
    #[arg(long, global = true, value_name = "MILLISECONDS")]
    slice: Option<u64>,

    /// Runs all of it in this many fresh processes, and shows each run's figures and their medians
    #[arg(long, global = true, value_name = "N", conflicts_with = "plot", value_parser = parse_processes)]
    pub processes: Option<usize>,

    /// Writes all that was measured to this file too
    #[arg(long, global = true, value_name = "FILE")]
    pub json: Option<PathBuf>,

    /// Draws the ratios of each table into an SVG file of its own in this directory
    #[arg(long, global = true, value_name = "DIR")]
    pub plot: Option<PathBuf>,

    /// Fails if a target of the project is not met, if the figures are too noisy to tell, or if
    /// what was measured bears on no target
    #[arg(long, global = true)]
    pub check: bool,
}

/// What to do.
#[derive(Subcommand)]
pub enum Command {
    #[command(flatten)]
    Measure(Measurement),
    /// Everything, as without a command
    All,
    /// What `stall` runs in a process of its own
    #[command(hide = true, name = peer::COMMAND)]
    PublishBesideAGuard,
}

/// What can be measured.
#[derive(Clone, Subcommand)]
pub enum Measurement {
    /// Lookups, by one and by two threads: hits, misses, one and sixteen per guard
    Read(ReadArgs),
    /// Lookups through one value that all threads share
    Shared(SharedArgs),
    /// Lookups in a map that a million inserts have filled, each published by itself
    Filled(SharedArgs),
    /// Upserts by one writer, alone and beside a busy reader
    Write(WriteArgs),
    /// A reader while a writer refreshes now and then: by contender, and by fence mode
    Mixed,
    /// Writes by many threads: visible on return, and a little later
    Many(ManyArgs),
    /// A guard that is held forever: what it costs the writer and newcomers
    Stall,
    /// A map that is filled in small batches, by each table engine; and an array of words that doubles
    Growth,
    /// The table engines: lookups, iteration, insertions, growth, and memory
    Engines(EnginesArgs),
    /// What maps take in memory: pairs of numbers, large values, and what a log keeps
    Memory(MemoryArgs),
}

/// Which tables to share.
#[derive(Clone, Default, clap::Args)]
pub struct SharedArgs {
    /// Table sizes, such as 1k,100k
    #[arg(long, value_delimiter = ',', value_parser = parse_size, value_name = "N,..")]
    sizes: Vec<usize>,
}

/// How often to publish.
#[derive(Clone, Default, clap::Args)]
pub struct WriteArgs {
    /// Upserts before each refresh, such as 1,100,10k, each at most 1M
    #[arg(long, value_delimiter = ',', value_parser = parse_batch, value_name = "N,..")]
    batches: Vec<usize>,
}

/// How many threads write.
#[derive(Clone, Default, clap::Args)]
pub struct ManyArgs {
    /// Threads that write at once, such as 1,2,4,8, each at most 64
    #[arg(long, value_delimiter = ',', value_parser = parse_threads, value_name = "N,..")]
    threads: Vec<usize>,
}

/// Which maps the engines hold.
#[derive(Clone, Default, clap::Args)]
pub struct EnginesArgs {
    /// Table sizes, such as 100k,4M, each at least 1k
    #[arg(long, value_delimiter = ',', value_parser = parse_large, value_name = "N,..")]
    sizes: Vec<usize>,
}

/// How much the maps hold.
#[derive(Clone, Default, clap::Args)]
pub struct MemoryArgs {
    /// Pairs in each map, such as 1M, at least 1k; a tenth of them where values are large
    #[arg(long, value_parser = parse_large, value_name = "N")]
    entries: Option<usize>,
}

impl Args {
    /// Everything, unless one thing was named.
    pub fn measurements(&self) -> Vec<Measurement> {
        match &self.command {
            Some(Command::Measure(one)) => vec![one.clone()],
            Some(Command::PublishBesideAGuard) => Vec::new(),
            None | Some(Command::All) => vec![
                Measurement::Read(ReadArgs::default()),
                Measurement::Shared(SharedArgs::default()),
                Measurement::Filled(SharedArgs::default()),
                Measurement::Write(WriteArgs::default()),
                Measurement::Mixed,
                Measurement::Many(ManyArgs::default()),
                Measurement::Stall,
                Measurement::Growth,
                Measurement::Engines(EnginesArgs::default()),
                Measurement::Memory(MemoryArgs::default()),
            ],
        }
    }

    /// How long to measure.
    pub fn plan(&self) -> Plan {
        let usual = if self.quick {
            Plan::QUICK
        } else {
            Plan::THOROUGH
        };
        Plan {
            rounds: self.rounds.unwrap_or(usual.rounds).max(1),
            builds: self.builds.unwrap_or(usual.builds).max(1),
            slice: self.slice.map_or(usual.slice, Duration::from_millis),
            is_quick: self.quick,
            progress: Progress::of(self),
        }
    }
}

impl Measurement {
    /// For the bar of progress.
    pub fn name(&self) -> &'static str {
        match self {
            Measurement::Read(_) => name::READ,
            Measurement::Shared(_) => name::SHARED,
            Measurement::Filled(_) => name::FILLED,
            Measurement::Write(_) => name::WRITE,
            Measurement::Mixed => name::MIXED,
            Measurement::Many(_) => name::MANY,
            Measurement::Stall => name::STALL,
            Measurement::Growth => name::GROWTH,
            Measurement::Engines(_) => name::ENGINES,
            Measurement::Memory(_) => name::MEMORY,
        }
    }
}

impl SharedArgs {
    pub fn sizes(&self) -> Vec<usize> {
        if self.sizes.is_empty() {
            vec![1_000, 100_000]
        } else {
            self.sizes.clone()
        }
    }
}

impl WriteArgs {
    pub fn batches(&self) -> Vec<usize> {
        if self.batches.is_empty() {
            vec![1, 100, 10_000]
        } else {
            self.batches.clone()
        }
    }
}

impl ManyArgs {
    pub fn threads(&self) -> Vec<usize> {
        if self.threads.is_empty() {
            vec![1, 2, 4, 8]
        } else {
            self.threads.clone()
        }
    }
}

impl EnginesArgs {
    /// Quick runs leave out the maps that take longest to build.
    pub fn sizes(&self, plan: &Plan) -> Vec<usize> {
        match (self.sizes.is_empty(), plan.is_quick) {
            (false, _) => self.sizes.clone(),
            (true, true) => vec![100_000],
            (true, false) => vec![100_000, 4_000_000],
        }
    }
}

impl MemoryArgs {
    pub fn entries(&self) -> usize {
        self.entries.unwrap_or(1_000_000)
    }
}

/// What fits the memory of a usual machine in every contender.
const MOST_ENTRIES: usize = 200_000_000;
/// More than anybody waits for.
const MOST_PROCESSES: usize = 1_000;

/// A number of entries.
pub fn parse_size(text: &str) -> Result<usize, String> {
    parse_count(text, 1..=MOST_ENTRIES)
}

/// A number of entries that no engine moves all at once.
fn parse_large(text: &str) -> Result<usize, String> {
    parse_count(text, 1_000..=MOST_ENTRIES)
}

/// A number of upserts, at most what a stream of keys has several pieces of.
fn parse_batch(text: &str) -> Result<usize, String> {
    parse_count(text, 1..=LONGEST_PIECE)
}

/// A number of threads, at most what any machine can start.
fn parse_threads(text: &str) -> Result<usize, String> {
    parse_count(text, 1..=MOST)
}

/// A number of processes, one after the other.
fn parse_processes(text: &str) -> Result<usize, String> {
    parse_count(text, 1..=MOST_PROCESSES)
}

/// A number such as `100k` or `4M`, within these bounds.
pub fn parse_count(text: &str, bounds: RangeInclusive<usize>) -> Result<usize, String> {
    let (digits, unit) = match text.strip_suffix(['k', 'M']) {
        Some(digits) if text.ends_with('k') => (digits, 1_000),
        Some(digits) => (digits, 1_000_000),
        None => (text, 1),
    };
    let number: usize = digits.parse().map_err(|_| "not a number".to_string())?;
    match number.checked_mul(unit) {
        Some(number) if bounds.contains(&number) => Ok(number),
        _ => Err(format!(
            "must lie between {} and {}",
            count(*bounds.start()),
            count(*bounds.end())
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_arguments_are_consistent() {
        Args::command().debug_assert();
    }

    #[test]
    fn counts_may_have_a_unit() {
        assert_eq!(parse_size("7"), Ok(7));
        assert_eq!(parse_size("100k"), Ok(100_000));
        assert_eq!(parse_size("4M"), Ok(4_000_000));
        for wrong in ["", "k", "0", "-1", "4G", "999999999999M"] {
            assert!(parse_size(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_batch_is_no_longer_than_a_piece_of_the_stream() {
        assert_eq!(parse_batch("1M"), Ok(1_000_000));
        let error = parse_batch("1000001").unwrap_err();
        assert_eq!(error, "must lie between 1 and 1M");
    }

    #[test]
    fn an_engine_holds_enough_to_grow() {
        let error = parse_large("999").unwrap_err();
        assert_eq!(error, "must lie between 1k and 200M");
        let args = Args::parse_from(["compare", "engines", "--sizes", "1k"]);
        let [Measurement::Engines(engines)] = &args.measurements()[..] else {
            panic!("not engines");
        };
        assert_eq!(engines.sizes(&args.plan()), [1_000]);
    }

    #[test]
    fn options_stand_before_or_after_the_command() {
        let args = Args::parse_from(["compare", "read", "--quick", "--sizes", "1k,2k"]);
        assert!(args.plan().is_quick);
        let [Measurement::Read(read)] = &args.measurements()[..] else {
            panic!("not read");
        };
        assert_eq!(read.tables(&args.plan()).len(), 2 * 3);
        assert_eq!(Args::parse_from(["compare"]).measurements().len(), 10);
    }
}
