//! The measured loops, compiled for each contender by itself.

use std::borrow::Borrow;
use std::hint::black_box;
use std::ops::Range;

use super::contender::{Lookup, Read, Share, Upsert, Way, Write, Writes, sum};
use crate::keys::{Asking, Kind, value_of};

impl<K: Kind, L: Lookup<K>> Read<K> for L {
    fn find(&mut self, key: &K::Asked) -> Option<u64> {
        self.get(key)
    }

    fn has_view(&self) -> bool {
        L::HAS_VIEW
    }

    fn look_up(&mut self, keys: &K::Asking, piece: Range<usize>, way: Way) -> u64 {
        match way {
            Way::Single => single(self, keys, piece),
            Way::Dependent => dependent(self, keys, piece, black_box(0)),
            Way::Together(count) => together(self, keys, piece, count),
        }
    }

    fn another(&self) -> Box<dyn Read<K>> {
        Box::new(self.clone())
    }
}

/// The sum is only there to be used, so that no lookup is optimised away.
#[inline(never)]
fn single<K: Kind, L: Lookup<K>>(reader: &mut L, keys: &K::Asking, piece: Range<usize>) -> u64 {
    sum::<K::Asked>(keys.piece(piece), |key| reader.get(key))
}

/// `zero` is 0, which the compiler and the processor cannot know.
#[inline(never)]
fn dependent<K: Kind, L: Lookup<K>>(
    reader: &mut L,
    keys: &K::Asking,
    piece: Range<usize>,
    zero: u64,
) -> u64 {
    let (mut sum, mut last) = (0_u64, 0_u64);
    for at in piece {
        let at = at + (last & zero) as usize;
        if let Some(value) = reader.get(keys.one(at).borrow()) {
            sum = sum.wrapping_add(value);
            last = value;
        }
    }
    sum
}

#[inline(never)]
fn together<K: Kind, L: Lookup<K>>(
    reader: &mut L,
    keys: &K::Asking,
    piece: Range<usize>,
    count: usize,
) -> u64 {
    let starts = piece.clone().step_by(count);
    let sums = starts.map(|start| reader.sum(keys.piece(start..(start + count).min(piece.end))));
    sums.fold(0, u64::wrapping_add)
}

impl<K: Kind, U: Upsert<K>> Write<K> for U {
    #[inline(never)]
    fn upsert(&mut self, keys: &[u32], stamp: u64, batch: usize) {
        for keys in keys.chunks(batch) {
            let keys = keys.iter().map(|&key| u64::from(key));
            self.set_all(keys.map(|key| (K::key(key), value_of(key, stamp))));
        }
    }

    fn publish(&mut self) {
        self.refresh();
    }

    fn kept(&self, key: &K::Asked) -> Option<u64> {
        self.own(key)
    }
}

impl<S: Share> Writes for S {
    #[inline(never)]
    fn insert_and_compute(&mut self, keys: &[u32], stamp: u64) {
        for pair in keys.as_chunks::<2>().0 {
            let [inserted, computed] = pair.map(u64::from);
            self.set(inserted, value_of(inserted, stamp));
            self.compute(computed, move |old| {
                // The new value is not made of the old one: others may have computed it already.
                black_box(old);
                value_of(computed, stamp)
            });
        }
    }

    #[cfg(test)]
    fn add(&mut self, key: u64, more: u64) {
        self.compute(key, move |old| old.unwrap_or(0) + more);
    }

    fn remove_all(&mut self) {
        self.clear();
    }

    fn counts(&self) -> Option<[u64; 2]> {
        self.tally()
    }

    fn another_writer(&self) -> Box<dyn Writes> {
        Box::new(self.clone())
    }
}
