//! `compare many`: many threads that write one map.
//!
//! There is no bare map here, since nobody can write that from two threads: each table says what its ratios are to.
//!
//! *Visible*: writes that every later read shows as soon as they return. Half of them are inserts, and half compute
//! the new value in a closure that is shown the old one.
//!
//! *Deferred*: inserts that readers may see a little later. Half of the keys are new, so a table would grow from slice
//! to slice; instead each slice begins with the same map, which is emptied and filled before the clock starts, and has
//! had capacity for all keys since it was built. What is deferred is part of the bill: the clock stops when all of it
//! is visible, and processor time is counted until the other copy has everything, too, where there are two.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rayon_core::ThreadPool;

use super::{Workload, in_threads, number, or, rows};
use crate::contenders::{
    AUTO, Build, Contender, DASHMAP, Hasher, MUTEX_EVMAP, SOON, TIME, Writes, check_writes,
};
use crate::keys::{Order, draw, pieces, shuffled, value_of};
use crate::paired::{Case, Figure, Head, Pace, Plan, count};
use crate::slice::{Barrier, Processor, Sample, all_at_once, pool};

/// Of the tables.
pub const NAME: &str = "many";
/// Of one of them.
pub const VISIBLE: &str = "visible";
/// Of the other.
pub const DEFERRED: &str = "deferred";

/// The conditions, where nothing else was chosen.
pub const THREADS: &[&str] = &["1 thread", "2 threads", "4 threads", "8 threads"];

/// Keys in the map.
const ENTRIES: usize = 100_000;
/// Keys inserted in each slice of deferred inserts: those that are there, and as many new ones.
const INSERTS: usize = 2 * ENTRIES;
/// Writes between two looks at the clock: few, so that nobody goes on for long after the others.
const PIECE: usize = 32;

/// How many threads write.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Args {
    /// Threads that write at once, such as 1,2,4,8, each at most 64
    #[arg(long, value_delimiter = ',', value_parser = number::<1, 64>, value_name = "N,..")]
    threads: Vec<usize>,
}

/// A contender with a clone for each thread.
struct Shared {
    name: &'static str,
    /// Of the thread that measures.
    own: Box<dyn Writes>,
    writers: Vec<Box<dyn Writes>>,
}

/// What a thread has done.
struct Work {
    sample: Sample,
    /// Processor time before and after.
    used: Option<[Processor; 2]>,
    /// Where the last of its keys are.
    last: Range<usize>,
}

impl Workload for Args {
    fn measure(&self, plan: &Plan, show: &mut dyn FnMut(Case)) {
        let threads = or(&self.threads, &[1, 2, 4, 8]);
        let pool = pool(threads.iter().copied().max().unwrap_or(1));
        // With more threads than processors, the system has to have given each of them its time slices, which last
        // milliseconds.
        let plan = Plan {
            slice: plan.slice * 5,
            ..plan.clone()
        };
        let build = |base: &Contender,
                     entries,
                     can: fn(&Contender) -> Option<Build<Box<dyn Writes>>>| {
            let hasher = Hasher::default();
            let all = rows(base, |contender| Some(can(contender)?(entries, &hasher))).into_iter();
            let all =
                all.map(|(name, map)| (name, Shared::new(name, map, pool.current_num_threads())));
            all.collect::<Vec<_>>()
        };
        let conditions: Vec<_> = threads.iter().map(in_threads).collect();
        let head = |name, title, base: &Contender, ours: &Contender| {
            Head::new(
                format!("{NAME}/{name}"),
                title,
                [base.name, ours.name],
                &conditions,
            )
        };

        let keys = draw(ENTRIES, 1, Order::Uniform);
        let samples = plan.run(
            threads.len(),
            || build(&MUTEX_EVMAP, ENTRIES, |contender| contender.at_once),
            |map, step, pace| [map.visible(&pool, threads[step], &keys, pace)],
        );
        let title = format!(
            "inserts and computes by turns, {} keys, each visible on return; slices of {:?}",
            count(ENTRIES),
            plan.slice
        );
        show(Case::new(
            head(VISIBLE, title, &MUTEX_EVMAP, &AUTO),
            samples,
        ));

        let keys = shuffled(INSERTS);
        let samples = plan.run(
            threads.len(),
            || build(&DASHMAP, INSERTS, |contender| contender.soon),
            |map, step, pace| [map.deferred(&pool, threads[step], &keys, pace)],
        );
        let title = format!(
            "{} inserts into {} keys, half of them new, visible within {TIME:?}",
            count(INSERTS),
            count(ENTRIES)
        );
        show(Case::new(head(DEFERRED, title, &DASHMAP, &SOON), samples));
    }
}

/// Another one for each slice, so that what is left of an earlier one is not taken for what this one wrote.
fn next_stamp() -> u64 {
    static LAST: AtomicU64 = AtomicU64::new(1);
    // ORDER: none is needed, only the number counts.
    LAST.fetch_add(1, Ordering::Relaxed) + 1
}

impl Shared {
    /// One that has been found to keep what is written.
    fn new(name: &'static str, mut own: Box<dyn Writes>, threads: usize) -> Self {
        let mut writer = own.another_writer();
        check_writes(name, &mut *writer, &mut *own, &shuffled(ENTRIES));
        let writers = (0..threads).map(|_| own.another_writer()).collect();
        Shared { name, own, writers }
    }

    fn visible(&mut self, pool: &ThreadPool, threads: usize, keys: &[u32], pace: Pace) -> Figure {
        let (stamp, before, name) = (next_stamp(), self.own.counts(), self.name);
        let timed = Barrier::of(threads);
        let works = self.all(pool, threads, |number, writer, begin| {
            // Each thread has another part of the keys.
            let mut pieces = pieces(keys.len(), PIECE, pace.seed + 1_000 * number);
            let mut last = 0..0;
            let mut until = |deadline| {
                for count in (PIECE..).step_by(PIECE) {
                    last = pieces.next().expect("pieces without end");
                    writer.insert_and_compute(&keys[last.clone()], stamp);
                    let now = Instant::now();
                    if now >= deadline {
                        return (count, now);
                    }
                }
                unreachable!("there is no end")
            };
            until(begin + pace.warm_up);
            let begin = timed.arrive();
            let work = Work::of(begin, || until(begin + pace.timed));
            look_for(name, writer, &keys[last.clone()], stamp);
            Work { last, ..work }
        });
        for work in &works {
            // Each thread has looked itself; this is another one.
            look_for(name, &mut *self.own, &keys[work.last.clone()], stamp);
        }
        figure(&works, before.zip(self.own.counts()), None)
    }

    fn deferred(&mut self, pool: &ThreadPool, threads: usize, keys: &[u32], pace: Pace) -> Figure {
        self.own.remove_all();
        let first: Vec<_> = (0..ENTRIES as u32).collect();
        self.own.upsert(&first, next_stamp(), ENTRIES);
        // Twice, for the two copies: none of it is left to the slice.
        self.own.publish();
        self.own.publish();
        let (stamp, before) = (next_stamp(), self.own.counts());
        let works = self.all(pool, threads, |number, writer, begin| {
            // Not always the same keys for the same thread.
            let mut parts = keys.chunks(INSERTS.div_ceil(threads));
            let part = parts.nth((number + pace.seed) % threads).unwrap_or(&[]);
            Work::of(begin, || {
                writer.upsert(part, stamp, part.len().max(1));
                writer.publish();
                (part.len(), Instant::now())
            })
        });
        let after = self.own.counts();
        self.own.publish();
        self.own.publish();
        let until = Processor::now();
        look_for(self.name, &mut *self.own, keys, stamp);
        figure(&works, before.zip(after), until)
    }

    /// Lets each writer do its job, numbered from 0, in a thread of its own.
    fn all(
        &mut self,
        pool: &ThreadPool,
        threads: usize,
        job: impl Fn(usize, &mut dyn Writes, Instant) -> Work + Sync,
    ) -> Vec<Work> {
        let (job, writers) = (&job, self.writers[..threads].iter_mut().enumerate());
        let jobs = writers.map(|(number, writer)| move |begin| job(number, &mut **writer, begin));
        all_at_once(pool, jobs)
    }
}

impl Work {
    fn of(begin: Instant, work: impl FnOnce() -> (usize, Instant)) -> Self {
        let before = Processor::now();
        let (count, end) = work();
        Work {
            sample: Sample { count, begin, end },
            used: before.zip(Processor::now()).map(<[_; 2]>::from),
            last: 0..0,
        }
    }
}

fn look_for(name: &str, map: &mut dyn Writes, keys: &[u32], stamp: u64) {
    for key in keys.iter().map(|&key| u64::from(key)) {
        let right = Some(value_of(key, stamp));
        assert_eq!(map.find(&key), right, "{name} lost a write at {key}");
    }
}

/// The time of each write of all threads together; how many writes shared a publication, where that was counted; and
/// nanoseconds of processor time per write, where the system tells: of all threads of the process, until a later
/// moment if there is one, and of those that write.
fn figure(
    works: &[Work],
    counts: Option<([u64; 2], [u64; 2])>,
    until: Option<Processor>,
) -> Figure {
    let all = works
        .iter()
        .map(|work| work.sample)
        .reduce(Sample::together)
        .expect("a thread");
    let mut figure = Figure::from(all.ns());
    figure.also.extend(counts.map(|(before, after)| {
        let [writes, publications] = [0, 1].map(|which| after[which] - before[which]);
        (
            "group".to_string(),
            writes as f64 / publications.max(1) as f64,
        )
    }));
    let used: Option<Vec<_>> = works.iter().map(|work| work.used).collect();
    let each = |time: Duration| time.as_nanos() as f64 / all.count as f64;
    if let Some(used) = used {
        let from = used
            .iter()
            .map(|[before, _]| before.process)
            .min()
            .unwrap_or_default();
        let to = used
            .iter()
            .map(|[_, after]| after.process)
            .chain(until.map(|until| until.process))
            .max();
        let writing: Duration = used
            .iter()
            .map(|[before, after]| after.thread.saturating_sub(before.thread))
            .sum();
        // The process's clock may lag behind what a thread that runs on another core has used.
        let process = to.unwrap_or_default().saturating_sub(from).max(writing);
        let also = [("all threads", process), ("writing", writing)];
        figure
            .also
            .extend(also.map(|(name, time)| (name.to_string(), each(time))));
    }
    figure
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_figures_are_those_of_the_slice() {
        let begin = Instant::now();
        let work = Work {
            sample: Sample {
                count: 10,
                begin,
                end: begin + Duration::from_nanos(50),
            },
            used: None,
            last: 0..0,
        };
        assert_eq!([1, 2, 4, 8].each_ref().map(in_threads), THREADS);
        let found = figure(&[work], Some(([100, 100], [160, 120])), None);
        assert_eq!(
            (found.value, found.also),
            (5.0, vec![("group".to_string(), 3.0)])
        );
    }
}
