//! Every measurement runs; every target, and every contender that can do it, is in one.

use std::fs;

use benches::contenders::ALL;
use benches::targets::TARGETS;
use ruzstd::encoding::{CompressionLevel, compress_to_vec};
use serde_json::Value;

use super::{list, measured, measured_by, path, text};

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
    all.extend(caches());
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

/// The tables of caches, which are asked for what two tiny traces say.
fn caches() -> Vec<Value> {
    let traces = path("traces");
    fs::create_dir_all(&traces).expect("a directory");
    for (name, lines) in [("OLTP", "0 100 0 0\n50 100 0 1\n"), ("P3", "7 9 0 0\n")] {
        let compressed = compress_to_vec(lines.as_bytes(), CompressionLevel::Fastest);
        fs::write(traces.join(format!("{name}.lis.zst")), compressed).expect("a file");
    }
    let traces = traces.to_str().expect("UTF-8");
    let (cases, targets) = measured_by("cache", &["cache", "--entries", "20k", "--traces", traces]);
    let is_measured = |case: &&Value| !list(&case["rows"]).is_empty();
    let names = cases
        .iter()
        .filter(is_measured)
        .map(|case| text(&case["name"]));
    let mut right = vec![
        "cache/traces",
        "cache/patterns",
        "cache/100k/hits",
        "cache/misses",
        "cache/tail",
    ];
    if cfg!(target_os = "linux") {
        right.extend(["cache/memory/20k", "cache/memory/20k/evicting"]);
    }
    assert!(names.eq(right));
    // By traces and Zipf's law; by hits against each other one; by hits and misses, and the slowest hits. Other sizes of
    // memory have none.
    assert_eq!(targets, (1 + 8 + 3) + 2 * 5 + 4 + 1);
    // A quarter of the 200 requests of one trace are hits, for 150 keys, and none of the other.
    for row in list(&cases[0]["rows"]) {
        let cells = list(&row["cells"]).iter();
        let medians = cells.map(|cell| cell["value"]["median"].as_f64());
        let mut right = [25.0; 4].to_vec();
        right.extend([0.0; 4]);
        right.push(12.5);
        assert!(medians.eq(right.into_iter().map(Some)), "{row}");
    }
    cases
}

#[test]
fn caches_without_traces_say_so() {
    let (cases, targets) = measured("no-traces", "cache --only traces");
    assert_eq!((cases.len(), targets), (1, 0));
    assert!(list(&cases[0]["rows"]).is_empty());
    assert!(text(&cases[0]["notes"][0]).starts_with("SKIPPED: "));
}

/// `read/misses` of `read/1k/misses`.
fn without_size(name: &str) -> String {
    let is_size = |part: &str| part.trim_end_matches(['k', 'M']).parse::<usize>().is_ok();
    name.split('/')
        .filter(|part| !is_size(part))
        .collect::<Vec<_>>()
        .join("/")
}
