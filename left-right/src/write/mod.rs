//! The writers' side, each type a layer on the one before:
//! [`WriteHandle`] (two buffers), [`DelayWriteHandle`] (swap now, wait later), [`OpWriteHandle`]
//! (a log of operations).

mod buffers;
mod convert;
mod delay;
mod direct;
mod handle;
mod log;
mod op;
mod rebuild;
mod settled;
mod tasks;

#[cfg(all(test, not(loom)))]
pub(crate) use buffers::Buffers;
pub use delay::DelayWriteHandle;
pub use handle::WriteHandle;
pub use op::OpWriteHandle;
pub use settled::Settled;
