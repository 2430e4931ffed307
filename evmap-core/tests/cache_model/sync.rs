//! What the policy and the table of loads are built of, for loom.

use std::sync::LazyLock;

pub(super) use loom::sync::atomic::{AtomicBool, AtomicU8, Ordering};
pub(super) use loom::sync::{Arc, Mutex, MutexGuard};
pub(super) use std::sync::PoisonError;

/// The number of this process. No model forks.
pub(super) fn process() -> u64 {
    1
}

/// A tag of an entry.
pub(super) type Tag = std::sync::Arc<str>;

/// Calls `f`, which does not panic in a model.
pub(super) fn contain<R>(f: impl FnOnce() -> R) -> R {
    f()
}

/// Whether the fault of this name is planted.
pub(super) fn planted(name: &str) -> bool {
    static CHOSEN: LazyLock<Option<String>> =
        LazyLock::new(|| std::env::var("LEFT_RIGHT_MUTANT").ok());
    CHOSEN.as_deref() == Some(name)
}
