//! Hits of the pages of a site.

use std::thread;

use evmap_core::SharedMap;

pub fn run() -> String {
    let hits = SharedMap::new();
    thread::scope(|scope| {
        for visitor in 0..4 {
            let hits = &hits;
            scope.spawn(move || {
                for page in ["/", "/about", "/"] {
                    hits.merge(page, 1, |n, one| Some(n + one));
                }
                hits.insert("/last", visitor);
            });
        }
    });

    let pages = hits;
    pages.remove("/last");
    pages.update("/about", |n| n * 10);
    pages.get_or_insert_with("/news", || 7);
    let view = pages.read();
    let mut sorted: Vec<_> = view.iter().collect();
    sorted.sort();
    format!("{sorted:?}")
}
