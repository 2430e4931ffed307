//! What each subcommand prints is what its JSON holds.

use super::shown::*;
use super::*;

#[test]
fn read_prints_what_its_json_holds() {
    let (stdout, json) = tables_and_json(&["read", "--sizes", "1k"], &file("read.json"));
    assert!(stdout.contains("read/1k: one lookup per guard, 1k keys"));
    assert!(stdout.contains("no figure worth quoting"));
    assert_eq!(json.get("stall"), None);
    let [plain, misses, sixteen] = &json["cases"].as_array().expect("cases")[..] else {
        panic!("not three cases");
    };
    assert_eq!(plain["rows"].as_array().map(Vec::len), Some(14));
    assert!(plain["scaling_noise"]["quartile"].is_f64());
    for (case, name, rows) in [(misses, "1k/misses", 14), (sixteen, "1k/16-per-guard", 12)] {
        assert_eq!(case["case"], name);
        assert_eq!(case["rows"].as_array().map(Vec::len), Some(rows));
        assert_eq!(case["conditions"].as_array().map(Vec::len), Some(1));
        assert_eq!(case.get("scaling_noise"), None);
    }
    // Of the plain lookups, of misses, and of sixteen in one entry.
    let targets = json["targets"].as_array().map(Vec::len);
    assert_eq!(targets, Some(19 + 4 + 2));
}

#[test]
fn a_variant_of_read_prints_what_its_json_holds() {
    let odd = [
        "read",
        "--sizes",
        "100",
        "--keys",
        "string",
        "--order",
        "zipf",
        "--dependent",
    ];
    let (stdout, json) = tables_and_json(&odd, &file("variant.json"));
    assert!(stdout.contains("each key known by the value before, 100 keys (String)"));
    let [case] = &json["cases"].as_array().expect("cases")[..] else {
        panic!("not one case");
    };
    assert_eq!(case["case"], "100/string/zipf/dependent");
    assert_eq!(case["rows"].as_array().map(Vec::len), Some(14));
    // Texts have no target.
    assert_eq!(json["targets"].as_array().map(Vec::len), Some(0));
}

#[test]
fn every_variant_of_read_runs() {
    let arguments = ["read", "--sizes", "100", "--all"];
    let (_, json) = tables_and_json(&arguments, &file("all.json"));
    assert_eq!(json["cases"].as_array().map(Vec::len), Some(7));
}

#[test]
fn shared_prints_what_its_json_holds() {
    let (stdout, json) = tables_and_json(&["shared"], &file("shared.json"));
    assert!(stdout.contains("shared/1k: one lookup per guard through one value, 1k keys"));
    let cases = json["cases"].as_array().expect("cases");
    assert_eq!(cases.len(), 2);
    for case in cases {
        assert_eq!(case["base"], "ReadHandle");
        assert_eq!(case["ours"], "SharedReader");
        assert_eq!(case["rows"].as_array().map(Vec::len), Some(10));
    }
    // Of 1k keys, for either way to read.
    assert_eq!(json["targets"].as_array().map(Vec::len), Some(2));
}

#[test]
fn filled_prints_what_its_json_holds() {
    let (stdout, json) = tables_and_json(&["filled", "--sizes", "1k"], &file("filled.json"));
    assert!(stdout.contains("filled/1k: one lookup per guard after a million inserts"));
    assert_eq!(json["cases"][0]["rows"].as_array().map(Vec::len), Some(5));
    assert_eq!(json["targets"].as_array().map(Vec::len), Some(2));
}

#[test]
fn write_prints_what_its_json_holds() {
    let (stdout, json) = tables_and_json(&["write", "--batches", "10k"], &file("write.json"));
    assert!(stdout.contains("write/10k: upserts of 100k keys, 10k per refresh"));
    assert!(stdout.contains("write/idle-handles: one upsert and a refresh, 1k keys"));
    let [case, idle] = &json["cases"].as_array().expect("cases")[..] else {
        panic!("not two cases");
    };
    assert_eq!(case["rows"].as_array().map(Vec::len), Some(10));
    assert_eq!(case.get("scaling_noise"), None);
    assert_eq!(idle["base"], "1 handle");
    assert_eq!(idle["rows"].as_array().map(Vec::len), Some(3));
    // Against evmap, flashmap and dashmap, with and without a reader; and by either fence mode.
    let targets = json["targets"].as_array().map(Vec::len);
    assert_eq!(targets, Some(3 * 2 + 2));
}

#[test]
fn mixed_prints_what_its_json_holds() {
    let (stdout, json) = tables_and_json(&["mixed"], &file("mixed.json"));
    assert!(stdout.contains("mixed/1k: a reader of 1k keys, beside a writer that upserts 100"));
    assert!(stdout.contains("mixed/every-30us: one upsert and a refresh every 30µs"));
    let cases = json["cases"].as_array().expect("cases");
    assert_eq!(cases.len(), 2 + 7);
    for (case, rows) in cases.iter().zip([13, 11]) {
        assert_eq!(case["base"], "bare");
        let found = case["rows"].as_array().expect("rows");
        assert_eq!(found.len(), rows);
        assert!(found.iter().all(|row| row["kept"]["median"].is_f64()));
    }
    for case in &cases[2..] {
        assert_eq!(case["base"], "SeqCst");
        assert_eq!(case["ours"], "Auto");
        assert_eq!(case["rows"].as_array().map(Vec::len), Some(4));
        // What both cost is the sum, or a little more where a refresh is soon due.
        let of = |number: usize| case["rows"][3]["cells"][number]["ns"]["median"].as_f64();
        assert!(of(2) >= of(0), "{case}");
    }
    // Its own rate and those of the others, and the choice for each interval.
    let targets = json["targets"].as_array().map(Vec::len);
    assert_eq!(targets, Some((1 + 8) + (1 + 6) + 7));
}

#[test]
fn many_prints_what_its_json_holds() {
    let (stdout, json) = tables_and_json(&["many", "--threads", "2,4"], &file("many.json"));
    assert!(stdout.contains(
        "many/visible: inserts and computes by turns, 100k keys, each visible on return"
    ));
    assert!(stdout.contains("many/deferred: 200k inserts into 100k keys, half of them new"));
    let [visible, deferred] = &json["cases"].as_array().expect("cases")[..] else {
        panic!("not two cases");
    };
    assert_eq!(visible["base"], "Mutex<evmap>");
    assert_eq!(visible["conditions"][1], "4 threads");
    assert_eq!(visible["rows"].as_array().map(Vec::len), Some(10));
    assert_eq!(deferred["base"], "dashmap");
    assert_eq!(deferred["rows"].as_array().map(Vec::len), Some(7));
    for (case, ours) in [(visible, "ours, Auto"), (deferred, "ours, 1 ms")] {
        let rows = case["rows"].as_array().expect("rows");
        let row = rows.iter().find(|row| row["contender"] == ours);
        let group = &row.expect("ours")["cells"][0]["group"]["median"];
        assert!(group.as_f64() >= Some(1.0), "{group}");
        let times = rows.iter().flat_map(|row| row["cells"].as_array());
        for time in times.flatten().map(|cell| &cell["processor_time"]) {
            let of = |part: &str| time[part]["median"].as_f64();
            assert!(!cfg!(unix) || of("all_threads") >= of("writing_threads"));
            assert!(!cfg!(unix) || of("writing_threads") > Some(0.0), "{time}");
        }
    }
    // Of visible writes against two contenders; of deferred ones by 4 threads, and not by 2.
    assert_eq!(json["targets"].as_array().map(Vec::len), Some(2 * 2 + 1));
}

#[test]
fn several_processes_show_each_run_and_the_median() {
    let path = file("processes.json");
    let name = path.to_str().expect("UTF-8");
    let arguments = ["many", "--threads", "1", "--processes", "2", "--json", name];
    let output = compare(&[&arguments[..], &["--check"]].concat());
    // Of one round each.
    assert_eq!(output.status.code(), Some(1));
    let stderr = text(&output.stderr);
    assert!(
        stderr.contains("of 3 targets 0 missed, 3 too noisy to tell"),
        "{stderr}"
    );
    let (stdout, json) = (text(&output.stdout), fs::read(&path).expect("the file"));
    let json: Value = serde_json::from_slice(&json).expect("JSON");
    assert_eq!(json["schema"], 7);
    assert_eq!(json["runs"].as_array().map(Vec::len), Some(2));
    assert!(stdout.contains("\n\nrun 2 of 2\n"), "{stdout}");
    assert!(stdout.contains("many/visible, 1 thread: the medians of 2 processes"));
    let summary = stdout.split("targets, in 2 processes\n").nth(1);
    for target in json["targets"].as_array().expect("targets") {
        let name = target["target"].as_str().expect("a name");
        let mut lines = summary.expect("a summary").lines();
        let line = lines.find(|line| line.contains(name)).expect(name);
        let shown = cells(line);
        let medians = target["medians"].as_array().expect("medians");
        assert!(is_shown(shown[2], &target["median"]), "{line}");
        for (shown, (median, run)) in shown[3..]
            .iter()
            .zip(medians.iter().zip(json["runs"].as_array().expect("runs")))
        {
            assert!(is_shown(shown, median), "{line}");
            let verdicts = run["targets"].as_array().expect("targets");
            let verdict = verdicts.iter().find(|verdict| verdict["target"] == name);
            assert_eq!(verdict.expect(name)["measured"]["median"], *median);
        }
    }
}

#[test]
fn growth_prints_what_its_json_holds() {
    let (stdout, json) = tables_and_json(&["growth"], &file("growth.json"));
    assert!(stdout.contains("growth/100k: 0 to 100k entries, in batches of 1k"));
    assert!(stdout.contains("grow/100k: 100k words, whose array doubles to 2622"));
    let [growth, grow] = &json["cases"].as_array().expect("cases")[..] else {
        panic!("not two cases");
    };
    assert_eq!(growth["base"], "Swiss");
    assert_eq!(growth["conditions"][1], "the longest refresh");
    assert_eq!(growth["rows"].as_array().map(Vec::len), Some(4));
    assert_eq!(grow["base"], "copy, fresh");
    assert_eq!(grow["rows"].as_array().map(Vec::len), Some(7));
    // Of 4M entries; fewer have no target.
    assert_eq!(json["targets"].as_array().map(Vec::len), Some(0));
}

#[test]
fn engines_print_what_their_json_holds() {
    let arguments = ["engines", "--sizes", "10k"];
    let (stdout, json) = tables_and_json(&arguments, &file("engines.json"));
    assert!(stdout.contains("engines/10k/u64: 10k keys (u64), those of a map"));
    let cases = json["cases"].as_array().expect("cases");
    assert_eq!(cases.len(), 2);
    for case in cases {
        assert_eq!(case["base"], "Swiss");
        assert_eq!(case["ours"], "RobinHood");
        assert_eq!(case["conditions"].as_array().map(Vec::len), Some(7));
        let rows = case["rows"].as_array().expect("rows");
        assert_eq!(rows.len(), 4);
        assert!(rows.iter().all(|row| row["memory"].is_object()));
    }
    // Of 100k and of 4M keys; fewer have no target.
    assert_eq!(json["targets"].as_array().map(Vec::len), Some(0));
}

#[test]
fn memory_prints_what_its_json_holds() {
    let arguments = ["memory", "--entries", "20k"];
    let (stdout, json) = tables_and_json(&arguments, &file("memory.json"));
    let tables = json["memory"].as_array().expect("tables");
    let cases: Vec<_> = tables.iter().map(|table| table["case"].as_str()).collect();
    let right = ["memory/pairs/20k", "memory/values/2k", "memory/log/20k"];
    assert_eq!(cases, right.map(Some));
    for (table, (rows, bytes)) in tables.iter().zip([
        // Two words for each entry, at least; and nothing that keeps much more than it needs.
        (12, 16.0..600.0),
        (3, 1_024.0..2_500.0),
        (2, -20.0..100.0),
    ]) {
        let heading = format!("\n\n{}: ", table["case"].as_str().expect("a name"));
        let shown = stdout.split(&heading).nth(1).expect("a table");
        let shown = shown.split("\n\n").next().expect("a table");
        let of_table = table["rows"].as_array().expect("rows");
        assert_eq!(of_table.len(), rows);
        for row in of_table {
            let name = row["contender"].as_str().expect("a name");
            let mut lines = shown.lines().map(cells);
            let line = lines.find(|cells| cells.first() == Some(&name));
            let line = line.expect(name);
            if !cfg!(target_os = "linux") {
                assert!(line[1].starts_with("not measured"), "{line:?}");
                continue;
            }
            let median = &row["bytes_per_entry"]["median"];
            assert!(is_shown(line[1], median), "{line:?}");
            assert!(
                median
                    .as_f64()
                    .is_some_and(|median| bytes.contains(&median)),
                "{line:?}"
            );
            match row.get("to_base") {
                Some(ratio) => assert!(are_shown(line[2], ratio), "{line:?}"),
                None => assert_eq!(line.len(), 2, "{line:?}"),
            }
        }
    }
    // Of 1M pairs; fewer have no target.
    assert_eq!(json["targets"].as_array().map(Vec::len), Some(0));
}

#[test]
fn stall_prints_what_its_json_holds() {
    let (stdout, json) = tables_and_json(&["stall"], &file("stall.json"));
    assert!(stdout.contains("stall/rate: 10k refreshes of one upsert each, 100k keys"));
    let stall = &json["stall"];
    assert_eq!(stall["past"].as_array().map(Vec::len), Some(3));

    // What is not a case: times and shares, in other units than the JSON's.
    let scaled = |quartiles: &Value, factor: f64| {
        let of = |name: &str| quartiles[name].as_f64().expect("a number") * factor;
        serde_json::json!({ "lower": of("lower"), "median": of("median"), "upper": of("upper") })
    };
    for call in stall["blocked"]["calls"].as_array().expect("calls") {
        let name = call["name"].as_str().expect("a name");
        let mut lines = stdout.lines().map(cells);
        let line = lines.find(|line| line.first() == Some(&name)).expect(name);
        assert!(is_shown(line[1], &call["median"]["median"]), "{line:?}");
        assert!(
            are_shown(line[2], &scaled(&call["most"], 1_000.0)),
            "{line:?}"
        );
        assert!(is_shown(line[3], &call["longest"]), "{line:?}");
        assert!(call["repetitions"].as_u64() >= Some(300), "{name}");
    }
    if let Some(share) = stall["blocked"].get("share") {
        let line = stdout.split("the waiting thread: ").nth(1).expect("a line");
        let (shown, _) = line.split_once('%').expect("a percentage");
        assert!(are_shown(shown, &scaled(share, 100.0)), "{shown}");
    }

    // The control that has to hang, and to be killed.
    assert_eq!(stall["peer"]["outcome"], "hangs", "{}", stall["peer"]);
    // One returns, unless the machine is so busy that even that takes too long.
    let published = stall["peer"]["published"].as_u64().expect("a number");
    assert!(published <= 1, "{published} publications returned");
    let next = published + 1;
    assert!(stdout.contains(&format!(
        "hangs: publication {next} had not returned after 2s"
    )));

    let targets = json["targets"].as_array().expect("targets");
    let noisy = |target: &&Value| target["outcome"] == "too-noisy";
    assert_eq!(targets.iter().filter(noisy).count(), targets.len());
    assert!(targets.len() >= 7, "{}", targets.len());
}
