//! The atomics of [`Frequency`](super::frequency::Frequency), which a model replaces.

pub(super) use std::sync::atomic::{AtomicU8, Ordering};
