//! Counts words from several threads.

use std::thread;

use dashmap::DashMap;

const LINES: [&str; 3] = ["the cat and the dog", "the dog", "a cat"];

pub fn run() -> String {
    let counts = DashMap::new();
    thread::scope(|scope| {
        for line in LINES {
            let counts = &counts;
            scope.spawn(move || {
                for word in line.split_whitespace() {
                    *counts.entry(word).or_insert(0) += 1;
                }
            });
        }
    });

    let mut words: Vec<_> = counts
        .iter()
        .map(|entry| (*entry.key(), *entry.value()))
        .collect();
    words.sort();
    format!("{words:?}")
}
