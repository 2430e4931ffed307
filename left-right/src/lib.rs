//! Two copies of any data structure: wait-free readers of one, a writer of the other, and a swap.
//!
//! For programs that read far more than they write.
//! Readers use one copy, each at the price of three plain stores to a cache line of its own; one
//! writer changes the other copy and then swaps the two.
//! No reader ever waits, and no reader makes another one slower.
//!
//! ```
//! use left_right::{OpWriteHandle, Operation};
//!
//! // A change is data, so that it can be made to both copies.
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
//!
//! writer.push(Push(1));
//! assert!(reader.read().is_empty()); // not published yet
//! writer.swap_buffers();
//! assert_eq!(*reader.read(), [1]);
//! ```
//!
//! # Which type
//!
//! | to write | |
//! |---|---|
//! | [`OpWriteHandle`] | a log of [`Operation`]s, applied to both copies: what most programs want |
//! | [`DelayWriteHandle`] | two buffers; swap now, wait for the old readers later |
//! | [`WriteHandle`] | two buffers; a swap waits |
//!
//! | to read | |
//! |---|---|
//! | [`ReadHandle`] | one for each thread: the cheapest |
//! | [`SharedReader`] | one value for all threads, such as a web framework's state |
//! | [`ReadHandleFactory`] | makes handles wherever a thread needs one |
//! | [`Snapshot`] | one state, owned: may be sent to other threads, and held across an `.await` |
//!
//! | to build a writer for many threads | |
//! |---|---|
//! | [`WriterLock`] | the lock that they take for each write |
//! | [`background`] | two threads for what has a deadline, and for what may be done later |
//!
//! # What it costs
//!
//! - **Memory:** two copies, the log of operations that one copy still lacks, and 256 bytes for
//!   each reader.
//! - **A write** is done twice. A swap costs a system call by default, some 10 microseconds while
//!   other cores are busy, so batch your writes; [`FenceMode`] says what to do where they come one
//!   by one.
//! - **A read** is a handful of instructions. Readers see writes when they are published, not
//!   before.
//!
//! Where every write must be seen at once and comes as often as reads do, a sharded lock or a
//! concurrent map serves better.
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
//! Each reader has a slot that only it stores to, and that says which copy it is in.
//! To enter, it announces itself there, loads the pointer to the published copy, and stores that
//! pointer into its slot; to leave, it clears the slot.
//! A writer swaps the pointer, makes sure that every announcement before the swap is visible, and
//! looks at all slots; before it next changes the copy swapped out, it waits until each slot that
//! named it has been seen elsewhere.
//! Making sure is the writer's part: on Linux by `membarrier`, which runs a fence on all processors
//! that run this process, so a reader needs none.
//! The protocol is checked by loom models (`tests/loom`), by an exhaustive exploration under
//! store buffers (`src/protocol/explorer`), and by stress; `.ci/mutants` takes its fences and orderings
//! away, one by one, and demands that a model or a test notices.
//!
//! The technique is *Left-Right*, by Pedro Ramalhete and Andreia Correia (2013); that one side's
//! fence may be moved to the other is known from asymmetric synchronisation, as in RCU.
//!
//! # Limits
//!
//! - One writer. Share it behind a lock, or let threads send it what to write.
//! - A read that never ends holds up the second publication after it; the timeout forms say who, and
//!   [`rebuild`](OpWriteHandle::rebuild) goes past it, at the price of a clone.
//! - A guard is dropped by the thread that took it, though others may read it meanwhile; do not hold one across an
//!   `.await`. A [`Snapshot`] goes wherever it is sent.
//! - A read must not be begun in a signal handler that may have interrupted one of the same handle.

pub mod background;
mod builder;
mod counter;
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
