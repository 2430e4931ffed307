//! The policy against a naive model, and its bounds.

use std::cell::Cell;
use std::collections::VecDeque;

use proptest::prelude::*;

use super::*;

/// An item that is shared with the test.
#[derive(Clone, Debug)]
struct Read(std::rc::Rc<(Frequency, Cell<u32>)>);

impl Read {
    fn new() -> Self {
        Read(std::rc::Rc::new((Frequency::new(false), Cell::new(NONE))))
    }
}

impl Item for Read {
    fn frequency(&self) -> &Frequency {
        &self.0.0
    }
    fn set_slot(&self, slot: u32) {
        self.0.1.set(slot);
    }
}

/// S3-FIFO by lists of keys, as the paper describes it, with weights.
#[derive(Default)]
struct Model {
    small: VecDeque<u64>,
    main: VecDeque<u64>,
    ghosts: VecDeque<u64>,
    /// Weight and frequency of each key.
    keys: std::collections::HashMap<u64, (u32, u8)>,
    limit: u64,
}

impl Model {
    fn weight(&self, queue: &VecDeque<u64>) -> u64 {
        queue.iter().map(|key| u64::from(self.keys[key].0)).sum()
    }

    /// Accesses a key: returns the keys that were evicted.
    fn access(&mut self, key: u64, weight: u32) -> Vec<u64> {
        let mut evicted = Vec::new();
        if let Some((_, reads)) = self.keys.get_mut(&key) {
            *reads = (*reads + 1).min(3);
            return evicted;
        }
        while self.weight(&self.small) + self.weight(&self.main) + u64::from(weight) > self.limit {
            evicted.push(self.evict());
        }
        self.keys.insert(key, (weight, 0));
        let ghost = self.ghosts.iter().position(|ghost| *ghost == key);
        if let Some(index) = ghost {
            self.ghosts.remove(index);
        }
        match ghost {
            // It is in no queue, since its eviction would free nothing.
            _ if weight == 0 => {}
            Some(_) => self.main.push_back(key),
            None => self.small.push_back(key),
        }
        evicted
    }

    fn evict(&mut self) -> u64 {
        let small_limit = (self.limit / 10).max(1);
        loop {
            let from_small = !self.small.is_empty()
                && (self.weight(&self.small) >= small_limit || self.main.is_empty());
            if !from_small {
                return self.evict_main();
            }
            let key = self.small[0];
            if self.keys[&key].1 < 2 {
                let most = self.keys.len() - self.keys.len() / 10;
                self.small.pop_front();
                self.keys.remove(&key);
                self.ghosts.push_back(key);
                while self.ghosts.len() > most {
                    self.ghosts.pop_front();
                }
                return key;
            }
            self.small.pop_front();
            self.keys.entry(key).and_modify(|(_, reads)| *reads = 0);
            self.main.push_back(key);
            if self.weight(&self.main) > self.limit - small_limit {
                return self.evict_main();
            }
        }
    }

    fn evict_main(&mut self) -> u64 {
        loop {
            let Some(key) = self.main.pop_front() else {
                unreachable!("nothing is left to evict");
            };
            match self.keys.get_mut(&key) {
                Some((_, reads)) if *reads > 0 => {
                    *reads -= 1;
                    self.main.push_back(key);
                }
                _ => {
                    self.keys.remove(&key);
                    return key;
                }
            }
        }
    }
}

/// Accesses a key of the policy, whose keys are their hashes. Returns the keys that were evicted.
fn access(policy: &mut S3Fifo<Read>, key: u64, weight: u32) -> Vec<u64> {
    if let Some(entry) = policy.iter().find(|entry| entry.hash == key) {
        entry.item.frequency().raise();
        return Vec::new();
    }
    let mut evicted = Vec::new();
    while policy.is_over_with(weight) {
        let slot = policy.victim().expect("something to evict");
        evicted.extend(policy.remove(slot, true).map(|entry| entry.hash));
    }
    policy.insert(key, Read::new(), weight);
    evicted
}

/// Checks Q1 and Q2.
fn check(policy: &S3Fifo<Read>) {
    let mut found = 0;
    for (index, queue) in policy.queues.iter().enumerate() {
        let (mut slot, mut weight, mut previous) = (queue.front, 0, NONE);
        while slot != NONE {
            let entry = policy.get(slot).expect("an entry");
            assert_eq!(
                (entry.queue.map(|it| it as usize), entry.previous),
                (Some(index), previous)
            );
            assert_eq!(entry.item.0.1.get(), slot);
            weight += u64::from(entry.weight);
            found += 1;
            (previous, slot) = (slot, entry.next);
        }
        assert_eq!((queue.back, queue.weight), (previous, weight));
    }
    let without = policy.iter().filter(|entry| entry.queue.is_none());
    let weights: Vec<_> = without.map(|entry| entry.weight).collect();
    assert!(weights.iter().all(|weight| *weight == 0));
    assert_eq!(found + weights.len(), policy.len());
}

proptest! {
    #[test]
    fn it_evicts_what_the_model_evicts(
        limit in 1_u64..30,
        accesses in prop::collection::vec((0_u64..40, 0_u32..4), 1..400),
    ) {
        let mut policy = S3Fifo::new(Some(limit));
        let mut model = Model { limit, ..Model::default() };
        for (key, weight) in accesses {
            // The weight of a key does not change here.
            let weight = weight.min(key as u32 % 3 + 1);
            if policy.refuses(weight) {
                continue;
            }
            prop_assert_eq!(access(&mut policy, key, weight), model.access(key, weight));
            check(&policy);
            prop_assert!(policy.weight() <= limit);
        }
    }
}

#[test]
fn entries_that_are_replaced_or_removed_keep_the_queues_complete() {
    let mut policy = S3Fifo::new(Some(10));
    let slots: Vec<u32> = (0..5)
        .map(|key| policy.insert(key, Read::new(), 1))
        .collect();
    let replaced = policy.replace(slots[2], Read::new(), 3);
    assert!(matches!(replaced, Ok((_, None))));
    check(&policy);
    assert_eq!((policy.weight(), policy.len()), (7, 5));
    let removed = policy.remove(slots[0], false);
    assert_eq!(removed.map(|entry| entry.hash), Some(0));
    assert!(policy.remove(slots[0], false).is_none());
    assert!(policy.replace(slots[0], Read::new(), 1).is_err());
    check(&policy);
    let taken = policy.take_all();
    assert_eq!((taken.len(), policy.len(), policy.weight()), (4, 0, 0));
    check(&policy);
}

#[test]
fn an_entry_that_grows_is_no_victim_until_it_is_in_its_queue_again() {
    let mut policy = S3Fifo::new(Some(10));
    let slots: Vec<u32> = (0..5)
        .map(|key| policy.insert(key, Read::new(), 2))
        .collect();
    let Ok((_, Some(queue))) = policy.replace(slots[0], Read::new(), 9) else {
        panic!("it is too heavy beside the others");
    };
    while policy.is_over_with(9) {
        let victim = policy.victim().expect("an entry is left");
        assert_ne!(victim, slots[0]);
        assert!(policy.remove(victim, true).is_some());
    }
    policy.queue_again(slots[0], queue);
    check(&policy);
    assert_eq!((policy.len(), policy.weight()), (1, 9));
    // An entry without a queue can be removed, too.
    let other = policy.insert(9, Read::new(), 1);
    assert!(matches!(
        policy.replace(other, Read::new(), 2),
        Ok((_, Some(_)))
    ));
    assert!(policy.remove(other, false).is_some());
    check(&policy);
}

#[test]
fn a_search_for_a_victim_ends_while_readers_raise_every_frequency() {
    /// An item whose frequency is always the highest.
    struct Hot(Frequency);
    impl Item for Hot {
        fn frequency(&self) -> &Frequency {
            while self.0.get() < super::super::frequency::MAX {
                self.0.raise();
            }
            &self.0
        }
        fn set_slot(&self, _: u32) {}
    }
    let mut policy = S3Fifo::new(Some(100));
    for key in 0..100 {
        policy.insert(key, Hot(Frequency::new(key % 2 == 0)), 1);
    }
    for _ in 0..100 {
        let slot = policy.victim().expect("a victim");
        assert!(policy.remove(slot, true).is_some());
    }
    assert_eq!(policy.victim(), None);
}

#[test]
fn a_cache_without_capacity_refuses_everything_and_one_without_limit_nothing() {
    let nothing = S3Fifo::<Read>::new(Some(0));
    assert!(nothing.refuses(0) && nothing.refuses(1));
    let ten = S3Fifo::<Read>::new(Some(10));
    assert!(!ten.refuses(10) && ten.refuses(11));
    let mut all = S3Fifo::new(None);
    assert!(!all.refuses(u32::MAX));
    all.insert(1, Read::new(), u32::MAX);
    assert!(!all.is_over_with(u32::MAX));
}
