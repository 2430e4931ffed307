//! What the policy is built of: std's here, the model checker's in `tests/cache_model`.

pub(super) use std::sync::atomic::{AtomicU8, Ordering};

/// Whether this fault is planted. Only a model has faults.
pub(super) const fn planted(_name: &str) -> bool {
    false
}
