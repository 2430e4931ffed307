//! Models of a cache, explored by loom: of its policy, whose readers count their reads in an entry while the writer looks for
//! a victim; and of its table of loads.
//!
//! ```sh
//! RUSTFLAGS="--cfg mutants" cargo test --release -p evmap-core --test cache_model
//! ```
//!
//! Both are the cache's own, compiled here with loom's types. That each model can fail is shown by `.ci/mutants`.
#![cfg(mutants)]
#![allow(dead_code, reason = "a model uses a part of each")]

#[path = "../../src/cache/flights.rs"]
mod flights;
#[path = "../../src/cache/frequency.rs"]
mod frequency;
#[path = "../../src/cache/ghosts.rs"]
mod ghosts;
mod loads;
#[path = "../../src/cache/policy.rs"]
mod policy;
mod sync;

use std::sync::Arc;

use loom::thread;

use self::frequency::{Frequency, MAX};
use self::policy::{Item, S3Fifo};

/// An entry that a reader has found.
#[derive(Clone)]
struct Found(Arc<Frequency>);

impl Found {
    fn new(reads: u8) -> Self {
        let frequency = Frequency::new(false);
        (0..reads).for_each(|_| frequency.raise());
        Found(Arc::new(frequency))
    }
}

impl Item for Found {
    fn frequency(&self) -> &Frequency {
        &self.0
    }

    fn set_slot(&self, _: u32) {}
}

/// Explores all orders with at most three preemptions, unless the environment says otherwise.
fn model(body: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound.get_or_insert(3);
    builder.check(body);
}

/// A policy of entries with these frequencies.
fn policy(found: &[Found]) -> S3Fifo<Found> {
    let mut policy = S3Fifo::new(Some(found.len() as u64));
    for (hash, found) in (0..).zip(found) {
        policy.insert(hash, found.clone(), 1);
    }
    policy
}

#[test]
fn readers_never_raise_a_frequency_above_its_maximum() {
    model(|| {
        let found = [Found::new(MAX - 1), Found::new(0)];
        let readers: Vec<_> = (0..2)
            .map(|_| {
                let hot = found[0].clone();
                thread::spawn(move || {
                    hot.frequency().raise();
                    hot.frequency().raise();
                    assert!(hot.frequency().get() <= MAX);
                })
            })
            .collect();
        let mut policy = policy(&found);
        let victim = policy.victim().expect("there are two entries");
        assert_eq!(policy.remove(victim, true).map(|entry| entry.hash), Some(1));
        for reader in readers {
            reader.join().expect("the reader ends");
        }
        assert!(found[0].frequency().get() <= MAX);
    });
}

#[test]
fn an_entry_that_is_read_while_it_is_evicted_leaves_the_queues_complete() {
    model(|| {
        let found = [Found::new(0), Found::new(1)];
        let cold = found[0].clone();
        let reader = thread::spawn(move || {
            cold.frequency().raise();
            cold.frequency().raise();
        });
        let mut policy = policy(&found);
        let mut evicted = Vec::new();
        for next in [None, Some(2), None] {
            let victim = policy.victim().expect("an entry is left");
            evicted.extend(policy.remove(victim, true).map(|entry| entry.hash));
            if let Some(hash) = next {
                policy.insert(hash, Found::new(0), 1);
            }
        }
        reader.join().expect("the reader ends");
        evicted.sort_unstable();
        // Each once, whichever came first.
        assert_eq!(evicted, [0, 1, 2]);
        assert_eq!(
            (policy.len(), policy.weight(), policy.victim()),
            (0, 0, None)
        );
    });
}
