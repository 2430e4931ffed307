//! [`Rhythm`]: a writer that refreshes now and then, while another thread reads.

use std::sync::atomic::{AtomicU8, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::contender::Upsert;
use crate::slice::upsert_all;
use crate::stream::Stream;

/// From so long an interval on a writer sleeps in between: a sleep may take some 50 microseconds more
/// than it was meant to.
const SLEEPS: Duration = Duration::from_millis(1);

/// How often a writer refreshes.
#[derive(Clone, Copy, Debug)]
pub struct Rhythm {
    /// Upserts before each refresh.
    pub operations: usize,
    /// From the beginning of one to the beginning of the next, unless that takes longer.
    pub every: Duration,
    /// Chooses the part of the stream.
    pub seed: usize,
}

/// What the reader tells the writer.
#[derive(Default)]
pub struct Signal(AtomicU8);

const WARM_UP: u8 = 0;
const TIMED: u8 = 1;
const OVER: u8 = 2;

/// What a writer has done while the reader was timed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Refreshes {
    /// How many, at least one.
    pub count: usize,
    /// In all of them, with their upserts.
    pub busy: Duration,
}

impl Rhythm {
    /// Whether the writer sleeps in between; else it spins.
    pub fn sleeps(&self) -> bool {
        self.every >= SLEEPS
    }

    /// Returns when the next refresh is due, or the reader is done.
    fn wait(&self, due: Instant, signal: &Signal) {
        loop {
            let left = due.saturating_duration_since(Instant::now());
            if left.is_zero() || signal.0.load(Ordering::Relaxed) == OVER {
                return;
            }
            if self.sleeps() {
                thread::sleep(left.min(SLEEPS));
            } else {
                std::hint::spin_loop();
            }
        }
    }
}

impl Signal {
    /// What is done from now on counts.
    pub fn begin(&self) {
        self.0.store(TIMED, Ordering::Relaxed);
    }

    /// The writer may stop.
    pub fn end(&self) {
        self.0.store(OVER, Ordering::Relaxed);
    }
}

impl Refreshes {
    /// Nanoseconds for each.
    pub fn ns(self) -> f64 {
        self.busy.as_nanos() as f64 / self.count as f64
    }
}

/// A writer beside a reader; called through a `dyn` once for each slice.
pub trait RefreshSlice: Send {
    /// Writes keys of the stream until the reader is done, and until one refresh has counted.
    fn refresh(&mut self, stream: &Stream, rhythm: Rhythm, signal: &Signal) -> Refreshes;
}

impl<U: Upsert + Send> RefreshSlice for U {
    fn refresh(&mut self, stream: &Stream, rhythm: Rhythm, signal: &Signal) -> Refreshes {
        let mut done = Refreshes::default();
        let mut due = Instant::now();
        for keys in stream.pieces(rhythm.operations, rhythm.seed) {
            let phase = signal.0.load(Ordering::Relaxed);
            if phase == OVER && done.count > 0 {
                break;
            }
            let begin = Instant::now();
            upsert_all(self, keys);
            let end = Instant::now();
            if phase != WARM_UP {
                done.count += 1;
                done.busy += end - begin;
            }
            // One that is late does not hurry afterwards.
            due = (due + rhythm.every).max(end);
            rhythm.wait(due, signal);
        }
        done
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contender::{Hasher, dashmap};

    fn refreshes(every: Duration, timed: Duration) -> Refreshes {
        let (mut map, _) = dashmap::pair(100, &Hasher::default());
        let (stream, signal) = (Stream::new(100), Signal::default());
        let rhythm = Rhythm {
            operations: 3,
            every,
            seed: 0,
        };
        thread::scope(|scope| {
            let writer = scope.spawn(|| map.refresh(&stream, rhythm, &signal));
            signal.begin();
            thread::sleep(timed);
            signal.end();
            writer.join().unwrap()
        })
    }

    #[test]
    fn a_writer_keeps_its_rhythm() {
        let (every, begin) = (Duration::from_millis(2), Instant::now());
        let found = refreshes(every, Duration::from_millis(30));
        // Fewer where the machine is busy, and one more that was due at once.
        let most = begin.elapsed().as_nanos() / every.as_nanos() + 1;
        assert!((1..=most).contains(&(found.count as u128)), "{found:?}");
        assert!(found.ns() > 0.0);
    }

    #[test]
    fn one_refresh_counts_however_short_the_time() {
        let found = refreshes(Duration::from_millis(3), Duration::ZERO);
        assert!(found.count >= 1);
    }
}
