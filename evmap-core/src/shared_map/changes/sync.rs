//! What `list.rs` is built of: std's here, the model checker's in `tests/subscribe_model`.

pub(super) use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
pub(super) use std::sync::{Arc, OnceLock, Weak};

/// Whether this fault is planted. Only a model has faults.
pub(super) const fn planted(_name: &str) -> bool {
    false
}
