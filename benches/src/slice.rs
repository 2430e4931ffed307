//! Slices: short stretches of work, timed; by one thread, or by several that begin together.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use rayon_core::{ThreadPool, ThreadPoolBuilder};

use crate::paired::Pace;

/// What a slice did.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    /// Lookups or upserts.
    pub count: usize,
    /// Before the first of them.
    pub begin: Instant,
    /// After the last.
    pub end: Instant,
}

impl Sample {
    /// Nanoseconds for each lookup or upsert.
    pub fn ns(self) -> f64 {
        (self.end - self.begin).as_nanos() as f64 / self.count as f64
    }

    /// Two threads' slices as one: all that was done, from the earlier begin to the later end.
    ///
    /// Not in the longer of the two times: where both threads have to share a processor, one may run after the
    /// other, and would seem to have run beside it.
    pub fn together(self, other: Sample) -> Sample {
        Sample {
            count: self.count + other.count,
            begin: self.begin.min(other.begin),
            end: self.end.max(other.end),
        }
    }
}

/// Repeats some work, which says how much it did each time, for as long as `pace` says.
pub fn timed(pace: Pace, mut work: impl FnMut() -> usize) -> Sample {
    let begin = Instant::now();
    while begin.elapsed() < pace.warm_up {
        work();
    }
    let begin = Instant::now();
    let mut count = 0;
    loop {
        count += work();
        let end = Instant::now();
        if end - begin >= pace.timed {
            return Sample { count, begin, end };
        }
    }
}

/// Does two things that begin together, the second one in another thread: always the same, so that what contenders keep
/// for each thread stays.
pub fn beside<A, B: Send>(own: impl FnOnce() -> A, other: impl FnOnce() -> B + Send) -> (A, B) {
    static OTHER: LazyLock<ThreadPool> = LazyLock::new(|| pool(1));
    let (barrier, mut result) = (&Barrier::of(2), None);
    let own = OTHER.in_place_scope(|scope| {
        scope.spawn(|_| {
            barrier.arrive();
            result = Some(other());
        });
        barrier.arrive();
        own()
    });
    (own, result.expect("the other thread has ended"))
}

/// Tells other threads that one has ended, also by a panic: else they would work on, and it would wait for them.
pub struct Ends<'a>(pub &'a AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        // ORDER: none is needed, nothing is read that was written before.
        self.0.store(true, Ordering::Relaxed);
    }
}

/// This many threads, asleep.
pub fn pool(threads: usize) -> ThreadPool {
    let pool = ThreadPoolBuilder::new().num_threads(threads).build();
    pool.expect("the system has threads")
}

/// Runs each job in a thread of its own. All begin together, and each is given the moment of that. Returns the results,
/// in order.
///
/// # Panics
/// If one has, or there are fewer threads.
pub fn all_at_once<R: Send>(
    pool: &ThreadPool,
    jobs: impl Iterator<Item = impl FnOnce(Instant) -> R + Send>,
) -> Vec<R> {
    let jobs: Vec<_> = jobs.map(|job| Mutex::new(Some(job))).collect();
    assert!(jobs.len() <= pool.current_num_threads(), "too few threads");
    let barrier = Barrier::of(jobs.len());
    // Each thread has the job of its own number, always, so that what contenders keep for each thread stays.
    let results = pool.broadcast(|thread| {
        let job = jobs.get(thread.index())?.lock().ok()?.take()?;
        Some(job(barrier.arrive()))
    });
    results.into_iter().flatten().collect()
}

/// How long a thread waits at a barrier: after that the others have failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where threads meet, to begin together.
///
/// They spin, since a sleeping thread wakes too late to begin with the others.
pub struct Barrier {
    expected: usize,
    here: AtomicUsize,
    complete: OnceLock<Instant>,
}

impl Barrier {
    /// A barrier for this many threads.
    pub fn of(expected: usize) -> Self {
        Barrier {
            expected,
            here: AtomicUsize::new(0),
            complete: OnceLock::new(),
        }
    }

    /// Returns once all are here: when the first of them knew of that, which is the same moment for all.
    ///
    /// # Panics
    /// If the others do not come.
    pub fn arrive(&self) -> Instant {
        let arrived = Instant::now();
        // ORDER: pairs with the load below in the other threads: what each did before it arrived has happened for all.
        self.here.fetch_add(1, Ordering::AcqRel);
        let mut spins = 0_u32;
        while self.here.load(Ordering::Acquire) < self.expected {
            spins += 1;
            if spins.is_multiple_of(10_000) {
                assert!(
                    arrived.elapsed() < PATIENCE,
                    "the other threads do not come"
                );
                // Another one may need this very processor.
                thread::yield_now();
            }
            std::hint::spin_loop();
        }
        *self.complete.get_or_init(Instant::now)
    }
}

/// Processor time that was used so far, where the system tells.
#[derive(Clone, Copy, Debug)]
pub struct Processor {
    /// By the calling thread.
    pub thread: Duration,
    /// By all threads of the process.
    pub process: Duration,
}

impl Processor {
    /// Until now.
    pub fn now() -> Option<Self> {
        #[cfg(unix)]
        let used = |clock| {
            let time = rustix::time::clock_gettime(clock);
            Some(Duration::new(
                time.tv_sec.try_into().ok()?,
                time.tv_nsec.try_into().ok()?,
            ))
        };
        #[cfg(unix)]
        return Some(Processor {
            thread: used(rustix::time::ClockId::ThreadCPUTime)?,
            process: used(rustix::time::ClockId::ProcessCPUTime)?,
        });
        #[cfg(not(unix))]
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_slices_together_last_from_the_first_begin_to_the_last_end() {
        let begin = Instant::now();
        let sample = |from, to| Sample {
            count: 10,
            begin: begin + Duration::from_nanos(from),
            end: begin + Duration::from_nanos(to),
        };
        assert_eq!(sample(0, 100).together(sample(0, 400)).ns(), 20.0);
        assert_eq!(sample(100, 200).together(sample(0, 100)).ns(), 10.0);
    }

    #[test]
    fn threads_that_meet_know_of_the_same_moment() {
        let pool = pool(3);
        let moments = all_at_once(&pool, (0..3).map(|number| move |begin| (number, begin)));
        assert!(
            moments
                .iter()
                .enumerate()
                .all(|(at, &(number, begin))| (at, moments[0].1) == (number, begin))
        );
        let other = || thread::current().id();
        let (own, first) = beside(other, other);
        assert_eq!(own, thread::current().id());
        assert_ne!(own, first);
        assert_eq!(beside(other, other).1, first);
    }

    #[test]
    #[should_panic(expected = "a broken contender")]
    fn a_panic_does_not_wait_for_the_other_thread() {
        let is_over = AtomicBool::new(false);
        let own = || {
            let _ends = Ends(&is_over);
            panic!("a broken contender");
        };
        beside(own, || {
            while !is_over.load(Ordering::Relaxed) {
                thread::yield_now()
            }
        });
    }

    #[cfg(unix)]
    #[test]
    fn the_process_pays_for_all_threads() {
        let before = Processor::now().expect("a clock");
        let work = || {
            let begin = Processor::now().expect("a clock").thread;
            while Processor::now().expect("a clock").thread - begin < Duration::from_millis(10) {}
        };
        beside(work, work);
        let after = Processor::now().expect("a clock");
        assert!(after.process - before.process >= Duration::from_millis(20));
        assert!(after.thread - before.thread >= Duration::from_millis(10));
    }
}
