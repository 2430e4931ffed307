//! Planted faults, which the models and tests must notice.
//!
//! A fault is one line at its place: [`planted`] asks whether to leave something out, and [`weaken`] is an
//! ordering that the fault makes `Relaxed`.
//! A build with `--cfg mutants` takes the name of the fault from the environment variable `LEFT_RIGHT_MUTANT`.
//! In unit tests, `with` plants one for the calling thread.
//! In every other build both functions are constant, and nothing of them remains.
//! `.ci/mutants` holds the list, and runs the models and tests against each.

use crate::sync::Ordering;

/// Whether the fault of this name is planted.
#[cfg(not(any(mutants, test)))]
#[inline(always)]
pub(crate) const fn planted(_name: &str) -> bool {
    false
}

/// The ordering of an access, or `Relaxed` if the fault of this name is planted.
#[inline(always)]
pub(crate) fn weaken(name: &str, order: Ordering) -> Ordering {
    if planted(name) {
        Ordering::Relaxed
    } else {
        order
    }
}

#[cfg(any(mutants, test))]
pub(crate) fn planted(name: &str) -> bool {
    use std::sync::OnceLock;

    static CHOSEN: OnceLock<Option<String>> = OnceLock::new();
    if cfg!(mutants) {
        let chosen = CHOSEN.get_or_init(|| std::env::var("LEFT_RIGHT_MUTANT").ok());
        if chosen.as_deref() == Some(name) {
            return true;
        }
    }
    #[cfg(test)]
    if HERE.try_with(std::cell::Cell::get) == Ok(Some(name)) {
        return true;
    }
    false
}

#[cfg(test)]
thread_local! {
    static HERE: std::cell::Cell<Option<&'static str>> = const { std::cell::Cell::new(None) };
}

/// Runs `body` with a fault planted for the calling thread.
#[cfg(all(test, not(loom)))]
pub(crate) fn with<R>(name: &'static str, body: impl FnOnce() -> R) -> R {
    HERE.set(Some(name));
    let result = body();
    HERE.set(None);
    result
}
