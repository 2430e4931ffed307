//! The counted operations and their baseline are about the same things, and the comparison can fail.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::process::Command;

fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().expect("the workspace")
}

/// The first word of each line.
fn names(text: &str) -> Vec<&str> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split(' ').next()).collect()
}

#[test]
fn every_operation_has_a_baseline() {
    let output = Command::new(env!("CARGO_BIN_EXE_instructions")).output();
    let output = output.expect("it runs");
    if output.status.code() == Some(3) {
        eprintln!("not tested: no membarrier here");
        return;
    }
    // It has checked its own answers.
    assert!(output.status.success());
    let printed = String::from_utf8(output.stdout).expect("UTF-8");
    let file = root().join("benches/instructions.txt");
    let baseline = fs::read_to_string(file).expect("the baseline");
    let printed = names(&printed);
    assert_eq!(printed[0], "loop");
    assert_eq!(printed[1..], names(&baseline));
}

/// By the baseline, which `.ci/instructions` compares what is compiled now with.
#[test]
fn a_counted_lookup_takes_at_most_four_instructions_more() {
    let file = root().join("benches/instructions.txt");
    let baseline = fs::read_to_string(file).expect("the baseline");
    let lines = baseline.lines().filter(|line| !line.starts_with('#'));
    let figures: HashMap<&str, f64> = lines
        .filter_map(|line| line.split_once(' '))
        .map(|(name, figure)| (name, figure.parse().expect("a number")))
        .collect();
    let mut compared = 0;
    for (name, counted) in &figures {
        if name.contains("/counted/") {
            let more = counted - figures[&*name.replace("/counted", "")];
            assert!((0.5..=4.0).contains(&more), "{name}: {more}");
            compared += 1;
        }
    }
    assert_eq!(compared, 18);
}

#[cfg(unix)]
#[test]
fn a_baseline_that_is_lower_fails() {
    let script = root().join(".ci/instructions");
    let output = Command::new(script).arg("--self-test").output();
    let output = output.expect("the script runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("a baseline that is 4 % lower: fails, as it has to"));
}
