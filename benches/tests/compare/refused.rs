//! What is refused, and checks that fail.

use super::shown::tables_and_json;
use super::*;

#[test]
fn engines_too_small_to_grow_are_refused() {
    let output = compare(&["engines", "--sizes", "100"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("must lie between 1k and 200M"));
}

#[test]
fn what_runs_in_a_process_of_its_own_is_not_listed() {
    let output = compare(&["--help"]);
    let stdout = text(&output.stdout);
    assert!(stdout.contains("stall"), "{stdout}");
    assert!(!stdout.contains("peer-beside"), "{stdout}");
    assert!(!stdout.contains("memory-of"), "{stdout}");
}

#[test]
fn a_check_fails_where_the_figures_are_too_few_to_tell() {
    let output = compare(&["read", "--sizes", "1k", "--check"]);
    assert_eq!(output.status.code(), Some(1));
    let stdout = text(&output.stdout);
    assert_eq!(stdout.matches("TOO NOISY  read/1k").count(), 25, "{stdout}");
    let stderr = text(&output.stderr);
    assert_eq!(
        stderr,
        "compare: of 25 targets 0 missed, 25 too noisy to tell\n"
    );
}

#[test]
fn a_check_fails_where_no_target_was_measured() {
    let arguments = ["read", "--sizes", "5k"];
    let output = compare(&arguments);
    assert!(output.status.success());
    let output = compare(&[&arguments[..], &["--check"]].concat());
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("nothing was checked"));
}

#[test]
fn a_path_that_cannot_be_written_ends_the_run_before_it_begins() {
    let path = file("missing").join("figures.json");
    let output = compare(&["read", "--json", path.to_str().expect("UTF-8")]);
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty(), "{}", text(&output.stdout));
    assert!(text(&output.stderr).contains("figures.json"));
}

#[test]
fn an_older_longer_file_is_replaced_completely() {
    let path = file("older.json");
    fs::write(&path, "x".repeat(1 << 20)).expect("a file");
    tables_and_json(&["read", "--sizes", "100"], &path);
}

#[test]
fn several_processes_draw_no_plots() {
    let output = compare(&["many", "--processes", "2", "--plot", "nowhere"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("cannot be used with"));
}

#[test]
fn batches_too_long_for_the_keys_are_refused() {
    let output = compare(&["write", "--batches", "2M"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("must lie between 1 and 1M"));
}
