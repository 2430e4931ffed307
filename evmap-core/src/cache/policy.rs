//! [`S3Fifo`]: which entry is evicted.
//!
//! The algorithm is S3-FIFO (Yang, Zhang, Qiu, Yue and Rashmi, "FIFO queues are all you need for cache eviction", SOSP
//! 2023). There are three queues:
//!
//! ```text
//!               new key                         read twice
//!   insert ────────────────> small (a tenth) ─────────────> main ──> evicted, if not read since
//!      │                        │                            ↑ │
//!      │                        └─> evicted, remembered      │ └──── read since: to the back
//!      │ remembered                 in `ghosts`              │
//!      └─────────────────────────────────────────────────────┘
//! ```
//!
//! Most keys of most workloads are read once. They leave by the small queue, and do not displace the main queue's entries.
//! A key that comes back soon after its eviction goes to the main queue at once.
//!
//! It is pure: it knows neither keys, nor values, nor the map. The caller removes a [victim](S3Fifo::victim) itself.
//!
//! # Invariants
//! - **Q1** Each entry of `entries` is in one of the two queues, or has none, and its item has its index. (It has none if
//!   it weighs nothing, while a write that replaces it by a heavier one evicts others, or after such a write has panicked.)
//! - **Q2** The weight of a queue is the sum of the weights of its entries.

use std::mem;

use slab::Slab;

use super::frequency::Frequency;
use super::ghosts::Ghosts;
use super::sync::planted;

/// An entry of the small queue that was read this often moves to the main queue instead of being evicted.
const PROMOTED: u8 = 2;
/// The maximal number of entries that one search for a victim moves. After that, the next entry is evicted whatever its
/// frequency, so that a write does bounded work while readers raise frequencies.
const MOST_MOVES: usize = 1000;
/// The index of no entry.
const NONE: u32 = u32::MAX;

/// What the policy asks of an entry's item.
pub(super) trait Item {
    fn frequency(&self) -> &Frequency;
    /// Notes the index of the entry.
    fn set_slot(&self, slot: u32);
}

/// The entries of a cache, in the order in which they may be evicted.
#[derive(Debug)]
pub(super) struct S3Fifo<T> {
    entries: Slab<Entry<T>>,
    queues: [Queue; 2],
    ghosts: Ghosts,
    /// `None`: no entry is ever evicted.
    max_weight: Option<u64>,
}

#[derive(Debug)]
pub(super) struct Entry<T> {
    pub(super) item: T,
    pub(super) hash: u64,
    pub(super) weight: u32,
    previous: u32,
    next: u32,
    queue: Option<Name>,
}

/// One of the two queues.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Name {
    Small,
    Main,
}

/// A doubly linked list of entries.
#[derive(Debug)]
struct Queue {
    front: u32,
    back: u32,
    weight: u64,
}

impl<T: Item> S3Fifo<T> {
    pub(super) fn new(max_weight: Option<u64>) -> Self {
        let empty = || Queue {
            front: NONE,
            back: NONE,
            weight: 0,
        };
        S3Fifo {
            entries: Slab::new(),
            queues: [empty(), empty()],
            ghosts: Ghosts::default(),
            max_weight,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn weight(&self) -> u64 {
        self.queues[0].weight + self.queues[1].weight
    }

    pub(super) fn get(&self, slot: u32) -> Option<&Entry<T>> {
        self.entries.get(slot as usize)
    }

    /// The entries, in no order to rely on.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Entry<T>> {
        self.entries.iter().map(|(_, entry)| entry)
    }

    /// Whether an item of this weight would be too much beside all others.
    pub(super) fn is_over_with(&self, weight: u32) -> bool {
        let too_many = self.len() >= NONE as usize;
        let limit = self.max_weight.unwrap_or(u64::MAX);
        too_many || self.weight().saturating_add(weight.into()) > limit
    }

    /// Whether no cache of this size keeps an item of this weight.
    pub(super) fn refuses(&self, weight: u32) -> bool {
        self.max_weight
            .is_some_and(|limit| limit == 0 || u64::from(weight) > limit)
    }

    /// Inserts an item, and tells it its index.
    pub(super) fn insert(&mut self, hash: u64, item: T, weight: u32) -> u32 {
        let queue = if self.ghosts.take(hash) {
            Name::Main
        } else {
            Name::Small
        };
        let slot = self.entries.insert(Entry {
            item,
            hash,
            weight,
            previous: NONE,
            next: NONE,
            queue: None,
        }) as u32;
        self.entries[slot as usize].item.set_slot(slot);
        self.push_back(slot, queue);
        slot
    }

    /// Puts another item in the place of an entry, whose frequency rises as by a read. Returns the old item, or gives the
    /// new one back if there is no such entry.
    ///
    /// If the new weight is too much beside the others, it also takes the entry out of its queue, so that it is no victim
    /// itself, and returns the queue: [`queue_again`](Self::queue_again) puts it back once there is capacity.
    pub(super) fn replace(
        &mut self,
        slot: u32,
        item: T,
        weight: u32,
    ) -> Result<(T, Option<Name>), T> {
        let Some(entry) = self.entries.get_mut(slot as usize) else {
            return Err(item);
        };
        for _ in 0..=entry.item.frequency().get() {
            item.frequency().raise();
        }
        item.set_slot(slot);
        let old = mem::replace(&mut entry.item, item);
        let old_weight = mem::replace(&mut entry.weight, weight);
        let Some(name) = entry.queue else {
            return Ok((old, Some(Name::Small)));
        };
        let queue = &mut self.queues[name as usize];
        queue.weight = queue.weight - u64::from(old_weight) + u64::from(weight);
        let is_over = self.is_over_with(0);
        if is_over || weight == 0 {
            self.unlink(slot);
        }
        Ok((old, is_over.then_some(name)))
    }

    /// Puts an entry without a queue at the end of this one, unless it weighs nothing.
    pub(super) fn queue_again(&mut self, slot: u32, queue: Name) {
        self.push_back(slot, queue);
    }

    /// Returns the index of the entry to evict, after it has moved those that were read.
    pub(super) fn victim(&mut self) -> Option<u32> {
        let mut moves = MOST_MOVES;
        let (small_limit, main_limit) = self.limits();
        loop {
            let [small, main] = &self.queues;
            let (front, is_small) = match (small.front, main.front) {
                (NONE, NONE) => return None,
                (NONE, main) => (main, false),
                (small, NONE) => (small, true),
                (small_front, _) if small.weight >= small_limit => (small_front, true),
                (_, main) => (main, false),
            };
            if !is_small {
                return Some(self.victim_of_main(front, moves));
            }
            let frequency = self.entries[front as usize].item.frequency();
            if frequency.get() < PROMOTED || moves == 0 {
                return Some(front);
            }
            moves -= 1;
            frequency.reset();
            self.unlink(front);
            self.push_back(front, Name::Main);
            let main = &self.queues[Name::Main as usize];
            if main.weight > main_limit {
                return Some(self.victim_of_main(main.front, moves));
            }
        }
    }

    /// Removes an entry. If it is `evicted` by the small queue, its hash is remembered.
    pub(super) fn remove(&mut self, slot: u32, evicted: bool) -> Option<Entry<T>> {
        let is_small = self.get(slot)?.queue == Some(Name::Small);
        let most_ghosts = self.len() - self.len() / 10;
        self.unlink(slot);
        let entry = self.entries.remove(slot as usize);
        if evicted && is_small {
            self.ghosts.insert(entry.hash, most_ghosts);
        }
        Some(entry)
    }

    /// Removes all entries, and forgets the remembered hashes. Returns the entries.
    pub(super) fn take_all(&mut self) -> Slab<Entry<T>> {
        let empty = S3Fifo::new(self.max_weight);
        mem::replace(self, empty).entries
    }

    /// The weights that the two queues should have at most.
    fn limits(&self) -> (u64, u64) {
        let limit = self.max_weight.unwrap_or(u64::MAX);
        let small = (limit / 10).max(1);
        (small, limit.saturating_sub(small))
    }

    /// Searches the main queue, which begins at `front`.
    fn victim_of_main(&mut self, mut front: u32, mut moves: usize) -> u32 {
        loop {
            let frequency = self.entries[front as usize].item.frequency();
            if frequency.get() == 0 || moves == 0 {
                return front;
            }
            moves -= 1;
            frequency.lower();
            self.unlink(front);
            self.push_back(front, Name::Main);
            front = self.queues[Name::Main as usize].front;
        }
    }

    fn push_back(&mut self, slot: u32, name: Name) {
        let queue = &mut self.queues[name as usize];
        let entry = &mut self.entries[slot as usize];
        if entry.weight == 0 {
            // Its eviction would free nothing.
            return;
        }
        entry.queue = Some(name);
        (entry.previous, entry.next) = (queue.back, NONE);
        queue.weight += u64::from(entry.weight);
        let back = mem::replace(&mut queue.back, slot);
        match back {
            NONE => queue.front = slot,
            back => self.entries[back as usize].next = slot,
        }
    }

    /// Takes an entry out of its queue, if it has one.
    fn unlink(&mut self, slot: u32) {
        let entry = &mut self.entries[slot as usize];
        let Some(name) = entry.queue.take() else {
            return;
        };
        let (previous, next) = (entry.previous, entry.next);
        let queue = &mut self.queues[name as usize];
        queue.weight -= u64::from(entry.weight);
        match previous {
            NONE => queue.front = next,
            previous => self.entries[previous as usize].next = next,
        }
        match next {
            NONE if planted("back-kept") => {}
            NONE => queue.back = previous,
            next => self.entries[next as usize].previous = previous,
        }
    }
}

#[cfg(all(test, not(mutants)))]
#[path = "policy/tests.rs"]
mod tests;
