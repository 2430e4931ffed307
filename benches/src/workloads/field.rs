//! `compare field`: what others measure.
//!
//! *Mixes* are those of conc-map-bench, on its harness `bustle`: reads, inserts, removals and updates by all threads, in
//! a map of 786k entries, or in one that is empty at first. It reads its own writes back, so each write is visible when
//! it returns.
//!
//! *Table* is what left-right and evmap are said to lose: many threads look up in a table that hardly changes.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use bustle::{Collection, CollectionHandle, Mix};
use evmap_core::{FenceMode, SharedMap};
use rayon_core::ThreadPool;

use super::lookups::look_up;
use super::{Workload, in_threads, number, or, rows};
use crate::contenders::{
    BARE, Contender, DASHMAP, Hasher, LOAD, MUTEX_EVMAP, Map, PAPAYA, SCC, Way, check_writes,
    shared_map,
};
use crate::keys::{Number, Order, draw};
use crate::paired::{CONTROL, Case, Head, Pace, Plan, count};
use crate::slice::{Sample, all_at_once, pool};

/// Of the tables.
pub const NAME: &str = "field";
/// Ours.
const SHARED_MAP: &str = "SharedMap";

/// Percentages of reads, inserts, removals and updates; and how full the map is before.
const MIXES: [(&str, [u8; 4], f64); 3] = [
    ("read-heavy", [98, 1, 1, 0], 0.75),
    ("exchange", [10, 40, 40, 10], 0.75),
    ("rapid-grow", [5, 80, 5, 10], 0.0),
];
/// Threads that look up in the table that hardly changes.
const READERS: usize = 16;
/// From one write of it to the next.
const EVERY: Duration = Duration::from_millis(100);

/// How many threads share a map.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Args {
    /// Threads that read and write at once, such as 1,2,4, each at most 64
    #[arg(long, value_delimiter = ',', value_parser = number::<1, 64>, value_name = "N,..")]
    threads: Vec<usize>,
}

impl Workload for Args {
    fn measure(&self, plan: &Plan, show: &mut dyn FnMut(Case)) {
        let threads = or(&self.threads, &[1, 2, 4]);
        for (name, mix, full) in MIXES {
            show(mixed(name, mix, full, &threads, plan));
        }
        for entries in [4, 100_000] {
            show(table(entries, plan));
        }
    }
}

/// One operation of a mix, by each number of threads.
fn mixed(
    name: &str,
    [read, insert, remove, update]: [u8; 4],
    full: f64,
    threads: &[usize],
    plan: &Plan,
) -> Case {
    type Run = fn(&bustle::Workload) -> bustle::Measurement;
    // Each run builds a map of its own.
    let plan = plan.at_most(10, 1);
    let runs: [(_, Run); 6] = [
        (DASHMAP.name, bustle::Workload::run_silently::<Dash>),
        (CONTROL, bustle::Workload::run_silently::<Dash>),
        (SHARED_MAP, bustle::Workload::run_silently::<Ours>),
        (PAPAYA.name, bustle::Workload::run_silently::<Papaya>),
        (SCC.name, bustle::Workload::run_silently::<Scc>),
        (MUTEX_EVMAP.name, bustle::Workload::run_silently::<Evmap>),
    ];
    let capacity = if plan.is_quick { 17 } else { 20 };
    let samples = plan.run(
        threads.len(),
        || runs.to_vec(),
        |run, step, pace| {
            let mix = Mix {
                read,
                insert,
                remove,
                update,
                upsert: 0,
            };
            let mut workload = bustle::Workload::new(threads[step], mix);
            workload
                .initial_capacity_log2(capacity)
                .prefill_fraction(full);
            // Long enough for a clock that the main thread starts when it wakes; a map that grows holds no more keys.
            let operations = if full > 0.0 { 3.0 } else { 0.75 };
            workload.operations(operations).seed([pace.seed as u8; 32]);
            let done = run(&workload);
            [done.spent.as_nanos() as f64 / done.total_ops as f64]
        },
    );
    let title = format!(
        "{read} % reads, {insert} % inserts, {remove} % removals, {update} % updates; {} entries at first, and capacity for {}",
        (full * f64::from(1 << capacity)) as usize,
        1 << capacity
    );
    let conditions: Vec<_> = threads.iter().map(in_threads).collect();
    Case::new(
        Head::new(
            format!("{NAME}/{name}"),
            title,
            [DASHMAP.name, SHARED_MAP],
            conditions,
        ),
        samples,
    )
}

/// Lookups by many threads, while one writes now and then.
fn table(entries: usize, plan: &Plan) -> Case {
    let (keys, pool) = (draw(entries, 1, Order::Uniform), pool(READERS + 1));
    // Long enough for some writes.
    let writes = if plan.is_quick { 1 } else { 5 };
    let plan = Plan {
        slice: plan.slice.max(EVERY * writes),
        ..plan.at_most(20, Plan::BUILDS)
    };
    let hasher = Hasher::default();
    let ours = || {
        let map = shared_map::of(entries, &hasher, FenceMode::Auto);
        Map::<Number>::from((map.clone(), map))
    };
    let build = || {
        // Nobody reads the bare map that is written.
        let can = |contender: &Contender| {
            contender
                .copies
                .or(contender.writes)
                .filter(|_| contender.name != BARE.name)
        };
        let mut all = rows(&LOAD, |contender| Some(can(contender)?(entries, &hasher)));
        all.push((SHARED_MAP, ours()));
        for (name, map) in &mut all {
            check_writes(name, &mut *map.writer, &mut *map.reader, &keys);
        }
        all
    };
    let samples = plan.run(1, build, |map, _, pace| {
        [slice(map, &pool, &keys, pace).ns()]
    });
    let title = format!(
        "a lookup by {READERS} threads, {} keys, one of them written every {EVERY:?}; slices of {:?}",
        count(entries),
        plan.slice
    );
    let head = Head::new(
        format!("{NAME}/table/{}", count(entries)),
        title,
        [LOAD.name, SHARED_MAP],
        ["all threads"],
    );
    Case::new(head, samples)
}

fn slice(map: &mut Map<Number>, pool: &ThreadPool, keys: &Vec<u32>, pace: Pace) -> Sample {
    type Job<'a> = Box<dyn FnOnce(Instant) -> Option<Sample> + Send + 'a>;
    let readers = (0..READERS).map(|number| -> Job<'_> {
        let mut reader = map.reader.another();
        let seed = pace.seed + 1_000 * number;
        Box::new(move |_| {
            Some(look_up(
                &mut *reader,
                keys,
                Way::Single,
                Pace { seed, ..pace },
            ))
        })
    });
    let readers: Vec<_> = readers.collect();
    let writer: Job<'_> = Box::new(|begin| {
        while Instant::now() < begin + pace.warm_up + pace.timed {
            map.writer.upsert(&keys[..1], 0, 1);
            thread::sleep(EVERY);
        }
        None
    });
    let samples = all_at_once(pool, readers.into_iter().chain([writer]));
    samples
        .into_iter()
        .flatten()
        .reduce(Sample::together)
        .expect("readers")
}

/// A collection of bustle's that is a handle itself, and what it does to a key.
macro_rules! collection {
    ($name:ident($map:ty), $new:expr, $get:expr, $insert:expr, $remove:expr, $update:expr) => {
        #[derive(Clone)]
        struct $name($map);

        impl Collection for $name {
            type Handle = Self;

            fn with_capacity(capacity: usize) -> Self {
                $name($new(capacity))
            }

            fn pin(&self) -> Self {
                self.clone()
            }
        }

        impl CollectionHandle for $name {
            type Key = u64;

            fn get(&mut self, key: &u64) -> bool {
                $get(&self.0, key)
            }

            fn insert(&mut self, key: &u64) -> bool {
                $insert(&self.0, *key)
            }

            fn remove(&mut self, key: &u64) -> bool {
                $remove(&self.0, key)
            }

            fn update(&mut self, key: &u64) -> bool {
                $update(&self.0, *key)
            }
        }
    };
}

collection!(
    Ours(SharedMap<u64, u64, Hasher>),
    |capacity| SharedMap::builder()
        .hasher(Hasher::default())
        .capacity(capacity)
        .build(),
    |map: &SharedMap<_, _, _>, key| map.get_cloned(key).is_some(),
    |map: &SharedMap<_, _, _>, key| map.insert(key, 0).is_none(),
    |map: &SharedMap<_, _, _>, key| map.remove(key).is_some(),
    |map: &SharedMap<_, _, _>, key| map.compute_if_present(key, |old| Some(old + 1)).is_some()
);
collection!(
    Dash(Arc<dashmap::DashMap<u64, u64, Hasher>>),
    |capacity| Arc::new(dashmap::DashMap::with_capacity_and_hasher(
        capacity,
        Hasher::default()
    )),
    |map: &dashmap::DashMap<_, _, _>, key| map.get(key).is_some(),
    |map: &dashmap::DashMap<_, _, _>, key| map.insert(key, 0).is_none(),
    |map: &dashmap::DashMap<_, _, _>, key| map.remove(key).is_some(),
    |map: &dashmap::DashMap<_, _, _>, key| map.get_mut(&key).map(|mut value| *value += 1).is_some()
);
collection!(
    Papaya(Arc<papaya::HashMap<u64, u64, Hasher>>),
    |capacity| Arc::new(papaya::HashMap::with_capacity_and_hasher(
        capacity,
        Hasher::default()
    )),
    |map: &papaya::HashMap<_, _, _>, key| map.pin().get(key).is_some(),
    |map: &papaya::HashMap<_, _, _>, key| map.pin().insert(key, 0).is_none(),
    |map: &papaya::HashMap<_, _, _>, key| map.pin().remove(key).is_some(),
    |map: &papaya::HashMap<_, _, _>, key| map.pin().update(key, |value| value + 1).is_some()
);
collection!(
    Scc(Arc<scc::HashMap<u64, u64, Hasher>>),
    |capacity| Arc::new(scc::HashMap::with_capacity_and_hasher(
        capacity,
        Hasher::default()
    )),
    |map: &scc::HashMap<_, _, _>, key| map.read_sync(key, |_, _| ()).is_some(),
    |map: &scc::HashMap<_, _, _>, key| map.upsert_sync(key, 0).is_none(),
    |map: &scc::HashMap<_, _, _>, key| map.remove_sync(key).is_some(),
    |map: &scc::HashMap<_, _, _>, key| map.update_sync(&key, |_, value| *value += 1).is_some()
);

/// evmap's writer behind a mutex, published with each write; each thread reads through a handle of its own.
struct Evmap(Arc<Mutex<Writer>>);

type Writer = evmap::handles::WriteHandle<u64, u64, (), Hasher>;

struct EvmapHandle(
    Arc<Mutex<Writer>>,
    evmap::handles::ReadHandle<u64, u64, (), Hasher>,
);

impl Collection for Evmap {
    type Handle = EvmapHandle;

    fn with_capacity(capacity: usize) -> Self {
        let options = evmap::Options::default().with_capacity(capacity);
        // SAFETY: asks that the hasher gives the same hash for the same input; foldhash does.
        let options = unsafe { options.with_hasher(Hasher::default()) };
        Evmap(Arc::new(Mutex::new(options.construct().0)))
    }

    fn pin(&self) -> EvmapHandle {
        EvmapHandle(Arc::clone(&self.0), lock(&self.0).clone())
    }
}

impl CollectionHandle for EvmapHandle {
    type Key = u64;

    fn get(&mut self, key: &u64) -> bool {
        self.1.get_one(key).is_some()
    }

    fn insert(&mut self, key: &u64) -> bool {
        self.publish(|writer| {
            let is_new = !writer.contains_key(key);
            writer.update(*key, 0);
            is_new
        })
    }

    fn remove(&mut self, key: &u64) -> bool {
        self.publish(|writer| {
            let was_there = writer.contains_key(key);
            writer.remove_entry(*key);
            was_there
        })
    }

    fn update(&mut self, key: &u64) -> bool {
        self.publish(|writer| {
            let old = writer.get_one(key).map(|value| *value);
            old.map(|old| writer.update(*key, old + 1)).is_some()
        })
    }
}

impl EvmapHandle {
    fn publish(&self, write: impl FnOnce(&mut Writer) -> bool) -> bool {
        let mut writer = lock(&self.0);
        let result = write(&mut writer);
        writer.publish();
        result
    }
}

fn lock(writer: &Mutex<Writer>) -> MutexGuard<'_, Writer> {
    writer.lock().unwrap_or_else(PoisonError::into_inner)
}
