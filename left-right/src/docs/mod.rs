//! Longer texts: what the crate does not do, how to use it well, what each call waits for, what it costs, and why it is
//! built this way.
//!
//! These modules hold no code.
//!
//! | module | question |
//! |---|---|
//! | [`limitations`] | What does it not do, and what do I use instead? |
//! | [`patterns`] | How do I build what I need on it? |
//! | [`blocking`] | What does each call wait for, for how long, and which form never waits? |
//! | [`performance`] | What does a read, a swap or a wait cost, and which fence mode do I take? |
//! | [`decisions`] | Why is it built this way, and what was rejected? |
//! | [`faq`] | What do users of such crates ask? |
//!
//! The [crate page](crate) has the [rule of blocking](crate#blocking) in short, and the
//! [promises](crate#promises-and-the-tests-that-hold-them) with their tests.

/// What the crate does not do, and what to use instead.
#[doc = ""]
#[doc = include_str!("limitations.md")]
pub mod limitations {}

/// How to build on the crate: one tested sample for each task.
#[doc = ""]
#[doc = include_str!("patterns.md")]
pub mod patterns {}

/// What each call waits for, for how long, and which form never waits.
#[doc = ""]
#[doc = include_str!("blocking.md")]
pub mod blocking {}

/// What a read, a swap and a wait cost, and how to choose a fence mode.
#[doc = ""]
#[doc = include_str!("performance.md")]
pub mod performance {}

/// Why the crate is built this way, and what was rejected.
#[doc = ""]
#[doc = include_str!("decisions.md")]
pub mod decisions {}

/// Answers to what users of such crates ask.
#[doc = ""]
#[doc = include_str!("faq.md")]
pub mod faq {}
