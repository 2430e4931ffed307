//! Two copies of any data structure: wait-free readers of one, a writer of the other, and a swap.
//!
//! Your threads read a table, a configuration or an index all the time, and now and then one thread changes it.
//! With a lock, every reader waits for the writer and slows the other readers down.
//!
//! `left-right` keeps the value twice. Readers use one copy and never wait. One writer changes the other copy and then
//! swaps the two, so all readers see the whole change at once. The value may have any type.
//!
//! # Add it
//!
//! The crate is not published. It is *not* the crate called `left-right` on crates.io.
//! ```toml
//! [dependencies]
//! left-right = { git = "https://github.com/evmap-core/evmap-core" }
//! ```
//!
//! ```
//! let mut writer = left_right::WriteHandle::cloned(vec!["red"]);
//! let reader = writer.read_handle(); // one for each thread: clone it
//! writer.write_buffer_mut().push("blue");
//! println!("{:?}", *reader.read()); // ["red"]
//! # assert_eq!(*reader.read(), ["red"]);
//! writer.swap_buffers();
//! println!("{:?}", *reader.read()); // ["red", "blue"]
//! # assert_eq!(*reader.read(), ["red", "blue"]);
//! ```
//!
//! A change has to reach both copies. So most programs write changes as data, and push them to an [`OpWriteHandle`]:
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
//! let reader = writer.read_handle();
//! writer.push(Push(1));
//! println!("{:?}", *reader.read()); // []
//! # assert!(reader.read().is_empty());
//! writer.swap_buffers();
//! println!("{:?}", *reader.read()); // [1]
//! # assert_eq!(*reader.read(), [1]);
//! ```
//!
//! # When to use it, and when not
//!
//! Use it if
//!
//! - reads are far more frequent than writes,
//! - a read must never wait, also while a write is going on or its thread has stopped,
//! - several parts of one value must be read in one consistent state.
//!
//! Do not use it if
//!
//! - writes are as frequent as reads: take a concurrent map, or a lock for each part of the data;
//! - memory for two copies is too much, and the data cannot be shared between them by an [`Arc`](std::sync::Arc);
//! - every write must be visible at once and each is made alone: a swap for each write costs more than a lock;
//! - readers keep a state for long: the second swap after such a read waits for it, or clones the value;
//! - the value is small and is replaced as a whole: a pointer that is swapped (the crate `arc-swap`) is simpler.
//!
//! For a hash map, use `evmap-core` in the same repository, which is built on this crate. Its `SharedMap` takes writes
//! from any thread.
//!
//! # Which type
//!
//! | to write | |
//! |---|---|
//! | [`OpWriteHandle`] | a log of [`Operation`]s, applied to both copies: what most programs want |
//! | [`DelayWriteHandle`] | two buffers; swap now, wait for the old readers later |
//! | [`WriteHandle`] | two buffers; a swap waits |
//! | [`Builder`] | makes a writer with another [`FenceMode`] or limit |
//!
//! | to read | |
//! |---|---|
//! | [`ReadHandle`] | one for each thread: the cheapest |
//! | [`SharedReader`] | one value for all threads, such as a web framework's state |
//! | [`ReadHandleFactory`] | makes handles wherever a thread needs one |
//! | [`ReadGuard`] | a read in progress: what `read()` returns |
//! | [`Snapshot`] | one state, owned: may be sent to other threads, and held across an `.await` |
//!
//! | to build a writer for many threads | |
//! |---|---|
//! | [`WriterLock`] | the lock that they take for each write |
//! | [`background`] | two threads for what has a deadline, and for what may be done later |
//!
//! [`docs`] has more: [patterns](docs::patterns), [limitations](docs::limitations), [performance](docs::performance),
//! [decisions](docs::decisions), and an [FAQ](docs::faq).
//!
//! # What it costs
//!
//! - **A read** is three plain stores to a cache line of the reader's own, and one load of a pointer.
//! - **A write** is done twice, once for each copy.
//! - **A swap** makes a system call by default, which interrupts the processors that run other threads of the process.
//!   So make many changes for each swap. [`FenceMode`] says what to do where changes come one by one.
//! - **Memory:** see [below](#memory).
//!
//! [`docs::performance`] counts instructions, stores and system calls.
//!
//! # Consistency: what a reader sees, and when
//!
//! - A read shows exactly the state that one swap published, all of it, for as long as its [`ReadGuard`] lives.
//! - A read that begins after a swap has returned shows that swap's state or a newer one, on every thread.
//! - States never go back: not for one reader, and not from one reader to another that learns of it.
//! - Reads while a swap is going on show the state before it or the state after it.
//! - While a handle has a guard, further reads by that handle show the same state as the guard. For a [`SharedReader`],
//!   this holds for all reads of one thread.
//! - What was pushed and not swapped is visible to the writer only, by [`catch_up`](OpWriteHandle::catch_up).
//! - Each state has a [`Version`], which grows by one with each swap that publishes.
//!
//! # Blocking
//!
//! A *guard* here is a [`ReadGuard`] or a [`Snapshot`]. Both count until they are dropped. A guard that was forgotten
//! ([`std::mem::forget`]) counts until its handle is dropped, and one from a [`SharedReader`] until all handles of the
//! structure are dropped. A forgotten snapshot counts forever.
//! No call ever waits for a guard that was taken after the last swap, except [`WriteHandle::swap_buffers`] and
//! [`verify_copies`](OpWriteHandle::verify_copies), which swap and wait.
//! A [`settle_with`](OpWriteHandle::settle_with) that swapped the copies counts as a swap.
//! A thread that the system has stopped within the few instructions of entering a read counts as a guard, for each swap
//! until it goes on.
//! A thread that waits for a guard of its own waits without end.
//!
//! The times are those of the waiting. Your operations and drops, which a call runs before or after it, come on top.
//!
//! **Calls that may wait for guards**
//!
//! | call | waits for | how long at most | the form that does not wait |
//! |---|---|---|---|
//! | [`WriteHandle::swap_buffers`] | guards taken before this swap | until they are dropped | [`DelayWriteHandle`]: `start_swap`, then `try_finish_swap` |
//! | [`WriteHandle::write_buffer_mut`] | nobody: `swap_buffers` has waited already | | |
//! | [`DelayWriteHandle::start_swap`] | guards taken before the previous swap | until they are dropped | `start_swap` after a `try_finish_swap` that returned `Ok` |
//! | [`DelayWriteHandle::finish_swap`] | guards taken before the last swap | until they are dropped | [`try_finish_swap`](DelayWriteHandle::try_finish_swap), [`is_swap_finished`](DelayWriteHandle::is_swap_finished) |
//! | [`DelayWriteHandle::finish_swap_timeout`] | the same | the timeout | `try_finish_swap` |
//! | [`DelayWriteHandle::finish_swap_async`] | the same; the task waits, not the thread | until they are dropped, or the future is | `try_finish_swap` |
//! | [`OpWriteHandle::swap_buffers`], operations pending | guards taken before the last swap | until they are dropped | [`try_swap_buffers`](OpWriteHandle::try_swap_buffers) |
//! | [`OpWriteHandle::swap_buffers`], nothing pending | nobody | | |
//! | [`OpWriteHandle::swap_buffers_timeout`] | as `swap_buffers` | the timeout | `try_swap_buffers` |
//! | [`OpWriteHandle::swap_buffers_async`] | as `swap_buffers`; the task waits | until they are dropped, or the future is | `try_swap_buffers` |
//! | [`OpWriteHandle::catch_up`] | guards taken before the last swap | until they are dropped | [`try_catch_up`](OpWriteHandle::try_catch_up), [`catch_up_if_free`](OpWriteHandle::catch_up_if_free), [`catch_up_if_ready`](OpWriteHandle::catch_up_if_ready) |
//! | [`OpWriteHandle::catch_up_timeout`] | the same | the timeout | `try_catch_up` |
//! | [`OpWriteHandle::catch_up_async`] | the same; the task waits | until they are dropped, or the future is | `try_catch_up` |
//! | [`OpWriteHandle::apply_now`] | as `catch_up`, unless [`is_caught_up`](OpWriteHandle::is_caught_up) | until they are dropped | `apply_now` after a `try_catch_up` that returned `Ok` |
//! | [`OpWriteHandle::verify_copies`] | guards taken before this call | until they are dropped | none: it is for tests |
//!
//! **Calls of a writer that wait for no guard**
//!
//! | call | what may take time |
//! |---|---|
//! | [`push`](OpWriteHandle::push), [`extend`](OpWriteHandle::extend), [`split_off`](OpWriteHandle::split_off) | an allocation; `extend` runs your iterator |
//! | [`try_swap_buffers`](OpWriteHandle::try_swap_buffers), [`try_catch_up`](OpWriteHandle::try_catch_up), [`try_replay`](OpWriteHandle::try_replay), [`settle_with`](OpWriteHandle::settle_with), [`tidy_with`](OpWriteHandle::tidy_with) | your operations or closure, and the drop of copies that were set aside |
//! | [`catch_up_if_ready`](OpWriteHandle::catch_up_if_ready), [`catch_up_if_free`](OpWriteHandle::catch_up_if_free) | your operations |
//! | [`swap_applied`](OpWriteHandle::swap_applied) | your closure, and the swap |
//! | [`rebuild`](OpWriteHandle::rebuild), [`rebuild_into`](OpWriteHandle::rebuild_into) | a clone of the whole value, or two; drops |
//! | the drop of any writer | the drop of a copy that no reader is in |
//! | `stats`, `counts` | a lock of the list of readers, and with `counts` a look at each reader |
//!
//! Every swap that publishes looks at each live reader. It locks the list of readers if one has come or gone.
//! In a swap with a barrier the system also waits until each busy processor has run a fence.
//!
//! **Calls of a reader**
//!
//! None waits for a guard, for the writer, or for user code. "The list" is the list of readers of one structure. Its lock
//! is held for one insertion, one removal, or one look at each reader.
//!
//! | call | waits for |
//! |---|---|
//! | [`ReadHandle::read`], `with`, `version`; the drop of a [`ReadGuard`] | nobody: wait-free |
//! | [`SharedReader::read`], `with`, `version` | nobody: wait-free, except for a thread's first read |
//! | a thread's first read through a [`SharedReader`] | the list's lock, and an allocation, once for each thread and structure |
//! | the clone or drop of a [`ReadHandle`]; [`ReadHandleFactory::handle`]; `read_handle` of a writer; [`SharedReader::snapshot`]; the drop of a [`Snapshot`] | the list's lock |
//! | [`ReadHandle::into_snapshot`]; `set_label` | the lock of this reader's name |
//! | `counts` of each handle; [`SharedReader::readers`] | the list's lock |
//! | the first `shared_reader()` of a structure | the lock of a list of the process |
//! | the drop of the last handle | the drop of both copies |
//!
//! **The lock and the background**
//!
//! | call | waits for | how long at most | the form that does not wait |
//! |---|---|---|---|
//! | [`WriterLock::lock`] | other threads' critical sections, in a [fair order](WriterLock#fairness) | until they end | [`try_lock`](WriterLock::try_lock) |
//! | [`WriterLock::lock_until`] | the same | the deadline | `try_lock` |
//! | [`WriterLock::lock_async`] | the same; the task waits | until they end, or the future is dropped | `try_lock` |
//! | [`WriterGuard::unlock`], its drop; the drop of a [`LockAsync`]; [`WriterLock::pass_over_stalled_task`] | the lock of the queue, if threads or tasks wait; may run their wakers | some instructions for each waiter | |
//! | [`listen`](WriterLock::listen), [`has_next`](WriterLock::has_next), [`is_held_by_caller`](WriterLock::is_held_by_caller) | nobody | | |
//! | [`publish_after`](background::Background::publish_after), [`tidy_after`](background::Background::tidy_after), [`start_publisher`](background::Background::start_publisher) | the lock of a queue; may start a thread | some instructions | [`try_tidy_after`](background::Background::try_tidy_after) |
//! | [`leave`](background::Background::leave), and the drop of a `Background` | a step of this structure on the publisher | until the step ends | |
//! | [`hold_off_forks`](background::hold_off_forks) | nobody; a fork then waits for a second at most | | |
//!
//! # Async
//!
//! Reads are short and wait for nobody, so they fit into any task.
//! Do not hold a [`ReadGuard`] across an `.await`: it is not `Send`. Take a [`Snapshot`], or clone what you need.
//! To write, use [`swap_buffers_async`](OpWriteHandle::swap_buffers_async),
//! [`catch_up_async`](OpWriteHandle::catch_up_async), [`finish_swap_async`](DelayWriteHandle::finish_swap_async) and
//! [`WriterLock::lock_async`]. They need no particular runtime, and a future may be dropped at any time.
//!
//! # Memory
//!
//! - Two copies of the value.
//! - The operations that one of the copies still lacks. A large log gives its memory back.
//! - 256 bytes for each live reader or snapshot.
//! - After a [`rebuild`](OpWriteHandle::rebuild), one more copy for each that old readers are still in, up to
//!   [`max_retired`](Builder::max_retired), 4 by default. It is freed by the next call that needs the writer's copy once
//!   those readers have left.
//!
//! # Promises, and the tests that hold them
//!
//! 1. **Reads are wait-free.** Entering and leaving is a fixed, small number of instructions with no
//!    loop, lock, allocation or system call, whatever other threads do. While refreshes are some ten
//!    microseconds apart or more, on Linux and Windows there is no fence and no read-modify-write
//!    in it; else exactly one full fence and, once in 2^16 such reads, at most one compare-and-swap.
//!    A burst of swaps leaves no fences behind: the first reader to meet one version in 2^16 to 2^17
//!    such reads ends them for all.
//!    (`read_path::a_read_has_no_loop_lock_fence_or_call_and_stores_three_times`,
//!    `environment::threads_frozen_at_arbitrary_instructions_stop_nobody_else`,
//!    `buffers::a_reader_takes_the_tag_off_after_many_reads_of_one_version`)
//! 2. **Snapshots.** A guard shows exactly one published state, unchanged for its life.
//!    (`linearizability::*`, `readers::nested_guards_show_the_outer_one_and_may_be_dropped_in_any_order`)
//! 3. **Linearizable swaps.** A read that begins after a swap returned sees it, and versions never go
//!    back, across readers too.
//!    (`linearizability::*`; `loom::a_read_that_begins_after_the_swap_returned_sees_it`,
//!    `loom::versions_never_go_back_across_readers`)
//! 4. **An exact blocking rule.** A guard never holds up readers, pushes, clones or drops of handles,
//!    nor the first swap that begins after it was taken; only the one after that waits, and whatever
//!    else needs the writer's copy. Each of these has a `try_` form that never waits and a form with
//!    a timeout. (The plain [`WriteHandle`] has neither, and waits in the swap itself.) A [`Snapshot`] counts as a guard,
//!    on whichever thread it is.
//!    (`readers::a_guard_held_forever_lets_one_refresh_through_and_holds_up_the_second`,
//!    `readers::a_guard_never_holds_up_the_first_refresh_that_begins_after_it`,
//!    `tasks::a_task_waits_for_the_guard_of_the_last_swap_and_goes_on_when_it_is_dropped`,
//!    `snapshots::a_snapshot_pins_on_whichever_thread_it_is_and_is_released_there`;
//!    `loom::snapshot::a_snapshot_is_read_and_dropped_by_another_thread_than_took_it`)
//! 5. **Handles come and go without waiting for a guard.**
//!    (`readers::handles_come_and_go_while_a_refresh_waits_and_it_goes_on_when_the_guard_is_dropped`)
//! 6. **Bounded memory.** Two copies, at most [`max_retired`](Builder::max_retired) more, the log, and
//!    what the live handles need. What a swap costs follows the live handles, too, and not their peak.
//!    (`memory::*`, `registry::a_swap_looks_at_the_live_readers_and_not_at_the_peak`,
//!    `rebuild::at_the_limit_the_error_names_the_readers_and_nothing_is_lost`)
//! 7. **Each copy is dropped exactly once**, never while a reader is in it. (Copies whose readers a
//!    refused memory barrier has left unknown are leaked.)
//!    (`lifecycle::both_copies_are_dropped_once_with_the_last_handle`,
//!    `lifecycle::a_writer_dropped_between_swap_and_wait_leaves_both_copies_to_the_readers`,
//!    `snapshots::a_snapshot_outlives_the_writer_and_all_handles`)
//! 8. **Panics are contained.** A panic in an operation publishes nothing; the writer says that it is
//!    [poisoned](Poisoned), readers go on, and [`rebuild`](OpWriteHandle::rebuild) repairs it. Several
//!    copies or operations whose `Drop` panics are all dropped, and end in one panic.
//!    (`rebuild::an_operation_that_panicked_unpublished_is_handed_back_and_the_others_are_kept`,
//!    `log::a_panic_on_the_first_copy_publishes_nothing_and_poisons`,
//!    `log::a_panic_on_the_second_copy_leaves_the_published_one_consistent`,
//!    `lifecycle::two_copies_whose_drop_panics_end_in_one_panic`, `drops::*`, `wakers::*`)
//! 9. **Leaks are safe.** A forgotten guard, handle or writer is never unsound; dropping the handle
//!    frees its pin.
//!    (`readers::dropping_a_handle_frees_the_pin_of_a_forgotten_guard`,
//!    `shared_reader::a_guard_leaked_by_a_thread_that_ends_stays_valid_and_pins`)
//! 10. **No safe misuse is undefined behaviour.** An operation that differs on the two copies gives
//!     wrong answers at worst, which [`OpWriteHandle::verify_copies`] finds.
//!     (`log::an_operation_that_differs_on_the_two_copies_is_found`)
//!
//! # How it works
//!
//! Each reader has a *slot*: one word that only it stores to, and that says which copy it is in.
//! To enter, the reader announces itself there, loads the pointer to the published copy, and stores that
//! pointer into its slot. To leave, it clears the slot.
//!
//! A swap exchanges the pointer, makes sure that every announcement before the swap is visible, and looks at all slots.
//! Before the writer next changes the copy swapped out, it waits until each slot that named that copy has been seen
//! elsewhere.
//!
//! Making sure is the writer's part. On Linux it calls `membarrier`, which runs a fence on all processors that run
//! this process, so a reader needs none.
//!
//! The protocol is checked by loom models (`tests/loom`), by an exhaustive exploration under
//! store buffers (`src/protocol/explorer`), and by stress; `.ci/mutants` takes its fences and orderings
//! away, one by one, and demands that a model or a test notices. [`docs::decisions`] says what was rejected.
//!
//! # Limits
//!
//! - One writer. Share it behind a lock, or let threads send it what to write.
//! - A read that never ends holds up the second publication after it; the timeout forms say who, and
//!   [`rebuild`](OpWriteHandle::rebuild) goes past it, at the price of a clone.
//! - A guard is dropped by the thread that took it, though others may read it meanwhile. A [`Snapshot`] goes wherever it
//!   is sent.
//! - A read must not be begun in a signal handler that may have interrupted one of the same handle, or one of any
//!   [`SharedReader`].
//!
//! [`docs::limitations`] has all of them.
//!
//! # Credits
//!
//! - The technique is *Left-Right*, by Pedro Ramalhete and Andreia Correia (2013).
//! - Jon Gjengset's crates `left-right` and `evmap` brought it to Rust.
//! - `dbuf` (double-buffer), by RustyYato, and `flashmap`, by Cassy343, showed a layered writer and a map with cheap reads.
//! - Moving one side's fence to the other is known from RCU and from Linux's `membarrier`; the crate `seize` shows how to
//!   present such a fence.

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
