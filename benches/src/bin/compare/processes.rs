//! [`measure`]: the same run in several fresh processes, and the median of each figure.
//!
//! Where a process's code and memory lie is drawn once for all of its rounds: no number of rounds tells
//! that from what the code costs, and other processes do.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{self, Command, Stdio};

use benches::stats::quantile_of;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::output::Output;
use crate::report::{SCHEMA, ratio};
use crate::table::Table;
use crate::targets::failure;
use crate::verdict::{Outcome, Threshold, number};

/// What the processes have found out together.
#[derive(Serialize)]
struct Summary {
    schema: u32,
    targets: Vec<Joint>,
    /// What each of them would have written by itself.
    runs: Vec<Value>,
}

/// One target, and what became of it in all processes.
#[derive(Serialize)]
struct Joint {
    case: String,
    target: String,
    threshold: Threshold,
    /// Of each process, in order.
    medians: Vec<f64>,
    /// Of those; it is held against the threshold.
    median: f64,
    /// In how many processes the figure did not decide.
    noisy: usize,
    outcome: Outcome,
}

/// What one process has written, as far as it is asked here.
#[derive(Deserialize)]
struct Run {
    cases: Vec<Case>,
    targets: Vec<Verdict>,
}

#[derive(Deserialize)]
struct Case {
    operation: String,
    case: String,
    base: String,
    ours: String,
    conditions: Vec<String>,
    rows: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    contender: String,
    cells: Vec<Cell>,
}

#[derive(Deserialize)]
struct Cell {
    to_base: Middle,
    to_ours: Middle,
}

#[derive(Deserialize)]
struct Middle {
    median: f64,
}

#[derive(Deserialize)]
struct Verdict {
    case: String,
    target: String,
    measured: Middle,
    threshold: Threshold,
    outcome: Outcome,
}

/// A file that is gone when this is dropped.
struct Temporary(PathBuf);

/// Runs this program so often, with the arguments that it was given, and prints what all runs say.
/// Returns why a check of the targets fails, if it does.
pub fn measure(processes: usize, output: Option<Output>) -> Result<Option<String>, String> {
    let mut reports = Vec::new();
    for number in 1..=processes {
        println!("{}run {number} of {processes}", separator(number));
        reports.push(run().map_err(|error| format!("run {number} of {processes}: {error}"))?);
    }
    let runs = reports.iter().map(Run::deserialize);
    let runs: Vec<_> = runs
        .collect::<Result<_, _>>()
        .map_err(|error| error.to_string())?;
    let targets = joint(&runs);
    print!("{}{}", medians(&runs), verdicts(&targets));
    let failure = failure(targets.iter().map(|target| target.outcome));
    if let Some(output) = output {
        output.write(&Summary {
            schema: SCHEMA,
            targets,
            runs: reports,
        })?;
    }
    Ok(failure)
}

fn separator(number: usize) -> &'static str {
    if number == 1 { "" } else { "\n" }
}

/// One fresh process, which prints its tables as usual: what it has written.
fn run() -> Result<Value, String> {
    let file = Temporary::named("run.json");
    let program = env::current_exe().map_err(|error| error.to_string())?;
    let status = Command::new(program)
        .args(for_one(env::args_os().skip(1)))
        .arg("--json")
        .arg(&file.0)
        .stdin(Stdio::null())
        .status()
        .map_err(|error| error.to_string())?;
    if !status.success() {
        return Err(status.to_string());
    }
    let text = fs::read_to_string(&file.0).map_err(|error| error.to_string())?;
    serde_json::from_str(&text).map_err(|error| error.to_string())
}

/// These arguments without those that are about all processes together.
fn for_one(arguments: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let mut arguments = arguments;
    let mut kept = Vec::new();
    while let Some(argument) = arguments.next() {
        let text = argument.to_string_lossy();
        let (name, value) = match text.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (&*text, None),
        };
        match (name, value) {
            ("--check", _) => {}
            ("--processes" | "--json", None) => drop(arguments.next()),
            ("--processes" | "--json", Some(_)) => {}
            _ => kept.push(argument),
        }
    }
    kept
}

/// Each target once, in the order of the first run.
fn joint(runs: &[Run]) -> Vec<Joint> {
    let first = runs.first().into_iter().flat_map(|run| &run.targets);
    first
        .map(|verdict| {
            let is_same =
                |other: &&Verdict| (&other.case, &other.target) == (&verdict.case, &verdict.target);
            let all = runs
                .iter()
                .filter_map(|run| run.targets.iter().find(is_same));
            let all: Vec<_> = all.collect();
            let medians: Vec<_> = all.iter().map(|verdict| verdict.measured.median).collect();
            let median = quantile_of(&medians, 0.5);
            let is_noisy = |verdict: &&&Verdict| verdict.outcome == Outcome::TooNoisy;
            let noisy = all.iter().filter(is_noisy).count();
            Joint {
                case: verdict.case.clone(),
                target: verdict.target.clone(),
                threshold: verdict.threshold,
                outcome: if 2 * noisy >= all.len() {
                    Outcome::TooNoisy
                } else if verdict.threshold.is_met_by(median) {
                    Outcome::Met
                } else {
                    Outcome::Missed
                },
                medians,
                median,
                noisy,
            }
        })
        .collect()
}

/// The ratios of each table, run by run.
fn medians(runs: &[Run]) -> String {
    let mut text = String::new();
    let cases = runs.first().into_iter().flat_map(|run| &run.cases);
    for (place, case) in cases.enumerate() {
        for (condition, name) in case.conditions.iter().enumerate() {
            text += &format!(
                "\n{}/{}, {name}: the medians of {} processes, and their median\n",
                case.operation,
                case.case,
                runs.len()
            );
            let mut table = Table::default();
            let mut head = vec!["contender".to_string()];
            for other in [&case.base, &case.ours] {
                head.push(format!("× {other}"));
                head.extend((1..runs.len()).map(|_| String::new()));
                head.push("median".to_string());
            }
            table.row(head);
            for (row, Row { contender, .. }) in case.rows.iter().enumerate() {
                let cells = runs
                    .iter()
                    .map(|run| &run.cases[place].rows[row].cells[condition]);
                let mut shown = vec![contender.clone()];
                for ratio_of in [
                    |cell: &Cell| cell.to_base.median,
                    |cell: &Cell| cell.to_ours.median,
                ] {
                    let ratios: Vec<_> = cells.clone().map(ratio_of).collect();
                    shown.extend(ratios.iter().copied().map(ratio));
                    shown.push(ratio(quantile_of(&ratios, 0.5)));
                }
                table.row(shown);
            }
            text += &table.text();
        }
    }
    text
}

/// What became of the targets.
fn verdicts(targets: &[Joint]) -> String {
    let Some(first) = targets.first() else {
        return String::new();
    };
    let processes = first.medians.len();
    let mut table = Table::default();
    let mut head = vec![String::new(), "median".to_string()];
    head.extend((1..=processes).map(|number| format!("run {number}")));
    table.row(head);
    for joint in targets {
        let word = joint.outcome.word();
        let mut cells = vec![
            format!("{word}  {}: {}", joint.case, joint.target),
            number(joint.median),
        ];
        cells.extend(joint.medians.iter().copied().map(number));
        if joint.noisy > 0 {
            cells.push(format!("{} of {processes} too noisy to tell", joint.noisy));
        }
        table.row(cells);
    }
    format!("\ntargets, in {processes} processes\n{}", table.text())
}

impl Temporary {
    fn named(name: &str) -> Self {
        let name = format!("compare-{}-{name}", process::id());
        Temporary(env::temp_dir().join(name))
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        remove(&self.0);
    }
}

fn remove(path: &Path) {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            eprintln!("compare: {}: {error}", path.display());
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// A run whose one target, of at least 0.9, came to this.
    fn run(median: f64, outcome: Outcome) -> Run {
        let ratio = json!({ "median": median });
        let run = json!({
            "cases": [{
                "operation": "many", "case": "visible", "base": "base", "ours": "ours",
                "conditions": ["1 thread"],
                "rows": [{
                    "contender": "base",
                    "cells": [{ "to_base": { "median": 1.0 }, "to_ours": ratio }],
                }],
            }],
            "targets": [{
                "case": "many/visible", "target": "at least 0.9", "measured": ratio,
                "threshold": Threshold::AtLeast(0.9), "outcome": outcome,
            }],
        });
        Run::deserialize(run).unwrap()
    }

    #[test]
    fn the_median_of_all_processes_is_held_against_the_threshold() {
        use Outcome::{Met, Missed, TooNoisy};
        for (figures, outcome) in [
            ([(0.95, Met), (0.8, Missed), (0.91, Met)], Met),
            ([(0.95, Met), (0.8, Missed), (0.89, Missed)], Missed),
            // One that did not decide has its figure counted, and two of three decide nothing.
            ([(0.95, Met), (0.5, TooNoisy), (0.91, Met)], Met),
            ([(0.95, TooNoisy), (0.5, TooNoisy), (0.91, Met)], TooNoisy),
        ] {
            let [joint] = &joint(&figures.map(|(figure, outcome)| run(figure, outcome)))[..] else {
                panic!("not one target");
            };
            assert_eq!(joint.outcome, outcome, "{figures:?}");
        }
    }

    #[test]
    fn each_run_and_the_median_are_shown() {
        let runs = [1.0, 0.5, 0.75].map(|figure| run(figure, Outcome::Met));
        let shown = medians(&runs);
        let row = shown.lines().last().unwrap();
        let cells: Vec<_> = row.split_whitespace().collect();
        let right = [
            "base", "1.00", "1.00", "1.00", "1.00", "1.00", "0.50", "0.75", "0.75",
        ];
        assert_eq!(cells, right);
        let shown = verdicts(&joint(&runs));
        let row = shown.lines().last().unwrap();
        assert!(
            row.starts_with("MISSED     many/visible: at least 0.9"),
            "{row}"
        );
        assert!(row.ends_with("0.75   1.00   0.50   0.75"), "{row}");
    }

    #[test]
    fn what_is_about_all_processes_is_kept_from_each() {
        let given =
            "many --processes 5 --check --json a --json=b --processes=2 --threads 2 --quick";
        let kept = for_one(given.split(' ').map(OsString::from));
        assert_eq!(kept, ["many", "--threads", "2", "--quick"]);
    }
}
