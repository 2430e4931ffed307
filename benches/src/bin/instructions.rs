//! Repeats each operation, for `.ci/instructions` to count its instructions.
//!
//! Nothing is timed here. callgrind writes down what ran whenever [`stretch_begins`] is called; each operation has a
//! short stretch and a long one, and what they differ by is the operation's own, without what a stretch costs by itself.
//! So what is printed is an operation's name, and by how many repetitions its stretches differ.
//!
//! Everything is the same in each run: the hasher has no random seed, keys come from a generator that has none either,
//! and no fence mode changes with time. Instructions are not time: one that waits for memory counts as any other.
//!
//! It uses nothing of this package's library, since whatever is compiled together may be compiled differently.

use std::hint::black_box;
use std::process::ExitCode;
use std::time::Duration;

use evmap_core::cache::Cache;
use evmap_core::table::{Counted, Engine, Incremental, RobinHood, Swiss};
use evmap_core::{Builder, FenceMode, ReadHandle, SharedMap, WriteHandle};

/// The default hasher, except for its seed, which is always the same.
type Fixed = foldhash::fast::FixedState;

/// Keys in each map.
const ENTRIES: u64 = 10_000;
/// Repetitions in a short stretch, and in a long one: whole batches.
const STRETCHES: [usize; 2] = [1_000, 5_000];
/// Upserts before each refresh.
const BATCH: usize = 100;
/// Tells the script that there is nothing to compare.
const NO_MEMBARRIER: u8 = 3;

fn main() -> ExitCode {
    let (writer, _reader) = map::<Swiss>(FenceMode::Membarrier);
    if writer.stats().fence_mode != FenceMode::Membarrier {
        eprintln!("no membarrier here: readers would take another path");
        return ExitCode::from(NO_MEMBARRIER);
    }
    // In random order: those that are there, and those that are not.
    let (hits, misses) = (&draw(0), &draw(ENTRIES));
    // The first stretch of all begins here, and belongs to nobody.
    stretch_begins();
    count("loop", hits, &mut |&key| Some(key));

    // The limit.
    let mut bare = hashbrown::HashMap::<u64, u64, Fixed>::default();
    bare.extend((0..ENTRIES).map(|key| (key, value_of(key))));
    count("bare/hit", hits, &mut |key| bare.get(key).copied());
    count("bare/miss", misses, &mut |key| bare.get(key).copied());
    count("bare/upsert", hits, &mut |&key| {
        bare.insert(key, value_of(key));
        Some(value_of(key))
    });

    count_engine::<Swiss>("Swiss", hits, misses);
    count_engine::<Incremental>("Incremental", hits, misses);
    count_engine::<RobinHood>("RobinHood", hits, misses);

    // Readers that fence for themselves.
    let (_writer, reader) = map::<Swiss>(FenceMode::SeqCst);
    count("Swiss/guard/hit/SeqCst", hits, &mut |key| {
        reader.get(key).map(|guard| *guard)
    });

    count_reads::<Counted<Swiss>>("Swiss/counted", hits, misses);
    count_reads::<Counted<Incremental>>("Incremental/counted", hits, misses);
    count_reads::<Counted<RobinHood>>("RobinHood/counted", hits, misses);
    count_shared(hits, misses);
    ExitCode::SUCCESS
}

/// A shared map, and a cache of the same entries.
fn count_shared(hits: &[u64], misses: &[u64]) {
    let map = SharedMap::builder()
        .fence(FenceMode::Membarrier)
        .hasher(Fixed::default())
        .build();
    let cache = || {
        Cache::builder()
            .fence(FenceMode::Membarrier)
            .hasher(Fixed::default())
            .max_capacity(2 * ENTRIES)
    };
    let (plain, recording) = (cache().build(), cache().record_stats().build());
    let expiring = cache().time_to_live(Duration::from_secs(3600)).build();
    for key in 0..ENTRIES {
        map.insert(key, value_of(key));
        for cache in [&plain, &recording, &expiring] {
            cache.insert(key, value_of(key));
        }
    }
    // Both background threads have nothing to do any more, and the entries are as hot as they get.
    std::thread::sleep(Duration::from_millis(500));
    for key in hits.iter().cycle().take(4 * hits.len()) {
        for cache in [&plain, &recording, &expiring] {
            assert_eq!(cache.get(key), Some(value_of(*key)));
        }
    }
    for (outcome, keys) in [("hit", hits), ("miss", misses)] {
        count(&format!("shared-map/{outcome}"), keys, &mut |key| {
            map.get_cloned(key)
        });
        count(&format!("cache/{outcome}"), keys, &mut |key| plain.get(key));
        count(&format!("cache/recording/{outcome}"), keys, &mut |key| {
            recording.get(key)
        });
        count(&format!("cache/expiring/{outcome}"), keys, &mut |key| {
            expiring.get(key)
        });
    }
}

/// Each way of reading.
fn count_reads<E: Engine>(engine: &str, hits: &[u64], misses: &[u64]) {
    let (_writer, reader) = map::<E>(FenceMode::Membarrier);
    let shared = reader.shared_reader();
    for (outcome, keys) in [("hit", hits), ("miss", misses)] {
        count(&format!("{engine}/guard/{outcome}"), keys, &mut |key| {
            reader.get(key).map(|guard| *guard)
        });
        count(&format!("{engine}/scoped/{outcome}"), keys, &mut |key| {
            reader.get_cloned(key)
        });
        count(&format!("{engine}/shared/{outcome}"), keys, &mut |key| {
            shared.get(key).map(|guard| *guard)
        });
    }
}

/// Each way of reading, and the writer.
fn count_engine<E: Engine>(engine: &str, hits: &[u64], misses: &[u64]) {
    count_reads::<E>(engine, hits, misses);

    // Its own fence is one instruction; the other mode's is a system call, within which nobody counts.
    let (mut writer, reader) = map::<E>(FenceMode::SeqCst);
    let mut upserts = 0;
    count(&format!("{engine}/upsert"), hits, &mut |&key| {
        writer.insert(key, value_of(key));
        upserts += 1;
        if upserts % BATCH == 0 {
            writer.refresh();
        }
        Some(value_of(key))
    });
    count(&format!("{engine}/upsert-and-refresh"), hits, &mut |&key| {
        writer.insert(key, value_of(key));
        writer.refresh();
        Some(value_of(key))
    });
    assert_eq!(reader.len() as u64, ENTRIES);
}

/// A map with all entries, and nothing left to do in either copy.
fn map<E: Engine>(
    mode: FenceMode,
) -> (
    WriteHandle<u64, u64, Fixed, (), E>,
    ReadHandle<u64, u64, Fixed, (), E>,
) {
    let builder = Builder::new().hasher(Fixed::default()).fence(mode);
    let (mut writer, reader) = builder.engine::<E>().build();
    writer.extend((0..ENTRIES).map(|key| (key, value_of(key))));
    writer.refresh();
    while !writer.is_settled() {
        writer.refresh();
    }
    (writer, reader)
}

/// The value that every map holds for this key.
fn value_of(key: u64) -> u64 {
    key.wrapping_mul(3) + 1
}

fn draw(first: u64) -> Vec<u64> {
    let mut random = 0x5eed_u64;
    let numbers = (0..STRETCHES[1]).map(|_| {
        // Knuth's linear congruential generator; its high bits are the better ones.
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        first + (random >> 33) % ENTRIES
    });
    numbers.collect()
}

/// Two stretches of one operation, which answers with the key's value, or with nothing if there is none.
///
/// # Panics
/// If an answer is wrong.
fn count(name: &str, keys: &[u64], operation: &mut dyn FnMut(&u64) -> Option<u64>) {
    let [short, long] = STRETCHES;
    let is_right = |key: u64, found| match found {
        Some(value) => name == "loop" || value == value_of(key),
        None => key >= ENTRIES,
    };
    // Whatever happens only once happens here.
    assert!(
        keys.iter().all(|key| is_right(*key, operation(key))),
        "{name}"
    );
    println!("{name} {}", long - short);
    stretch_begins();
    repeat(operation, &keys[..short]);
    stretch_begins();
    repeat(operation, &keys[..long]);
    stretch_begins();
}

/// The loop, the same for everyone: `loop` says what it costs.
#[inline(never)]
fn repeat(operation: &mut dyn FnMut(&u64) -> Option<u64>, keys: &[u64]) {
    // Nobody knows which one it is, so nothing of it is drawn into the loop or out of it.
    let operation = black_box(operation);
    for key in keys {
        black_box(operation(key));
    }
}

/// Where callgrind writes down what ran since the last time.
#[inline(never)]
fn stretch_begins() {
    black_box(());
}
