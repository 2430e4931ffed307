//! Loading an empty table: sorting instead of inserting one by one.
//!
//! An insertion goes to a random place of the array, and shifts words; sorted words are laid in one
//! pass.
//! The result is the same: the same entries in the same order, with the first key and the last value
//! of those that come again.

use super::word::{MAX_ENTRIES, bits, bits_of, index, pack};
use super::words::Words;
use super::{RobinHoodTable, refuse_beyond};

/// Fewer are inserted one by one: that takes no longer.
pub(super) const FEW: usize = 32;

impl<K: Eq, V> RobinHoodTable<K, V> {
    /// Takes in all entries, if the table is empty: the keys that came again, with the values
    /// that they replaced.
    pub(super) fn load_empty(&mut self, hashed: impl Iterator<Item = (u64, K, V)>) -> Vec<(K, V)> {
        debug_assert!(self.entries.is_empty());
        let mut words = Vec::with_capacity(hashed.size_hint().0);
        let mut entries = Vec::with_capacity(hashed.size_hint().0);
        for (hash, key, value) in hashed {
            refuse_beyond(MAX_ENTRIES, entries.len() + 1);
            words.push(pack(bits_of(hash), entries.len()));
            entries.push((key, value));
        }
        // Words are inverted.
        words.sort_unstable_by(|a, b| b.cmp(a));
        let doubles = merge_doubles(&words, &mut entries);
        let replaced = take_out(doubles, &mut words, &mut entries);
        // Nothing that may panic comes after the first change.
        let room = entries.len().max(self.words.room());
        let words = Words::from_sorted(&words, room);
        if self.entries.capacity() < entries.len() {
            let missing = words.room() - entries.len();
            let _ = entries.try_reserve_exact(missing);
            self.entries = entries;
        } else {
            self.entries.append(&mut entries);
        }
        self.words = words;
        replaced
    }
}

/// Gives the first of equal keys the last one's value: the indices of the others, in order.
fn merge_doubles<K: Eq, V>(sorted: &[u64], entries: &mut [(K, V)]) -> Vec<usize> {
    let mut doubles = Vec::new();
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
                    std::mem::swap(&mut before[first].1, &mut after[0].1);
                    doubles.push(at);
                }
            }
        }
    }
    doubles.sort_unstable();
    doubles
}

/// Takes out entries and their words, and closes the gaps: the entries.
fn take_out<K, V>(
    gone: Vec<usize>,
    words: &mut Vec<u64>,
    entries: &mut Vec<(K, V)>,
) -> Vec<(K, V)> {
    if gone.is_empty() {
        return Vec::new();
    }
    words.retain_mut(|word| {
        let at = index(*word);
        match gone.binary_search(&at) {
            Ok(_) => false,
            Err(before) => {
                *word = pack(bits(*word), at - before);
                true
            }
        }
    });
    let mut gone = gone.into_iter().peekable();
    let (mut kept, mut taken) = (Vec::with_capacity(words.len()), Vec::new());
    for (at, entry) in entries.drain(..).enumerate() {
        if gone.next_if_eq(&at).is_some() {
            taken.push(entry);
        } else {
            kept.push(entry);
        }
    }
    *entries = kept;
    taken
}
