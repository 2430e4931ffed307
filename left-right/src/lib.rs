//! Two copies of any data structure: wait-free readers of one, a writer of the other, and a swap.

mod buffer;
mod buffers;
mod builder;
mod error;
mod fence;
mod mutant;
mod operation;
mod read;
mod registry;
mod shared;
mod stall;
mod stats;
mod sync;
mod version;
mod wait;
mod write;

pub use builder::Builder;
pub use error::{CopiesDiffer, Poisoned, SwapError};
pub use fence::FenceMode;
pub use operation::Operation;
pub use read::{ReadGuard, ReadHandle, ReadHandleFactory, SharedReader};
pub use stall::{BusyReader, ReadersBusy};
pub use stats::Stats;
pub use version::Version;
pub use write::{DelayWriteHandle, OpWriteHandle, Settled, WriteHandle};

/// How strong the light fence is in the model that this thread runs.
#[cfg(loom)]
#[doc(hidden)]
pub fn model_light_fence(is_full: bool) {
    sync::model_light_fence(is_full);
}
