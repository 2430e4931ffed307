//! The contenders: one map each, behind two small traits that compile away.
//!
//! All hold the same entries, and all hash with clones of one hasher.
//! Each lookup goes in and out by itself, as a program does that has one thing to look up.

pub mod arc_swap;
pub mod bare;
pub mod dashmap;
pub mod evmap;
pub mod evmap_mutex;
pub mod ours;
pub mod papaya;
pub mod rwlock;
pub mod scc;
pub mod shared_map;

use crate::value_of;

/// The hasher of all contenders: the default of hashbrown and of `evmap-core`, seeded at random.
pub type Hasher = hashbrown::DefaultHashBuilder;

/// One thread's way of looking a key up; its clones are for other threads.
pub trait Lookup: Clone + Send + 'static {
    /// Enters, looks up, copies the value, and leaves.
    ///
    /// Each is `inline(always)`: the measured loop must hold the lookup itself, also if other code calls
    /// it too. A call would cost as much as some lookups do.
    fn get(&mut self, key: u64) -> Option<u64>;
}

/// The writer of a contender.
pub trait Upsert: 'static {
    /// Sets the value of a key.
    fn upsert(&mut self, key: u64, value: u64);

    /// Makes what was set visible to readers, where a contender does that apart.
    fn publish(&mut self) {}

    /// The published value of a key, as `reader` sees it, which was made together with this writer.
    fn read_back(&mut self, reader: &mut impl Lookup, key: u64) -> Option<u64> {
        reader.get(key)
    }
}

/// A contender that many threads write, each through a clone of its own.
pub trait Shared: Lookup + Upsert {
    /// Takes everything out, and keeps the room where the map can.
    fn clear(&mut self);

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
fn fill(writer: &mut impl Upsert, entries: usize) {
    for key in 0..entries as u64 {
        writer.upsert(key, value_of(key));
    }
    // Twice, for those that keep two copies.
    writer.publish();
    writer.publish();
}

#[cfg(test)]
mod tests {
    use super::*;
    use evmap_core::FenceMode;
    use std::time::Duration;

    const ENTRIES: usize = 500;

    fn answers(name: &str, mut reader: impl Lookup) {
        for key in 0..ENTRIES as u64 {
            assert_eq!(reader.get(key), Some(value_of(key)), "{name} at {key}");
        }
        assert_eq!(reader.get(ENTRIES as u64), None, "{name}");
        assert_eq!(reader.clone().get(7), Some(value_of(7)), "{name}, cloned");
    }

    fn writes(name: &str, (mut writer, mut reader): (impl Upsert, impl Lookup)) {
        writer.upsert(7, 1);
        writer.upsert(1_000_000, 2);
        writer.publish();
        assert_eq!(reader.get(7), Some(1), "{name}");
        assert_eq!(reader.get(1_000_000), Some(2), "{name}");
        writer.upsert(7, value_of(7));
        writer.publish();
        answers(name, reader);
    }

    /// By another thread than the one that looks.
    fn shares(name: &str, map: impl Shared) {
        writes(name, (map.clone(), map.clone()));
        let (mut other, mut reader) = (map.clone(), map);
        other.clear();
        other.publish();
        assert_eq!(reader.get(7), None, "{name}");
        let other = std::thread::spawn(move || {
            other.upsert(7, 8);
            other.publish();
            other.tally()
        });
        let tally = other.join().unwrap();
        assert_eq!(reader.get(7), Some(8), "{name}");
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
        }
        shares("ours, soon", shared_map::within(soon, ENTRIES, &hasher));
        let (load, cache) = arc_swap::readers(ENTRIES, &hasher);
        answers("arc-swap load", load);
        answers("arc-swap cache", cache);
    }
}
