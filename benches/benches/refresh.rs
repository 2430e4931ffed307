//! What a refresh itself costs: with nothing to publish, with one operation, and with many live readers to look at.

use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use evmap_core::{Builder, FenceMode, WriteHandle};

fn refresh(criterion: &mut Criterion) {
    for mode in [FenceMode::Auto, FenceMode::SeqCst] {
        for handles in [1, 1_000] {
            let (mut writer, reader) = Builder::new().fence(mode).build::<u64, u64>();
            let _others: Vec<_> = (1..handles).map(|_| reader.clone()).collect();
            let mut one = |case: &str, step: fn(&mut WriteHandle<u64, u64>)| {
                let name = format!("refresh/{case}-{handles}-handles-{mode:?}/engine=swiss");
                let mut group = criterion.benchmark_group(name);
                group.bench_function("threads=1", |bencher| bencher.iter(|| step(&mut writer)));
                group.finish();
            };
            one("empty", |writer| {
                writer.refresh();
            });
            one("one-insert", |writer| {
                writer.insert(7, 7);
                writer.refresh();
            });
        }
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1));
    targets = refresh
}
criterion_main!(benches);
