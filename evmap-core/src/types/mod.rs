//! Programs that the types of this crate forbid, each with the nearest program that they allow.
//!
//! `T` stands for the engine's table of `K` and `V`, which is `Send` and `Sync` where these are, in all three
//! engines.
//!
//! | type | variance | `Send` if | `Sync` if |
//! |---|---|---|---|
//! | [`WriteHandle<K, V, S, M, E, O>`] | invariant | `K, V, S, M, T: Send + Sync`, `O: Send` | `K, V, S, M, T: Send + Sync`, `O: Sync` |
//! | [`ReadHandle<K, V, S, M, E>`] | invariant | `K, V, S, M, T: Send + Sync` | never |
//! | [`ReadHandleFactory`], [`SharedReader`], [`Snapshot`] | invariant | `K, V, S, M, T: Send + Sync` | `K, V, S, M, T: Send + Sync` |
//! | [`SharedMap<K, V, S, E>`]; `K, V, S: 'static` where it is made | invariant | `K, V, S, T: Send + Sync` | `K, V, S, T: Send + Sync` |
//! | [`Batch<'a, K, V, S, E>`] | covariant in `'a`, else invariant | `K, V, S, T: Send + Sync` | `K, V, S, T: Send + Sync` |
//! | [`Changes<K, V>`] | invariant | `K, V: Send + Sync` | `K, V: Send + Sync` |
//! | [`Change<K, V>`] | covariant | `K, V: Send + Sync` | `K, V: Send + Sync` |
//! | [`Effect<K, V>`] | covariant | `K, V: Send` | `K, V: Sync` |
//! | [`View<'a, K, V, S, M, E>`] | covariant in `'a`, `S` and `M`, invariant in `K` and `V`; all outlive `'a` | never | `K, V, T: Send + Sync`, `S, M: Sync` |
//! | [`OwnView<'a, K, V, S, M, E>`] | covariant in `'a`, `S` and `M`, invariant in `K` and `V`; all outlive `'a` | `K, V, T: Send + Sync`, `S, M: Sync` | `K, V, T: Send + Sync`, `S, M: Sync` |
//! | [`Iter`], [`Keys`], [`Values<'a, K, V, E>`](crate::map::Values) | invariant | `K, V: Sync` | `K, V: Sync` |
//! | [`ReadGuard<'a, V>`] | as `left_right` says | never | `V: Sync` |
//! | [`Values<V>`] | invariant | `V: Send` | `V: Sync` |
//! | [`multimap::IntoIter<V>`] | invariant | `V: Send` | `V: Sync` |
//! | [`MapOp<K, V, M>`], [`Hashed<K>`], [`CopiesDiffer<K>`] | covariant | all are `Send` | all are `Sync` |
//! | [`MultimapOp<K, V, M>`] | invariant in `V`, else covariant | all are `Send` | all are `Sync` |
//! | [`Builder<S, M, E>`], [`multimap::Builder<S, M, E>`] | covariant | `S, M: Send` | `S, M: Sync` |
//! | [`shared_map::Builder<K, V, S, E>`] | covariant | `S: Send` | `S: Sync` |
//! | [`Counted<E>`] | covariant | always | always |
//! | an engine's `Table<K, V>` | covariant | `K, V: Send` | `K, V: Sync` |
//! | an engine's `Iter<'a>` | covariant | `K, V: Sync` | `K, V: Sync` |
//! | futures of `WriteHandle` and `SharedMap` | | the handle is `Send` and `Sync`, and what they are given is `Send` | |
//! | futures of `Changes` | | `K, V: Send + Sync` | |
//! | all others, which have no parameter | | always | always |
//!
//! There is no `unsafe` here, so soundness depends only on `left_right` and on the crates that hold the entries. The
//! table has these reasons:
//!
//! - **Variance.** A writer, and so a [`SharedMap`], is invariant in `K` and `V`. Otherwise a key with a shorter
//!   lifetime could be published to readers of a longer lifetime. Views are invariant in both because an engine
//!   chooses the table, and bags because `SmallVec` is. Nothing depends on these two.
//! - **`'static`.** The janitor, and each writer of a `SharedMap`, drop entries that others have inserted. Its methods
//!   need no `'static` closures.
//! - **`Sync` views.** A view only lends what it shows. It still needs `K, V, T: Send`, because a copy also holds the
//!   queue of its deferred drops, and any thread that shares that queue may drop them.
//! - **Drop.** A handle or a snapshot may be the last one, so keys and values strictly outlive each.
//!
//! # Unwind safety
//!
//! A panic leaves no state half changed that others can see, so what may be read afterwards is `UnwindSafe`.
//! `R` stands for `RefUnwindSafe`, which a `Cell` is not.
//!
//! | type | `UnwindSafe` if | `RefUnwindSafe` if |
//! |---|---|---|
//! | [`View`](crate::View), [`OwnView`](crate::OwnView), [`Snapshot`] | `K, V, S, M, T: R` | `K, V, S, M, T: R` |
//! | [`ReadHandle`](crate::ReadHandle), [`ReadHandleFactory`], [`SharedReader`] | `K, V, S, M, T: R`, `S: UnwindSafe` | `K, V, S, M, T: R` |
//! | [`SharedMap`] | `K, V, S, T: R`, `S: UnwindSafe` | `K, V, S, T: R` |
//! | [`Changes`](crate::shared_map::Changes) | `K, V: R` | `K, V: R` |
//! | [`WriteHandle`](crate::WriteHandle) | as `left_right` says, `S: UnwindSafe` | as `left_right` says, `S: R` |
//! | [`Batch`](crate::shared_map::Batch) | never: it changes the map | as its writer |
//! | [`map::Iter`], [`map::Keys`], [`map::Values`](crate::map::Values) | `K, V: R` | `K, V: R` |
//!
//! [`map::Iter`]: crate::map::Iter
//! [`map::Keys`]: crate::map::Keys
//! [`WriteHandle<K, V, S, M, E, O>`]: crate::WriteHandle
//! [`ReadHandle<K, V, S, M, E>`]: crate::ReadHandle
//! [`ReadHandleFactory`]: crate::ReadHandleFactory
//! [`SharedReader`]: crate::SharedReader
//! [`Snapshot`]: crate::Snapshot
//! [`SharedMap`]: crate::SharedMap
//! [`SharedMap<K, V, S, E>`]: crate::SharedMap
//! [`Batch<'a, K, V, S, E>`]: crate::shared_map::Batch
//! [`Changes<K, V>`]: crate::shared_map::Changes
//! [`Change<K, V>`]: crate::shared_map::Change
//! [`Effect<K, V>`]: crate::shared_map::Effect
//! [`View<'a, K, V, S, M, E>`]: crate::View
//! [`OwnView<'a, K, V, S, M, E>`]: crate::OwnView
//! [`Iter`]: crate::map::Iter
//! [`Keys`]: crate::map::Keys
//! [`ReadGuard<'a, V>`]: crate::ReadGuard
//! [`Values<V>`]: crate::multimap::Values
//! [`multimap::IntoIter<V>`]: crate::multimap::IntoIter
//! [`MapOp<K, V, M>`]: crate::op::MapOp
//! [`Hashed<K>`]: crate::op::Hashed
//! [`CopiesDiffer<K>`]: crate::CopiesDiffer
//! [`Counted<E>`]: crate::table::Counted
//! [`MultimapOp<K, V, M>`]: crate::op::MultimapOp
//! [`Builder<S, M, E>`]: crate::Builder
//! [`multimap::Builder<S, M, E>`]: crate::multimap::Builder
//! [`shared_map::Builder<K, V, S, E>`]: crate::shared_map::Builder
//!
//! # The tests
//!
//! Each program that must not compile has a twin that differs only in the forbidden step. So it fails because of that
//! step and for no other reason. Where many types forbid the same step, a macro writes the pairs.

/// A program that must not compile, and its twin, which has `$right` in the place of `$wrong`.
macro_rules! pair {
    ($name:ident: $code:literal, $before:expr, $wrong:expr => $right:expr, $after:expr) => {
        #[doc = concat!("```compile_fail,", $code, "\n", $before, $wrong, $after, "\n```")]
        #[doc = concat!("```\n", $before, $right, $after, "\n```")]
        mod $name {}
    };
}

/// `demand!(name, "Trait", "type without it" => "type that has it")`. In the types, `No` is neither `Send` nor
/// `Sync`, `Sent` is only `Send`, and `Lent` is only `Sync`.
macro_rules! demand {
    ($name:ident, $trait:literal, $wrong:expr => $right:expr) => {
        pair!(
            $name: "E0277",
            concat!(
                "use evmap_core::{*, multimap::Values, op::*, shared_map::Batch, table::*};\n",
                "type No = std::rc::Rc<u32>;\n",
                "type Sent = std::cell::Cell<u32>;\n",
                "type Lent = std::sync::MutexGuard<'static, u32>;\n",
                "fn demand<T: ", $trait, ">() {}\n",
                "demand::<"
            ),
            $wrong => $right,
            ">();"
        );
    };
}

/// `invariant!(name, "type of &'s str", "how to make one of &'static str")`: the type cannot be converted to one with
/// a shorter lifetime.
macro_rules! invariant {
    ($name:ident, $type:literal, $make:literal) => {
        pair!(
            $name: "E0597",
            concat!(
                "use evmap_core::{*, multimap::Values, op::*};\n",
                "fn unify<'s>(_: &", $type, ", _: &'s str) {}\n",
                $make, "\n",
                "unify(&it, \"static\");\n",
                "{\n    let local = String::from(\"local\");\n    unify(&it, "
            ),
            "&local" => "\"static\"",
            ");\n}\nunify(&it, \"static\");"
        );
    };
}

/// `covariant!(name, "a type that lives long" => "one that lives for 's")`
macro_rules! covariant {
    ($name:ident, $long:expr => $short:expr) => {
        #[doc = "```\nuse evmap_core::{*, multimap::Values, op::*, table::*};"]
        #[doc = concat!("fn shrink<'s>(it: ", $long, ") -> ", $short, " { it }\n```")]
        mod $name {}
    };
}

/// `outlives!(name, "a handle, made of `writer`")`: data that the `Drop` of a value reads must outlive the handle.
macro_rules! outlives {
    ($name:ident, $make:literal) => {
        pair!(
            $name: "E0597",
            concat!(
                "#[derive(Clone)]\n",
                "struct Looks<'s>(&'s str);\n",
                "impl Drop for Looks<'_> {\n",
                "    fn drop(&mut self) { assert_eq!(self.0, \"seen\"); }\n",
                "}\n"
            ),
            "let it;\nlet seen = String::from(\"seen\");\n" => "let seen = String::from(\"seen\");\nlet it;\n",
            concat!(
                "let (mut writer, _) = evmap_core::new();\n",
                "writer.insert(1, Looks(&seen));\n",
                "writer.refresh();\n",
                "it = ", $make, ";\n",
                "let _ = &it;"
            )
        );
    };
}

mod data;
mod guards;
mod readers;
mod shared_map;
mod snapshots;
mod unwind;
mod writers;
