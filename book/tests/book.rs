//! The book builds, its pages are whole, and no chapter's samples go untested.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use mdbook_driver::MDBook;
use mdbook_driver::book::BookItem;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The files that the summary names, relative to `src/`.
fn chapters(book: &MDBook) -> Vec<PathBuf> {
    book.iter()
        .filter_map(|item| match item {
            BookItem::Chapter(chapter) => chapter.path.clone(),
            _ => None,
        })
        .collect()
}

/// What stands in `before…after` in `text`, each time.
fn between<'t>(text: &'t str, before: &str, after: char) -> Vec<&'t str> {
    text.split(before)
        .skip(1)
        .filter_map(|rest| rest.split(after).next())
        .collect()
}

/// The links of one page that lead to nowhere: `pages` knows each page's text by its name.
fn broken_links(page: &str, pages: &[(String, String)]) -> Vec<String> {
    let text = |name: &str| pages.iter().find(|(page, _)| page == name);
    let mut broken = Vec::new();
    let Some((_, own)) = text(page) else {
        return vec![page.to_string()];
    };
    for link in between(own, "href=\"", '"') {
        if link.contains("://") || link.starts_with("mailto:") {
            continue;
        }
        let (file, place) = link.split_once('#').unwrap_or((link, ""));
        let file = if file.is_empty() { page } else { file };
        if !file.ends_with(".html") {
            continue;
        }
        let is_there = text(file).is_some_and(|(_, target)| {
            place.is_empty() || target.contains(&format!("id=\"{place}\""))
        });
        if !is_there {
            broken.push(link.to_string());
        }
    }
    broken
}

/// Whether some line of a sample begins with a call of an assert macro.
///
/// So a comment or a string that speaks of one does not count; whether the call is reached is not
/// known here.
fn has_assertion(sample: &str) -> bool {
    sample.lines().any(|line| {
        // A line that begins with `#` is run, and not shown.
        let line = line.trim_start().trim_start_matches("# ").trim_start();
        let name = line.split('(').next();
        matches!(name, Some("assert!" | "assert_eq!" | "assert_ne!"))
    })
}

/// Builds the book into a directory that goes with the returned guard.
fn build() -> (tempfile::TempDir, Vec<(String, String)>) {
    let target = tempfile::tempdir().expect("a temporary directory");
    let mut book = MDBook::load(root()).expect("the book loads");
    book.config.build.build_dir = target.path().to_path_buf();
    book.build().expect("the book builds");
    let pages = fs::read_dir(target.path())
        .expect("the pages")
        .map(|entry| entry.expect("a page").path())
        .filter(|path| path.extension().is_some_and(|kind| kind == "html"))
        .map(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let text = fs::read_to_string(&path).expect("a readable page");
            (name.into_owned(), text)
        })
        .collect();
    (target, pages)
}

#[test]
fn every_chapter_of_the_summary_is_run_as_doctests_and_the_other_way_round() {
    let book = MDBook::load(root()).expect("the book loads");
    let named: BTreeSet<_> = chapters(&book)
        .iter()
        .map(|path| path.to_string_lossy().into_owned())
        .collect();
    let run: BTreeSet<_> = book::CHAPTERS.iter().map(ToString::to_string).collect();
    assert_eq!(named, run);
    assert!(named.len() >= 2);
}

#[test]
fn every_markdown_file_is_in_the_summary() {
    let book = MDBook::load(root()).expect("the book loads");
    let named = chapters(&book);
    for entry in fs::read_dir(root().join("src")).expect("the sources") {
        let path = entry.expect("a source").path();
        let name = PathBuf::from(path.file_name().unwrap_or_default());
        let is_chapter = name.extension().is_some_and(|kind| kind == "md");
        if is_chapter && name != Path::new("SUMMARY.md") {
            assert!(named.contains(&name), "{} is no page", name.display());
        }
    }
}

#[test]
fn every_rust_sample_is_run_and_asserts_something() {
    for chapter in book::CHAPTERS {
        let text = fs::read_to_string(root().join("src").join(chapter)).expect("a chapter");
        let mut samples = 0;
        for (i, block) in text.split("```").enumerate() {
            let (kind, body) = block.split_once('\n').unwrap_or((block, ""));
            // Every second piece is inside a fence.
            if i % 2 == 0 || !kind.starts_with("rust") {
                continue;
            }
            samples += 1;
            // `tests/axum` runs this sample.
            let is_run_elsewhere = *chapter == "axum.md" && kind == "rust,no_run";
            assert!(
                kind == "rust" || is_run_elsewhere,
                "{chapter}: a sample that is not run"
            );
            assert!(
                is_run_elsewhere || has_assertion(body),
                "{chapter}: a sample asserts nothing:\n{body}"
            );
        }
        assert!(samples > 0, "{chapter} has no sample");
    }
}

#[test]
fn talk_of_an_assertion_is_none() {
    assert!(has_assertion("let x = 1;\n    assert_eq!(x, 1);"));
    assert!(has_assertion("println!(\"1\");\n# assert_eq!(1, 1);"));
    assert!(!has_assertion("// assert!(true)\nlet x = \"assert!\";"));
    assert!(!has_assertion("debug_assert!(true);\nassertive();"));
}

#[test]
fn the_pages_are_complete_and_load_nothing_from_elsewhere() {
    let (_target, pages) = build();
    for chapter in book::CHAPTERS {
        let name = chapter.replace(".md", ".html");
        let page = pages.iter().find(|(page, _)| *page == name);
        let (_, text) = page.unwrap_or_else(|| panic!("{name} is missing"));
        assert!(!text.contains("{{#"), "{name}: an include was not found");
        for loading in ["src=\"http", "src=\"//", "@import", "url(http"] {
            assert!(
                !text.contains(loading),
                "{name} loads from elsewhere: {loading}"
            );
        }
        for tag in between(text, "<link ", '>') {
            assert!(!tag.contains("://"), "{name} loads from elsewhere: {tag}");
        }
    }
    let (_, picture) = pages
        .iter()
        .find(|(page, _)| page == "how-a-read-works.html")
        .expect("the chapter with pictures");
    let figures: Vec<_> = picture
        .split("<figure>")
        .skip(1)
        .filter_map(|rest| rest.split("</figure>").next())
        .collect();
    assert_eq!(figures.len(), 2);
    for figure in figures {
        // A blank line in an SVG file would end it early, and its rest would become paragraphs.
        assert!(figure.contains("<svg xmlns") && figure.contains("</svg>"));
        assert!(figure.contains("<figcaption>") && !figure.contains("<p>"));
    }
}

#[test]
fn every_image_is_a_picture_that_was_copied() {
    let (target, pages) = build();
    let mut images = BTreeSet::new();
    for (page, text) in &pages {
        for tag in between(text, "<img ", '>') {
            let image = between(tag, "src=\"", '"').concat();
            let svg = fs::read_to_string(target.path().join(&image));
            let svg = svg.unwrap_or_else(|error| panic!("{page}: {image}: {error}"));
            assert!(
                svg.starts_with("<svg ") && svg.ends_with("</svg>\n"),
                "{image}"
            );
            assert!(!between(tag, "alt=\"", '"').concat().is_empty(), "{image}");
            images.insert(image);
        }
    }
    assert!(images.contains("plots/read-1k.svg"), "{images:?}");
}

#[test]
fn links_between_pages_lead_somewhere() {
    let (_target, pages) = build();
    for (page, _) in &pages {
        assert_eq!(broken_links(page, &pages), [""; 0], "in {page}");
    }
}

#[test]
fn a_broken_link_is_found() {
    let page = |text: &str| ("a.html".to_string(), text.to_string());
    let good = [page(
        "<h2 id=\"there\"></h2><a href=\"#there\"><a href=\"a.html#there\">",
    )];
    assert!(broken_links("a.html", &good).is_empty());
    let bad = [page(
        "<a href=\"#gone\"><a href=\"b.html\"><a href=\"https://x.y/z.html\">",
    )];
    assert_eq!(broken_links("a.html", &bad), ["#gone", "b.html"]);
}
