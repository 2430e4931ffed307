//! Every peer in one run: what a lookup and an upsert cost, against bare hashbrown.
//!
//! `cargo compare` alone measures everything; `cargo compare read` and so on one thing.
//!
//! # How to read it
//!
//! Times move with the machine, its other users and the weather, so the figures to read are
//! ratios.
//! A measurement goes in rounds; in each round every contender runs one short slice under every
//! condition, in a newly shuffled order, and its time is divided by that of bare hashbrown in the
//! same round.
//! The table shows the median of these ratios, with the quartiles in brackets.
//! `× ours` is the same against `evmap-core`, so 2 there means that ours is twice as fast.
//!
//! *bare* is a hashbrown map that nobody shares, the limit of what can be had.
//! *control* is a second one, made alike: whatever makes it differ from 1 is noise, and a ratio
//! that is no further from 1 than the control's says nothing.
//!
//! `scaling` is how much more two threads get done than one, against how much more they do with
//! bare hashbrown: 1 is perfect.

mod args;
mod case;
mod machine;
mod partner;
mod plan;
mod promises;
mod read;
mod report;
mod table;
mod write;

use std::fs;
use std::process::ExitCode;

use clap::Parser;

use args::{Args, Measurement};
use partner::Partner;
use report::Report;

fn main() -> ExitCode {
    let args = Args::parse();
    match run(&args) {
        Ok(code) => code,
        Err(message) => {
            eprintln!("compare: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> Result<ExitCode, String> {
    let plan = args.plan();
    let partner = Partner::start();
    let mut report = Report::new(&plan);
    print!("{}", report.header());

    for measurement in args.measurements() {
        match measurement {
            Measurement::Read(chosen) => {
                for size in chosen.sizes(&plan) {
                    report.show(read::measure(size, &plan, &partner));
                }
            }
            Measurement::Write(chosen) => {
                for batch in chosen.batches() {
                    report.show(write::measure(batch, &plan, &partner));
                }
            }
        }
    }

    let kept = report.check();
    if let Some(path) = &args.json {
        let text = serde_json::to_string_pretty(&report).map_err(|error| error.to_string())?;
        fs::write(path, text + "\n").map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(if kept || !args.check {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
