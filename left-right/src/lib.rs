//! Two copies of any data structure: wait-free readers of one, a writer of the other, and a swap.
//!
//! Your threads read a table, a configuration or an index all the time, and now and then one thread changes it.
//! With a lock, every reader waits for the writer and slows the other readers down.
//!
//! `left-right` keeps the value twice. Readers use one copy and take no lock. One writer changes the other copy and
//! then *swaps* the two. The swap publishes the whole change at once. The value may have any type.
//!
//! A change has to reach both copies. So a change is a value, an [`Operation`], and an [`OpWriteHandle`] applies it
//! to one copy and later to the other:
//! ```
//! use left_right::{OpWriteHandle, Operation};
//!
//! struct Push(u32);
//!
//! impl Operation<Vec<u32>> for Push {
//!     fn apply(&mut self, target: &mut Vec<u32>) {
//!         target.push(self.0);
//!     }
//! }
//!
//! let mut writer = OpWriteHandle::cloned(vec![]);
//! let reader = writer.read_handle(); // one for each thread: clone it
//! writer.push(Push(1));
//! println!("{:?}", *reader.read()); // []
//! # assert!(reader.read().is_empty());
//! writer.swap_buffers();
//! println!("{:?}", *reader.read()); // [1]
//! # assert_eq!(*reader.read(), [1]);
//! ```
//!
//! Reads are *wait-free*: a read ends after a fixed number of instructions, whatever other threads do. There is one
//! exception. A thread's first read through a [`SharedReader`] takes the lock of the list of readers for a moment,
//! and allocates.
//!
//! # Add it
//!
//! The crate is not published. It is *not* the crate called `left-right` on crates.io: [`docs::faq`] compares them.
//! It needs Rust 1.85 or later. (Clippy checks that it uses nothing newer, but no build with 1.85 is tested.)
//! ```toml
//! [dependencies]
//! left-right = { git = "https://github.com/evmap-core/evmap-core" }
//! ```
//!
//! # Migrating
//!
//! Coming from a lock, from arc-swap or from the `left-right` of crates.io?
//! [The book](https://github.com/evmap-core/evmap-core/tree/main/book) shows programs before and after, on its page
//! `moving.md`. Its page `axum.md` has a complete axum server, with `evmap-core`.
//! [*Shared state of a server*](docs::patterns#shared-state-of-a-server) shows the state of a server with this crate.
//!
//! # When to use it, and when not
//!
//! Use it if
//!
//! - reads are far more frequent than writes,
//! - a read must not wait, even while a write is going on or after the writer's thread has stopped,
//! - several parts of one value must be read in one consistent state.
//!
//! Use something else in these cases:
//!
//! | your program | use |
//! |---|---|
//! | shares a hash map | `evmap-core`, in the same repository and built on this crate; its `SharedMap` takes writes from any thread |
//! | writes as often as it reads | a concurrent map such as dashmap or scc, or a lock for each part of the data |
//! | has a small value, or replaces the value as a whole | arc-swap, with its `Cache` |
//! | has no memory for two copies, and cannot share the data between them by an [`Arc`](std::sync::Arc) | a lock |
//! | writes often, and needs each write to be visible at once | a lock: a swap for each write costs more |
//! | has readers that keep a state for long | arc-swap: here the second swap after such a read waits for it (with [`WriteHandle`], the first). ([`rebuild`](OpWriteHandle::rebuild) does not wait, but clones the value) |
//! | uses the value less than about ten thousand times a second | a lock: it is no bottleneck at that rate |
//!
//! # Which type
//!
//! | to write | |
//! |---|---|
//! | [`OpWriteHandle`] | a log of [`Operation`]s, applied to both copies: what most programs want |
//! | [`DelayWriteHandle`] | lends one copy; swaps now, and waits for the old readers later |
//! | [`WriteHandle`] | lends one copy; a swap waits |
//! | [`Builder`] | makes a writer with another [`FenceMode`] or limit |
//!
//! [`DelayWriteHandle`] and [`WriteHandle`] are the layers below. What you change through them reaches one copy only.
//! You have to repeat the change on the other copy, after the swap.
//!
//! | to read | |
//! |---|---|
//! | [`ReadHandle`] | one for each thread: the cheapest |
//! | [`SharedReader`] | one value for all threads, such as a web framework's state |
//! | [`ReadHandleFactory`] | makes handles wherever a thread needs one |
//! | [`ReadGuard`] | what `read()` returns: see *guard* below |
//! | [`Snapshot`] | one state, owned: may be sent to other threads, and held across an `.await` |
//!
//! | to build a writer for many threads | |
//! |---|---|
//! | [`WriterLock`] | the lock that they take for each write |
//! | [`background`] | two threads of the process: one publishes on time, the other frees old data and wakes tasks |
//!
//! A *guard* is what `read` returns: it lends the data and keeps its copy unchanged until it is dropped. A
//! [`Snapshot`] counts as a guard. `evmap-core` says *refresh* for what is a *swap* here. Both publish what was
//! written.
//!
//! [`docs`] has more: [patterns](docs::patterns), [limitations](docs::limitations), [blocking](docs::blocking),
//! [performance](docs::performance), [decisions](docs::decisions), and an [FAQ](docs::faq).
//!
//! # What it costs
//!
//! - **A read** is three plain stores to a cache line of the reader's own, and one load of a pointer.
//! - **The fence of a read:** on Linux and Windows there is none while swaps are far enough apart. While swaps come
//!   faster, and on other systems, each read has one full fence. (The library measures the limit at run time. It is
//!   usually 10 to 200 microseconds, and at most a millisecond.) [`FenceMode::Auto`] says when such fences end.
//! - **A write** is applied twice, once to each copy.
//! - **A swap** makes a system call by default, which interrupts the processors that run other threads of the
//!   process. So make many changes for each swap. While swaps come fast, and on systems other than Linux and Windows,
//!   it makes none. [`FenceMode`] says what to do where changes come one by one.
//! - **Memory:** see [below](#memory).
//!
//! [`docs::performance`] counts instructions, stores and system calls.
//!
//! # Consistency: what a reader sees, and when
//!
//! - A read shows exactly the state that one swap published, all of it, for as long as its guard lives.
//! - A read that begins after a swap has returned shows that swap's state or a newer one, on every thread. The
//!   exception is a read inside a guard: it shows the guard's state.
//! - States never go back: not for one reader, and not from one reader to another that learns of it.
//! - Reads while a swap is going on show the state before it or the state after it.
//! - While a handle has a guard, further reads by that handle show the same state as the guard. For a
//!   [`SharedReader`], this holds for all reads of one thread.
//! - What was pushed and not swapped is visible to the writer only, by [`catch_up`](OpWriteHandle::catch_up).
//! - Each state has a [`Version`], which grows by one with each swap that publishes.
//!
//! # Blocking
//!
//! With an [`OpWriteHandle`] or a [`DelayWriteHandle`]:
//!
//! 1. A guard never delays a reader, a push, or a handle that is made, cloned or dropped.
//! 2. A guard never delays the first swap after the guard was taken.
//! 3. The second swap waits until the guard is dropped. So does every other call that needs the guard's copy.
//! 4. A thread that waits for a guard of its own waits without end.
//!
//! The plain [`WriteHandle`] is stricter: its [`swap_buffers`](WriteHandle::swap_buffers) waits for the guards of the
//! copy that it swaps out, so it waits in the first swap.
//!
//! These are the commonest calls. [`docs::blocking`] lists all of them.
//!
//! | call | waits for | never waits | waits for a limited time | the task waits, the thread does not |
//! |---|---|---|---|---|
//! | [`ReadHandle::read`], the drop of a guard | nobody | | | |
//! | [`SharedReader::read`] | nobody; at a thread's first read, the lock of the list of readers | [`ReadHandle::read`] | | |
//! | to make, clone or drop a [`ReadHandle`]; to take or drop a [`Snapshot`] | the lock of the list of readers, for a moment | | | |
//! | to clone a [`SharedReader`] | nobody | | | |
//! | [`push`](OpWriteHandle::push), [`extend`](OpWriteHandle::extend) | nobody | | | |
//! | [`swap_buffers`](OpWriteHandle::swap_buffers), operations pending | guards taken before the last swap | [`try_swap_buffers`](OpWriteHandle::try_swap_buffers) | [`swap_buffers_timeout`](OpWriteHandle::swap_buffers_timeout) | [`swap_buffers_async`](OpWriteHandle::swap_buffers_async) |
//! | [`catch_up`](OpWriteHandle::catch_up) | guards taken before the last swap | [`try_catch_up`](OpWriteHandle::try_catch_up) | [`catch_up_timeout`](OpWriteHandle::catch_up_timeout) | [`catch_up_async`](OpWriteHandle::catch_up_async) |
//! | [`rebuild`](OpWriteHandle::rebuild) | nobody; it clones the whole value | | | |
//! | the drop of a writer | nobody | | | |
//!
//! # Async
//!
//! Reads are short and wait for nobody, so they fit into any task.
//!
//! Do not hold a guard of [`ReadHandle::read`] or [`SharedReader::read`] across an `.await`. It is not `Send`, so
//! most runtimes refuse it. On a single-threaded executor it compiles, and the writer cannot change the guard's copy
//! until the guard is dropped. Meanwhile all other tasks on that thread that read through the same handle or
//! [`SharedReader`] read the guard's old state. Take a [`Snapshot`], or clone what you need.
//!
//! To write, use [`swap_buffers_async`](OpWriteHandle::swap_buffers_async),
//! [`catch_up_async`](OpWriteHandle::catch_up_async), [`finish_swap_async`](DelayWriteHandle::finish_swap_async) and
//! [`WriterLock::lock_async`]. They need no particular runtime, and a future may be dropped at any time.
//!
//! # Memory
//!
//! - Two copies of the value.
//! - The log: the operations that one of the copies still lacks. The memory of a large batch is given back within the
//!   next few swaps, if these publish less.
//! - 256 bytes for each live reader or snapshot.
//! - After a [`rebuild`](OpWriteHandle::rebuild), each old copy that readers still use, up to
//!   [`max_retired`](Builder::max_retired) of them, 4 by default. Once its readers have left, such a copy is freed by
//!   the next call that needs the writer's copy.
//!
//! # How it works
//!
//! Each reader has a *slot*: one word that only it stores to, and that says which copy it is in.
//! To enter, the reader announces itself there, loads the pointer to the published copy, and stores that
//! pointer into its slot. To leave, it clears the slot.
//!
//! A swap exchanges the pointer, makes sure that every announcement before the swap is visible, and looks at all
//! slots, which show the readers of the copy swapped out. Before the writer next changes that copy, it waits until it
//! has seen each of these readers leave that copy.
//!
//! Making sure is the writer's part. On Linux it calls `membarrier`, which runs a fence on all processors that run
//! this process, so a reader needs none. On Windows it calls `FlushProcessWriteBuffers`. On other systems, and while
//! swaps come fast, each reader runs a fence.
//!
//! The protocol is checked by loom models (`tests/loom`), by an exhaustive exploration under
//! store buffers (`src/protocol/explorer`), and by stress. `.ci/mutants` removes its fences and orderings,
//! one by one, and demands that a model or a test notices. [`docs::decisions`] says what was rejected.
//!
//! # Limits
//!
//! - One writer. Share it behind a lock, or let threads send it what to write.
//! - A read that never ends holds up the second swap after it (with [`WriteHandle`], the first). The timeout forms
//!   return an error that names the reader, and [`rebuild`](OpWriteHandle::rebuild) continues without waiting for it,
//!   at the price of a clone.
//! - A guard is dropped by the thread that took it, though others may read it meanwhile. A [`Snapshot`] goes
//!   wherever it is sent.
//! - Do not read in a signal handler. The interrupted code may be in the middle of a read through the same handle, or
//!   through any [`SharedReader`].
//!
//! [`docs::limitations`] has all of them.
//!
//! # Promises, and the tests that hold them
//!
//! 1. **Reads are wait-free.** Entering and leaving is a fixed, small number of instructions with no loop,
//!    lock, allocation or system call, whatever other threads do. (A thread's first read through a
//!    [`SharedReader`] is the exception.) On Linux and Windows, while swaps are far enough apart, there is no fence and
//!    no atomic read-modify-write in it. (The library measures the limit at run time. It is at most a millisecond.)
//!    Otherwise there is exactly one full fence, and in one of 2^16 such reads at most one compare-and-swap. After a
//!    burst of swaps, the fences end for all readers soon after swaps come slowly again. If no more swaps come, they
//!    end when one reader has made 2^16 to 2^17 such reads of the same version.
//!
//!    Held by: `read_path::a_read_has_no_loop_lock_fence_or_call_and_stores_three_times`,
//!    `environment::threads_frozen_at_arbitrary_instructions_stop_nobody_else`,
//!    `buffers::a_reader_takes_the_tag_off_after_many_reads_of_one_version`.
//! 2. **Snapshots.** A guard shows exactly one published state, unchanged for its life.
//!
//!    Held by: `linearizability::*`,
//!    `readers::nested_guards_show_the_outer_one_and_may_be_dropped_in_any_order`.
//! 3. **Linearizable swaps.** A read that begins after a swap returned sees it, and versions never go back,
//!    across readers too.
//!
//!    Held by: `linearizability::*`, `loom::a_read_that_begins_after_the_swap_returned_sees_it`,
//!    `loom::versions_never_go_back_across_readers`.
//! 4. **An exact blocking rule.** A guard never holds up readers, pushes, clones or drops of handles, nor the
//!    first swap after it was taken. Only the swap after that waits, and every other call that
//!    needs the writer's copy. Swaps and `catch_up` have a `try_` form that never waits and one with a timeout.
//!    (The plain [`WriteHandle`] has neither, and waits in the swap itself.) A [`Snapshot`] counts as a
//!    guard, on whichever thread it is.
//!
//!    Held by: `readers::a_guard_held_forever_lets_one_refresh_through_and_holds_up_the_second`,
//!    `readers::a_guard_never_holds_up_the_first_refresh_that_begins_after_it`,
//!    `tasks::a_task_waits_for_the_guard_of_the_last_swap_and_goes_on_when_it_is_dropped`,
//!    `snapshots::a_snapshot_pins_on_whichever_thread_it_is_and_is_released_there`,
//!    `loom::snapshot::a_snapshot_is_read_and_dropped_by_another_thread_than_took_it`.
//! 5. **Handles come and go without waiting for a guard.**
//!
//!    Held by: `readers::handles_come_and_go_while_a_refresh_waits_and_it_goes_on_when_the_guard_is_dropped`.
//! 6. **Bounded memory.** Two copies, at most [`max_retired`](Builder::max_retired) more, the log, and what
//!    the live handles need. What a swap costs follows the live handles, too, and not their peak.
//!
//!    Held by: `memory::*`, `registry::a_swap_looks_at_the_live_readers_and_not_at_the_peak`,
//!    `rebuild::at_the_limit_the_error_names_the_readers_and_nothing_is_lost`.
//! 7. **Each copy is dropped exactly once**, never while a reader is in it. (If the system refuses a memory
//!    barrier that it granted before, it is not known who reads two of the copies. Those are leaked.)
//!
//!    Held by: `lifecycle::both_copies_are_dropped_once_with_the_last_handle`,
//!    `lifecycle::a_writer_dropped_between_swap_and_wait_leaves_both_copies_to_the_readers`,
//!    `snapshots::a_snapshot_outlives_the_writer_and_all_handles`.
//! 8. **Panics are contained.** A panic in an operation publishes nothing; the writer says that it is
//!    [poisoned](Poisoned), readers go on, and [`rebuild`](OpWriteHandle::rebuild) repairs it. Several copies
//!    or operations whose `Drop` panics are all dropped, and end in one panic.
//!
//!    Held by: `rebuild::an_operation_that_panicked_unpublished_is_handed_back_and_the_others_are_kept`,
//!    `log::a_panic_on_the_first_copy_publishes_nothing_and_poisons`,
//!    `log::a_panic_on_the_second_copy_leaves_the_published_one_consistent`,
//!    `lifecycle::two_copies_whose_drop_panics_end_in_one_panic`, `drops::*`, `wakers::*`.
//! 9. **Leaks are safe.** A forgotten guard, handle or writer is never unsound. A forgotten guard counts until its
//!    [`ReadHandle`] is dropped. One of a [`SharedReader`] counts until all handles of the structure are dropped, and a
//!    forgotten snapshot counts forever.
//!
//!    Held by: `readers::dropping_a_handle_frees_the_pin_of_a_forgotten_guard`,
//!    `shared_reader::a_guard_leaked_by_a_thread_that_ends_stays_valid_and_pins`.
//! 10. **No safe misuse is undefined behaviour.** An operation that differs on the two copies gives wrong
//!     answers at worst, which [`OpWriteHandle::verify_copies`] finds.
//!
//!     Held by: `log::an_operation_that_differs_on_the_two_copies_is_found`.
//!
//! # Credits
//!
//! - The technique is *Left-Right*, by Pedro Ramalhete and Andreia Correia (2013).
//! - Jon Gjengset's crates `left-right` and `evmap` brought it to Rust.
//! - `dbuf` (double-buffer), by RustyYato, and `flashmap`, by Cassy343, showed a layered writer and a map with
//!   cheap reads.
//! - Moving one side's fence to the other is known from RCU and from Linux's `membarrier`; the crate `seize` shows
//!   how to present such a fence.

pub mod background;
mod builder;
mod counter;
pub mod docs;
mod error;
mod fault;
mod fork;
mod lock;
mod operation;
mod panics;
mod policy;
mod protocol;
mod read;
mod shared;
mod stall;
mod stats;
mod sync;
#[cfg(doctest)]
mod types;
mod unwind;
mod version;
mod write;

pub use builder::Builder;
pub use counter::Counter;
pub use error::{CopiesDiffer, Poisoned, SwapError, TooManyRetired};
pub use lock::{LockAsync, LockError, WriterGuard, WriterLock};
pub use operation::Operation;
pub use policy::FenceMode;
pub use read::{Project, ReadGuard, ReadHandle, ReadHandleFactory, SharedReader, Snapshot};
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
