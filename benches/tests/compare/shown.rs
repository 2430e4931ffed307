//! Whether a table shows what the JSON holds.

use super::*;

/// The cells of one line of a table, whose columns are two spaces apart or more.
pub fn cells(line: &str) -> Vec<&str> {
    line.split("  ")
        .map(str::trim)
        .filter(|cell| !cell.is_empty())
        .collect()
}

/// Whether `shown` is `value`, rounded as tables are.
pub fn is_shown(shown: &str, value: &Value) -> bool {
    let value = value.as_f64().expect("a number");
    let decimals = shown
        .split_once('.')
        .map_or(0, |(_, digits)| digits.len() as i32);
    let number: f64 = shown.parse().expect("a number in the table");
    (number - value).abs() <= 0.5 * 10_f64.powi(-decimals) + 1e-9
}

/// Whether `shown` is these quartiles, as `median [lower, upper]`.
pub fn are_shown(shown: &str, quartiles: &Value) -> bool {
    let numbers: Vec<_> = shown
        .split([' ', '[', ',', ']'])
        .filter(|part| !part.is_empty())
        .collect();
    let names = ["median", "lower", "upper"];
    assert_eq!(numbers.len(), names.len(), "{shown}");
    names
        .iter()
        .zip(numbers)
        .all(|(name, number)| is_shown(number, &quartiles[name]))
}

/// Measures something and compares each table that is printed with the JSON file: returns both.
pub fn tables_and_json(arguments: &[&str], path: &Path) -> (String, Value) {
    let output = compare(&[arguments, &["--json", path.to_str().expect("UTF-8")]].concat());
    let stdout = text(&output.stdout).to_string();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let json: Value = serde_json::from_slice(&fs::read(path).expect("the file")).expect("JSON");
    assert_eq!(json["schema"], 7);
    for case in json["cases"].as_array().expect("cases") {
        table_holds(&stdout, case);
    }
    (stdout, json)
}

/// Compares the table of one case with what the JSON says of it.
pub fn table_holds(stdout: &str, case: &Value) {
    let name = |value: &Value| value.as_str().expect("a name").to_string();
    let heading = format!("\n\n{}/{}: ", name(&case["operation"]), name(&case["case"]));
    let table = stdout.split(&heading).nth(1).expect("a table");
    let table = table.split("\n\n").next().expect("a table");
    assert!(table.contains(&format!("× {}", name(&case["base"]))));
    assert!(table.contains(&format!("× {}", name(&case["ours"]))));

    let rows = case["rows"].as_array().expect("rows");
    let has_groups = table.contains("  group");
    for row in rows {
        let name = row["contender"].as_str().expect("a name");
        let is_of_row = |cells: &Vec<&str>| cells.first() == Some(&name);
        // More than one where there are too many conditions for one.
        let lines: Vec<_> = table.lines().map(cells).filter(is_of_row).collect();
        let line = format!("{name}: {lines:?}");
        let mut shown = lines
            .into_iter()
            .flat_map(|cells| cells.into_iter().skip(1));
        let mut next = || shown.next().expect("a cell");
        for cell in row["cells"].as_array().expect("cells") {
            assert!(is_shown(next(), &cell["ns"]["median"]), "{line}");
            assert!(are_shown(next(), &cell["to_base"]), "{line}");
            assert!(is_shown(next(), &cell["to_ours"]["median"]), "{line}");
            match cell.get("group") {
                Some(group) => assert!(is_shown(next(), &group["median"]), "{line}"),
                None if has_groups => assert_eq!(next(), "-", "{line}"),
                None => {}
            }
            assert_eq!(cell["rounds"].as_array().map(Vec::len), Some(1));
        }
        if let Some(scaling) = row.get("scaling") {
            assert!(are_shown(next(), scaling), "{line}");
        }
        if let Some(kept) = row.get("kept") {
            assert!(are_shown(next(), kept), "{line}");
        }
        // In a table of their own below.
        for cell in row["cells"].as_array().expect("cells") {
            let Some(time) = cell.get("processor_time") else {
                continue;
            };
            assert!(is_shown(next(), &time["all_threads"]["median"]), "{line}");
            assert!(
                is_shown(next(), &time["writing_threads"]["median"]),
                "{line}"
            );
        }
        assert_eq!(shown.next(), None, "{line}");
        if let Some(memory) = row.get("memory") {
            memory_is_shown(table, name, memory);
        }
    }
    for (condition, noise) in case["noise"].as_array().expect("noise").iter().enumerate() {
        let control = &rows[1]["cells"][condition]["to_base"]["median"];
        let number = |value: &Value| value.as_f64().expect("a number");
        let median = number(&noise["median"]);
        // Not exactly: numbers lose their last bit on the way through JSON.
        assert!(((number(control) - 1.0).abs() - median).abs() < 1e-9);
        let name = case["conditions"][condition].as_str().expect("a name");
        let line = format!("noise, {name}: the control is off by ");
        let shown = table.split(&line).nth(1).expect("a line about noise");
        let (shown, _) = shown.split_once('%').expect("a percentage");
        assert!(
            is_shown(shown, &Value::from(median * 100.0)),
            "{line}{shown}"
        );
    }
}

/// Whether what a row's map takes stands below the table.
pub fn memory_is_shown(table: &str, name: &str, memory: &Value) {
    let line = table
        .split(&format!("\nbytes per entry in both copies, {name}: "))
        .nth(1);
    let line = line.and_then(|rest| rest.lines().next()).expect("a line");
    if cfg!(target_os = "linux") {
        let bytes = &memory["bytes_per_entry"];
        assert!(is_shown(line, bytes), "{line}, {memory}");
        // Two copies of two words, at least; and nothing that keeps much more than it needs.
        let bytes = bytes.as_f64().expect("a number");
        assert!((32.0..400.0).contains(&bytes), "{name}: {bytes}");
    } else {
        assert_eq!(memory["outcome"], "not-measured");
        assert!(line.starts_with("not measured"), "{line}");
    }
}
