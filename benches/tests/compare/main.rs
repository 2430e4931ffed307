//! `compare` as people run it: exit codes, tables, and the JSON file beside them.
//!
//! One round of one millisecond: the figures are worth nothing, and everything else is as usual.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

mod refused;
mod shown;
mod subcommands;

/// Runs `compare` with these arguments, as short as can be.
fn compare(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_compare"))
        .args(["--quick", "--rounds", "1", "--slice", "1"])
        .args(arguments)
        .output()
        .expect("compare runs")
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("UTF-8")
}

/// A path for this test's file, which is not there yet.
fn file(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    // It is there if the tests have run before.
    let _ = fs::remove_file(&path);
    path
}
