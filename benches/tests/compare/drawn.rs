//! Whether a picture is complete.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use quick_xml::Reader;
use quick_xml::escape::unescape;
use quick_xml::events::Event;
use serde_json::Value;

use super::{list, text};

/// Whether the picture is well-formed, and has every contender and condition in it.
pub fn is_drawn(plots: &Path, case: &Value) {
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
fn a_picture_that_is_cut_off_is_found() {
    let svg = "<svg><text>\n1 &lt; 2\n</text></svg>";
    assert!(texts(svg).contains("1 < 2"));
    let cut = std::panic::catch_unwind(|| texts("<svg><text>1</text>"));
    assert!(cut.is_err());
}
