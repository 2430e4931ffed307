//! Every peer in one run: what lookups and writes cost, against bare hashbrown and each other.
//!
//! `cargo compare` alone measures everything; `cargo compare read` and so on one thing. How to read the tables stands in
//! the package's README.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use benches::contenders::ours;
use benches::paired::{Output, Plan, Plots, Report, processes, report_alone};
use benches::targets::{TARGETS, is_ours};
use benches::workloads::{
    Workload, cache, engines, field, filled, growth, many, memory, mixed, number, peer, read,
    shared, stall, write,
};
use clap::{Parser, Subcommand};

/// Compares these maps with bare hashbrown and with their peers, all in one run.
///
/// Without a command it measures everything. Run it on an otherwise idle machine.
#[derive(Parser)]
#[command(name = "compare", version)]
struct Args {
    #[command(subcommand)]
    command: Option<Command>,

    /// A few seconds instead of minutes: to see that it runs, not to quote
    #[arg(long, global = true)]
    quick: bool,

    /// Rounds for each table
    #[arg(long, global = true, value_name = "N", value_parser = number::<1, 1_000_000>)]
    rounds: Option<usize>,

    /// How often the maps are built anew during the rounds, since a map may be lucky in its place in memory
    #[arg(long, global = true, value_name = "N", value_parser = number::<1, 1_000_000>)]
    builds: Option<usize>,

    /// How long each contender runs in each round; half as long untimed before that
    #[arg(long, global = true, value_name = "MILLISECONDS", value_parser = number::<1, 60_000>)]
    slice: Option<usize>,

    /// Runs all of it in this many fresh processes, and shows each one's tables, and their medians; fewer than 5 decide no target
    #[arg(long, global = true, value_name = "N", value_parser = number::<1, 1_000>)]
    processes: Option<usize>,

    /// Writes all that was measured to this file too
    #[arg(long, global = true, value_name = "FILE")]
    json: Option<PathBuf>,

    /// Draws the ratios of each table into an SVG file of its own in this directory
    #[arg(long, global = true, value_name = "DIR")]
    plot: Option<PathBuf>,

    /// Fails if a target of the project is not met, if the figures are too noisy to tell, or if what was measured bears
    /// on no target
    #[arg(long, global = true)]
    check: bool,
}

/// What to measure.
#[derive(Subcommand)]
enum Command {
    /// Lookups, by one and by two threads: hits, misses, one and sixteen per guard
    Read(read::Args),
    /// Lookups through one value that all threads share
    Shared(shared::Args),
    /// Lookups in a map that a million inserts have filled, each published by itself
    Filled(filled::Args),
    /// Upserts by one writer, alone and beside a busy reader
    Write(write::Args),
    /// A reader while a writer refreshes now and then: by contender, and by fence mode
    Mixed(mixed::Args),
    /// Writes by many threads: visible on return, and a little later
    Many(many::Args),
    /// A guard that is held forever: what it costs the writer and newcomers
    Stall(stall::Args),
    /// A map that is filled in small batches, by each table engine; and an array of words that doubles
    Growth(growth::Args),
    /// The table engines: lookups, iteration, insertions, growth, and memory
    Engines(engines::Args),
    /// What maps take in memory: pairs of numbers, large values, and what a log keeps
    Memory(memory::Args),
    /// Bounded caches: how many requests are hits, what a hit takes, and memory. Not part of `all`
    Cache(cache::Args),
    /// What others measure: the mixes of conc-map-bench, and a table that hardly changes. Not part of `all`
    Field(field::Args),
    /// Everything else, as without a command
    All,
    /// What `stall` runs in a process of its own
    #[command(hide = true, name = peer::COMMAND)]
    PublishBesideAGuard,
}

fn main() -> ExitCode {
    let subject = |what: &str| {
        let of_maps = memory::subject(what).or_else(|| engines::subject(what));
        of_maps.or_else(|| cache::subject(what))
    };
    let done = report_alone(subject).unwrap_or_else(|| run(&Args::parse()));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("compare: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> Result<(), String> {
    if let Some(Command::PublishBesideAGuard) = args.command {
        return peer::publish_beside_a_guard().map_err(|error| error.to_string());
    }
    let output = args.json.as_deref().map(Output::open).transpose()?;
    let plots = args.plot.as_deref().map(Plots::open).transpose()?;
    let plan = args.plan();
    let mut report = Report::begin(&plan, ("fence mode", format!("{:?}", ours::fence_mode())));
    if let Some(processes) = args.processes {
        let (runs, together) = processes::run(processes)?;
        report.runs = runs;
        together.into_iter().for_each(|case| report.show(case));
    } else {
        let everything = everything();
        let chosen = args.command.as_ref().and_then(Command::workload);
        let all = everything.iter().filter_map(Command::workload);
        for (name, workload) in all.filter(|_| chosen.is_none()).chain(chosen) {
            plan.progress.set_message(name);
            workload.measure(&plan, &mut |case| report.show(case));
        }
    }
    let failure = report.check(TARGETS);
    if let Some(output) = output {
        output.write(&report)?;
    }
    if let Some(plots) = plots {
        plots.write(&report.cases, &plan, is_ours)?;
    }
    match failure {
        Some(failure) if args.check => Err(failure),
        _ => Ok(()),
    }
}

impl Args {
    fn plan(&self) -> Plan {
        let usual = Plan::new(self.quick);
        Plan {
            rounds: self.rounds.unwrap_or(usual.rounds),
            builds: self.builds.unwrap_or(usual.builds),
            slice: self
                .slice
                .map_or(usual.slice, |slice| Duration::from_millis(slice as u64)),
            ..usual
        }
    }
}

impl Command {
    /// What it measures, and what that is called.
    fn workload(&self) -> Option<(&'static str, &dyn Workload)> {
        Some(match self {
            Command::Read(args) => (read::NAME, args),
            Command::Shared(args) => (shared::NAME, args),
            Command::Filled(args) => (filled::NAME, args),
            Command::Write(args) => (write::NAME, args),
            Command::Mixed(args) => (mixed::NAME, args),
            Command::Many(args) => (many::NAME, args),
            Command::Stall(args) => (stall::NAME, args),
            Command::Growth(args) => (growth::NAME, args),
            Command::Engines(args) => (engines::NAME, args),
            Command::Memory(args) => (memory::NAME, args),
            Command::Cache(args) => (cache::NAME, args),
            Command::Field(args) => (field::NAME, args),
            Command::All | Command::PublishBesideAGuard => return None,
        })
    }
}

/// All that can be measured, as it is measured by itself.
fn everything() -> [Command; 10] {
    [
        Command::Read(Default::default()),
        Command::Shared(Default::default()),
        Command::Filled(Default::default()),
        Command::Write(Default::default()),
        Command::Mixed(Default::default()),
        Command::Many(Default::default()),
        Command::Stall(Default::default()),
        Command::Growth(Default::default()),
        Command::Engines(Default::default()),
        Command::Memory(Default::default()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_arguments_are_consistent_and_may_stand_behind_the_command() {
        Args::command().debug_assert();
        let args = Args::parse_from(["compare", "read", "--quick", "--rounds", "2k"]);
        assert!(args.plan().is_quick);
        assert_eq!(args.plan().rounds, 2_000);
        assert!(
            args.command
                .is_some_and(|command| command.workload().is_some())
        );
    }
}
