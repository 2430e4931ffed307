//! Upserts, one or more before each refresh: ours in each fence mode, and bare hashbrown as the limit.

use std::time::Duration;

use benches::check;
use benches::contender::{Hasher, Lookup, Upsert, bare, ours};
use benches::slice::upsert_all;
use benches::stream::Stream;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use evmap_core::FenceMode;

const ENTRIES: usize = 100_000;

fn write(criterion: &mut Criterion) {
    let hasher = &Hasher::default();
    let stream = &Stream::new(ENTRIES);
    for batch in [1, 100, 10_000] {
        let case = format!("{batch}-per-refresh");
        let bare = bare::pair(ENTRIES, hasher);
        upserts(criterion, &case, "hashbrown", stream, batch, bare);
        for mode in [FenceMode::Auto, FenceMode::SeqCst] {
            let ours = ours::pair(ENTRIES, hasher, mode);
            let case = format!("{case}-{mode:?}");
            upserts(criterion, &case, "swiss", stream, batch, ours);
        }
    }
}

fn upserts(
    criterion: &mut Criterion,
    case: &str,
    engine: &str,
    stream: &Stream,
    batch: usize,
    (mut writer, mut reader): (impl Upsert, impl Lookup),
) {
    check::writes(engine, &mut writer, &mut reader, stream);
    let mut group = criterion.benchmark_group(format!("write/{case}/engine={engine}"));
    group.throughput(Throughput::Elements(batch as u64));
    let mut pieces = stream.pieces(batch, 0);
    group.bench_function(BenchmarkId::from_parameter("threads=1"), |bencher| {
        bencher.iter(|| {
            for keys in pieces.by_ref().take(1) {
                upsert_all(&mut writer, keys);
            }
        });
    });
    group.finish();
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
