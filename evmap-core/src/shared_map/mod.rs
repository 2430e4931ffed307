//! The map with many writers: [`SharedMap`].
//!
//! ```text
//! SharedMap ── reads ───────────────────────────────> left_right::SharedReader
//!     └─ writes, flush ─> Core (when to publish) ─> left_right::WriterLock ─> Writer ─> WriteHandle
//!                          ├─ Versions (waiters)                    ├─ Batch (the changes of a write)
//!                          ├─ Tasks (writes of tasks)               └─ Hub (subscribers) ─> Changes
//!                          └─ background (steps of the publisher and the janitor)
//! ```
//!
//! # What a write costs
//!
//! A lock, two insertions (one into each copy, the second with the next write), and a publication: a
//! fence while writes come often, a barrier by a system call while they are rare (see
//! [`FenceMode::Auto`](crate::FenceMode::Auto)).
//! Writes do not run in parallel.
//! With [`refresh_every`](Builder::refresh_every) a publication is shared by all writes of that time.
//!
//! # Promises, and the tests that hold them
//!
//! In `tests/shared_map`; those on tasks and changes in `tests/tasks`; `memory`, `threads`, `fork` and `tasks` in `tests/background`; those on panics in
//! `tests/panic_matrix`, too, where each piece of user code panics in each kind of write.
//!
//! - Each write is atomic, returns its result, and is visible when it returns.
//!   (`writes::no_increment_is_lost_and_each_result_is_seen_once`,
//!   `writes::no_reader_sees_half_a_batch_and_versions_never_go_back`, `model::a_shared_map_is_a_map`)
//! - Every writer gets the lock, however long the critical sections of others are.
//!   (`fairness::*`)
//! - A deferred write becomes visible even if no write follows, and even if other writers hold the lock all the
//!   time. (`deferred::the_last_write_before_silence_is_published_too`,
//!   `fairness::deferred_writes_are_published_beside_one_with_long_critical_sections`)
//! - When nobody writes, removed entries are dropped from both copies, and copies that were set aside are freed.
//!   (`memory::*`)
//! - A process has two threads for all its maps, which sleep while there is nothing to do. Neither a closure nor a
//!   `Drop` of one map delays the publications of another. (`threads::*`)
//! - A map still works in a forked child. If the fork happened inside a write, the map can be read, and a write panics.
//!   Tasks that wait continue. (`fork::*`, `tasks::*`)
//! - A reader that does not leave does not stop writers, nor does a guard of the writing thread.
//!   (`stalls::a_reader_that_stalls_does_not_stop_the_writers`,
//!   `stalls::a_thread_that_holds_its_own_view_can_still_write`,
//!   `stalls::at_the_limit_of_retired_copies_errors_name_the_readers_and_nothing_is_lost`)
//! - Writes go past a snapshot at once. Where no more copies can be set aside, errors name it.
//!   (`snapshots::writes_go_past_a_snapshot_at_once`,
//!   `snapshots::with_no_copy_to_set_aside_errors_name_the_snapshot_and_a_write_waits_for_it`)
//! - A panic undoes its own write completely, and no other.
//!   (`panics::a_panic_in_user_code_of_any_kind_undoes_the_write_and_drops_everything_once`,
//!   `panics::panics_of_some_threads_never_affect_the_writes_of_others`,
//!   `panics::every_write_that_cannot_be_applied_once_more_is_undone_and_no_neighbour`)
//! - A stored key whose `Hash` panics in a growth stops no write. (`growth::*`)
//! - A call from inside that would wait for itself panics; the `Drop` of what was replaced may call
//!   the map. (`reentrancy::*`, `deferred_drops::*`)
//! - Waiters are woken. (`waits::threads_and_tasks_wake_up_when_the_version_comes`,
//!   `waits::a_waker_that_panics_affects_neither_the_writer_nor_other_waiters`)
//! - No poll of a task's write waits on a writer or a reader, clones the map, or replays or drops much. (`polls::*`)
//! - Tasks and threads take the lock in one order. A future that is dropped or forgotten, or whose waker misbehaves, stops
//!   nobody. (`writes::a_task_gets_the_lock_beside_threads_that_never_pause`,
//!   `writes::a_thread_gets_the_lock_beside_tasks_that_never_pause`, `cancel::*`, `wakers::*`)
//! - A subscriber's changes, from its first version on, make exactly the state of each version. One that does not read
//!   costs bounded memory, and nothing more once it lags. (`replay::*`, `changes::*`)
//! - Dropping the last handle publishes what is pending.
//!   (`deferred::dropping_the_last_handle_publishes_what_is_pending_and_frees_the_map`)

mod async_writes;
mod background;
mod batch;
mod batches;
mod builder;
mod changes;
mod core;
mod deadline;
mod deferred_drops;
mod effects;
mod error;
mod extend;
mod flush;
mod immediate_writes;
mod listening;
mod map;
mod readers;
mod recovery;
mod settling;
mod stats;
mod subscribe;
mod tasks;
mod versions;
mod wait_limit;
mod waits;
mod waker;
mod write_async;
mod writer;
mod writes;

pub use batch::Batch;
pub use builder::Builder;
pub use changes::{Change, Changes, ChangesError, Effect};
pub use error::{NotVisible, WriteError};
pub use map::SharedMap;
pub use stats::Stats;
