//! `compare` as people run it: exit codes, tables, pictures, and the JSON file beside them.
//!
//! One round of one millisecond: the figures are worth nothing, and everything else is as usual.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use benches::contenders::ALL;
use benches::targets::TARGETS;
use quick_xml::Reader;
use quick_xml::escape::unescape;
use quick_xml::events::Event;
use serde_json::Value;

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
    let (json, plots) = (
        path(&format!("{name}.json")),
        path(&format!("{name}-plots")),
    );
    // An older and longer file is replaced completely.
    fs::write(&json, "x".repeat(1 << 21)).expect("a file");
    let paths = [&json, &plots].map(|path| path.to_str().expect("UTF-8"));
    let arguments: Vec<_> = arguments.split(' ').collect();
    let output = compare(&[&arguments[..], &["--json", paths[0], "--plot", paths[1]]].concat());
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
        if !case["bases"].is_null() {
            is_drawn(&plots, case);
        }
    }
    (list(&json["cases"]).to_vec(), list(&json["targets"]).len())
}

/// Whether the text has every row of the table, and in it the figures that the JSON has.
fn is_shown(stdout: &str, case: &Value) {
    let name = text(&case["name"]);
    let heading = format!("\n\n{name}: {}\n", text(&case["title"]));
    let (_, table) = stdout
        .split_once(&heading)
        .unwrap_or_else(|| panic!("no {name}"));
    let table = table.split("\n\n").next().expect("a table");
    // A table with ratios has a control, except where each figure comes from a process of its own.
    let is_memory = name.starts_with("memory/");
    assert_eq!(
        list(&case["noise"]).is_empty(),
        case["bases"].is_null() || is_memory,
        "{name}"
    );
    for base in list(&case["bases"]) {
        assert!(table.contains(&format!("× {}", text(base))));
    }
    for row in list(&case["rows"]) {
        let contender = text(&row["contender"]);
        // More than one where there are too many conditions for one.
        let lines = table
            .lines()
            .filter_map(|line| line.strip_prefix(contender)?.strip_prefix("  "));
        let mut shown = lines.flat_map(|line| {
            line.split([' ', '[', ',', ']'])
                .filter(|number| !number.is_empty() && *number != "-")
        });
        let mut next = |value: &Value| {
            let (shown, value) = (
                shown.next().expect("a number"),
                value.as_f64().expect("a number"),
            );
            let decimals = shown
                .split_once('.')
                .map_or(0, |(_, digits)| digits.len() as i32);
            let number: f64 = shown.parse().expect("a number");
            let is_rounded = (number - value).abs() <= 0.5 * 10_f64.powi(-decimals) + 1e-9;
            assert!(is_rounded, "{name}, {contender}: {shown} is not {value}");
        };
        let quartiles = ["median", "lower", "upper"];
        assert_eq!(
            list(&row["cells"]).len(),
            list(&case["conditions"]).len(),
            "{name}"
        );
        for cell in list(&row["cells"]) {
            assert_eq!(cell["rounds"].as_array().map(Vec::len), Some(1));
            if let [to_base, to_ours] = list(&cell["ratios"]) {
                next(&cell["value"]["median"]);
                quartiles.iter().for_each(|part| next(&to_base[part]));
                next(&to_ours["median"]);
            } else {
                quartiles.iter().for_each(|part| next(&cell["value"][part]));
            }
            // In the order of their names, as in the table; a hyphen stands for those that a row has not.
            for also in cell["also"]
                .as_object()
                .expect("what was counted besides")
                .values()
            {
                next(&also["median"]);
            }
        }
        if !row["derived"].is_null() {
            quartiles
                .iter()
                .for_each(|part| next(&row["derived"][part]));
        }
        assert_eq!(shown.next(), None, "{name}, {contender}");
    }
    for note in list(&case["notes"]) {
        assert!(table.contains(text(note)), "{note}");
    }
}

/// Whether the picture is well-formed, and has every contender and condition in it.
fn is_drawn(plots: &Path, case: &Value) {
    let name = text(&case["name"]);
    let svg = fs::read_to_string(plots.join(format!("{}.svg", name.replace('/', "-"))))
        .expect("a picture");
    let texts = texts(&svg);
    let rows = list(&case["rows"])
        .iter()
        .map(|row| text(&row["contender"]));
    for word in rows.chain([name]) {
        assert!(texts.contains(word), "{name}: {word}");
    }
    for condition in list(&case["conditions"]) {
        assert!(
            texts.iter().any(|found| found.starts_with(text(condition))),
            "{name}: {condition}"
        );
    }
    assert!(
        !svg.contains("\n\n"),
        "an empty line ends a picture within Markdown"
    );
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

/// What to measure; each table with its number of conditions; and how many targets that bears on.
const MEASURED: [(&str, &str, usize); 11] = [
    // Of the plain lookups, of misses, and of sixteen in one entry.
    (
        "read --sizes 1k",
        "read/1k 2; read/1k/misses 1; read/1k/16-per-guard 1",
        19 + 4 + 2,
    ),
    ("shared", "shared/1k 2; shared/100k 2", 2),
    ("filled --sizes 1k", "filled/1k 2", 2),
    // Against evmap, flashmap and dashmap, with and without a reader; and by either fence mode.
    (
        "write --batches 10k",
        "write/10k 2; write/idle-handles 2",
        3 * 2 + 2,
    ),
    // Its own rate and those of the others, and the choice for each interval.
    (
        "mixed",
        "mixed/1k 3; mixed/100k 3; mixed/every-1us 3; mixed/every-10us 3; mixed/every-30us 3; mixed/every-100us 3; \
         mixed/every-300us 3; mixed/every-1ms 3; mixed/every-10ms 3",
        (1 + 8) + (1 + 6) + 7,
    ),
    // Of visible writes against two contenders; of deferred ones by all but two threads.
    ("many", "many/visible 4; many/deferred 4", 2 * 4 + 3),
    (
        "stall",
        "stall/rate 3; stall/blocked 3; stall/waiting 1; stall/peer 1",
        3 + 4 + 1,
    ),
    // Fewer entries have no target.
    ("growth", "growth/100k 2; grow/100k 1", 0),
    // What others measure has none.
    (
        "field --threads 1,2",
        "field/read-heavy 2; field/exchange 2; field/rapid-grow 2; field/table/4 1; field/table/100k 1",
        0,
    ),
    (
        "engines --sizes 10k",
        "engines/10k/u64 7; engines/10k/u64/memory 1; engines/10k/String 7; engines/10k/String/memory 1",
        0,
    ),
    (
        "memory --entries 20k",
        "memory/pairs/20k 1; memory/values/2k 1; memory/log/20k 1",
        0,
    ),
];

#[test]
fn every_measurement_shows_what_its_json_holds_and_every_target_is_about_one() {
    let is_linux = cfg!(target_os = "linux");
    let mut all = Vec::new();
    for (arguments, right, right_targets) in MEASURED {
        if !is_linux && (arguments.contains("engines") || arguments.contains("memory")) {
            continue;
        }
        let (cases, targets) = measured(arguments, arguments);
        let table = |case: &Value| {
            format!(
                "{} {}",
                text(&case["name"]),
                list(&case["conditions"]).len()
            )
        };
        assert_eq!(
            cases.iter().map(table).collect::<Vec<_>>().join("; "),
            right
        );
        assert_eq!(targets, right_targets, "{arguments}");
        all.extend(cases);
    }
    let find = |name: &str| {
        let case = all
            .iter()
            .find(|case| without_size(text(&case["name"])) == without_size(name));
        case.unwrap_or_else(|| panic!("nothing is called {name}"))
    };
    let has = |case: &Value, part, word: &str| {
        let mut words = list(&case[part]).iter();
        words.any(|found| found.as_str().or(found["contender"].as_str()) == Some(word))
    };
    // A row or a condition that nobody measures would have its target go unchecked, whatever the size.
    for target in TARGETS.iter().filter(|_| is_linux) {
        for name in target.cases() {
            let case = find(&name);
            assert!(
                target
                    .against
                    .iter()
                    .chain([&target.row])
                    .all(|row| has(case, "rows", row)),
                "{name}"
            );
            assert!(
                target
                    .conditions
                    .iter()
                    .all(|condition| has(case, "conditions", condition)),
                "{name}"
            );
        }
    }
    // All contenders that can do what is measured are there.
    for contender in ALL {
        for (name, can) in [
            ("read/1k", contender.reads.is_some()),
            ("read/1k/misses", contender.reads.is_some()),
            ("shared/1k", contender.shares.is_some()),
            ("write/1", contender.writes.is_some()),
            (
                "mixed/1k",
                contender.writes.is_some() || contender.copies.is_some(),
            ),
            ("many/visible", contender.at_once.is_some()),
            ("many/deferred", contender.soon.is_some()),
            ("memory/pairs", contender.grown.is_some() && is_linux),
        ] {
            assert!(
                !can || has(find(name), "rows", contender.name),
                "{name}: {}",
                contender.name
            );
        }
    }
}

/// `read/misses` of `read/1k/misses`.
fn without_size(name: &str) -> String {
    let is_size = |part: &str| part.trim_end_matches(['k', 'M']).parse::<usize>().is_ok();
    name.split('/')
        .filter(|part| !is_size(part))
        .collect::<Vec<_>>()
        .join("/")
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

#[test]
fn what_is_refused_says_why() {
    let nowhere = path("file");
    fs::write(&nowhere, "").expect("a file");
    let inside = nowhere.join("inside");
    let inside = inside.to_str().expect("UTF-8");
    for (arguments, code, why) in [
        (
            &["engines", "--sizes", "100"][..],
            2,
            "must lie between 1k and 200M",
        ),
        (
            &["write", "--batches", "2M"],
            2,
            "must lie between 1 and 1M",
        ),
        (&["many", "--threads", "65"], 2, "must lie between 1 and 64"),
        (&["read", "--sizes", "4G"], 2, "not a number"),
        (&["read", "--sizes", "999999999999M"], 2, "must lie between"),
        (&["read", "--sizes", "4é"], 2, "not a number"),
        (&["read", "--slice", "0"], 2, "must lie between 1 and 60k"),
        (&["read", "--json", inside], 1, "inside"),
        (&["read", "--plot", inside], 1, "inside"),
        (
            &["read", "--sizes", "1k", "--check"],
            1,
            "of 25 targets 0 missed, 25 too noisy to tell",
        ),
        (
            &["read", "--sizes", "5k", "--check"],
            1,
            "nothing was checked",
        ),
    ] {
        let output = compare(arguments);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {stderr}");
        assert!(stderr.contains(why), "{arguments:?}: {stderr}");
        // What is refused is refused before the run.
        assert!(arguments.contains(&"--check") || output.stdout.is_empty());
    }
    let help = compare(&["--help"]);
    let help = String::from_utf8_lossy(&help.stdout);
    assert!(help.contains("stall") && !help.contains("peer-beside") && !help.contains("memory-of"));
}
