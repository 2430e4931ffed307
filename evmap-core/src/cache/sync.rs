//! What the policy and the table of loads are built of: std's here, the model checker's in `tests/cache_model`.

pub(super) use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
pub(super) use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub(super) use crate::panics::contain;

/// The number of this process: a child of a fork has another one.
pub(super) fn process() -> u64 {
    left_right::background::Background::process()
}

/// A tag of an entry.
pub(super) type Tag = Arc<str>;

/// Whether this fault is planted. Only a model has faults.
pub(super) const fn planted(_name: &str) -> bool {
    false
}
