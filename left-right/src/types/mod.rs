//! Programs that the types of this crate reject, each beside the nearest program that they accept.
//!
//! | type | variance | `Send` if | `Sync` if |
//! |---|---|---|---|
//! | [`WriteHandle<T>`], [`DelayWriteHandle<T>`] | invariant | `T: Send + Sync` | `T: Send + Sync` |
//! | [`OpWriteHandle<T, O>`] | invariant in `T`, covariant in `O` | `T: Send + Sync`, `O: Send` | `T: Send + Sync`, `O: Sync` |
//! | [`ReadHandle<T>`] | invariant | `T: Send + Sync` | never |
//! | [`ReadHandleFactory<T>`], [`SharedReader<T>`], [`Snapshot<T>`] | invariant | `T: Send + Sync` | `T: Send + Sync` |
//! | [`ReadGuard<'a, T>`] | covariant in `'a` and `T`; `T: 'a` | never | `T: Sync` |
//! | [`WriterLock<T>`] | invariant | `T: Send` | `T: Send` |
//! | [`LockAsync<'a, T>`] | as `&'a WriterLock<T>` | `T: Send` | `T: Send` |
//! | [`WriterGuard<'a, T>`] | covariant in `'a`, invariant in `T`; `T: 'a` | never | `T: Sync` |
//! | futures of the writers | | the writer is `Send` | |
//! | all others, which have no type parameter | | always | always |
//!
//! - **Variance.** If a writer were covariant, it could be used as a writer of a shorter-lived `T`, and publish such a
//!   value to readers of the longer-lived one. Readers are invariant since they share the type of their copies with
//!   the writer; a covariant reader would be sound. A guard only reads, so it is covariant. The value that it shows
//!   may itself be invariant, as a `Cell` is.
//! - **`Send` and `Sync`.** The last handle drops both copies, on its thread (`T: Send`), and handles on
//!   several threads lend a `&T` at the same time (`T: Sync`). A [`ReadHandle`] is used by one thread at a time,
//!   so it is not `Sync`. A guard leaves the slot of the thread that took it, so it is not `Send`. A shared guard
//!   only lends a `&T`, so it is `Sync` where `T` is, and scoped threads may read through it. A [`Snapshot`] owns its
//!   slot, which goes with it, so it is `Send`; it is `Sync` as an `Arc<T>` is.
//! - **Drop.** Any handle may be the last one, so `T` strictly outlives each of them: its `Drop` may access
//!   what it borrows. No thread-local list of this crate holds a `T`, and its threads hold only `'static` values.
//!
//! What a panic may leave behind decides about `UnwindSafe` (`unwind.rs` has the reasons):
//!
//! | type | `UnwindSafe` if | `RefUnwindSafe` if |
//! |---|---|---|
//! | [`WriteHandle<T>`], [`DelayWriteHandle<T>`] | `T: UnwindSafe + RefUnwindSafe` | `T: RefUnwindSafe` |
//! | [`OpWriteHandle<T, O>`] | `T: UnwindSafe + RefUnwindSafe`, `O: UnwindSafe` | `T: RefUnwindSafe`, `O: RefUnwindSafe` |
//! | [`ReadHandle<T>`], [`ReadHandleFactory<T>`], [`SharedReader<T>`] | `T: RefUnwindSafe` | `T: RefUnwindSafe` |
//! | [`ReadGuard<'a, T>`], [`Snapshot<T>`] | `T: RefUnwindSafe` | `T: RefUnwindSafe` |
//!
//! No code of this crate relies on either. All other types have the auto traits of their fields.
//!
//! [`WriteHandle<T>`]: crate::WriteHandle
//! [`DelayWriteHandle<T>`]: crate::DelayWriteHandle
//! [`OpWriteHandle<T, O>`]: crate::OpWriteHandle
//! [`ReadHandle`]: crate::ReadHandle
//! [`ReadHandle<T>`]: crate::ReadHandle
//! [`ReadHandleFactory<T>`]: crate::ReadHandleFactory
//! [`SharedReader<T>`]: crate::SharedReader
//! [`ReadGuard<'a, T>`]: crate::ReadGuard
//! [`Snapshot`]: crate::Snapshot
//! [`Snapshot<T>`]: crate::Snapshot
//! [`WriterLock<T>`]: crate::WriterLock
//! [`LockAsync<'a, T>`]: crate::LockAsync
//! [`WriterGuard<'a, T>`]: crate::WriterGuard
//!
//! # The tests
//!
//! Each program that must not compile stands beside a twin that differs in the forbidden step only. So it fails
//! because of that step. Where many types forbid the same step, a macro writes the pairs.

/// A program that must not compile, and its twin, which has `$right` where that one has `$wrong`.
macro_rules! pair {
    ($name:ident: $code:literal, $before:expr, $wrong:expr => $right:expr, $after:expr) => {
        #[doc = concat!("```compile_fail,", $code, "\n", $before, $wrong, $after, "\n```")]
        #[doc = concat!("```\n", $before, $right, $after, "\n```")]
        mod $name {}
    };
}

/// `demand!(name, "Trait", "type without it" => "type that has it")`
macro_rules! demand {
    ($name:ident, $trait:literal, $wrong:literal => $right:literal) => {
        pair!(
            $name: "E0277",
            concat!(
                "use left_right::*;\n",
                "use std::{cell::Cell, panic::*, rc::Rc, sync::MutexGuard};\n",
                "fn demand<T: ", $trait, ">() {}\n",
                "demand::<"
            ),
            $wrong => $right,
            ">();"
        );
    };
}

/// `invariant!(name, "type of &'s str", "one of &'static str, made by `writer`")`: the value that it holds cannot
/// be taken for a value of a shorter lifetime.
macro_rules! invariant {
    ($name:ident, $type:literal, $make:literal) => {
        pair!(
            $name: "E0597",
            concat!(
                "use left_right::*;\n",
                "fn unify<'s>(_: &", $type, ", _: &'s str) {}\n",
                "let writer = WriteHandle::cloned(\"static\");\n",
                "let it = ", $make, ";\n",
                "unify(&it, \"static\");\n",
                "{\n    let local = String::from(\"local\");\n    unify(&it, "
            ),
            "&local" => "\"static\"",
            ");\n}\nunify(&it, \"static\");"
        );
    };
}

/// `outlives!(name, "a handle, made of `writer`")`: a value that a copy's `Drop` accesses outlives the handle.
macro_rules! outlives {
    ($name:ident, $make:literal) => {
        pair!(
            $name: "E0597",
            concat!(
                "use left_right::*;\n",
                "struct Looks<'s>(&'s str);\n",
                "impl Drop for Looks<'_> {\n",
                "    fn drop(&mut self) { assert_eq!(self.0, \"seen\"); }\n",
                "}\n"
            ),
            "let it;\nlet seen = String::from(\"seen\");\n" => "let seen = String::from(\"seen\");\nlet it;\n",
            concat!(
                "let writer = WriteHandle::new(Looks(&seen), Looks(&seen));\n",
                "it = ", $make, ";\n",
                "let _ = &it;"
            )
        );
    };
}

mod guards;
mod lock;
mod readers;
mod snapshots;
mod unwind;
mod writers;
