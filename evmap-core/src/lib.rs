//! A concurrent hash map for programs that read far more than they write.
//!
//! Lookups are wait-free, and cost little more than those of a plain hash map; a writer's changes
//! become visible to all readers at once, on [`refresh`](WriteHandle::refresh).
//!
//! ```
//! let (mut writer, reader) = evmap_core::new();
//! writer.insert("/", "index.html");
//! writer.insert("/about", "about.html");
//! writer.refresh();
//!
//! let threads: Vec<_> = (0..4)
//!     .map(|_| {
//!         let reader = reader.clone(); // one for each thread
//!         std::thread::spawn(move || reader.get_cloned("/about"))
//!     })
//!     .collect();
//! for thread in threads {
//!     assert_eq!(thread.join().unwrap(), Some("about.html"));
//! }
//!
//! // Several keys of one state:
//! let view = reader.read();
//! assert_eq!((view.len(), view.get("/")), (2, Some(&"index.html")));
//! ```
//!
//! # Which handle
//!
//! | | |
//! |---|---|
//! | [`SharedMap`] | many writers and readers in one value: what a web handler would hold |
//! | [`WriteHandle`] | the single writer of a map, which publishes on `refresh`; [`multimap::WriteHandle`] for a bag of values for each key |
//! | [`ReadHandle`] | one for each thread: the cheapest lookups |
//! | [`SharedReader`] | one value for all threads, for a web framework's shared state |
//! | [`ReadHandleFactory`] | makes read handles wherever a thread needs one |
//! | [`View`] | all entries of one published state |
//! | [`Snapshot`] | the same, owned: may be sent to other threads, and held across an `.await` |
//! | [`OwnView`] | all entries of the writer's own state |
//!
//! Coming from evmap, left-right, dashmap, papaya, flurry or scc: see [`migrating`].
//!
//! # What to know
//!
//! - **Readers see the last refresh**, not what was written since. The writer itself sees its own
//!   changes: [`WriteHandle::get`].
//! - **Everything is kept twice.** Wrap a large value in [`Shared`], and both copies hold one.
//! - **A refresh costs a system call** by default, some 10 microseconds while other cores are busy:
//!   write in batches, or choose another [`FenceMode`].
//! - **A guard never holds up readers**, nor the first refresh after it was taken; the refresh after
//!   that waits for it. [`try_refresh`](WriteHandle::try_refresh) and
//!   [`refresh_timeout`](WriteHandle::refresh_timeout) name the readers in the way, and
//!   [`try_catch_up`](WriteHandle::try_catch_up) does so for the writer's own reads.
//! - **A guard or a view stays on its thread**, and must not be held across an `.await`. A [`Snapshot`] may.
//! - **`clone()` of a handle is a handle** of the same map; [`SharedMap::deep_clone`] copies the entries.
//! - **A value with interior mutability diverges between the copies**: what is changed through `&V`, in a `Cell`, a
//!   `Mutex` or an atomic, is changed in the copy that the reader is in, and the next refresh shows the other one. Wrap
//!   such a value in [`Shared`], so that both copies hold the same one.
//! - **Readers keep the last state when the writer is gone**;
//!   [`is_writer_alive`](ReadHandle::is_writer_alive) tells.
//! - **A bag is removed with its last value**, and the key of the [`multimap`] with it.
//! - **A thread that holds a guard reads that guard's state** through the same handle or [`SharedMap`], also after a
//!   write of its own: see [*Guards of the writing thread*](SharedMap#guards-of-the-writing-thread).
//! - **A closure given to a [`SharedMap`] runs under its writer lock**: one that waits for another
//!   writer of the same map never returns. [`SharedMap::write`] says what to do instead.
//! - **Keys need `Eq + Hash + Clone`, values `Clone`.** A key whose `Eq` or `Hash` lies gives wrong
//!   answers at worst; [`verify_copies`](WriteHandle::verify_copies) finds them in tests.
//! - **A panic in user code publishes nothing**; the writer
//!   [is poisoned](WriteHandle::is_poisoned), and readers still see the last state.
//!   [`rebuild`](WriteHandle::rebuild) recovers it, and frees one that waits for a reader which does not
//!   leave.
//!
//! # Features
//!
//! - `rayon`: one state of a map is iterated in parallel.
//! - `serde`: one state of a map is serialised; a new map is deserialised.
//!
//! There is no `unsafe` here: the protocol is in [`left_right`], whose docs list its promises and their
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
pub use left_right::{
    BusyReader, FenceMode, Poisoned, ReadGuard, ReadersBusy, Stats, SwapError, TooManyRetired,
    Version,
};
pub use map::{
    Builder, LookupCounts, OwnView, ReadHandle, ReadHandleFactory, SharedReader, Snapshot, View,
    WriteHandle, new,
};
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
pub use triomphe::Arc as Shared;
