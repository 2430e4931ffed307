//! Every peer in one run: what lookups and writes cost, against bare hashbrown and each other.
//!
//! `cargo compare` alone measures everything; `cargo compare read` and so on one thing.
//!
//! # How to read it
//!
//! Times move with the machine, its other users and the weather, so the figures to read are
//! ratios.
//! A measurement goes in rounds; in each round every contender runs one short slice under every
//! condition, in a newly shuffled order, and its time is divided by that of the base, the first row,
//! in the same round.
//! The table shows the median of these ratios, with the quartiles in brackets.
//! `× ours` is the same against `evmap-core`, so 2 there means that ours is twice as fast.
//!
//! The base is *bare*, a hashbrown map that nobody shares, the limit of what can be had; or what the
//! head of the column says, where many threads write or a guard is held.
//! *control* is a second base, made alike: whatever makes it differ from 1 is noise, and a ratio
//! that is no further from 1 than the control's says nothing.
//! `--check` goes by that too: see [`verdict`].
//!
//! `scaling` is how much more two threads get done than one, against how much more they do with
//! bare hashbrown: 1 is perfect.
//! `kept` is how much of its own rate a reader has left beside a writer.
//! `group` is how many writes shared a publication.
//!
//! One process is one draw of where memory lies; `--processes 5` takes five of them.

mod args;
mod case;
mod course;
mod engines;
mod filled;
mod footprint;
mod growth;
mod machine;
mod many;
mod memory;
mod mixed;
mod name;
mod noise;
mod output;
mod partner;
mod plan;
mod plot;
mod processes;
mod progress;
mod read;
mod report;
mod shared;
mod stall;
mod table;
mod targets;
mod verdict;
mod words;
mod write;

use std::process::ExitCode;

use benches::kind;
use clap::Parser;

use args::{Args, Command, Measurement};
use many::Many;
use output::Output;
use partner::Partner;
use plot::Plots;
use report::Report;
use stall::peer;

fn main() -> ExitCode {
    let done = match memory::asked() {
        Some((what, entries)) => memory::report(&what, entries),
        None => obey(&Args::parse()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("compare: {message}");
            ExitCode::FAILURE
        }
    }
}

fn obey(args: &Args) -> Result<(), String> {
    match &args.command {
        Some(Command::PublishBesideAGuard) => {
            peer::publish_beside_a_guard().map_err(|error| error.to_string())
        }
        _ => run(args),
    }
}

fn run(args: &Args) -> Result<(), String> {
    let output = args.json.as_deref().map(Output::open).transpose()?;
    let failure = match args.processes {
        Some(processes) => processes::measure(processes, output)?,
        None => measure(args, output)?,
    };
    match failure {
        Some(failure) if args.check => Err(failure),
        _ => Ok(()),
    }
}

/// Measures in this process. Returns why a check of the targets fails, if it does.
fn measure(args: &Args, output: Option<Output>) -> Result<Option<String>, String> {
    let plots = args.plot.as_deref().map(Plots::open).transpose()?;
    let plan = args.plan();
    let partner = Partner::start();
    let mut report = Report::new(&plan);
    print!("{}", report.header());

    for measurement in args.measurements() {
        plan.progress.name(measurement.name());
        match measurement {
            Measurement::Read(chosen) => {
                for (variant, size) in chosen.tables(&plan) {
                    report.show(read::measure(variant, size, &plan, &partner));
                }
            }
            Measurement::Shared(chosen) => {
                for size in chosen.sizes() {
                    report.show(shared::measure(size, &plan, &partner));
                }
            }
            Measurement::Filled(chosen) => {
                for size in chosen.sizes() {
                    report.show(filled::measure(size, &plan, &partner));
                }
            }
            Measurement::Write(chosen) => {
                for batch in chosen.batches() {
                    report.show(write::measure(batch, &plan, &partner));
                }
                report.show(write::measure_idle(&plan));
            }
            Measurement::Mixed => {
                for case in mixed::measure(&plan, &partner) {
                    report.show(case);
                }
            }
            Measurement::Many(chosen) => {
                let many = Many::start(&chosen.threads(), &plan);
                report.show(many.visible());
                report.show(many.deferred());
            }
            Measurement::Growth => {
                report.show(growth::measure(&plan));
                report.show(words::measure(&plan));
            }
            Measurement::Engines(chosen) => {
                for size in chosen.sizes(&plan) {
                    for case in engines::measure(size, &plan) {
                        report.show(case);
                    }
                }
            }
            Measurement::Memory(chosen) => {
                for footprint in footprint::measure(chosen.entries(), &plan) {
                    report.show_footprint(footprint);
                }
            }
            Measurement::Stall => {
                let (rates, rest) = stall::measure(&plan);
                report.show(rates);
                report.show_stall(rest);
            }
        }
    }

    let failure = report.check();
    if let Some(output) = output {
        output.write(&report)?;
    }
    if let Some(plots) = plots {
        plots.write(&report)?;
    }
    Ok(failure)
}
