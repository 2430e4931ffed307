//! `compare field`: what others measure.
//!
//! *Mixes* are those of conc-map-bench, on its harness `bustle`: reads, inserts, removals and updates by all threads, in
//! a map of 786k entries, or in one that is empty at first. It reads its own writes back, so each write is visible when
//! it returns.
//!
//! *Table* is what left-right and evmap are said to lose: many threads look up in a table that hardly changes.

use std::thread;
use std::time::{Duration, Instant};

use bustle::Mix;
use evmap_core::FenceMode;
use rayon_core::ThreadPool;

use super::lookups::look_up;
use super::{Workload, in_threads, number, or, rows};
use crate::contenders::{
    AUTO, BARE, Contender, DASHMAP, Hasher, LOAD, Map, Way, check_writes, shared_map,
};
use crate::keys::{Number, Order, draw};
use crate::paired::{Case, Head, Pace, Plan, count};
use crate::slice::{Sample, all_at_once, pool};

/// Of the tables.
pub const NAME: &str = "field";
/// A row that no contender is, since others read through handles of one thread.
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
    // Each run builds a map of its own.
    let plan = plan.at_most(10, 1);
    let capacity = if plan.is_quick { 17 } else { 20 };
    let samples = plan.run(
        threads.len(),
        || rows(&DASHMAP, |contender| contender.mixes),
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
        "{read} % reads, {insert} % inserts, {remove} % removals, {update} % updates; \
         {} entries at first, and capacity for {}",
        (full * f64::from(1 << capacity)) as usize,
        1 << capacity
    );
    let conditions: Vec<_> = threads.iter().map(in_threads).collect();
    Case::new(
        Head::new(
            format!("{NAME}/{name}"),
            title,
            [DASHMAP.name, AUTO.name],
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
            // A few, since some copy the whole map for each.
            check_writes(name, &mut *map.writer, &mut *map.reader, &keys[..64]);
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
