//! [`Draining`]: a table that was full, and whose entries move to a larger table.

use equivalent::Equivalent;
use hashbrown::HashTable;

use crate::panics::{Payload, catch, dispose};

/// A table that was full, and whose entries move to a larger table.
pub(super) struct Draining<K, V> {
    pub(super) table: HashTable<(K, V)>,
    /// The buckets before this one are empty, or postponed (D2).
    pub(super) next: usize,
}

impl<K, V> Draining<K, V> {
    pub(super) fn new(table: HashTable<(K, V)>) -> Self {
        Draining { table, next: 0 }
    }

    pub(super) fn duplicate(&self) -> Self
    where
        K: Clone,
        V: Clone,
    {
        Draining {
            table: self.table.clone(),
            next: self.next,
        }
    }

    /// Whether some buckets have not been tried yet.
    pub(super) fn is_under_way(&self) -> bool {
        self.next < self.table.num_buckets()
    }

    /// The number of postponed buckets, once all have been tried; 0 before.
    pub(super) fn postponed(&self) -> usize {
        if self.is_under_way() {
            0
        } else {
            self.table.len()
        }
    }

    /// Moves the entries of this many buckets (D1, D2). If the hash of a key panics, postpones its bucket. Returns
    /// the first such panic.
    pub(super) fn evacuate(
        &mut self,
        new: &mut HashTable<(K, V)>,
        buckets: usize,
        rehash: &impl Fn(&K) -> u64,
    ) -> Option<Payload> {
        let end = self
            .next
            .saturating_add(buckets)
            .min(self.table.num_buckets());
        let mut first = None;
        while self.next < end {
            if let Err(payload) = catch(|| self.evacuate_until(end, new, rehash)) {
                self.next += 1;
                match first {
                    None => first = Some(payload),
                    Some(_) => dispose(payload),
                }
            }
        }
        first
    }

    fn evacuate_until(
        &mut self,
        end: usize,
        new: &mut HashTable<(K, V)>,
        rehash: &impl Fn(&K) -> u64,
    ) {
        while self.next < end {
            if let Ok(entry) = self.table.get_bucket_entry(self.next) {
                // Before the entry moves, since it may panic.
                let hash = rehash(&entry.get().0);
                let (entry, _) = entry.remove();
                new.insert_unique(hash, entry, |(k, _)| rehash(k));
            }
            self.next += 1;
        }
    }

    /// Returns both tables, first the one that more likely has the entry of this hash.
    ///
    /// hashbrown starts its search at the bucket that the lowest bits of a hash name, so entries move in about
    /// that order. If it did not, lookups would search both tables more often, but would still be correct.
    #[inline(always)]
    pub(super) fn likelier_first<'a>(
        &'a self,
        new: &'a HashTable<(K, V)>,
        hash: u64,
    ) -> (&'a HashTable<(K, V)>, &'a HashTable<(K, V)>) {
        let begin = hash as usize & self.table.num_buckets().wrapping_sub(1);
        if begin < self.next {
            (new, &self.table)
        } else {
            (&self.table, new)
        }
    }

    /// Removes this key's entry and returns it.
    pub(super) fn remove<Q>(&mut self, hash: u64, key: &Q) -> Option<(K, V)>
    where
        Q: Equivalent<K> + ?Sized,
    {
        let entry = self
            .table
            .find_entry(hash, |(k, _)| key.equivalent(k))
            .ok()?;
        Some(entry.remove().0)
    }
}
