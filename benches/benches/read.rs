//! One lookup per guard, by one thread: ours by guard and scoped, and bare hashbrown as the limit.
//!
//! For figures to quote use `cargo compare read`, which interleaves what it compares; this is for working on the read
//! path.

use std::hint::black_box;
use std::time::Duration;

use benches::contenders::{BARE, GUARD, Hasher, SCOPED, Way, check};
use benches::keys::{Order, draw, pieces};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

/// Lookups in one iteration.
const PIECE: usize = 1024;

fn read(criterion: &mut Criterion) {
    for (case, entries) in [("1k", 1_000), ("100k", 100_000), ("4M", 4_000_000)] {
        let keys = draw(entries, 1, Order::Uniform);
        for (engine, contender) in [
            ("hashbrown", BARE),
            ("swiss-guard", GUARD),
            ("swiss-scoped", SCOPED),
        ] {
            let (build, _) = contender.reads.expect("a contender that is read");
            let mut map = build(entries, &Hasher::default());
            check(engine, &mut *map.reader, &keys, true);
            let mut group = criterion.benchmark_group(format!("read/{case}/engine={engine}"));
            group.throughput(Throughput::Elements(PIECE as u64));
            let mut pieces = pieces(keys.len(), PIECE, 0);
            group.bench_function("threads=1", |bencher| {
                bencher.iter(|| {
                    let piece = pieces.next().expect("pieces without end");
                    black_box(map.reader.look_up(&keys, piece, Way::Single))
                });
            });
            group.finish();
        }
    }
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
