//! What a refresh itself costs: with nothing to publish, with one operation, and with many live
//! readers to look at.
//!
//! Bare hashbrown has no refresh; its one insert stands beside the one operation as the limit.

use std::time::Duration;

use benches::contender::{Hasher, Upsert, bare, ours};
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use evmap_core::{Builder, FenceMode};

const ENTRIES: usize = 1_000;

fn refresh(criterion: &mut Criterion) {
    let hasher = &Hasher::default();
    let (mut bare, _reader) = bare::pair(ENTRIES, hasher);
    one(criterion, "one-insert/engine=hashbrown", || {
        bare.upsert(7, 7);
    });
    for mode in [FenceMode::Auto, FenceMode::SeqCst] {
        let (mut writer, _reader) = ours::pair(ENTRIES, hasher, mode);
        one(criterion, &format!("empty-{mode:?}/engine=swiss"), || {
            writer.publish();
        });
        one(
            criterion,
            &format!("one-insert-{mode:?}/engine=swiss"),
            || {
                writer.upsert(7, 7);
                writer.publish();
            },
        );
        for handles in [1, 1_000] {
            let (mut writer, reader) = Builder::new().fence(mode).build::<u64, u64>();
            let _others: Vec<_> = (1..handles).map(|_| reader.clone()).collect();
            let case = format!("one-insert-{handles}-handles-{mode:?}/engine=swiss");
            one(criterion, &case, || {
                writer.insert(7, 7);
                writer.refresh();
            });
        }
    }
}

fn one(criterion: &mut Criterion, case: &str, mut step: impl FnMut()) {
    let mut group = criterion.benchmark_group(format!("refresh/{case}"));
    // The writer's thread is the only one.
    let id = BenchmarkId::from_parameter("threads=1");
    group.bench_function(id, |bencher| bencher.iter(&mut step));
    group.finish();
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
