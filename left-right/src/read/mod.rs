//! The readers' side: handles, guards, and the entry to a copy.
//!
//! # Invariants
//! - **G1** From `reader::enter` to the matching `Slot::leave`, the buffer that `enter` gave
//!   is alive and nobody writes to it: the reader's slot names it, and the writer waits for that.
//! - **G2** A guard borrows a handle, or a `SharedReader`, that keeps the buffers allocated (S1).
//! - **G3** The hold of a `Stay::Thread` on its reader is given up by the drop of that `Stay`, once.

mod factory;
mod guard;
mod handle;
mod local;
mod reader;
mod shared_reader;

pub use factory::ReadHandleFactory;
pub use guard::ReadGuard;
pub use handle::ReadHandle;
pub use shared_reader::SharedReader;

pub(crate) use local::LocalIndex;
