//! The map with many writers: [`SharedMap`].

mod batch;
mod bell;
mod builder;
mod core;
mod error;
mod map;
mod refresher;
mod stats;
mod turn;
mod versions;
mod waits;
mod writer;
mod writes;

pub use batch::Batch;
pub use builder::Builder;
pub use error::{NotVisible, WriteError};
pub use map::SharedMap;
pub use stats::Stats;
