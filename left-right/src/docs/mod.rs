//! Longer texts: what the crate does not do, how to use it well, what it costs, and why it is built as it is.
//!
//! These modules hold no code.
//!
//! | module | question |
//! |---|---|
//! | [`limitations`] | What does it not do, and what do I use instead? |
//! | [`patterns`] | How do I build what I need on it? |
//! | [`performance`] | What does a read, a swap or a wait cost, and which fence mode do I take? |
//! | [`decisions`] | Why is it built this way, and what was rejected? |
//! | [`faq`] | Answers to what users of such crates ask. |
//!
//! The [crate page](crate) lists what every call may [wait for](crate#blocking), and the
//! [promises](crate#promises-and-the-tests-that-hold-them) with their tests.

/// What the crate does not do, and what to use instead.
#[doc = ""]
#[doc = include_str!("limitations.md")]
pub mod limitations {}

/// How to build on the crate: one tested sample for each task.
#[doc = ""]
#[doc = include_str!("patterns.md")]
pub mod patterns {}

/// What a read, a swap and a wait cost, and how to choose a fence mode.
#[doc = ""]
#[doc = include_str!("performance.md")]
pub mod performance {}

/// Why the crate is built as it is, and what was rejected.
#[doc = ""]
#[doc = include_str!("decisions.md")]
pub mod decisions {}

/// Answers to what users of such crates ask.
#[doc = ""]
#[doc = include_str!("faq.md")]
pub mod faq {}
