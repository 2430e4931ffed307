//! Slices: short stretches of one contender's work, timed.
//!
//! A slice is called through a `dyn` once; the loop inside is compiled for its contender alone.

use std::hint::black_box;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::contender::{Lookup, Upsert};
use crate::stream::Stream;
use crate::value_of;

/// Lookups between two looks at the clock, which then cost next to nothing.
pub const PIECE: usize = 1024;

/// How long a slice takes.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Untimed, to bring the contender's data back into the caches.
    pub warm_up: Duration,
    /// Timed.
    pub timed: Duration,
    /// Chooses the part of the stream: the same for all contenders of a round.
    pub seed: usize,
}

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
    /// Not in the longer of the two times: where both threads have to share a processor, one may
    /// run after the other, and would seem to have run beside it.
    pub fn together(self, other: Sample) -> Sample {
        Sample {
            count: self.count + other.count,
            begin: self.begin.min(other.begin),
            end: self.end.max(other.end),
        }
    }
}

/// One thread's lookups in one contender.
pub trait ReadSlice: Send {
    /// Looks up keys of the stream, one entry and exit for each, for as long as `pace` says.
    fn read(&mut self, stream: &Stream, pace: Pace) -> Sample;

    /// Looks up keys of the stream until `stop` is set.
    fn read_until(&mut self, stream: &Stream, stop: &AtomicBool);
}

impl<L: Lookup> ReadSlice for L {
    fn read(&mut self, stream: &Stream, pace: Pace) -> Sample {
        let mut pieces = stream.pieces(PIECE, pace.seed);
        timed(pace, || {
            for keys in pieces.by_ref().take(1) {
                black_box(sum(self, keys));
            }
            PIECE
        })
    }

    fn read_until(&mut self, stream: &Stream, stop: &AtomicBool) {
        for keys in stream.pieces(PIECE, 1) {
            black_box(sum(self, keys));
            if stop.load(Ordering::Relaxed) {
                return;
            }
        }
    }
}

/// The measured loop of reads.
///
/// Every key is there, which [`check::answers`](crate::check::answers) has made sure of beforehand.
/// The sum is only there to be used, so that no lookup is optimised away.
#[inline(never)]
pub fn sum<L: Lookup>(reader: &mut L, keys: &[u32]) -> u64 {
    let mut sum = 0_u64;
    for &key in keys {
        if let Some(value) = reader.get(&u64::from(key)) {
            sum = sum.wrapping_add(value);
        }
    }
    sum
}

/// One writer's upserts in one contender.
pub trait WriteSlice {
    /// Upserts keys of the stream, `batch` of them before each publication, for as long as `pace`
    /// says.
    fn write(&mut self, stream: &Stream, batch: usize, pace: Pace) -> Sample;
}

impl<U: Upsert> WriteSlice for U {
    fn write(&mut self, stream: &Stream, batch: usize, pace: Pace) -> Sample {
        let mut pieces = stream.pieces(batch, pace.seed);
        // Small batches are grouped, so that the clock is not what is measured.
        let group = (PIECE / 4 / batch).max(1);
        timed(pace, || {
            for keys in pieces.by_ref().take(group) {
                upsert_all(self, keys);
            }
            group * batch
        })
    }
}

/// The measured loop of writes.
#[inline(never)]
pub fn upsert_all<U: Upsert>(writer: &mut U, keys: &[u32]) {
    let keys = keys.iter().map(|&key| u64::from(key));
    writer.upsert_all(keys.map(|key| (key, value_of(key))));
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

/// How long anybody waits at a barrier: after that the others have failed.
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

    /// Returns once all are here: when the first of them knew of that, which is the same moment
    /// for all.
    ///
    /// # Panics
    /// If the others do not come.
    pub fn arrive(&self) -> Instant {
        let arrived = Instant::now();
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
                std::thread::yield_now();
            }
            std::hint::spin_loop();
        }
        *self.complete.get_or_init(Instant::now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::LazyLock;

    /// Ten lookups, between these nanoseconds of one clock.
    fn sample(begin: u64, end: u64) -> Sample {
        static CLOCK: LazyLock<Instant> = LazyLock::new(Instant::now);
        let at = |ns| *CLOCK + Duration::from_nanos(ns);
        Sample {
            count: 10,
            begin: at(begin),
            end: at(end),
        }
    }

    #[test]
    fn two_slices_together_are_as_slow_as_the_slower() {
        let (fast, slow) = (sample(0, 100), sample(0, 400));
        assert_eq!(fast.ns(), 10.0);
        assert_eq!(fast.together(slow).ns(), 20.0);
    }

    #[test]
    fn two_slices_one_after_the_other_are_as_slow_as_one() {
        let (first, second) = (sample(0, 100), sample(100, 200));
        assert_eq!(first.together(second).ns(), first.ns());
        assert_eq!(second.together(first).ns(), first.ns());
    }

    #[test]
    fn a_timed_stretch_lasts_as_long_as_it_was_told() {
        let pace = Pace {
            warm_up: Duration::from_millis(1),
            timed: Duration::from_millis(2),
            seed: 0,
        };
        let sample = timed(pace, || 1);
        assert!(sample.end - sample.begin >= pace.timed && sample.count > 0);
    }
}
