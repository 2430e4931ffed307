//! An exhaustive exploration of the protocol under store buffers.
//!
//! Loom cannot run a fence in other threads, which is what the membarrier does.
//! So here every state is visited that readers and a writer can come to, where each thread has a store buffer.
//! What is in it, the thread itself sees and others do not, and it drains one store at a time, at any moment.
//! The barrier drains those of the readers, one after the other.
//!
//! What runs is the protocol's own code: [`enter`], [`leave`], the writer's [`exchange`], and the two functions that
//! say for whom a writer waits.
//! Each access asks a [`Tape`] for its answer.
//! A thread's next access is the first one that its tape has no answer for, so the code is run from the beginning
//! for each step of each thread, and needs no loop of its own.
//!
//! The writer may swap with a tag or without, take a tag off, wait, and set a copy aside; freed copies are
//! used again.
//! Readers may take a tag off at each entry with a fence.
//! An untag is one step, which drains nothing.
//! A swap drains later than it happens, and no untag comes in between, as for any read-modify-write.
//!
//! A violation is a reader that reads a copy which is the writer's alone, or is freed.
//! Each planted fault must lead to one, else the exploration proves nothing.
//! Most faults are in the code that runs.
//! The machine itself does the untag, the barrier, the looks of scan and wait, and the freeing of a copy that was set
//! aside, so the faults `untag-by-store`, `flush-gone`, `scan-truncated`, `wait-skipped` and `retired-freed-early` are
//! planted there.
//!
//! [`enter`]: super::enter
//! [`leave`]: super::leave
//! [`exchange`]: super::swap::exchange

mod machine;
mod reader;
mod tape;
mod writer;

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use self::machine::{Machine, Size};
use crate::fault;

/// Visits every state. Returns how many there are, or the first that is a violation.
fn explore(size: Size) -> Result<usize, Box<Machine>> {
    let start = Machine::new(size);
    let mut seen = HashSet::from([key(&start)]);
    let mut open = vec![start];
    let mut next = Vec::new();
    while let Some(machine) = open.pop() {
        if machine.is_violation() {
            return Err(Box::new(machine));
        }
        machine.steps(&mut next);
        open.extend(next.drain(..).filter(|machine| seen.insert(key(machine))));
    }
    Ok(seen.len())
}

/// Two states have the same key with a probability that no exploration comes near.
fn key(machine: &Machine) -> (u64, u64) {
    let hash = |seed: u8| {
        let mut hasher = DefaultHasher::new();
        seed.hash(&mut hasher);
        machine.hash(&mut hasher);
        hasher.finish()
    };
    (hash(0), hash(1))
}

const ONE_READER: Size = Size {
    readers: 1,
    reads: 2,
    swaps: 3,
    rebuilds: 1,
};
const TWO_READERS: Size = Size {
    readers: 2,
    reads: 1,
    swaps: 2,
    rebuilds: 0,
};
/// Some three million states.
const TWO_READERS_AND_A_REBUILD: Size = Size {
    rebuilds: 1,
    ..TWO_READERS
};

#[test]
fn no_state_of_the_protocol_is_a_violation() {
    let mut sizes = vec![(ONE_READER, 50_000), (TWO_READERS, 100_000)];
    if std::env::var_os("LEFT_RIGHT_LONG").is_some() {
        sizes.push((TWO_READERS_AND_A_REBUILD, 2_000_000));
    }
    for (size, least) in sizes {
        match explore(size) {
            Ok(states) => assert!(states > least, "only {states} states of {size:?}"),
            Err(violation) => panic!("{violation:#?}"),
        }
    }
}

#[test]
fn each_planted_fault_leads_to_a_violation() {
    for name in [
        "announcement-gone",
        "entering-ignored",
        "flush-gone",
        "mode-remembered",
        "number-ignored",
        "reader-fence-gone",
        "retired-freed-early",
        "scan-before-swap",
        "scan-truncated",
        "untag-by-store",
        "version-of-another",
        "wait-skipped",
        "writer-fence-gone",
    ] {
        let is_found = fault::with(name, || {
            [ONE_READER, TWO_READERS]
                .into_iter()
                .any(|size| explore(size).is_err())
        });
        assert!(is_found, "{name} goes unnoticed");
    }
}
