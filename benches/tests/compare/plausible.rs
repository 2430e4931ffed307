//! What figures have to be, however short the run and busy the machine.

use serde_json::Value;

use super::{list, text};

/// # Panics
/// If a figure cannot be right.
pub fn check(case: &Value) {
    let name = text(&case["name"]);
    // Bytes per entry: two words, at least, or two copies of them, or one large value; and nothing that keeps much more
    // than it needs.
    let bytes = match name.split('/').collect::<Vec<_>>()[..] {
        ["memory", "pairs", _] => Some(16.0..600.0),
        ["memory", "values", _] => Some(1_024.0..2_500.0),
        ["memory", "log", _] => Some(-20.0..100.0),
        ["engines", .., "memory"] => Some(32.0..400.0),
        // Beyond keys and values.
        ["cache", "memory", ..] => Some(0.0..1_000.0),
        _ => None,
    };
    for row in list(&case["rows"]) {
        let medians = list(&row["cells"])
            .iter()
            .map(|cell| cell["value"]["median"].as_f64());
        let medians: Vec<_> = medians.map(|median| median.expect("a number")).collect();
        if let Some(bytes) = &bytes {
            assert!(bytes.contains(&medians[0]), "{name}: {row}");
        } else {
            assert!(medians.iter().all(|&median| median >= 0.0), "{name}: {row}");
        }
        if case["unit"] == "% hits" {
            assert!(
                medians.iter().all(|&median| median <= 100.0),
                "{name}: {row}"
            );
        }
        if name.starts_with("mixed/every") {
            // What both cost is the sum, or a little more where a refresh is soon due.
            assert!(medians[2] >= medians[0], "{row}");
        }
        for cell in list(&row["cells"]) {
            let also = |what: &str| cell["also"][what]["median"].as_f64();
            assert!(
                also("group").is_none_or(|group| group >= 1.0),
                "{name}: {row}"
            );
            assert!(also("all threads") >= also("writing"), "{name}: {row}");
            let is_counted = cfg!(unix) && name.starts_with("many/");
            assert!(!is_counted || also("writing") > Some(0.0), "{name}: {row}");
        }
    }
    if name == "stall/peer" {
        // The control that has to hang, and to be killed. One returns, unless the machine is so busy that even that
        // takes too long.
        let published = case["rows"][0]["cells"][0]["rounds"][0]
            .as_f64()
            .expect("a number");
        assert!(published <= 1.0, "{published} publications returned");
        let next = published + 1.0;
        let note =
            format!("hangs: publication {next} had not returned after 2s, when it was killed");
        assert_eq!(case["notes"][0], note);
    }
}
