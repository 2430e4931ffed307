//! `compare many`: many threads that write one map.
//!
//! There is no bare map here, since nobody can write that from two threads: each table says what
//! its ratios are to.

mod deferred;
mod pool;
mod visible;

use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

use benches::check;
use benches::contender::{Shared, Tally};
use benches::shared_slice::{SharedSlice, Work};
use benches::stream::Stream;

use crate::case::{Figure, Spent};
use crate::plan::Plan;
use pool::Pool;

pub use deferred::{CASE as DEFERRED, OURS as OURS_DEFERRED};
pub use visible::{BASE as VISIBLE_BASE, CASE as VISIBLE, MUTEX, OURS as OURS_VISIBLE};

/// Keys in the map.
const ENTRIES: usize = 100_000;
/// The most threads.
pub const MOST: usize = 64;
/// How many times as long as usual a slice is: with more threads than processors, the system has to
/// have given each of them its turns, which last milliseconds.
const LONGER: u32 = 5;

/// The threads that write, and what they have together.
pub struct Many {
    pool: Pool,
    plan: Plan,
    stream: Arc<Stream>,
    /// How many threads write, by condition.
    threads: Vec<usize>,
    /// Of the last slice.
    stamp: Cell<u64>,
}

/// A contender with a clone for each thread.
struct Contender {
    name: &'static str,
    /// Of the thread that measures.
    own: Box<dyn SharedSlice>,
    /// `None` while another thread has it.
    writers: Vec<Option<Box<dyn SharedSlice>>>,
}

impl Many {
    /// As many threads at once as each of `threads` says, one after the other.
    pub fn start(threads: &[usize], plan: &Plan) -> Self {
        Many {
            pool: Pool::start(threads.iter().copied().max().unwrap_or(0)),
            plan: Plan {
                slice: plan.slice * LONGER,
                ..plan.clone()
            },
            stream: Arc::new(Stream::new(ENTRIES)),
            threads: threads.to_vec(),
            stamp: Cell::new(0),
        }
    }

    fn conditions(&self) -> Vec<String> {
        self.threads.iter().map(|&n| condition(n)).collect()
    }

    fn next_stamp(&self) -> u64 {
        self.stamp.set(self.stamp.get() + 1);
        self.stamp.get()
    }

    /// A contender that has been found to keep what is written.
    fn contender(&self, name: &'static str, map: impl Shared) -> Contender {
        check::writes(name, &mut map.clone(), &mut map.clone(), &self.stream);
        let most = self.threads.iter().copied().max().unwrap_or(0);
        let clone = |_| Some(Box::new(map.clone()) as Box<dyn SharedSlice>);
        Contender {
            name,
            writers: (0..most).map(clone).collect(),
            own: Box::new(map),
        }
    }
}

/// This many threads.
fn condition(threads: usize) -> String {
    match threads {
        1 => "1 thread".to_string(),
        n => format!("{n} threads"),
    }
}

/// Times per write, and how many writes shared a publication since `before`.
fn figure(work: Work, before: Option<Tally>, after: Option<Tally>) -> Figure {
    let group = before.zip(after).map(|(before, after)| {
        let publications = after.publications - before.publications;
        (after.writes - before.writes) as f64 / publications.max(1) as f64
    });
    let each = |time: Duration| time.as_nanos() as f64 / work.sample.count as f64;
    let spent = work.spent.map(|spent| Spent {
        all: each(spent.all()),
        writing: each(spent.workers),
    });
    Figure {
        ns: work.sample.ns(),
        group,
        spent,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use benches::slice::Sample;
    use std::time::Instant;

    #[test]
    fn groups_are_those_of_the_slice() {
        let tally = |writes, publications| {
            Some(Tally {
                writes,
                publications,
            })
        };
        let begin = Instant::now();
        let work = Work {
            sample: Sample {
                count: 10,
                begin,
                end: begin + Duration::from_nanos(50),
            },
            spent: None,
        };
        let found = figure(work, tally(100, 100), tally(160, 120));
        assert_eq!(found.group, Some(3.0));
        assert_eq!(figure(work, None, None), Figure::from(5.0));
    }
}
