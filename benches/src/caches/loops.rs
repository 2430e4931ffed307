//! The measured loops, compiled for each cache by itself.

use std::any::Any;
use std::hint::black_box;
use std::ops::Range;
use std::time::Instant;

use super::contender::{Cache, Handle, Timed};
use crate::contenders::{Hasher, Lookup, Map, Upsert};
use crate::keys::{Number, value_of};

/// As a map.
#[derive(Clone)]
struct Held<C>(C);

impl<C: Cache> Lookup for Held<C> {
    #[inline(always)]
    fn get(&mut self, &key: &u64) -> Option<u64> {
        self.0.get(key)
    }
}

impl<C: Cache> Upsert for Held<C> {
    fn set(&mut self, key: u64, value: u64) {
        self.0.insert(key, value);
    }
}

impl<C: Cache> Handle for C {
    fn find(&self, key: u64) -> Option<u64> {
        self.get(key)
    }

    fn fill(&self, keys: &mut dyn Iterator<Item = u64>) {
        for key in keys {
            self.insert(key, value_of(key, 0));
        }
        self.settle();
    }

    #[inline(never)]
    fn replay(&self, keys: &[u64]) -> usize {
        let mut hits = 0;
        for &key in keys {
            if self.get(key).is_some() {
                hits += 1;
            } else {
                self.insert(key, value_of(key, 0));
                self.settle();
            }
        }
        hits
    }

    #[inline(never)]
    fn serve(&self, keys: &[u32]) -> usize {
        let (mut hits, mut sum) = (0, 0_u64);
        for key in keys.iter().map(|&key| u64::from(key)) {
            if let Some(value) = self.get(key) {
                hits += 1;
                sum = sum.wrapping_add(value);
            } else {
                self.insert(key, value_of(key, 0));
            }
        }
        black_box(sum);
        hits
    }

    #[inline(never)]
    fn time_hits(&self, keys: &[u32], timed: &mut Timed) {
        for key in keys.iter().map(|&key| u64::from(key)) {
            let begin = Instant::now();
            let found = black_box(self.get(key));
            let time = begin.elapsed();
            match found {
                Some(_) => timed.push(time.as_nanos().try_into().unwrap_or(u32::MAX)),
                None => self.insert(key, value_of(key, 0)),
            }
        }
    }

    #[inline(never)]
    fn insert_all(&self, keys: Range<u64>) {
        keys.for_each(|key| self.insert(key, value_of(key, 0)));
    }

    fn count(&self) -> usize {
        self.entries()
    }

    fn as_map(&self) -> Map<Number> {
        (Held(self.clone()), Held(self.clone())).into()
    }

    fn another(&self) -> Box<dyn Handle> {
        Box::new(self.clone())
    }
}

/// A cache that has been given as many entries as it may hold.
pub(super) fn filled<C: Cache>(entries: usize) -> Box<dyn Any> {
    kept::<C>(entries, entries)
}

/// A cache that has been given twice as many, so that it has evicted, and remembers what it remembers of that.
pub(super) fn evicting<C: Cache>(entries: usize) -> Box<dyn Any> {
    kept::<C>(entries, 2 * entries)
}

/// # Panics
/// If there are too many entries now, or far too few: a cache in shards evicts from the fullest of them early.
fn kept<C: Cache>(entries: usize, inserted: usize) -> Box<dyn Any> {
    let cache = C::new(entries, &Hasher::default());
    cache.fill(&mut (0..inserted as u64));
    let count = cache.entries();
    assert!(
        (entries * 9 / 10..=entries + entries / 100).contains(&count),
        "{}: {count} of {entries}",
        C::NAME
    );
    Box::new(cache)
}
