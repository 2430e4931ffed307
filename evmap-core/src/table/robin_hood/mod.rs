//! [`RobinHood`]: a dense list of entries, and a sorted array of words that finds them.
//!
//! # Invariants
//! - **T1** Each entry has one word, and the index of each word is that of an entry. User code (`Eq`, the hash) runs
//!   only while both hold, before any change, so it may panic.
//! - **T2** There are at most `MAX_ENTRIES` entries, so an index fits into a word.

mod growth;
mod load;
#[cfg(feature = "rayon")]
mod par_iter;
mod probe;
mod share;
mod size;
#[cfg(test)]
mod tests;
mod word;
mod words;

pub use probe::{grow_probe, grow_probe_warm, grow_probe_with};

use std::fmt;
use std::iter::FusedIterator;
use std::slice::Iter;

use equivalent::Equivalent;

use super::{Engine, Table, insert_each};
use crate::TryReserveError;
use word::{MAX_ENTRIES, bits_of};
use words::Words;

/// The engine of maps that are iterated often, or grow large. Entries are in a dense list, and growth is one
/// pass over an array of words that hashes no key and touches no entry.
///
/// - **Lookups** go to a word, and then to its entry: two arrays, so two cache misses in a table far
///   larger than the caches, where [`Swiss`](super::Swiss) has little more than one, and about twice its
///   time. To find that a key is not there takes a look at the words only.
/// - **Insertions** one by one move words on, and take two to four times as long as Swiss's; many into an
///   empty table are sorted instead, and take less.
/// - **Iteration** is that of a slice. Its order is that of insertion, until a removal: that moves
///   the last entry into the gap. Clones of a table keep the order.
/// - **Memory**: an entry's own, and 8 bytes for each slot. 7/8 of the slots are taken before the
///   table doubles, so that is 9 to 18 bytes for each entry. Tables of up to 56 entries have twice as
///   many slots, and 7 more: 184 bytes for up to 7 entries. The list of entries gets its capacity along
///   with the slots. When it grows, the allocator moves it, as it does any `Vec`.
/// - **Growth** is in place, apart from what the allocator does; only if one run of words goes from the
///   middle of the array to its end, the array is copied. Tables of more than a million slots are
///   grown by up to four threads, started for it.
/// - **Removal** asks for one more hash: that of the entry that fills the gap.
/// - **Floods**: 32 bits of each hash are kept. A lookup among `n` keys that agree in them, or that
///   would have the same home, is linear in `n`, and so is one of any other key whose home lies among
///   the `n` slots that they take. Memory stays in proportion to the entries: a flood takes no more than
///   80 bytes of slots for each, and those of a tiny table.
/// - **Limit**: 2^32 - 1 entries; one more is a panic.
#[derive(Clone, Copy, Debug)]
pub struct RobinHood;

/// The table of [`RobinHood`].
pub struct RobinHoodTable<K, V> {
    words: Words,
    entries: Vec<(K, V)>,
}

/// The entries of a [`RobinHoodTable`].
pub struct RobinHoodIter<'a, K, V>(Iter<'a, (K, V)>);

impl Engine for RobinHood {
    type Table<K, V> = RobinHoodTable<K, V>;
}

impl<K, V> RobinHoodTable<K, V> {
    /// Returns the slot of a key's word, the index of its entry, and the entry.
    #[inline(always)]
    fn locate<Q>(&self, hash: u64, key: &Q) -> Option<(usize, (usize, &(K, V)))>
    where
        Q: Equivalent<K> + ?Sized,
    {
        self.words.find(bits_of(hash), self.entries.len(), |index| {
            let entry = self.entries.get(index)?;
            (key.equivalent(&entry.0)).then_some((index, entry))
        })
    }

    /// As [`insert_absent`](Table::insert_absent), into a table that holds at most `limit` entries.
    fn insert_within(&mut self, limit: usize, hash: u64, key: K, value: V) {
        let len = self.entries.len();
        refuse_beyond(limit, len + 1);
        if len == self.words.capacity() {
            self.words.reserve(len, 1);
            // A hint: the list grows by itself if memory does not suffice.
            let _ = self.entries.try_reserve_exact(self.words.capacity() - len);
        }
        // Before the word is inserted, since it may panic.
        self.entries.reserve(1);
        self.words.insert(bits_of(hash), len, len);
        self.entries.push((key, value));
    }

    /// Checks the invariants.
    #[cfg(test)]
    fn check(&self) {
        self.words.check(self.entries.len());
        assert!(self.capacity() >= self.len());
    }
}

/// # Panics
/// If there are too many entries.
fn refuse_beyond(limit: usize, entries: usize) {
    assert!(
        entries <= limit,
        "a RobinHood table holds no more than {limit} entries, since it counts them in 32 bits: \
         nothing was inserted"
    );
}

impl<K, V> Table<K, V> for RobinHoodTable<K, V> {
    type Iter<'a>
        = RobinHoodIter<'a, K, V>
    where
        Self: 'a,
        K: 'a,
        V: 'a;

    fn with_capacity(capacity: usize) -> Self {
        let entries = Vec::with_capacity(capacity);
        let words = Words::with_capacity(capacity.min(MAX_ENTRIES));
        RobinHoodTable { words, entries }
    }

    fn duplicate(&self) -> Self
    where
        K: Clone,
        V: Clone,
    {
        let mut entries = Vec::new();
        // A hint: if memory does not suffice, the entries alone need less.
        let _ = entries.try_reserve_exact(self.entries.capacity());
        entries.extend_from_slice(&self.entries);
        let words = self.words.duplicate(entries.len());
        RobinHoodTable { words, entries }
    }

    #[inline]
    fn len(&self) -> usize {
        self.entries.len()
    }

    fn capacity(&self) -> usize {
        self.entries.capacity().min(self.words.capacity())
    }

    #[inline(always)]
    fn find<Q>(&self, hash: u64, key: &Q) -> Option<(&K, &V)>
    where
        Q: Equivalent<K> + ?Sized,
    {
        let (_, (_, (k, v))) = self.locate(hash, key)?;
        Some((k, v))
    }

    #[inline]
    fn find_mut<Q>(&mut self, hash: u64, key: &Q, _: impl Fn(&K) -> u64) -> Option<&mut V>
    where
        Q: Equivalent<K> + ?Sized,
    {
        let (_, (index, _)) = self.locate(hash, key)?;
        Some(&mut self.entries[index].1)
    }

    #[inline(never)]
    fn insert_absent(&mut self, hash: u64, key: K, value: V, _: impl Fn(&K) -> u64) {
        self.insert_within(MAX_ENTRIES, hash, key, value);
    }

    /// Many entries for an empty table are sorted, and then written in one pass.
    fn load(
        &mut self,
        hashed: impl Iterator<Item = (u64, K, V)>,
        rehash: impl Fn(&K) -> u64,
        discard: impl FnMut(K, V),
    ) where
        K: Eq,
    {
        let may_be_many = hashed.size_hint().1.is_none_or(|most| most >= load::FEW);
        if self.entries.is_empty() && may_be_many {
            self.load_empty(MAX_ENTRIES, hashed, discard);
        } else {
            insert_each(self, hashed, rehash, discard);
        }
    }

    fn remove<Q>(&mut self, hash: u64, key: &Q, rehash: impl Fn(&K) -> u64) -> Option<(K, V)>
    where
        Q: Equivalent<K> + ?Sized,
    {
        let (slot, (index, _)) = self.locate(hash, key)?;
        let last = self.entries.len() - 1;
        if index != last {
            let moved = bits_of(rehash(&self.entries[last].0));
            if let Some(moved) = self.words.slot_of(moved, last) {
                self.words.set_index(moved, index);
            }
        }
        self.words.remove(slot);
        Some(self.entries.swap_remove(index))
    }

    fn clear(&mut self) {
        // Words first: the drop of an entry may panic.
        if !self.entries.is_empty() {
            self.words.clear();
        }
        self.entries.clear();
    }

    fn drain(&mut self, mut each: impl FnMut(K, V)) {
        // Words first: `each` may panic.
        if !self.entries.is_empty() {
            self.words.clear();
        }
        self.entries
            .drain(..)
            .for_each(|(key, value)| each(key, value));
    }

    fn empty_like(&self) -> Self {
        RobinHoodTable {
            words: Words::with_capacity(self.words.capacity()),
            entries: Vec::with_capacity(self.entries.capacity()),
        }
    }

    fn try_reserve(
        &mut self,
        additional: usize,
        _: impl Fn(&K) -> u64,
    ) -> Result<(), TryReserveError> {
        let error = TryReserveError::new(additional);
        let len = self.entries.len();
        // Before the list grows, which may succeed (T2).
        if additional > MAX_ENTRIES - len {
            return Err(error);
        }
        // If the words cannot grow, the list keeps what it got: the table's capacity is the lesser of both.
        let reserved = self.entries.try_reserve(additional);
        reserved
            .or_else(|_| self.entries.try_reserve_exact(additional))
            .map_err(|_| error)?;
        if self.words.try_reserve(len, additional) {
            Ok(())
        } else {
            Err(error)
        }
    }

    fn shrink_to_fit(&mut self, _: impl Fn(&K) -> u64) {
        self.words.shrink_to(self.entries.len());
        self.entries.shrink_to_fit();
    }

    #[inline]
    fn iter(&self) -> Self::Iter<'_> {
        RobinHoodIter(self.entries.iter())
    }

    fn for_each_value(&mut self, mut each: impl FnMut(&mut V)) {
        self.entries.iter_mut().for_each(|(_, value)| each(value));
    }
}

impl<K: fmt::Debug, V: fmt::Debug> fmt::Debug for RobinHoodTable<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl<'a, K, V> Iterator for RobinHoodIter<'a, K, V> {
    type Item = (&'a K, &'a V);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(|(k, v)| (k, v))
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }

    #[inline]
    fn count(self) -> usize {
        self.len()
    }

    #[inline]
    fn nth(&mut self, n: usize) -> Option<Self::Item> {
        self.0.nth(n).map(|(k, v)| (k, v))
    }

    #[inline]
    fn fold<B, F>(self, init: B, mut f: F) -> B
    where
        F: FnMut(B, Self::Item) -> B,
    {
        self.0.fold(init, |acc, (k, v)| f(acc, (k, v)))
    }
}

impl<K, V> ExactSizeIterator for RobinHoodIter<'_, K, V> {}

impl<K, V> Clone for RobinHoodIter<'_, K, V> {
    fn clone(&self) -> Self {
        RobinHoodIter(self.0.clone())
    }
}

impl<K, V> FusedIterator for RobinHoodIter<'_, K, V> {}

impl<K, V> Default for RobinHoodIter<'_, K, V> {
    /// No entries.
    fn default() -> Self {
        RobinHoodIter(Iter::default())
    }
}

impl<K: fmt::Debug, V: fmt::Debug> fmt::Debug for RobinHoodIter<'_, K, V> {
    /// Lists the entries that are left.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}
