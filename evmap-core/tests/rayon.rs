//! Parallel iteration over one state, in every engine.

use std::collections::HashSet;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use evmap_core::table::{Engine, Incremental, ParTable, RobinHood, SharedEngine, Table};
use evmap_core::{Builder, SharedMap};
use rayon::ThreadPoolBuilder;
use rayon::prelude::*;

#[macro_use]
mod each_engine;

on_each! {
    every_entry_comes_once,
    several_threads_take_part,
    the_view_is_unchanged_after_a_refresh,
    a_snapshot_is_iterated_on_another_thread,
    the_writers_own_state_is_iterated,
    a_counted_map_is_iterated,
}

/// Far longer than any wait takes, so that a test fails instead of hanging.
const FAR: Duration = Duration::from_secs(60);

/// An engine whose tables of numbers are iterated in parallel.
trait ParEngine: Engine<Table<u32, u32>: ParTable<u32, u32>> {}

impl<E: Engine<Table<u32, u32>: ParTable<u32, u32>>> ParEngine for E {}

fn entries(len: u32) -> impl Iterator<Item = (u32, u32)> {
    (0..len).map(|n| (n, n * 2))
}

fn every_entry_comes_once<E: ParEngine>() {
    for len in [0, 1, 7, 28, 900, 5_000] {
        let (_writer, reader) = Builder::new().engine::<E>().build_from(entries(len));
        let view = reader.read();
        let mut all: Vec<(u32, u32)> = view.par_iter().map(|(key, value)| (*key, *value)).collect();
        all.sort_unstable();
        assert!(all.into_iter().eq(entries(len)));
        assert_eq!((&view).into_par_iter().count(), len as usize);
    }
}

fn a_counted_map_is_iterated<E: ParEngine>() {
    let builder = Builder::new().engine::<E>().count_lookups();
    let (_writer, reader) = builder.build_from(entries(900));
    let sum: u32 = reader.read().par_iter().map(|(_, value)| value).sum();
    assert_eq!(sum, 899 * 900);
    assert_eq!(
        (reader.lookup_counts().hits, reader.contains_key(&1)),
        (0, true)
    );
}

fn several_threads_take_part<E: ParEngine>() {
    let (_writer, reader) = Builder::new().engine::<E>().build_from(entries(5_000));
    let pool = ThreadPoolBuilder::new().num_threads(2).build().unwrap();
    let view = reader.read();
    let entries = view.par_iter();
    let threads = Mutex::new(HashSet::new());
    pool.install(|| {
        entries.for_each(|_| {
            threads.lock().unwrap().insert(thread::current().id());
            // The other thread claims a part, however long that takes.
            let begin = Instant::now();
            while threads.lock().unwrap().len() < 2 {
                assert!(begin.elapsed() < FAR, "one thread does it all");
                thread::yield_now();
            }
        });
    });
    assert_eq!(threads.into_inner().unwrap().len(), 2);
}

fn the_view_is_unchanged_after_a_refresh<E: ParEngine>() {
    let (mut writer, reader) = Builder::new().engine::<E>().build_from(entries(1_000));
    let view = reader.read();
    writer.clear();
    writer.refresh();
    let sum: u32 = view.par_iter().map(|(_, value)| value).sum();
    assert_eq!(sum, 999_000);
    drop(view);
    assert_eq!(reader.read().par_iter().count(), 0);
    writer.refresh();
    writer.try_refresh().expect("every read has ended");
}

fn a_snapshot_is_iterated_on_another_thread<E>()
where
    E: ParEngine + SharedEngine<u32, u32>,
{
    let map = SharedMap::builder()
        .engine::<E>()
        .build_from(entries(1_000));
    let snapshot = map.snapshot();
    map.clear();
    let thread = thread::spawn(move || {
        let mut all: Vec<(u32, u32)> = snapshot.par_iter().map(|(k, v)| (*k, *v)).collect();
        all.sort_unstable();
        all
    });
    assert!(thread.join().unwrap().into_iter().eq(entries(1_000)));
    assert!(map.is_empty());
}

fn the_writers_own_state_is_iterated<E: ParEngine>() {
    let (mut writer, reader) = each_engine::map::<u32, u32, E>();
    writer.extend(entries(1_000));
    let own = writer.catch_up();
    assert!(own.par_iter().all(|(key, value)| key * 2 == *value));
    let largest = own.into_par_iter().map(|(key, _)| key).max();
    assert_eq!((largest, reader.len()), (Some(&999), 0));
}

/// In the middle of a growth, both tables are iterated.
#[test]
fn a_growing_table_is_iterated_completely() {
    let rehash = |key: &u32| u64::from(*key).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut table = <Incremental as Engine>::Table::<u32, u32>::with_capacity(0);
    let mut key = 0;
    while !table.is_growing() || table.len() < 500 {
        table.insert(rehash(&key), key, key, rehash);
        key += 1;
    }
    let all: HashSet<u32> = table.par_iter().map(|(key, _)| *key).collect();
    assert_eq!(
        (all.len(), table.par_iter().count()),
        (table.len(), table.len())
    );
}

#[test]
fn a_list_of_entries_has_indices() {
    let (_writer, reader) = Builder::new()
        .engine::<RobinHood>()
        .build_from(entries(1_000));
    let view = reader.read();
    assert_eq!(view.par_iter().len(), 1_000);
    let in_order: Vec<_> = view.iter().collect();
    let all: Vec<_> = view.par_iter().collect();
    assert_eq!(all, in_order);
    let skipped: Vec<_> = view.par_iter().skip(990).rev().collect();
    assert!(
        skipped
            .into_iter()
            .eq(in_order[990..].iter().rev().copied())
    );
    let indexed = view.par_iter().enumerate();
    assert!(indexed.all(|(index, entry)| in_order[index] == entry));
}
