//! Loading many entries into an empty table by sorting them.
//!
//! An insertion goes to a random slot of the array and shifts words. Sorted words are written in one pass.
//! The result is the same as of inserting one by one: the same entries in the same order. Of equal keys, the first
//! key and the last value remain.

use std::mem;

use super::word::{bits, bits_of, index, pack};
use super::words::Words;
use super::{RobinHoodTable, refuse_beyond};

/// Fewer entries are inserted one by one, which takes no longer.
pub(super) const FEW: usize = 32;

/// Entries on their way into a table. Those that do not arrive are discarded, also after a panic.
struct Incoming<K, V, F: FnMut(K, V)> {
    entries: Vec<(K, V)>,
    discard: F,
}

impl<K: Eq, V> RobinHoodTable<K, V> {
    /// Loads at most `limit` entries into an empty table. Discards repeated keys and the values that they replaced.
    ///
    /// If this panics, the table is still empty, and every entry that the iterator returned is discarded.
    pub(super) fn load_empty(
        &mut self,
        limit: usize,
        hashed: impl Iterator<Item = (u64, K, V)>,
        discard: impl FnMut(K, V),
    ) {
        debug_assert!(self.entries.is_empty());
        let mut incoming = Incoming {
            entries: mem::take(&mut self.entries),
            discard,
        };
        let entries = &mut incoming.entries;
        let mut words = Vec::new();
        // A hint: both grow by themselves if memory does not suffice.
        let least = hashed.size_hint().0;
        let _ = (entries.try_reserve(least), words.try_reserve(least));
        for (hash, key, value) in hashed {
            refuse_beyond(limit, entries.len() + 1);
            words.push(pack(bits_of(hash), entries.len()));
            entries.push((key, value));
        }
        // Words are inverted.
        words.sort_unstable_by(|a, b| b.cmp(a));
        let duplicates = merge_duplicates(&words, entries);
        let replaced = remove_entries(duplicates, &mut words, entries);
        // After the first change, nothing may panic.
        self.words = Words::from_sorted(&words, entries.len().max(self.words.capacity()));
        let _ = entries.try_reserve_exact(self.words.capacity() - entries.len());
        self.entries = mem::replace(entries, replaced);
    }
}

impl<K, V, F: FnMut(K, V)> Drop for Incoming<K, V, F> {
    fn drop(&mut self) {
        for (key, value) in self.entries.drain(..) {
            (self.discard)(key, value);
        }
    }
}

/// Gives the first of equal keys the value of the last. Returns the indices of the others, in order.
fn merge_duplicates<K: Eq, V>(sorted: &[u64], entries: &mut [(K, V)]) -> Vec<usize> {
    let mut duplicates = Vec::new();
    for run in sorted.chunk_by(|&a, &b| bits(a) == bits(b)) {
        if run.len() == 1 {
            continue;
        }
        // In a run indices ascend.
        let mut firsts: Vec<usize> = Vec::new();
        for &word in run {
            let at = index(word);
            match firsts
                .iter()
                .find(|&&first| entries[first].0 == entries[at].0)
            {
                None => firsts.push(at),
                Some(&first) => {
                    let (before, after) = entries.split_at_mut(at);
                    mem::swap(&mut before[first].1, &mut after[0].1);
                    duplicates.push(at);
                }
            }
        }
    }
    duplicates.sort_unstable();
    duplicates
}

/// Removes entries and their words, and closes the gaps. Returns the entries.
fn remove_entries<K, V>(
    removed: Vec<usize>,
    words: &mut Vec<u64>,
    entries: &mut Vec<(K, V)>,
) -> Vec<(K, V)> {
    if removed.is_empty() {
        return Vec::new();
    }
    words.retain_mut(|word| {
        let at = index(*word);
        match removed.binary_search(&at) {
            Ok(_) => false,
            Err(before) => {
                *word = pack(bits(*word), at - before);
                true
            }
        }
    });
    let mut removed = removed.into_iter().peekable();
    let (mut kept, mut taken) = (Vec::with_capacity(words.len()), Vec::new());
    for (at, entry) in entries.drain(..).enumerate() {
        if removed.next_if_eq(&at).is_some() {
            taken.push(entry);
        } else {
            kept.push(entry);
        }
    }
    *entries = kept;
    taken
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::super::{RobinHoodTable, Table};

    #[test]
    fn a_load_that_panics_leaves_the_table_empty_and_discards_its_entries() {
        #[derive(Debug)]
        struct Key(u64);
        impl PartialEq for Key {
            fn eq(&self, other: &Self) -> bool {
                assert!(self.0 < 30, "planted");
                self.0 == other.0
            }
        }
        impl Eq for Key {}
        let mut table = RobinHoodTable::with_capacity(50);
        let entries = (0..100).map(|n| ((n % 60) << 32, Key(n % 60), n));
        let mut discarded = 0;
        let load = AssertUnwindSafe(|| table.load(entries, |key| key.0, |_, _| discarded += 1));
        catch_unwind(load).unwrap_err();
        table.check();
        assert_eq!((table.len(), discarded), (0, 100));
        assert!(table.find(0, &Key(0)).is_none());
    }
}
