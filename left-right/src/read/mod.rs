//! The readers' handles, guards and snapshots.
//!
//! # Invariants
//! - **G1** From `enter` to the drop of the `Section` made for it, or of the snapshot's reader, the buffer that `enter`
//!   gave is alive and nobody writes to it: the reader's slot names it, and the writer waits for that.
//! - **G2** A guard borrows a handle, or a `SharedReader`, that keeps the buffers allocated (S1). A snapshot keeps them
//!   allocated itself.
//! - **G3** The slot that a `Section` names is alive until the `Section` is dropped. Three keep one:
//!   - A handle, which its guards borrow.
//!   - A thread's list. It gives up a reader in two cases only: its structure has ended, so that no guard of
//!     it lives but some that were forgotten; or the list itself ends, and then a reader that is in a copy is
//!     left to its guards.
//!   - The slot itself, which keeps a reader that is left to its guards until the last of them, or the
//!     structure, ends. That is also a reader that no list can take: at a first read while the thread ends, or
//!     within an allocator's call while the list is being changed.
//! - **G4** A shared guard, a `&ReadGuard`, gives access to a `&T` and to the version, which never changes. The
//!   guard's `Section` and its `Reading` are used only where the guard is moved, dropped or borrowed by `&mut`. That
//!   happens on the thread that made it, since neither a guard nor a `&mut ReadGuard` is `Send`, and while no
//!   `&ReadGuard` is in use.
//! - **G5** A snapshot owns its reader, and nobody else uses its slot. The reader has no other guards than forgotten ones,
//!   since `into_snapshot` takes the handle that they would borrow. A shared snapshot, a `&Snapshot`, does not use the
//!   slot's word or counts. So the slot names one copy until the snapshot is dropped, which ends the forgotten guards,
//!   too.

mod factory;
mod guard;
mod handle;
mod index;
mod local;
mod project;
mod shared_reader;
mod snapshot;
mod value_traits;

pub use factory::ReadHandleFactory;
pub use guard::ReadGuard;
pub use handle::ReadHandle;
pub use project::Project;
pub use shared_reader::SharedReader;
pub use snapshot::Snapshot;

pub(crate) use index::LocalIndex;
