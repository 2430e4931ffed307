//! Whether a table shows what the JSON holds.

use serde_json::Value;

use super::{list, text};

/// Whether the text has every row of the table, and in it the figures that the JSON has.
pub fn is_shown(stdout: &str, case: &Value) {
    let name = text(&case["name"]);
    let heading = format!("\n\n{name}: {}\n", text(&case["title"]));
    let (_, table) = stdout
        .split_once(&heading)
        .unwrap_or_else(|| panic!("no {name}"));
    let table = table.split("\n\n").next().expect("a table");
    // A table with ratios has a control, except where each figure comes from a process of its own.
    let is_memory = name.starts_with("memory/") || name.starts_with("cache/memory/");
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
