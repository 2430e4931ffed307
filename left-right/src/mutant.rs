//! Planted faults, which the models and tests must notice.
//!
//! A build with `--cfg mutants` asks the environment variable `LEFT_RIGHT_MUTANT` which fault to
//! plant; in every other build [`planted`] is a constant `false` and nothing of it remains.
//! `.ci/mutants` holds the list, and runs the models and tests against each.

/// Whether the fault of this name is planted.
#[cfg(not(mutants))]
#[inline(always)]
pub(crate) const fn planted(_name: &str) -> bool {
    false
}

#[cfg(mutants)]
pub(crate) fn planted(name: &str) -> bool {
    use std::sync::OnceLock;

    static CHOSEN: OnceLock<Option<String>> = OnceLock::new();
    CHOSEN
        .get_or_init(|| std::env::var("LEFT_RIGHT_MUTANT").ok())
        .as_deref()
        == Some(name)
}
