//! The README's samples print what stands behind them.

use evmap_core::SharedMap;

/// Fails unless the README has this line, with this output.
fn shows(line: &str, output: String) {
    let readme = include_str!("../../README.md");
    let line = readme.lines().find(|shown| shown.starts_with(line));
    let line = line.expect("the README has this line");
    let (_, shown) = line.split_once("// ").expect("it shows the output");
    let shown = shown.split(':').next().unwrap_or_default();
    assert_eq!(shown, output, "{line}");
}

#[test]
fn samples_print_what_the_readme_shows() {
    let (mut writer, reader) = evmap_core::new();
    let look = "println!(\"{:?}\", reader.get_cloned(\"apple\")); // ";
    writer.insert("apple", 120);
    shows(
        &format!("{look}None"),
        format!("{:?}", reader.get_cloned("apple")),
    );
    writer.refresh();
    shows(
        &format!("{look}Some"),
        format!("{:?}", reader.get_cloned("apple")),
    );

    let flags = SharedMap::new();
    flags.insert("dark mode", true);
    let look = "println!(\"{:?}\", flags.get_cloned(\"dark mode\")); // ";
    shows(look, format!("{:?}", flags.get_cloned("dark mode")));
}
