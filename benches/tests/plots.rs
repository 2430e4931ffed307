//! `compare --plot`: the pictures are there and complete, and name every contender.
//!
//! As in the tests of the tables, the figures are worth nothing.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use quick_xml::Reader;
use quick_xml::escape::unescape;
use quick_xml::events::Event;
use serde_json::Value;

fn compare(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_compare"))
        .args(["--quick", "--rounds", "2", "--slice", "1"])
        .args(arguments)
        .output()
        .expect("compare runs")
}

/// A directory for this test, which is not there yet.
fn directory(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    // It is there if the tests have run before.
    let _ = fs::remove_dir_all(&path);
    path
}

/// What is written in a picture.
///
/// # Panics
/// If it is no well-formed XML whose root is an SVG picture.
fn texts(svg: &str) -> HashSet<String> {
    let mut reader = Reader::from_str(svg);
    let (mut open, mut texts, mut text) = (Vec::new(), HashSet::new(), String::new());
    loop {
        match reader.read_event().expect("well-formed") {
            Event::Start(tag) => {
                let name = tag.name().as_ref().to_vec();
                assert!(!open.is_empty() || name == b"svg", "the root");
                open.push(name);
                text.clear();
            }
            Event::End(_) => {
                open.pop();
                texts.insert(text.trim().to_string());
            }
            Event::Text(more) => text += &more.decode().expect("UTF-8"),
            Event::GeneralRef(name) => {
                let name = format!("&{};", name.decode().expect("UTF-8"));
                text += &unescape(&name).expect("a character");
            }
            Event::Eof => break,
            _ => {}
        }
    }
    assert!(open.is_empty(), "{open:?} is left open");
    texts
}

/// The picture of each table is there, and has every contender and condition in it.
fn pictures_hold(arguments: &[&str], name: &str) -> Vec<String> {
    let directory = directory(name);
    let json = directory.join("figures.json");
    let paths = [&directory, &json].map(|path| path.to_str().expect("UTF-8"));
    fs::create_dir_all(&directory).expect("a directory");
    let output = compare(&[arguments, &["--plot", paths[0], "--json", paths[1]]].concat());
    assert!(output.status.success(), "{output:?}");
    let json: Value = serde_json::from_slice(&fs::read(json).expect("figures")).expect("JSON");

    let list = |key: &str| json[key].as_array().cloned().unwrap_or_default();
    let mut drawn = Vec::new();
    for table in list("cases").into_iter().chain(list("memory")) {
        if table.get("base").is_none() {
            continue;
        }
        let case = table["case"].as_str().expect("a name").to_string();
        let case = match table.get("operation") {
            Some(operation) => format!("{}/{case}", operation.as_str().expect("a name")),
            None => case,
        };
        let file = format!("{}.svg", case.replace('/', "-"));
        let svg = fs::read_to_string(directory.join(&file)).expect("a picture");
        let texts = texts(&svg);
        let rows = table["rows"].as_array().expect("rows").iter();
        let names = rows.map(|row| &row["contender"]);
        let conditions = table.get("conditions").and_then(Value::as_array);
        for name in names.chain(conditions.into_iter().flatten()) {
            assert!(
                texts.contains(name.as_str().expect("a name")),
                "{file}: {name}"
            );
        }
        assert!(texts.contains(&case), "{file}");
        assert!(
            !svg.contains("\n\n"),
            "an empty line ends a picture within Markdown"
        );
        drawn.push(file);
    }
    drawn
}

#[test]
fn every_table_of_times_has_a_picture() {
    let drawn = pictures_hold(&["read", "--misses", "--sizes", "1k,2k"], "plots-read");
    assert_eq!(drawn, ["read-1k-misses.svg", "read-2k-misses.svg"]);
    let drawn = pictures_hold(&["many", "--threads", "2"], "plots-many");
    assert_eq!(drawn, ["many-visible.svg", "many-deferred.svg"]);
}

#[cfg(target_os = "linux")]
#[test]
fn tables_of_memory_have_pictures_if_they_have_ratios() {
    let drawn = pictures_hold(&["memory", "--entries", "10k"], "plots-memory");
    assert_eq!(drawn, ["memory-pairs-10k.svg", "memory-values-1k.svg"]);
}

#[test]
fn a_directory_that_cannot_be_made_ends_the_run_before_it_begins() {
    let directory = directory("plots-none");
    fs::write(&directory, "a file").expect("a file");
    let inside = directory.join("inside");
    let output = compare(&["read", "--plot", inside.to_str().expect("UTF-8")]);
    fs::remove_file(&directory).expect("the file");
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    assert!(String::from_utf8_lossy(&output.stderr).contains("inside"));
}

#[test]
fn a_picture_that_is_cut_off_is_found() {
    let svg = "<svg><text>\n1 &lt; 2\n</text></svg>";
    assert!(texts(svg).contains("1 < 2"));
    let cut = std::panic::catch_unwind(|| texts("<svg><text>1</text>"));
    assert!(cut.is_err());
}
