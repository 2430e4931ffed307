//! `compare` as people run it: exit codes, tables, pictures, and the JSON file beside them.
//!
//! One round of one millisecond: the figures are worth nothing, and everything else is as usual.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

mod drawn;
mod every;
mod plausible;
mod refused;
mod shown;

use drawn::is_drawn;
use shown::is_shown;

/// Runs `compare` with these arguments, as short as can be.
fn compare(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_compare"))
        .args(["--quick", "--rounds", "1", "--slice", "1"])
        .args(arguments)
        .output()
        .expect("compare runs")
}

/// A path for this test, where nothing is yet.
fn path(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    // Something is there if the tests have run before.
    let _ = fs::remove_file(&path);
    let _ = fs::remove_dir_all(&path);
    path
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// Runs this, and holds each table and each picture against the JSON. Returns the tables, and how many targets were
/// looked at.
fn measured(name: &str, arguments: &str) -> (Vec<Value>, usize) {
    measured_by(name, &arguments.split(' ').collect::<Vec<_>>())
}

/// The same with arguments in which there may be blanks.
fn measured_by(name: &str, arguments: &[&str]) -> (Vec<Value>, usize) {
    let (json, plots) = (
        path(&format!("{name}.json")),
        path(&format!("{name}-plots")),
    );
    // An older and longer file is replaced completely.
    fs::write(&json, "x".repeat(1 << 21)).expect("a file");
    let paths = [&json, &plots].map(|path| path.to_str().expect("UTF-8"));
    let output = compare(&[arguments, &["--json", paths[0], "--plot", paths[1]]].concat());
    let stdout = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(stdout.contains("no figure worth quoting"));
    let json: Value = serde_json::from_slice(&fs::read(json).expect("the file")).expect("JSON");
    assert_eq!(json["schema"], 8);
    for verdict in list(&json["targets"]) {
        assert_eq!(verdict["outcome"], "too-noisy", "{verdict}");
        let line = format!(
            "TOO NOISY  {}: {}  ",
            text(&verdict["case"]),
            text(&verdict["target"])
        );
        assert!(stdout.contains(&line), "{line}");
    }
    for case in list(&json["cases"]) {
        is_shown(&stdout, case);
        plausible::check(case);
        if !case["bases"].is_null() {
            is_drawn(&plots, case);
        }
    }
    (list(&json["cases"]).to_vec(), list(&json["targets"]).len())
}

#[test]
fn every_variant_of_read_runs() {
    let (cases, targets) = measured("all", "read --sizes 100 --all");
    assert_eq!((cases.len(), targets), (7, 0));
    let (cases, _) = measured(
        "variant",
        "read --sizes 100 --keys string --order zipf --dependent",
    );
    assert_eq!(cases[0]["name"], "read/100/string/zipf/dependent");
}

#[test]
fn several_processes_are_shown_together_and_decide_no_more_than_each() {
    let (json, plots) = (path("processes.json"), path("processes-plots"));
    let paths = [&json, &plots].map(|path| path.to_str().expect("UTF-8"));
    let arguments = [
        "many",
        "--threads",
        "1",
        "--processes",
        "5",
        "--check",
        "--json",
        paths[0],
        "--plot",
        paths[1],
    ];
    let output = compare(&arguments);
    // Of one round each.
    assert_eq!(output.status.code(), Some(1));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(
        stderr.contains("of 3 targets 0 missed, 3 too noisy to tell"),
        "{stderr}"
    );
    let stdout = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(stdout.contains("\n\nrun 5 of 5\n"), "{stdout}");
    let json: Value = serde_json::from_slice(&fs::read(json).expect("the file")).expect("JSON");
    for (number, case) in list(&json["cases"]).iter().enumerate() {
        let cell = |case: &Value| case["rows"][2]["cells"][0].clone();
        let runs = list(&json["runs"])
            .iter()
            .map(|run| cell(&run["cases"][number])["value"]["median"].clone());
        assert!(runs.eq(list(&cell(case)["rounds"]).iter().cloned()));
        assert!(cell(case)["also"]["writing"]["median"].is_f64() || !cfg!(unix));
        assert!(stdout.contains(&format!(
            "\n{}: {}\n",
            text(&case["name"]),
            text(&case["title"])
        )));
        is_drawn(&plots, case);
    }
}
