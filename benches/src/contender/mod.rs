//! The contenders: one map each, behind two small traits that compile away.
//!
//! All hold the same entries, and all hash with clones of one hasher.
//! Each lookup goes in and out by itself, as a program does that has one thing to look up.

pub mod arc_swap;
pub mod bare;
pub mod dashmap;
pub mod evmap;
pub mod ours;
pub mod papaya;
pub mod rwlock;

use crate::value_of;

/// The hasher of all contenders: the default of hashbrown and of `evmap-core`, seeded at random.
pub type Hasher = hashbrown::DefaultHashBuilder;

/// One thread's way of looking a key up; its clones are for other threads.
pub trait Lookup: Clone + Send + 'static {
    /// Enters, looks up, copies the value, and leaves.
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
        let (load, cache) = arc_swap::readers(ENTRIES, &hasher);
        answers("arc-swap load", load);
        answers("arc-swap cache", cache);
    }
}
