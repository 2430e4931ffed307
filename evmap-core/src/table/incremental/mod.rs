//! [`Incremental`]: hashbrown's table, which grows without a pause.
//!
//! When the table is full, a larger one takes its place, and the full one remains beside it, *draining*.
//! Every change then does a *rehash step*: it moves the entries of a few buckets, first the entry that it is about to
//! change. Every empty refresh does a larger step, so growth continues when nobody writes.
//! (Go's map once grew like that, but only by writes. Then a table remains half-grown until somebody writes.)
//!
//! # Invariants
//! - **D1** Each entry is in one of the two tables, never in both.
//! - **D2** The buckets of the draining table before `next` are empty, or *postponed*: the hash of the key
//!   there panicked.
//! - **D3** Draining ends before the next growth is due, except for buckets that are postponed.
//! - **D4** The new table has a free slot for each entry of the draining table.
//!
//! # Why D3 holds
//!
//! Let the draining table have `B` buckets. It holds `n ≤ 7/8 B` entries when it is replaced, and its
//! replacement has a capacity of at least `n + B / EVACUATED + 1`:
//! - If more than half of the usual capacity `7/8 B` is in use, the new table has twice the buckets, and a capacity
//!   of `7/4 B ≥ n + 7/8 B`.
//! - Else (removed entries have left tombstones) it has as many buckets as the old one, and a capacity of
//!   `7/8 B ≥ n + 7/16 B`.
//!
//! Each change uses at most one slot beyond those of the `n` entries, and evacuates `EVACUATED` buckets. So after
//! `B / EVACUATED` changes each bucket of the old table is empty or postponed, and `B / 24 < 7/16 B`.
//! (Where `reserve` and `shrink_to_fit` change anything, they end the draining first. `reserve` allocates no less
//! than a growth would.)
//!
//! # Why a hash that panics does not stop a change
//!
//! A rehash step hashes keys that are in the table, which have nothing to do with the change that does the step.
//! If such a hash panics, the panic is caught, and the bucket is postponed. Lookups find its entry in the old table.
//! The entry moves when a change touches its key (the change provides the hash), or with the next growth. That growth
//! needs the hash, so if it panics again, the panic reaches the insertion that needs the capacity.
//!
//! # Why no panic loses an entry
//!
//! hashbrown rehashes a table in place if it has many tombstones. If a hash panics then, it drops the entries that it
//! has not moved. No table is rehashed here: each entry moves to a table that has a free slot for it, and is hashed
//! while it is still in the old table.

mod draining;
mod iter;
#[cfg(feature = "rayon")]
mod par_iter;
#[cfg(test)]
mod tests;

use std::fmt;
use std::mem;
use std::panic::resume_unwind;

use equivalent::Equivalent;
use hashbrown::HashTable;

use super::{Engine, Table, capacity_of};
use crate::TryReserveError;
use crate::panics::{Payload, dispose};
use draining::Draining;
use iter::IncrementalIter;

/// Buckets that a change evacuates while the table drains. Three would be enough for D3. But with fewer than 24,
/// changes search two tables for longer, and fewer cache misses overlap.
const EVACUATED: usize = 24;
/// Tables of fewer buckets are evacuated at once, which takes no longer than a refresh.
const SMALL: usize = 32;

/// The engine whose tables grow without a pause: no change pays for a whole rehash.
///
/// Lookups cost what hashbrown's do. While a table drains, they search one of two tables, and then the other if they
/// have found nothing.
/// Each change that follows rehashes 24 buckets, and each empty refresh 4,096, so a growth ends although nobody
/// writes.
///
/// - **What pauses all the same**: a `reserve` beyond the capacity, and a `shrink_to_fit` that has
///   something to free, end a growth that is under way at once, and the latter rehashes the
///   table. `clear` drops every entry, and `rebuild` clones every entry.
/// - **Memory management**, in the change that begins or ends a growth, is linear in the table: a byte of
///   each new bucket is written, and the pages of the old table are freed.
/// - **Memory**: until a growth has ended, the copy that grows has the old table and the new one: three
///   times the buckets of the old one, and each of the two copies has.
/// - **A stored key whose `Hash` panics** during a growth stays in the old table until a change touches
///   it, and the old table stays for it. Until then lookups search both. Only if it still panics at
///   the next growth, the insertion that needs that growth panics. [`WriteHandle::postponed`] and
///   [`shared_map::Stats::postponed`] count the buckets of both copies, once all others are moved.
///
/// [`WriteHandle::postponed`]: crate::WriteHandle::postponed
/// [`shared_map::Stats::postponed`]: crate::shared_map::Stats::postponed
#[derive(Clone, Copy, Debug)]
pub struct Incremental;

/// The table of [`Incremental`].
pub struct IncrementalTable<K, V> {
    table: HashTable<(K, V)>,
    draining: Option<Box<Draining<K, V>>>,
}

impl Engine for Incremental {
    type Table<K, V> = IncrementalTable<K, V>;
}

impl<K, V> IncrementalTable<K, V> {
    /// Evacuates this many buckets if the table drains. Returns whether it did.
    fn evacuate(&mut self, buckets: usize, rehash: &impl Fn(&K) -> u64) -> bool {
        let Some(draining) = &mut self.draining else {
            return false;
        };
        if let Some(payload) = draining.evacuate(&mut self.table, buckets, rehash) {
            dispose(payload);
        }
        self.drop_empty();
        true
    }

    /// Evacuates all buckets, including postponed ones.
    ///
    /// # Errors
    /// The first panic of a hash. Some buckets are postponed then.
    fn finish(&mut self, rehash: &impl Fn(&K) -> u64) -> Result<(), Payload> {
        let Some(draining) = &mut self.draining else {
            return Ok(());
        };
        draining.next = 0;
        let panic = draining.evacuate(&mut self.table, usize::MAX, rehash);
        self.drop_empty();
        panic.map_or(Ok(()), Err)
    }

    /// As [`finish`](Self::finish), but disposes of the panic. Returns whether it succeeded.
    fn try_finish(&mut self, rehash: &impl Fn(&K) -> u64) -> bool {
        self.finish(rehash).map_err(dispose).is_ok()
    }

    /// Moves this key's entry, if the draining table has it. An evacuation must follow, which checks whether it was the
    /// last one.
    fn move_entry<Q>(&mut self, hash: u64, key: &Q, rehash: &impl Fn(&K) -> u64)
    where
        Q: Equivalent<K> + ?Sized,
    {
        let Some(draining) = &mut self.draining else {
            return;
        };
        if let Some(entry) = draining.remove(hash, key) {
            self.table.insert_unique(hash, entry, |(k, _)| rehash(k));
        }
    }

    /// The rehash step of a change to this key. Moves its entry first, and then some others.
    ///
    /// Out of line, since most changes find no growth under way.
    #[inline(never)]
    fn rehash_step_for<Q>(&mut self, hash: u64, key: &Q, rehash: &impl Fn(&K) -> u64)
    where
        Q: Equivalent<K> + ?Sized,
    {
        self.move_entry(hash, key, rehash);
        self.evacuate(EVACUATED, rehash);
    }

    /// Frees the old table once it is empty.
    fn drop_empty(&mut self) {
        if self.draining.as_ref().is_some_and(|d| d.table.is_empty()) {
            self.draining = None;
        }
    }

    /// Replaces a full table by one with capacity for more entries.
    #[cold]
    fn grow(&mut self, rehash: &impl Fn(&K) -> u64) {
        debug_assert!(!self.is_growing(), "D3");
        if let Err(panic) = self.finish(rehash) {
            resume_unwind(panic);
        }
        self.drain_into(HashTable::with_capacity(self.next_capacity()), rehash);
    }

    /// The capacity of the table that replaces a full one.
    fn next_capacity(&self) -> usize {
        let usual = capacity_of(self.table.num_buckets());
        if self.table.len() > usual / 2 {
            usual * 2
        } else {
            usual.max(1)
        }
    }

    /// Replaces the table, which drains into the new one. No table may drain yet.
    fn drain_into(&mut self, new: HashTable<(K, V)>, rehash: &impl Fn(&K) -> u64) {
        debug_assert!(self.draining.is_none(), "D1");
        let table = mem::replace(&mut self.table, new);
        let is_small = table.num_buckets() < SMALL;
        self.draining = Some(Box::new(Draining::new(table)));
        self.drop_empty();
        if is_small {
            self.try_finish(rehash);
        }
    }

    /// Whether this many more entries fit, besides those that drain.
    fn has_capacity_for(&self, additional: usize) -> bool {
        self.len().saturating_add(additional) <= self.table.capacity()
    }
}

impl<K, V> Table<K, V> for IncrementalTable<K, V> {
    type Iter<'a>
        = IncrementalIter<'a, K, V>
    where
        Self: 'a,
        K: 'a,
        V: 'a;

    fn with_capacity(capacity: usize) -> Self {
        IncrementalTable {
            table: HashTable::with_capacity(capacity),
            draining: None,
        }
    }

    fn duplicate(&self) -> Self
    where
        K: Clone,
        V: Clone,
    {
        IncrementalTable {
            table: self.table.clone(),
            draining: self
                .draining
                .as_ref()
                .map(|draining| Box::new(draining.duplicate())),
        }
    }

    #[inline]
    fn len(&self) -> usize {
        self.table.len() + self.draining.as_ref().map_or(0, |d| d.table.len())
    }

    fn capacity(&self) -> usize {
        self.table.capacity()
    }

    #[inline(always)]
    fn find<Q>(&self, hash: u64, key: &Q) -> Option<(&K, &V)>
    where
        Q: Equivalent<K> + ?Sized,
    {
        let Some(draining) = &self.draining else {
            let (k, v) = self.table.find(hash, |(k, _)| key.equivalent(k))?;
            return Some((k, v));
        };
        let (first, second) = draining.likelier_first(&self.table, hash);
        let (k, v) = first
            .find(hash, |(k, _)| key.equivalent(k))
            .or_else(|| second.find(hash, |(k, _)| key.equivalent(k)))?;
        Some((k, v))
    }

    #[inline]
    fn find_mut<Q>(&mut self, hash: u64, key: &Q, rehash: impl Fn(&K) -> u64) -> Option<&mut V>
    where
        Q: Equivalent<K> + ?Sized,
    {
        if self.draining.is_some() {
            self.rehash_step_for(hash, key, &rehash);
        }
        let (_, v) = self.table.find_mut(hash, |(k, _)| key.equivalent(k))?;
        Some(v)
    }

    #[inline(never)]
    fn insert_absent(&mut self, hash: u64, key: K, value: V, rehash: impl Fn(&K) -> u64) {
        if self.len() >= self.table.capacity() {
            // With one more entry, those that drain would not fit (D4).
            self.grow(&rehash);
        }
        self.table
            .insert_unique(hash, (key, value), |(k, _)| rehash(k));
    }

    fn remove<Q>(&mut self, hash: u64, key: &Q, rehash: impl Fn(&K) -> u64) -> Option<(K, V)>
    where
        Q: Equivalent<K> + ?Sized,
    {
        self.evacuate(EVACUATED, &rehash);
        if let Ok(entry) = self.table.find_entry(hash, |(k, _)| key.equivalent(k)) {
            return Some(entry.remove().0);
        }
        let entry = self.draining.as_mut()?.remove(hash, key)?;
        self.drop_empty();
        Some(entry)
    }

    fn clear(&mut self) {
        self.draining = None;
        self.table.clear();
    }

    fn drain(&mut self, mut each: impl FnMut(K, V)) {
        let draining = self.draining.take().into_iter();
        draining
            .flat_map(|draining| draining.table)
            .chain(self.table.drain())
            .for_each(|(key, value)| each(key, value));
    }

    fn empty_like(&self) -> Self {
        Self::with_capacity(capacity_of(self.table.num_buckets()))
    }

    fn try_reserve(
        &mut self,
        additional: usize,
        rehash: impl Fn(&K) -> u64,
    ) -> Result<(), TryReserveError> {
        let error = TryReserveError::new(additional);
        if self.has_capacity_for(additional) {
            return Ok(());
        }
        // With postponed buckets there would be three tables (D1).
        if !self.try_finish(&rehash) {
            return Err(error);
        }
        if self.has_capacity_for(additional) {
            return Ok(());
        }
        // No less than a growth would allocate, so that D3 holds.
        let wanted = self.table.len().saturating_add(additional);
        let mut new = HashTable::new();
        let capacity = wanted.max(self.next_capacity());
        new.try_reserve(capacity, |(k, _)| rehash(k))
            .map_err(|_| error)?;
        self.drain_into(new, &rehash);
        Ok(())
    }

    fn shrink_to_fit(&mut self, rehash: impl Fn(&K) -> u64) {
        let buckets = self.table.num_buckets();
        if self.is_growing() && self.len() > capacity_of(buckets / 2) {
            // Half the buckets would not suffice. The draining table is freed later.
            return;
        }
        if self.try_finish(&rehash) {
            self.table.shrink_to_fit(|(k, _)| rehash(k));
        }
    }

    fn is_growing(&self) -> bool {
        self.draining.as_ref().is_some_and(|d| d.is_under_way())
    }

    fn postponed(&self) -> usize {
        self.draining.as_ref().map_or(0, |d| d.postponed())
    }

    fn rehash_step(&mut self, buckets: usize, rehash: impl Fn(&K) -> u64) -> bool {
        self.is_growing() && self.evacuate(buckets, &rehash)
    }

    #[inline]
    fn iter(&self) -> Self::Iter<'_> {
        IncrementalIter {
            new: self.table.iter(),
            old: self.draining.as_ref().map(|draining| draining.table.iter()),
        }
    }

    fn for_each_value(&mut self, mut each: impl FnMut(&mut V)) {
        let draining = self.draining.iter_mut();
        draining
            .flat_map(|draining| draining.table.iter_mut())
            .chain(self.table.iter_mut())
            .for_each(|(_, value)| each(value));
    }
}

impl<K: fmt::Debug, V: fmt::Debug> fmt::Debug for IncrementalTable<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}
