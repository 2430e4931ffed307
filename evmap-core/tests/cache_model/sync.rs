//! What the policy is built of, for loom.

use std::sync::LazyLock;

pub(super) use loom::sync::atomic::{AtomicU8, Ordering};

/// Whether the fault of this name is planted.
pub(super) fn planted(name: &str) -> bool {
    static CHOSEN: LazyLock<Option<String>> =
        LazyLock::new(|| std::env::var("LEFT_RIGHT_MUTANT").ok());
    CHOSEN.as_deref() == Some(name)
}
