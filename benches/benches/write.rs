//! Upserts, one or more before each refresh: ours in each fence mode, and bare hashbrown as the limit. One before each
//! refresh is what a refresh itself costs.

use std::time::Duration;

use benches::contenders::{AUTO, BARE, Hasher, SEQ_CST, check_writes};
use benches::keys::{Order, draw, pieces};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

const ENTRIES: usize = 100_000;

fn write(criterion: &mut Criterion) {
    for batch in [1, 100, 10_000] {
        let keys = draw(ENTRIES, batch, Order::Uniform);
        for (engine, contender) in [
            ("hashbrown", BARE),
            ("swiss-auto", AUTO),
            ("swiss-seqcst", SEQ_CST),
        ] {
            let build = contender.writes.expect("a contender that is written");
            let mut map = build(ENTRIES, &Hasher::default());
            check_writes(engine, &mut *map.writer, &mut *map.reader, &keys);
            let mut group =
                criterion.benchmark_group(format!("write/{batch}-per-refresh/engine={engine}"));
            group.throughput(Throughput::Elements(batch as u64));
            let mut pieces = pieces(keys.len(), batch, 0);
            group.bench_function("threads=1", |bencher| {
                bencher.iter(|| {
                    let piece = pieces.next().expect("pieces without end");
                    map.writer.upsert(&keys[piece], 0, batch);
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
    targets = write
}
criterion_main!(benches);
