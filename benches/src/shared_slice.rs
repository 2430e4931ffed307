//! Shared slices: slices of one contender's work by many threads at once.
//!
//! Where there are more threads than processors, some of them always wait for one.
//! So all begin to count at one moment, the same for all, and are done at the latest end.

use std::hint::black_box;
use std::time::Instant;

use crate::contender::{Shared, Tally};
use crate::cpu::{Begun, Spent};
use crate::slice::{Barrier, Pace, Sample};
use crate::stamped;
use crate::stream::Stream;

/// Writes between two looks at the clock: few, so that nobody goes on for long after the others.
const PIECE: usize = 32;

/// Where the threads of one slice meet.
pub struct Starts {
    warm_up: Barrier,
    timed: Barrier,
}

impl Starts {
    /// For this many threads.
    pub fn of(threads: usize) -> Self {
        Starts {
            warm_up: Barrier::of(threads),
            timed: Barrier::of(threads),
        }
    }
}

/// What one of the threads has done, or all of them.
#[derive(Clone, Copy)]
pub struct Work {
    /// How much, and between which moments.
    pub sample: Sample,
    /// The processor time of it, where the system tells.
    pub spent: Option<Spent>,
}

/// What one of the threads has written.
pub struct Written {
    /// The timed part.
    pub work: Work,
    /// The last of its keys.
    pub last: Vec<u32>,
}

/// One thread's work on a contender that it shares with others.
pub trait SharedSlice: Send {
    /// Inserts and computes values in turn, at keys of the stream, for as long as `pace` says, as all
    /// others do that come to `starts`, and looks up the last ones afterwards.
    ///
    /// # Panics
    /// If one of those is not there.
    fn write(&mut self, stream: &Stream, pace: Pace, stamp: u64, starts: &Starts) -> Written;

    /// Inserts these keys, as all others do that come to `starts`, and publishes.
    fn insert(&mut self, keys: &[u32], stamp: u64, starts: &Starts) -> Work;

    /// Empties the map, gives it `0..entries`, and publishes that.
    fn refill(&mut self, entries: usize, stamp: u64);

    /// Publishes what is left to publish, until both copies have it, where there are two.
    fn settle(&mut self);

    /// The first of these keys that does not have its value.
    fn missing(&mut self, keys: &[u32], stamp: u64) -> Option<u32>;

    /// What was written and published so far, where the map counts it.
    fn tally(&self) -> Option<Tally>;
}

impl<S: Shared> SharedSlice for S {
    fn write(&mut self, stream: &Stream, pace: Pace, stamp: u64, starts: &Starts) -> Written {
        let mut pieces = stream.pieces(PIECE, pace.seed);
        let mut last = &[][..];
        let mut until = |deadline: Instant| {
            let mut count = 0;
            for keys in pieces.by_ref() {
                insert_and_compute(self, keys, stamp);
                last = keys;
                count += PIECE;
                let now = Instant::now();
                if now >= deadline {
                    return (count, now);
                }
            }
            unreachable!("the stream has no end");
        };
        until(starts.warm_up.arrive() + pace.warm_up);
        let begin = starts.timed.arrive();
        let begun = Begun::now();
        let (count, end) = until(begin + pace.timed);
        let work = Work {
            sample: Sample { count, begin, end },
            spent: begun.and_then(Begun::end),
        };
        let missing = self.missing(last, stamp);
        assert_eq!(missing, None, "a write was not visible when it returned");
        Written {
            work,
            last: last.to_vec(),
        }
    }

    fn insert(&mut self, keys: &[u32], stamp: u64, starts: &Starts) -> Work {
        let begin = starts.timed.arrive();
        let begun = Begun::now();
        insert(self, keys, stamp);
        self.publish();
        let end = Instant::now();
        Work {
            sample: Sample {
                count: keys.len(),
                begin,
                end,
            },
            spent: begun.and_then(Begun::end),
        }
    }

    fn refill(&mut self, entries: usize, stamp: u64) {
        self.clear();
        for key in 0..entries as u64 {
            self.upsert(key, stamped(key, stamp));
        }
        self.settle();
    }

    fn settle(&mut self) {
        self.publish();
        self.publish();
    }

    fn missing(&mut self, keys: &[u32], stamp: u64) -> Option<u32> {
        let is_missing = |key: &u32| {
            let key = u64::from(*key);
            self.get(&key) != Some(stamped(key, stamp))
        };
        keys.iter().copied().find(is_missing)
    }

    fn tally(&self) -> Option<Tally> {
        Shared::tally(self)
    }
}

/// The measured loop of inserts.
#[inline(never)]
fn insert<S: Shared>(writer: &mut S, keys: &[u32], stamp: u64) {
    for &key in keys {
        let key = u64::from(key);
        writer.upsert(key, stamped(key, stamp));
    }
}

/// The measured loop of writes of both kinds: half of them read the old value.
#[inline(never)]
fn insert_and_compute<S: Shared>(writer: &mut S, keys: &[u32], stamp: u64) {
    let (pairs, odd) = keys.as_chunks();
    for &[inserted, computed] in pairs {
        let (inserted, computed) = (u64::from(inserted), u64::from(computed));
        writer.upsert(inserted, stamped(inserted, stamp));
        writer.compute(computed, move |old| {
            // The new value is not made of the old one: others may have computed it already.
            black_box(old);
            stamped(computed, stamp)
        });
    }
    insert(writer, odd, stamp);
}

impl Work {
    /// Two threads' slices as one.
    pub fn together(self, other: Work) -> Work {
        let spent = self.spent.zip(other.spent);
        Work {
            sample: self.sample.together(other.sample),
            spent: spent.map(|(own, other)| own.together(other)),
        }
    }
}

/// All threads' slices as one.
///
/// # Panics
/// If there is none.
pub fn together(works: impl IntoIterator<Item = Work>) -> Work {
    let all = works.into_iter().reduce(Work::together);
    all.expect("no thread")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contender::{Hasher, Lookup, Upsert, dashmap};
    use crate::value_of;
    use std::thread;
    use std::time::Duration;

    const PACE: Pace = Pace {
        warm_up: Duration::from_millis(1),
        timed: Duration::from_millis(5),
        seed: 3,
    };

    #[test]
    fn all_threads_count_from_one_moment_and_find_what_they_wrote() {
        let (map, mut reader) = dashmap::pair(100, &Hasher::default());
        let (stream, starts) = (Stream::new(100), Starts::of(3));
        let written: Vec<_> = thread::scope(|scope| {
            let work = |mut map: dashmap::Handle| {
                let (stream, starts) = (&stream, &starts);
                scope.spawn(move || map.write(stream, PACE, 7, starts))
            };
            let threads = [0; 3].map(|_| work(map.clone()));
            threads.map(|thread| thread.join().unwrap()).into()
        });
        let begin = written[0].work.sample.begin;
        for one in &written {
            assert_eq!(one.work.sample.begin, begin);
            assert!(one.work.sample.count > 0 && one.work.sample.end - begin >= PACE.timed);
            assert_eq!(reader.missing(&one.last, 7), None);
            assert_eq!(reader.missing(&one.last, 8), Some(one.last[0]));
        }
        let count: usize = written.iter().map(|one| one.work.sample.count).sum();
        let all = together(written.into_iter().map(|one| one.work));
        assert_eq!((all.sample.count, all.sample.begin), (count, begin));
    }

    #[test]
    fn a_refilled_map_has_its_entries_and_no_others() {
        let (mut map, mut reader) = dashmap::pair(100, &Hasher::default());
        map.refill(50, 1);
        assert_eq!(reader.get(&49), Some(value_of(49) + 1));
        assert_eq!(reader.get(&50), None);
        map.insert(&[49, 50], 2, &Starts::of(1));
        assert_eq!(reader.missing(&[49, 50], 2), None);
        assert_eq!(reader.missing(&[48, 49], 2), Some(48));
    }

    /// Keeps no write.
    #[derive(Clone)]
    struct Sieve;

    impl Lookup for Sieve {
        fn get(&mut self, _: &u64) -> Option<u64> {
            None
        }
    }

    impl Upsert for Sieve {
        fn upsert(&mut self, _: u64, _: u64) {}
    }

    impl Shared for Sieve {
        fn clear(&mut self) {}

        fn compute(&mut self, _: u64, _: impl Fn(Option<u64>) -> u64 + Send) {}
    }

    #[test]
    #[should_panic(expected = "was not visible when it returned")]
    fn a_write_that_is_lost_is_found() {
        Sieve.write(&Stream::new(100), PACE, 1, &Starts::of(1));
    }
}
