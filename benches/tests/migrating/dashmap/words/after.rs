//! Counts words from several threads.

use std::thread;

use evmap_core::SharedMap;

const LINES: [&str; 3] = ["the cat and the dog", "the dog", "a cat"];

pub fn run() -> String {
    let counts = SharedMap::new();
    thread::scope(|scope| {
        for line in LINES {
            let counts = &counts;
            scope.spawn(move || {
                for word in line.split_whitespace() {
                    counts.merge(word, 1, |n, one| Some(n + one));
                }
            });
        }
    });

    let mut words: Vec<_> = (&counts).into_iter().collect();
    words.sort();
    format!("{words:?}")
}
