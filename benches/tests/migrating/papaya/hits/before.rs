//! Hits of the pages of a site.

use std::thread;

use papaya::HashMap;

pub fn run() -> String {
    let hits = HashMap::new();
    thread::scope(|scope| {
        for visitor in 0..4 {
            let hits = &hits;
            scope.spawn(move || {
                let hits = hits.pin();
                for page in ["/", "/about", "/"] {
                    hits.update_or_insert(page, |n| n + 1, 1);
                }
                hits.insert("/last", visitor);
            });
        }
    });

    let pages = hits.pin();
    pages.remove("/last");
    pages.update("/about", |n| n * 10);
    pages.get_or_insert_with("/news", || 7);
    let mut sorted: Vec<_> = pages.iter().collect();
    sorted.sort();
    format!("{sorted:?}")
}
