//! The book's pages in a browser: at two widths, in light and dark, with the search.
//!
//! `.ci/browser` runs this, and keeps pictures of the pages in `target/browser`.

mod chromium;
mod faults;

use std::fs;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

use mdbook_driver::MDBook;

use self::chromium::{Chromium, Tab};
use self::faults::faults;

/// A phone held upright, and a laptop.
const WIDTHS: [u32; 2] = [390, 1280];

/// Serves a directory on this machine, until the program ends. Returns the address.
fn serve(pages: &Path) -> String {
    let site = book::site(pages);
    let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let address = listener.local_addr().expect("its number");
    listener.set_nonblocking(true).expect("what tokio needs");
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .build();
        runtime.expect("a runtime").block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
            axum::serve(listener, site).await
        })
    });
    format!("http://{address}/")
}

/// Builds the book into a directory that goes with the returned guard, and names its pages.
fn build() -> (tempfile::TempDir, Vec<String>) {
    let target = tempfile::tempdir().expect("a temporary directory");
    let mut book = MDBook::load(Path::new(env!("CARGO_MANIFEST_DIR"))).expect("the book loads");
    book.config.build.build_dir = target.path().to_path_buf();
    book.build().expect("the book builds");
    let mut pages: Vec<_> = book::CHAPTERS
        .iter()
        .map(|chapter| chapter.replace(".md", ".html"))
        .collect();
    pages.push("404.html".to_owned());
    (target, pages)
}

/// Keeps a picture of the page, for people to look at.
fn keep_picture(tab: &mut Tab, name: &str) {
    let Some(directory) = std::env::var_os("BOOK_PICTURES").map(PathBuf::from) else {
        return;
    };
    fs::create_dir_all(&directory).expect("a directory for pictures");
    let file = directory.join(format!("{name}.png.base64"));
    fs::write(file, tab.screenshot()).expect("a picture is written");
}

#[test]
fn no_page_has_a_fault_at_any_width_in_light_or_dark() {
    let (target, pages) = build();
    let site = serve(target.path());
    let mut browser = Chromium::start();
    let mut tab = browser.tab();
    let mut found = Vec::new();
    for width in WIDTHS {
        tab.set_width(width);
        for is_dark in [false, true] {
            tab.set_dark(is_dark);
            for page in &pages {
                let colours = if is_dark { "dark" } else { "light" };
                for fault in faults(&mut tab, &site, page) {
                    found.push(format!("{page} at {width}, {colours}: {fault}"));
                }
                let is_shown_dark =
                    tab.evaluate("document.documentElement.matches('.navy, .coal, .ayu')");
                assert_eq!(is_shown_dark, is_dark, "{page}: the colours of the system");
                keep_picture(
                    &mut tab,
                    &format!("{}-{width}-{colours}", page.replace(".html", "")),
                );
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn the_search_finds_a_word_and_leads_to_it() {
    let (target, _) = build();
    let site = serve(target.path());
    let mut browser = Chromium::start();
    let mut tab = browser.tab();
    tab.set_width(WIDTHS[1]);
    tab.load(&format!("{site}index.html"));
    let search = |word: &str| {
        format!(
            "(async () => {{
                const pause = time => new Promise(done => setTimeout(done, time));
                document.getElementById('mdbook-search-toggle').click();
                const bar = document.getElementById('mdbook-searchbar');
                bar.value = '{word}';
                bar.dispatchEvent(new KeyboardEvent('keyup', {{ key: 'Enter', bubbles: true }}));
                bar.dispatchEvent(new Event('input', {{ bubbles: true }}));
                for (let look = 0; look < 200; look++) {{
                    const header = document.getElementById('mdbook-searchresults-header').innerText;
                    if (header.includes('{word}')) break;
                    await pause(100);
                }}
                return [...document.querySelectorAll('#mdbook-searchresults a')].map(a => a.href);
            }})()"
        )
    };
    let links = tab.evaluate(&search("waterline"));
    let links = links.as_array().expect("a list");
    let first = links.first().and_then(|link| link.as_str());
    let first = first.expect("the search finds the word").to_owned();
    assert!(first.starts_with(&site), "{first}");
    tab.load(&first);
    let text = tab.evaluate("document.querySelector('main').innerText");
    assert!(
        text.as_str()
            .is_some_and(|text| text.to_lowercase().contains("waterline"))
    );

    tab.load(&format!("{site}index.html"));
    let links = tab.evaluate(&search("qzxqzx"));
    assert_eq!(
        links,
        serde_json::json!([]),
        "what is not there is not found"
    );
}

/// Each fault of a page is found, and a page without one has none.
#[test]
fn a_page_with_faults_fails() {
    let target = tempfile::tempdir().expect("a temporary directory");
    let page = |name: &str, body: &str| {
        let text = format!(
            "<!doctype html><meta charset=utf-8><link rel=icon href='data:,'><title>x</title><main>{body}</main>"
        );
        fs::write(target.path().join(name), text).expect("a page is written");
    };
    let svg = "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>";
    fs::write(target.path().join("a.svg"), svg).expect("a picture is written");
    page("good.html", "<p>text <img src='a.svg' alt='a square'>");
    let bad = [
        (
            "wide.html",
            "<p style='width: 2000px'>text",
            "wider than the screen",
        ),
        ("alt.html", "<img src='a.svg'>", "without a text"),
        ("drawing.html", svg, "without a text"),
        ("missing.html", "<img src='b.svg' alt='b'>", "status 404"),
        ("console.html", "<script>console.error('oh')</script>", "oh"),
        (
            "thrown.html",
            "<script>throw new Error('ah')</script>",
            "ah",
        ),
        (
            "away.html",
            "<img src='http://192.0.2.1/c.svg' alt='c'>",
            "192.0.2.1",
        ),
    ];
    for (name, body, _) in bad {
        page(name, body);
    }
    let site = serve(target.path());
    let mut browser = Chromium::start();
    let mut tab = browser.tab();
    // Or else a request to another machine is waited for.
    tab.call(
        "Network.setBlockedURLs",
        serde_json::json!({"urls": ["*192.0.2.1*"]}),
    );
    tab.set_width(WIDTHS[0]);
    assert_eq!(faults(&mut tab, &site, "good.html"), [""; 0]);
    for (name, _, fault) in bad {
        let found = faults(&mut tab, &site, name);
        assert!(
            found.iter().any(|text| text.contains(fault)),
            "{name}: {found:?}"
        );
    }
}
