//! What is refused, and checks that fail.

use std::fs;

use super::{compare, path};

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
        (&["cache", "--traces", inside], 2, "OLTP.lis.zst"),
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
