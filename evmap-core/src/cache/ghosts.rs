//! [`Ghosts`]: the hashes of keys that were evicted not long ago, in the order of their eviction.

use std::collections::VecDeque;

use hashbrown::HashTable;

/// A bounded set of hashes. The oldest leaves first.
///
/// Two keys with one hash count as one.
#[derive(Debug, Default)]
pub(super) struct Ghosts {
    /// The hashes, oldest first. The number of the first is `first`, and the others follow.
    order: VecDeque<u64>,
    first: u32,
    /// The numbers of the hashes that are in the set. A number in `order` alone belongs to a hash that has left.
    numbers: HashTable<u32>,
}

impl Ghosts {
    /// Inserts a hash, and removes the oldest ones as long as there are more than `most`.
    pub(super) fn insert(&mut self, hash: u64, most: usize) {
        self.take(hash);
        self.push(hash);
        while self.numbers.len() > most {
            self.remove_oldest();
        }
        // At most half of the list are hashes that have left.
        if self.order.len() > 2 * self.numbers.len() + 8 {
            self.compact();
        }
    }

    /// Removes a hash. Returns whether it was there.
    pub(super) fn take(&mut self, hash: u64) -> bool {
        let (order, first) = (&self.order, self.first);
        let has_hash = |number: &u32| order[number.wrapping_sub(first) as usize] == hash;
        match self.numbers.find_entry(hash, has_hash) {
            Ok(found) => {
                found.remove();
                true
            }
            Err(_) => false,
        }
    }

    /// Adds a hash that is not in the set.
    fn push(&mut self, hash: u64) {
        let number = self.first.wrapping_add(self.order.len() as u32);
        self.order.push_back(hash);
        let (order, first) = (&self.order, self.first);
        let hash_of = |number: &u32| order[number.wrapping_sub(first) as usize];
        self.numbers.insert_unique(hash, number, hash_of);
    }

    /// Removes the hashes that have left from the list.
    fn compact(&mut self) {
        let order = std::mem::take(&mut self.order);
        let numbers = std::mem::take(&mut self.numbers);
        for (index, hash) in order.into_iter().enumerate() {
            let number = self.first.wrapping_add(index as u32);
            if numbers.find(hash, |&other| other == number).is_some() {
                self.push(hash);
            }
        }
    }

    fn remove_oldest(&mut self) {
        let Some(hash) = self.order.pop_front() else {
            return;
        };
        let number = self.first;
        if let Ok(found) = self.numbers.find_entry(hash, |&other| other == number) {
            found.remove();
        }
        self.first = number.wrapping_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_leaves_first_and_a_hash_is_taken_once() {
        let mut ghosts = Ghosts::default();
        for hash in 0..5 {
            ghosts.insert(hash, 3);
        }
        assert!(!ghosts.take(0) && !ghosts.take(1));
        assert!(ghosts.take(2) && !ghosts.take(2));
        ghosts.insert(2, 3);
        ghosts.insert(5, 3);
        assert!(!ghosts.take(3), "3 was the oldest");
        assert!(ghosts.take(4) && ghosts.take(2) && ghosts.take(5));
    }

    #[test]
    fn hashes_that_were_taken_take_no_memory_for_long() {
        let mut ghosts = Ghosts::default();
        for hash in 0..10_000 {
            ghosts.insert(hash, 100);
            assert!(ghosts.take(hash));
            assert!(ghosts.order.len() <= 10);
        }
        ghosts.insert(1, 0);
        assert!(!ghosts.take(1));
    }
}
