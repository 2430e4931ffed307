//! Guides: what this crate cannot do, how to use it, what may wait, what it costs, and why it is built this way.
//!
//! | | |
//! |---|---|
//! | [`limitations`] | what the map cannot do, and the mistakes that the compiler does not find |
//! | [`patterns`] | complete uses, each with a program that is tested |
//! | [`blocking`] | what each call waits for, for how long, and which form never waits |
//! | [`performance`] | what a lookup, a write and a refresh do, what to tune, and how to measure |
//! | [`decisions`] | the reasons for the interface, and what was rejected |
//! | [`faq`] | frequent questions |
//!
//! The [crate's page](crate#what-may-wait-and-for-whom) has the commonest calls that wait.
//! [`migrating`](crate::migrating) is for those who come from another crate.

#[doc = include_str!("limitations.md")]
pub mod limitations {}

#[doc = include_str!("patterns.md")]
pub mod patterns {}

#[doc = include_str!("blocking.md")]
pub mod blocking {}

#[doc = include_str!("performance.md")]
pub mod performance {}

#[doc = include_str!("decisions.md")]
pub mod decisions {}

#[doc = include_str!("faq.md")]
pub mod faq {}
