//! Threads that sum what one writer has published.

use std::thread;

pub fn run() -> String {
    let (mut squares, reader) = evmap_core::new();
    for n in 0..100_u64 {
        squares.insert(n, n * n);
    }
    squares.refresh();

    let threads: Vec<_> = (0..4)
        .map(|part| {
            let reader = reader.clone();
            thread::spawn(move || {
                let map = reader.read();
                (0..100)
                    .filter(|n| n % 4 == part)
                    .filter_map(|n| map.get(&n).copied())
                    .sum::<u64>()
            })
        })
        .collect();
    let sums: Vec<u64> = threads
        .into_iter()
        .map(|thread| thread.join().expect("no thread panics"))
        .collect();
    format!("{sums:?}")
}
