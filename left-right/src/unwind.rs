//! `UnwindSafe` and `RefUnwindSafe`: what a program may find after a panic that it has caught.
//!
//! By their fields, no writer would be either, since its copies are behind pointers to cells. A `ReadHandle` would not be
//! `RefUnwindSafe`, since one thread at a time uses it. So the public types decide here:
//!
//! - **This crate leaves nothing half changed.** No user code runs while a list or a slot is being changed. A guard that
//!   unwinding drops ends its read as any other does. A writer that unwinding drops leaves readers the last published
//!   state.
//! - **Readers see published copies only.** A panic changes none of them, and never publishes half an update. So a
//!   reader, a guard or a snapshot is like the `&T` that it lends: only a value that changes through a shared reference, such as a
//!   `Cell`, can be found half changed. As for `&T` and `Arc<T>`, `T: RefUnwindSafe` is enough.
//! - **A writer owns one copy and shares the other,** as a `T` beside an `Arc<T>`. A panic in the code that changes its
//!   own copy may leave that half changed. An [`OpWriteHandle`] is then poisoned and says so. The plain writers are not
//!   poisoned, as a `Vec` is not, and would publish it with the next swap. The compiler asks the caller about that, since
//!   no `&mut` is `UnwindSafe`: a closure that borrows a writer needs `AssertUnwindSafe`. A closure that owns the writer
//!   drops it.
//! - **A log owns its operations,** and `pending` lends them, so it demands of `O` what a `Vec<O>` does.

use std::panic::{RefUnwindSafe, UnwindSafe};

use crate::{
    DelayWriteHandle, OpWriteHandle, ReadGuard, ReadHandle, ReadHandleFactory, SharedReader,
    Snapshot, WriteHandle,
};

impl<T: RefUnwindSafe + ?Sized> UnwindSafe for ReadGuard<'_, T> {}
impl<T: RefUnwindSafe + ?Sized> RefUnwindSafe for ReadGuard<'_, T> {}

impl<T: RefUnwindSafe> UnwindSafe for ReadHandle<T> {}
impl<T: RefUnwindSafe> RefUnwindSafe for ReadHandle<T> {}

impl<T: RefUnwindSafe> UnwindSafe for ReadHandleFactory<T> {}
impl<T: RefUnwindSafe> RefUnwindSafe for ReadHandleFactory<T> {}

impl<T: RefUnwindSafe> UnwindSafe for SharedReader<T> {}
impl<T: RefUnwindSafe> RefUnwindSafe for SharedReader<T> {}

impl<T: RefUnwindSafe> UnwindSafe for Snapshot<T> {}
impl<T: RefUnwindSafe> RefUnwindSafe for Snapshot<T> {}

impl<T: UnwindSafe + RefUnwindSafe> UnwindSafe for WriteHandle<T> {}
impl<T: RefUnwindSafe> RefUnwindSafe for WriteHandle<T> {}

impl<T: UnwindSafe + RefUnwindSafe> UnwindSafe for DelayWriteHandle<T> {}
impl<T: RefUnwindSafe> RefUnwindSafe for DelayWriteHandle<T> {}

impl<T: UnwindSafe + RefUnwindSafe, O: UnwindSafe> UnwindSafe for OpWriteHandle<T, O> {}
impl<T: RefUnwindSafe, O: RefUnwindSafe> RefUnwindSafe for OpWriteHandle<T, O> {}
