//! The same run in several fresh processes.
//!
//! Where a process's code and memory lie is drawn once for all of its rounds: no number of rounds tells that from what
//! the code costs, and other processes do.

use std::ffi::OsString;
use std::process::{Command, Stdio};
use std::{env, fs, io, process};

use serde::Deserialize;
use serde_json::Value;

use super::case::Case;

/// Runs this program `processes` times, with the arguments that it was given; each prints its tables as usual. Returns what
/// each would have written by itself, and the tables of all of them together.
///
/// # Errors
/// If a run fails.
pub fn run(processes: usize) -> Result<(Vec<Value>, Vec<Case>), String> {
    let (mut reports, mut tables) = (Vec::new(), Vec::new());
    for number in 1..=processes {
        println!(
            "{}run {number} of {processes}",
            if number == 1 { "" } else { "\n" }
        );
        let report = run_one().map_err(|error| format!("run {number} of {processes}: {error}"))?;
        tables.push(Vec::<Case>::deserialize(&report["cases"]).map_err(|error| error.to_string())?);
        reports.push(report);
    }
    let names = tables[0].iter().enumerate();
    let together = names.map(|(place, _)| {
        Case::of_processes(&tables.iter().map(|run| &run[place]).collect::<Vec<_>>())
    });
    let together = together.collect();
    Ok((reports, together))
}

/// One fresh process. Returns what it has written.
fn run_one() -> io::Result<Value> {
    let path = env::temp_dir().join(format!("compare-{}.json", process::id()));
    let mut command = Command::new(env::current_exe()?);
    command
        .args(for_one(env::args_os().skip(1)))
        .arg("--json")
        .arg(&path);
    let status = command.stdin(Stdio::null()).status()?;
    let text = fs::read_to_string(&path);
    // It is not there if the run has failed.
    let _ = fs::remove_file(&path);
    match status.success() {
        true => Ok(serde_json::from_str(&text?)?),
        false => Err(io::Error::other(status.to_string())),
    }
}

/// These arguments without those that are about all processes together.
fn for_one(mut arguments: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let mut kept = Vec::new();
    while let Some(argument) = arguments.next() {
        let text = argument.to_string_lossy();
        let name = text.split('=').next().unwrap_or_default();
        match name {
            "--check" => {}
            "--processes" | "--json" | "--plot" => {
                if name == text {
                    arguments.next();
                }
            }
            _ => kept.push(argument),
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_about_all_processes_is_kept_from_each() {
        let given = "many --processes 5 --check --json a --json=b --processes=2 --threads 2 --plot c --quick";
        let kept = for_one(given.split(' ').map(OsString::from));
        assert_eq!(kept, ["many", "--threads", "2", "--quick"]);
    }
}
