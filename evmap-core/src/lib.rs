//! A concurrent hash map for a table that every request reads and that something changes now and then.
//!
//! A server has a table of routes, feature flags, prices or sessions. Each request looks something up in it, on
//! every core, and now and then something changes it. Behind a lock, each lookup writes to the lock, so the cores
//! wait for each other, and one reader that is slow delays the writer and everybody behind it.
//!
//! Here a lookup takes no lock and waits for nobody: it is *wait-free*. The map is kept in two *copies*. Readers
//! use one of them, the *published* copy. A writer changes the other one and then swaps the two, which *publishes*
//! all of its changes at once. No `unsafe` code is in this crate; the swap is that of [`left_right`].
//!
//! The crate is not on crates.io. It needs Rust 1.88 or later:
//!
//! ```toml
//! [dependencies]
//! evmap-core = { git = "https://github.com/evmap-core/evmap-core" }
//! ```
//!
//! With one writer, changes become visible on [`refresh`](WriteHandle::refresh):
//!
//! ```
//! let (mut writer, reader) = evmap_core::new();
//! writer.insert("/about", "about.html");
//! println!("{:?}", reader.get_cloned("/about")); // None
//! # assert_eq!(reader.get_cloned("/about"), None);
//! writer.refresh();
//! println!("{:?}", reader.get_cloned("/about")); // Some("about.html")
//! # assert_eq!(reader.get_cloned("/about"), Some("about.html"));
//! ```
//!
//! Where any thread writes, [`SharedMap`] is one value for all of them. A write is visible when it returns:
//!
//! ```
//! let visits = evmap_core::SharedMap::new();
//! let handle = visits.clone(); // a handle of the same map
//! std::thread::spawn(move || handle.insert("/", 1)).join().unwrap();
//! println!("{:?}", visits.merge("/", 1, |sum, one| Some(sum + one))); // Some(2)
//! println!("{:?}", visits.get_cloned("/")); // Some(2)
//! # assert_eq!(visits.get_cloned("/"), Some(2));
//! ```
//!
//! # When to use it, and when not
//!
//! Use it where a table is read far more often than it is written, by many threads, and a reader must not wait.
//!
//! Use something else where
//!
//! - **writes come as often as reads.** Each change is made to both copies, and the writes to one [`SharedMap`] do
//!   not run in parallel. A sharded map such as dashmap, or a lock-free one such as papaya, writes in parallel.
//! - **memory for two copies is too much**, and the values cannot be [`Shared`] between the copies.
//! - **keys or values cannot be cloned.** Put such a value into a [`Shared`], which can.
//! - **guards are held for long**, across I/O, say. A [`Snapshot`] or a clone of the value holds up less: see
//!   *What may wait, and for whom* below.
//! - **entries must be changed in place**, through `&mut V`. Here a change makes a new value of the old one.
//!
//! [`docs::limitations`] is the full list. [`docs::patterns`] shows complete uses.
//!
//! # Which handle
//!
//! | | |
//! |---|---|
//! | [`SharedMap`] | many writers and readers in one value: for the state of a web server, for example |
//! | [`WriteHandle`] | the single writer of a map, which publishes on `refresh`; [`multimap::WriteHandle`] for a bag of values for each key |
//! | [`ReadHandle`] | one for each thread: the cheapest lookups |
//! | [`SharedReader`] | one value for all threads, for a web framework's shared state |
//! | [`ReadHandleFactory`] | makes read handles wherever a thread needs one |
//! | [`View`] | all entries of one published state |
//! | [`Snapshot`] | the same, owned: may be sent to other threads, and held across an `.await` |
//! | [`OwnView`] | all entries of the writer's own state |
//!
//! A *guard* is what [`get`](ReadHandle::get) returns: it borrows a value from the published copy. A [`View`] is a
//! guard of all entries. Coming from evmap, left-right, dashmap, papaya, flurry or scc: see [`migrating`].
//!
//! # What it costs
//!
//! - **A lookup** is the lookup of a hash table, plus three plain stores to a cache line of the reader's own and one
//!   load. No other reader writes to that line, so readers do not slow each other down.
//! - **A write** is made twice, once to each copy. With a single writer it is appended to a log first, and made
//!   to the copies by `refresh`.
//! - **A refresh** costs a system call by default, some 10 microseconds while other cores are busy. Write in
//!   batches, or choose another [`FenceMode`].
//! - **Memory** is two copies, the changes that one copy still lacks, and some 256 bytes for each reader. Of a
//!   value in a [`Shared`], both copies hold the same one. Copies that were *set aside* for readers that do not leave come
//!   on top, at most [`max_retired`](Builder::max_retired).
//! - **A removed value** stays in memory until both copies have dropped it: until the second refresh of a single
//!   writer, or the next write to a `SharedMap`, or some ten milliseconds without one.
//!
//! [`docs::performance`] says more, and how to measure it on your machine.
//!
//! # Consistency: what a reader sees, and when
//!
//! - **Readers see the last published state**, not what was written since. The writer itself sees its own changes:
//!   [`WriteHandle::get`].
//! - **A refresh is atomic.** A reader sees all of its changes or none. A read that begins after the refresh
//!   returned sees them. The same holds for each write of a `SharedMap`, and for all changes of one
//!   [`SharedMap::write`].
//! - **A guard, a [`View`] and a [`Snapshot`] show one state** for as long as they live. Two calls of `get` may
//!   show two states, the second one as new as the first or newer.
//! - **Nested reads show the state of the outer one.** A thread that holds a guard reads that guard's state through the
//!   same handle or [`SharedMap`], also after a write of its own: see
//!   [*Guards of the writing thread*](SharedMap#guards-of-the-writing-thread).
//! - **States are numbered** by a [`Version`], which begins at 0 and never goes back, for all readers together.
//!   A refresh without changes keeps the version. Versions of two maps, or of two runs of a program, have nothing to do
//!   with each other.
//! - **Readers keep the last state when the writer is gone**; [`is_writer_alive`](ReadHandle::is_writer_alive) tells.
//!
//! # What may wait, and for whom
//!
//! A guard never delays readers, nor the first refresh after it was taken. The refresh after that changes the
//! copy that the guard is in, so it waits until the guard is dropped. The same holds for whatever else needs that copy,
//! and a view and a snapshot count as guards. These are all calls that may wait; "old guards" are those
//! that were taken before the last refresh.
//!
//! | call | waits for | at most | without waiting |
//! |---|---|---|---|
//! | **readers** | | | |
//! | each read of a [`ReadHandle`], [`View`], [`Snapshot`] or [`OwnView`] | nobody | | |
//! | each read of a [`SharedReader`] or [`SharedMap`] | nobody; a thread's first read of a map takes the lock of the list of readers, and allocates | a moment, once | a [`ReadHandle`] |
//! | to make, clone or drop a `ReadHandle` or a `Snapshot`; `stats`, `lookup_counts`, `readers` | the lock of the list of readers, never a guard | a moment | `version` |
//! | `set_label`, [`into_snapshot`](ReadHandle::into_snapshot) | the lock of this reader's name | a moment | |
//! | **[`WriteHandle`]** | | | |
//! | `insert`, `remove`, `extend`, `clear`, `reserve`, `shrink_to_fit`, `set_meta`: they are logged | nobody | | |
//! | [`refresh`](WriteHandle::refresh) | old guards; without changes, nobody | until they are dropped | [`try_refresh`](WriteHandle::try_refresh), [`refresh_timeout`](WriteHandle::refresh_timeout), [`refresh_async`](WriteHandle::refresh_async) |
//! | [`catch_up`](WriteHandle::catch_up), and `get`, `contains_key`, `len`, `is_empty`, `iter`, `meta` | old guards | until they are dropped | [`try_catch_up`](WriteHandle::try_catch_up), [`catch_up_timeout`](WriteHandle::catch_up_timeout), [`catch_up_async`](WriteHandle::catch_up_async), [`view`](WriteHandle::view) |
//! | `compute`, `compute_if_absent`, `compute_if_present`, `merge`, `get_or_insert_with`, their `try_` forms (whose closures may fail), `insert_if_absent`, `replace`, `replace_if`, `update`, `remove_if`, `remove_entry`, `remove_entry_if`, `retain`, `try_reserve` | old guards | until they are dropped | the same: once `try_catch_up` has succeeded, none of these waits until the next refresh |
//! | [`verify_copies`](WriteHandle::verify_copies) | guards that were taken before the call | until they are dropped | none: it is for tests |
//! | [`rebuild`](WriteHandle::rebuild) | nobody; it clones all entries | | |
//! | drop | nobody | | |
//! | **[`multimap::WriteHandle`]** | | | |
//! | [`update_with`](multimap::WriteHandle::update_with), [`retain`](multimap::WriteHandle::retain), and its reads | old guards | until they are dropped | as above |
//! | its other changes: they are logged | nobody | | |
//! | **[`SharedMap`]** | | | |
//! | [`write`](SharedMap::write), `insert`, `remove`, `extend` and each other write | the writer lock, and so the closures of other writers | as long as those run | [`try_write`](SharedMap::try_write), [`write_timeout`](SharedMap::write_timeout), [`write_async`](SharedMap::write_async), `insert_async` and the other async forms |
//! | | then for readers in the copy that is written next; not for snapshots, nor for guards that its own thread has from a `SharedMap` or a `SharedReader` | [`stall_limit`](shared_map::Builder::stall_limit), 50 ms by default; then it clones the map and goes past them. With [`max_retired`](shared_map::Builder::max_retired) copies set aside already (4 by default), until a reader leaves; if only its own thread's guards are in the way then, it panics | the same |
//! | [`try_write`](SharedMap::try_write) | nobody; it may clone the map | some microseconds, and its closure | |
//! | [`write_timeout`](SharedMap::write_timeout) | as `write` | the timeout, and its closure | |
//! | [`flush`](SharedMap::flush) | the writer lock, never readers | as long as the closures of other writers run | [`flush_async`](SharedMap::flush_async) |
//! | [`wait_for`](SharedMap::wait_for), [`changed_since`](SharedMap::changed_since) | a later version | until somebody writes | `version`, [`wait_for_timeout`](SharedMap::wait_for_timeout), [`changed_since_timeout`](SharedMap::changed_since_timeout), and the async forms |
//! | [`subscribe`](SharedMap::subscribe) | the writer lock, never readers | as long as the closures of other writers run | [`subscribe_async`](SharedMap::subscribe_async) |
//! | [`Changes::next`](shared_map::Changes::next) | the next write; after it has lagged, also the writer lock | until somebody writes | [`try_next`](shared_map::Changes::try_next), [`next_timeout`](shared_map::Changes::next_timeout), [`next_async`](shared_map::Changes::next_async) |
//! | [`deep_clone`](SharedMap::deep_clone), `==`, `{:?}`, a loop over `&map` | nobody; each is a read | | |
//! | calls of a [`Batch`](shared_map::Batch), inside a write | nobody | | |
//! | drop of the last handle: it publishes what is pending | the writer lock, which only a background thread or a subscriber can still hold; never readers | one step of that thread | |
//!
//! Errors of the `try_` and timeout forms name the readers in the way by label and thread: [`ReadersBusy`].
//! [`docs::limitations`] lists the deadlocks that remain possible.
//!
//! # In async code
//!
//! - Reads are made as they are in a thread: they wait for nobody.
//! - A guard or a view stays on its thread and must not be held across an `.await`; the compiler refuses that where the
//!   future must be `Send`. A [`Snapshot`] may be held: [`SharedMap::snapshot`].
//! - Writes have async forms: [`insert_async`](SharedMap::insert_async), [`write_async`](SharedMap::write_async) and
//!   others. No poll of one waits for another writer or for a reader, sleeps, clones the map, or replays more than
//!   1,000 changes. A background thread of the process does that and wakes the task. The closure of a write runs in one
//!   poll, and so does a rehash of a table that grows.
//! - [`next_async`](shared_map::Changes::next_async), [`changed_since_async`](SharedMap::changed_since_async),
//!   [`flush_async`](SharedMap::flush_async) and [`refresh_async`](WriteHandle::refresh_async) wait in a task.
//! - No runtime is needed or started, and every future here may be dropped at any time. A write whose closure has not
//!   run then has not happened.
//!
//! # What to know besides
//!
//! - **`clone()` of a handle is a handle** of the same map; [`SharedMap::deep_clone`] copies the entries.
//! - **A value with interior mutability diverges between the copies**: what is changed through `&V`, in a `Cell`, a
//!   `Mutex` or an atomic, is changed in the copy that the reader is in, and the next refresh shows the other one. Wrap
//!   such a value in [`Shared`], so that both copies hold the same one.
//! - **A bag is removed with its last value**, and the key of the [`multimap`] with it.
//! - **A closure given to a [`SharedMap`] runs under its writer lock**: one that waits for another
//!   writer of the same map never returns. [`SharedMap::write`] says what to do instead.
//! - **Keys need `Eq + Hash + Clone`, values `Clone`.** A key whose `Eq` or `Hash` lies gives wrong
//!   answers at worst; [`verify_copies`](WriteHandle::verify_copies) finds them in tests.
//! - **A panic in user code publishes nothing**; the writer
//!   [is poisoned](WriteHandle::is_poisoned), and readers still see the last state.
//!   [`rebuild`](WriteHandle::rebuild) recovers it, and frees one that waits for a reader which does not
//!   leave. A [`SharedMap`] recovers by itself.
//!
//! # More documentation
//!
//! - [`docs`]: [limitations](docs::limitations), [patterns](docs::patterns), [performance](docs::performance),
//!   [decisions](docs::decisions) and [frequent questions](docs::faq).
//! - [`migrating`]: from other crates, name by name.
//! - [`table`]: which table engine to choose. [`shared_map`]: the promises of [`SharedMap`], and their tests.
//!
//! # Features
//!
//! - `rayon`: one state of a map is iterated in parallel.
//! - `serde`: one state of a map is serialised; a new map is deserialised.
//!
//! # Promises, and the tests that hold them
//!
//! The protocol is in [`left_right`], whose docs list its promises and their
//! tests. The tests of this crate are in `tests/`: `map`, `multimap`, `compute`, `model`
//! (against std's map), `keys_and_values` (keys and values that panic, lie or count their drops, in
//! every engine), `hashers_and_borrows` (hashers and borrowed keys that panic), `growth` and `load`
//! (every engine while it grows, and when many entries come at once), `waits` (the forms that
//! do not wait), `counts` (counted lookups, in every engine), `impls` (the traits of views, readers and iterators, in every engine), `equivalent` (other forms of
//! a key), `rayon`, `serde`, and `verify_copies`; and those of the map with many writers, which
//! [`shared_map`] lists.

#![forbid(unsafe_code)]

pub mod docs;
pub mod map;
pub mod migrating;
pub mod multimap;
pub mod op;
pub mod shared_map;
pub mod table;

mod copy_drops;
mod error;
mod panics;
#[cfg(feature = "rayon")]
mod rayon;
#[cfg(feature = "serde")]
mod serde;
mod state;
#[cfg(doctest)]
mod types;

pub use error::{CopiesDiffer, TryReserveError};
#[doc(inline)]
pub use left_right::{
    BusyReader, FenceMode, Poisoned, ReadGuard, ReadersBusy, Stats, SwapError, TooManyRetired,
    Version,
};
#[doc(inline)]
pub use map::{
    Builder, LookupCounts, OwnView, ReadHandle, ReadHandleFactory, SharedReader, Snapshot, View,
    WriteHandle, new,
};
#[doc(inline)]
pub use shared_map::SharedMap;

/// A form of a key that lookups accept: anything that hashes as the key does and can be compared with it.
///
/// Every borrowed form is one (`K: Borrow<Q>` and `Q: Eq`). A key of several parts has no borrowed form
/// with borrowed parts, and a type for that purpose implements this trait.
///
/// # Examples
///
/// ```
/// use evmap_core::Equivalent;
///
/// #[derive(Hash)] // as the tuple of the parts
/// struct Route<'a>(&'a str, &'a str);
///
/// impl Equivalent<(String, String)> for Route<'_> {
///     fn equivalent(&self, (method, path): &(String, String)) -> bool {
///         self.0 == method && self.1 == path
///     }
/// }
///
/// let (mut writer, reader) = evmap_core::new();
/// writer.insert(("GET".to_string(), "/".to_string()), "index.html");
/// writer.refresh();
/// assert_eq!(reader.get_cloned(&Route("GET", "/")), Some("index.html"));
/// ```
#[doc(inline)]
pub use equivalent::Equivalent;

/// The default hasher: fast, seeded at random, and shared by both copies.
///
/// It resists accidental collisions and casual attacks.
/// If attackers who choose keys could gain by flooding the table, give the [`Builder`] a
/// stronger one, such as [`std::hash::RandomState`].
pub type DefaultHashBuilder = hashbrown::DefaultHashBuilder;

/// A pointer that both copies can share, for values that are large or costly to clone.
///
/// The map keeps two copies of each value; of a `Shared<V>` it keeps two pointers to one `V`.
///
/// # Examples
///
/// ```
/// use evmap_core::Shared;
///
/// let (mut writer, reader) = evmap_core::new::<u32, Shared<[u8; 4096]>>();
/// writer.insert(1, Shared::new([7; 4096]));
/// writer.refresh();
/// assert_eq!(reader.get(&1).unwrap()[0], 7);
/// ```
///
/// A value with interior mutability must be shared. Without `Shared`, each copy would count for itself:
///
/// ```
/// use std::sync::atomic::{AtomicU32, Ordering};
/// use evmap_core::Shared;
///
/// let (mut writer, reader) = evmap_core::new::<&str, Shared<AtomicU32>>();
/// writer.insert("hits", Shared::new(AtomicU32::new(0)));
/// for _ in 0..2 {
///     writer.refresh(); // each shows the other copy
///     reader.get("hits").unwrap().fetch_add(1, Ordering::Relaxed);
///     writer.set_meta(());
/// }
/// println!("{}", reader.get("hits").unwrap().load(Ordering::Relaxed)); // 2
/// # assert_eq!(reader.get("hits").unwrap().load(Ordering::Relaxed), 2);
/// ```
#[doc(inline)]
pub use triomphe::Arc as Shared;
