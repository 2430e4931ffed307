//! One lookup per guard: ours by guard and scoped, and bare hashbrown as the limit.
//!
//! For figures to quote use `cargo compare read`, which interleaves what it compares; this is for
//! working on the read path.

use std::hint::black_box;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use benches::check;
use benches::contender::{Hasher, Lookup, bare, ours};
use benches::slice::sum;
use benches::stream::Stream;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use evmap_core::FenceMode;

/// Lookups in one iteration.
const PIECE: usize = 1024;

fn read(criterion: &mut Criterion) {
    let hasher = &Hasher::default();
    for (case, entries) in [("1k", 1_000), ("100k", 100_000), ("4M", 4_000_000)] {
        let stream = &Stream::new(entries);
        for threads in [1, 2] {
            let bare = bare::reader(entries, hasher);
            lookups(criterion, case, "hashbrown", threads, stream, bare);
            for mode in [FenceMode::Auto, FenceMode::SeqCst] {
                let (_writer, reader) = ours::pair(entries, hasher, mode);
                let scoped = ours::Scoped::from(reader.clone());
                let case = format!("{case}-{mode:?}");
                lookups(criterion, &case, "swiss-guard", threads, stream, reader);
                lookups(criterion, &case, "swiss-scoped", threads, stream, scoped);
            }
        }
    }
}

fn lookups<L: Lookup>(
    criterion: &mut Criterion,
    case: &str,
    engine: &str,
    threads: usize,
    stream: &Stream,
    mut reader: L,
) {
    check::answers(engine, &mut reader, stream);
    let mut group = criterion.benchmark_group(format!("read/{case}/engine={engine}"));
    group.throughput(Throughput::Elements((PIECE * threads) as u64));
    let id = BenchmarkId::from_parameter(format!("threads={threads}"));
    group.bench_function(id, |bencher| {
        bencher.iter_custom(|pieces| together(&reader, stream, threads, pieces as usize));
    });
    group.finish();
}

/// This many threads at once, each with this many pieces: the longest of their times.
fn together<L: Lookup>(reader: &L, stream: &Stream, threads: usize, pieces: usize) -> Duration {
    let barrier = &Barrier::new(threads);
    thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|thread| {
                let mut reader = reader.clone();
                scope.spawn(move || {
                    let mut keys = stream.pieces(PIECE, thread);
                    // Brings the table into this core's caches before the clock runs.
                    for keys in keys.by_ref().take(64) {
                        black_box(sum(&mut reader, keys));
                    }
                    barrier.wait();
                    let begin = Instant::now();
                    for keys in keys.take(pieces) {
                        black_box(sum(&mut reader, keys));
                    }
                    begin.elapsed()
                })
            })
            .collect();
        workers
            .into_iter()
            .filter_map(|worker| worker.join().ok())
            .max()
            .unwrap_or_default()
    })
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2));
    targets = read
}
criterion_main!(benches);
