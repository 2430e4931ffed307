//! The contenders: one map each, behind two small traits that compile away.
//!
//! All hold the same entries, and all hash with clones of one hasher.
//! Each lookup goes in and out by itself, as a program does that has one thing to look up.

pub mod arc_swap;
pub mod bare;
pub mod dashmap;
pub mod evmap;
pub mod evmap_mutex;
pub mod filled;
pub mod flashmap;
pub mod left_right;
pub mod ours;
pub mod ours_mutex;
pub mod papaya;
pub mod rwlock;
pub mod scc;
pub mod shared_map;
pub mod shared_reader;

use std::borrow::Borrow;

use crate::kind::{Kind, Number};
use crate::value_of;

/// The hasher of all contenders: the default of hashbrown and of `evmap-core`, seeded at random.
pub type Hasher = hashbrown::DefaultHashBuilder;

/// One thread's way of looking a key up; its clones are for other threads.
pub trait Lookup<K: Kind = Number>: Clone + Send + 'static {
    /// Enters, looks up, copies the value, and leaves.
    ///
    /// Each is `inline(always)`: the measured loop must hold the lookup itself, also if other code calls
    /// it too. A call would cost as much as some lookups do.
    fn get(&mut self, key: &K::Asked) -> Option<u64>;
}

/// One that can look many keys up between entering and leaving once.
pub trait Visit<K: Kind = Number>: Lookup<K> {
    /// Enters, looks these keys up, and leaves: the sum of what it found.
    fn visit(&mut self, keys: impl Iterator<Item: Borrow<K::Asked>>) -> u64;
}

/// What a visit does inside.
#[inline(always)]
fn sum<Q: ?Sized>(
    keys: impl Iterator<Item: Borrow<Q>>,
    mut get: impl FnMut(&Q) -> Option<u64>,
) -> u64 {
    let mut sum = 0_u64;
    for key in keys {
        if let Some(value) = get(key.borrow()) {
            sum = sum.wrapping_add(value);
        }
    }
    sum
}

/// The writer of a contender.
pub trait Upsert<K: Kind = Number>: 'static {
    /// Sets the value of a key.
    fn upsert(&mut self, key: K::Key, value: u64);

    /// Makes what was set visible to readers, where a contender does that apart.
    fn publish(&mut self) {}

    /// Sets the values of these keys, and makes all of them visible.
    #[inline]
    fn upsert_all(&mut self, entries: impl Iterator<Item = (K::Key, u64)>) {
        for (key, value) in entries {
            self.upsert(key, value);
        }
        self.publish();
    }

    /// The published value of a key, as `reader` sees it, which was made together with this writer.
    fn read_back(&mut self, reader: &mut impl Lookup<K>, key: &K::Asked) -> Option<u64> {
        reader.get(key)
    }
}

/// A contender that many threads write, each through a clone of its own.
pub trait Shared: Lookup + Upsert {
    /// Removes everything, and keeps the capacity where the map can.
    fn clear(&mut self);

    /// Sets the key's value to what `value` makes of the old one, in one atomic step.
    ///
    /// `value` may be called more than once: papaya tries again where another thread came first.
    fn compute(&mut self, key: u64, value: impl Fn(Option<u64>) -> u64 + Send);

    /// What was written and published so far, where the map counts it.
    fn tally(&self) -> Option<Tally> {
        None
    }
}

/// Writes that share publications.
#[derive(Clone, Copy, Debug)]
pub struct Tally {
    /// So far.
    pub writes: u64,
    /// So far.
    pub publications: u64,
}

/// Gives a contender the entries of a measurement, `0..entries`.
fn fill<K: Kind>(writer: &mut impl Upsert<K>, entries: usize) {
    let numbers = 0..entries as u64;
    writer.upsert_all(numbers.map(|number| (K::key(number), value_of(number))));
    // Once more, for those that keep two copies.
    writer.publish();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kind::{Questions, Text};
    use evmap_core::FenceMode;
    use std::time::Duration;

    const ENTRIES: usize = 500;

    fn answers(name: &str, mut reader: impl Lookup) {
        for key in 0..ENTRIES as u64 {
            assert_eq!(reader.get(&key), Some(value_of(key)), "{name} at {key}");
        }
        assert_eq!(reader.get(&(ENTRIES as u64)), None, "{name}");
        assert_eq!(reader.clone().get(&7), Some(value_of(7)), "{name}, cloned");
    }

    fn writes(name: &str, (mut writer, mut reader): (impl Upsert, impl Lookup)) {
        writer.upsert(7, 1);
        writer.upsert(1_000_000, 2);
        writer.publish();
        assert_eq!(reader.get(&7), Some(1), "{name}");
        assert_eq!(reader.get(&1_000_000), Some(2), "{name}");
        writer.upsert(7, value_of(7));
        writer.publish();
        answers(name, reader);
    }

    /// By another thread than the one that looks.
    fn shares(name: &str, map: impl Shared) {
        writes(name, (map.clone(), map.clone()));
        let (mut other, mut reader) = (map.clone(), map);
        other.compute(7, |old| old.unwrap_or(0) + 1);
        other.compute(2_000_000, |old| old.unwrap_or(4));
        other.publish();
        assert_eq!(reader.get(&7), Some(value_of(7) + 1), "{name}");
        assert_eq!(reader.get(&2_000_000), Some(4), "{name}");
        other.clear();
        other.publish();
        assert_eq!(reader.get(&7), None, "{name}");
        let other = std::thread::spawn(move || {
            other.upsert(7, 8);
            other.publish();
            other.tally()
        });
        let tally = other.join().unwrap();
        assert_eq!(reader.get(&7), Some(8), "{name}");
        assert!(tally.is_none_or(|tally| tally.writes >= 4 && tally.publications >= 4));
    }

    #[test]
    fn all_contenders_give_the_same_answers() {
        let hasher = Hasher::default();
        answers("bare", bare::reader(ENTRIES, &hasher));
        for mode in [FenceMode::Auto, FenceMode::SeqCst] {
            writes("ours", ours::pair(ENTRIES, &hasher, mode));
        }
        let (_writer, reader) = ours::pair(ENTRIES, &hasher, FenceMode::Auto);
        answers("ours, scoped", ours::Scoped::from(reader));
        writes("evmap", evmap::pair(ENTRIES, &hasher));
        writes("left-right", left_right::pair(ENTRIES, &hasher));
        writes("flashmap", flashmap::pair(ENTRIES, &hasher));
        writes("scc", scc::pair(ENTRIES, &hasher));
        writes("papaya", papaya::pair(ENTRIES, &hasher));
        writes("dashmap", dashmap::pair(ENTRIES, &hasher));
        writes("parking_lot", rwlock::parking_lot_pair(ENTRIES, &hasher));
        writes("std", rwlock::std_pair(ENTRIES, &hasher));
        shares("papaya", papaya::pair(ENTRIES, &hasher).0);
        shares("dashmap", dashmap::pair(ENTRIES, &hasher).0);
        shares("scc", scc::pair(ENTRIES, &hasher).0);
        shares("parking_lot", rwlock::parking_lot_pair(ENTRIES, &hasher).0);
        shares("evmap, at once", evmap_mutex::at_once(ENTRIES, &hasher));
        let soon = Duration::from_millis(1);
        shares("evmap, soon", evmap_mutex::every(soon, ENTRIES, &hasher));
        for mode in [FenceMode::Auto, FenceMode::Membarrier, FenceMode::SeqCst] {
            shares("ours", shared_map::at_once(ENTRIES, &hasher, mode));
            shares("Mutex<ours>", ours_mutex::at_once(ENTRIES, &hasher, mode));
        }
        shares("ours, soon", shared_map::within(soon, ENTRIES, &hasher));
        let (_writer, _, guarded, cloned) = shared_reader::readers(ENTRIES, &hasher);
        answers("ours, shared", guarded);
        answers("ours, shared, cloned", cloned);
        writes("arc-swap", arc_swap::pair(ENTRIES, &hasher));
        let (load, cache) = arc_swap::readers(ENTRIES, &hasher);
        answers("arc-swap load", load);
        answers("arc-swap cache", cache);
    }
    fn visits<K: Kind>(name: &str, mut reader: impl Visit<K>) {
        let keys = K::questions([7, 400, 1_000, 7].into_iter());
        let right = value_of(7) * 2 + value_of(400);
        assert_eq!(reader.visit(keys.piece(0..4)), right, "{name}");
        assert_eq!(
            reader.get(keys.get(1).borrow()),
            Some(value_of(400)),
            "{name}"
        );
        assert_eq!(reader.get(keys.get(2).borrow()), None, "{name}");
    }

    fn visits_of<K: Kind>() {
        let hasher = Hasher::default();
        visits::<K>("bare", bare::reader_of(ENTRIES, &hasher));
        let (_ours, reader) = ours::pair_of::<K>(ENTRIES, &hasher, FenceMode::Auto);
        visits::<K>("ours, scoped", ours::Scoped::from(reader.clone()));
        visits::<K>("ours", reader);
        let (load, cache) = arc_swap::readers_of::<K>(ENTRIES, &hasher);
        visits::<K>("arc-swap load", load);
        visits::<K>("arc-swap cache", cache);
        let (_evmap, reader) = evmap::pair_of::<K>(ENTRIES, &hasher);
        visits::<K>("evmap", reader);
        let (_left_right, reader) = left_right::pair_of::<K>(ENTRIES, &hasher);
        visits::<K>("left-right", reader);
        let (_flashmap, reader) = flashmap::pair_of::<K>(ENTRIES, &hasher);
        visits::<K>("flashmap", reader);
        visits::<K>("papaya", papaya::pair_of::<K>(ENTRIES, &hasher).1);
        visits::<K>(
            "parking_lot",
            rwlock::parking_lot_pair_of::<K>(ENTRIES, &hasher).1,
        );
        visits::<K>("std", rwlock::std_pair_of::<K>(ENTRIES, &hasher).1);
    }

    #[test]
    fn all_that_can_be_visited_give_the_same_answers() {
        visits_of::<Number>();
        visits_of::<Text>();
    }
}
