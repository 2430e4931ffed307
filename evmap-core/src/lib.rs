//! A concurrent hash map for a table that every request reads and that something changes now and then.
//!
//! A server has a table of routes, prices, feature flags or tenants. Each request looks something up in it, on
//! every core, and now and then something changes it. Behind a lock, each lookup writes to the lock, so the cores
//! wait for each other. One reader that is slow delays the writer and everybody behind it.
//!
//! Here a lookup takes no lock and waits for nobody: it is *wait-free*. There is one exception. A thread's first read
//! of a map through a [`SharedReader`] or a [`SharedMap`] takes the lock of the list of readers for a moment, and
//! allocates.
//!
//! The map is kept in two *copies*. Readers use one of them, the *published* copy. A writer changes the other one
//! and then swaps the two, which *publishes* all of its changes at once. This crate has no `unsafe` code; the swap
//! is implemented in [`left_right`].
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
//! If several threads write, they share one [`SharedMap`]. A write is visible when it returns:
//!
//! ```
//! let prices = evmap_core::SharedMap::from([("apple", 120)]);
//! let handle = prices.clone(); // a handle of the same map
//! std::thread::spawn(move || handle.insert("apple", 130)).join().unwrap();
//! println!("{:?}", prices.get_cloned("apple")); // Some(130)
//! # assert_eq!(prices.get_cloned("apple"), Some(130));
//! ```
//!
//! Two cases differ: a map with [`refresh_every`](shared_map::Builder::refresh_every) publishes later, and a thread
//! that holds a guard of the map still reads that guard's state.
//!
//! # When to use it, and when not
//!
//! Use it where a table is read far more often than it is written, by many threads, and a reader must not wait.
//!
//! Use something else in these cases:
//!
//! | your table | use |
//! |---|---|
//! | has at most a few hundred entries, or is only replaced as a whole | arc-swap, with its `Cache`: reads cost as little as by a [`ReadHandle`], and one copy is enough. (Each change there copies the whole table) |
//! | is written as often as it is read, such as a counter for each request | dashmap, scc or a lock: the writes to one [`SharedMap`] do not run in parallel, and each is applied to both copies |
//! | is used less than about ten thousand times a second | a lock: it is no bottleneck at that rate |
//! | evicts or expires entries | the [`cache`] of this crate, or moka, which also loads missing values |
//! | has no memory for two copies, and its values cannot be [`Shared`] between them | papaya, dashmap or a lock, which keep one copy |
//! | has keys that are not `Clone` | papaya, dashmap or scc (values that are not `Clone` can be put into a [`Shared`]) |
//! | changes entries in place, through `&mut V` | dashmap or scc: here a change makes a new value from the old one |
//! | is sorted, or asked for ranges | a `BTreeMap` in [`left_right`] |
//!
//! Guards that are held for long, across I/O for example, make writes wait, clone the map, or both. Clone
//! the value instead, or see [*What may wait, and for whom*](#what-may-wait-and-for-whom).
//!
//! To count in each request, store a `Shared<AtomicU64>` as the value, and add to it through a read.
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
//! | [`cache::Cache`] | a bounded cache: it evicts, and entries may expire |
//!
//! A *guard* is what [`get`](ReadHandle::get) and [`read`](ReadHandle::read) return: it lends data and keeps its
//! copy unchanged until it is dropped. A [`Snapshot`] counts as a guard. A *refresh* publishes what was written;
//! [`left_right`] calls it a *swap*.
//!
//! # Migrating
//!
//! [`migrating`] has a page for each of evmap, left-right, dashmap, papaya, flurry and scc, with programs before and
//! after. For `RwLock<HashMap>` and arc-swap, see the page `moving.md` of
//! [the book](https://github.com/evmap-core/evmap-core/tree/main/book).
//!
//! # In a web server
//!
//! A [`SharedMap`] is `Clone`, `Send` and `Sync`. So it goes into the state of a framework without an `Arc` and
//! without a lock. Read with [`get_cloned`](SharedMap::get_cloned), and write with the async forms, such as
//! [`insert_async`](SharedMap::insert_async). In axum:
//!
//! ```text
//! type Prices = SharedMap<String, u32>;
//!
//! async fn price(State(prices): State<Prices>, Path(item): Path<String>) -> Result<String, StatusCode> {
//!     let price = prices.get_cloned(&item).ok_or(StatusCode::NOT_FOUND)?;
//!     Ok(price.to_string())
//! }
//!
//! async fn set_price(State(prices): State<Prices>, Path(item): Path<String>, body: String) -> StatusCode {
//!     let Ok(price) = body.parse() else { return StatusCode::BAD_REQUEST };
//!     prices.insert_async(item, price).await; // later requests see it
//!     StatusCode::NO_CONTENT
//! }
//!
//! let prices = Prices::from([("apple".to_string(), 120)]);
//! let app = Router::new().route("/price/{item}", get(price).put(set_price)).with_state(prices);
//! ```
//!
//! Where handlers only read, their state is a [`SharedReader`], and one task owns the [`WriteHandle`].
//!
//! [The book](https://github.com/evmap-core/evmap-core/tree/main/book) has a complete server, which is tested, on
//! its page `axum.md`. `cargo run -p book`, in the repository, serves the book on your machine.
//!
//! # What it costs
//!
//! - **A lookup** is the lookup of a hash table, plus three plain stores to a cache line of the reader's own and one
//!   load. No other reader writes to that line, so readers do not slow each other down.
//! - **The fence of a lookup:** on Linux and Windows there is none while refreshes are far enough apart. While
//!   refreshes come faster, and on other systems, each read has one full fence. (The library measures the limit at run
//!   time. It is usually 10 to 200 microseconds, and at most a millisecond.) [`FenceMode::Auto`] says when such fences
//!   end.
//! - **A write** is applied twice, once to each copy. With a single writer it is appended to a log first, and
//!   applied to the copies by `refresh`.
//! - **A refresh** makes a system call, which interrupts the cores that run other threads of the process. While
//!   refreshes come fast, and on systems other than Linux and Windows, it makes none. Write in batches, or choose
//!   another [`FenceMode`].
//! - **Memory** is two copies, the changes that one copy still lacks, and 256 bytes for each reader. A value in a
//!   [`Shared`] exists once for both copies. If a reader does not leave its copy, a clone may replace that copy, which
//!   is then *set aside* for the reader. Such copies take memory in addition, at most
//!   [`max_retired`](Builder::max_retired) of them.
//! - **A removed value** stays in memory until both copies have dropped it. A single writer drops it with the second
//!   refresh. A `SharedMap` drops it with the next write, or after about ten milliseconds without one.
//! - **Two background threads** serve all [`SharedMap`]s of a process. One publishes deferred writes. The other does
//!   the long work of async writes, wakes tasks, and frees old data. They start when they are first needed, sleep while nothing is due, and end soon
//!   after the last map. A map with one writer needs none, except for its async calls.
//!
//! [`docs::performance`] says more, and how to measure it on your machine.
//!
//! # Consistency: what a reader sees, and when
//!
//! - **Readers see the last published state**, not what was written since. The writer itself sees its own changes:
//!   [`WriteHandle::get`].
//! - **A refresh is atomic.** A reader sees all of its changes or none. A read that begins after the refresh
//!   returned sees them. The same holds for each write of a `SharedMap`, and for all changes of one
//!   [`SharedMap::write`]. With [`refresh_every`](shared_map::Builder::refresh_every) a write becomes visible
//!   within that time.
//! - **A guard shows one state** for as long as it lives. Two calls of `get` may show two states, the second one as
//!   new as the first or newer.
//! - **Nested reads show the state of the outer one.** A thread that holds a guard reads that guard's state through
//!   the same handle or [`SharedMap`], also after a write of its own: see [*Guards of the writing
//!   thread*](SharedMap#guards-of-the-writing-thread).
//! - **States are numbered** by a [`Version`], which begins at 0 and never goes back, for all readers together. A
//!   refresh without changes keeps the version. Versions of two maps, or of two runs of a program, have nothing to
//!   do with each other.
//! - **Readers keep the last state when the writer is gone.** [`is_writer_alive`](ReadHandle::is_writer_alive)
//!   returns `false` then.
//!
//! # What may wait, and for whom
//!
//! With one writer:
//!
//! 1. A guard never delays a reader, a change that is only logged, or a handle that is made, cloned or dropped.
//! 2. A guard never delays the first refresh that publishes after the guard was taken.
//! 3. The second refresh waits until the guard is dropped. So does every other call that needs the guard's copy.
//! 4. A thread that waits for a guard of its own waits without end.
//!
//! These are the commonest calls. [`docs::blocking`] lists all of them. "Old guards" are those that were taken
//! before the last refresh.
//!
//! | call | waits for | never waits | waits for a limited time | the task waits, the thread does not |
//! |---|---|---|---|---|
//! | each read of a [`ReadHandle`], [`View`] or [`Snapshot`] | nobody | | | |
//! | each read of a [`SharedReader`] or [`SharedMap`] | nobody; at a thread's first read of the map, the lock of the list of readers | a read of a [`ReadHandle`] | | |
//! | to make, clone or drop a [`ReadHandle`] or a [`Snapshot`] | the lock of the list of readers, for a moment | | | |
//! | to clone a [`SharedMap`] or a [`SharedReader`] | nobody; it increments a shared counter | | | |
//! | `insert`, `remove`, `extend`, `clear` of a [`WriteHandle`]: they are logged | nobody | | | |
//! | [`refresh`](WriteHandle::refresh) with changes | old guards | [`try_refresh`](WriteHandle::try_refresh) | [`refresh_timeout`](WriteHandle::refresh_timeout) | [`refresh_async`](WriteHandle::refresh_async) |
//! | `get`, `len`, `iter`, `merge`, `compute`, `retain` of a [`WriteHandle`] | old guards | the same, after a [`try_catch_up`](WriteHandle::try_catch_up) that returned `Ok` | the same, after [`catch_up_timeout`](WriteHandle::catch_up_timeout) | the same, after [`catch_up_async`](WriteHandle::catch_up_async) |
//! | each write of a [`SharedMap`] | the writer lock, and so the closures of other writers; then perhaps a reader, as below | [`try_write`](SharedMap::try_write), which may clone the map | [`write_timeout`](SharedMap::write_timeout) | [`write_async`](SharedMap::write_async), [`insert_async`](SharedMap::insert_async) and others |
//! | [`wait_for`](SharedMap::wait_for), [`changed_since`](SharedMap::changed_since) | a later version | `version` | [`wait_for_timeout`](SharedMap::wait_for_timeout), [`changed_since_timeout`](SharedMap::changed_since_timeout) | [`wait_for_async`](SharedMap::wait_for_async), [`changed_since_async`](SharedMap::changed_since_async) |
//!
//! A write of a [`SharedMap`] needs the copy that was swapped out last. If a guard or a snapshot is still in it,
//! the map can go past it: it clones all entries into a fresh copy, and sets the old one aside until its readers
//! leave.
//!
//! 1. While fewer than [`max_retired`](shared_map::Builder::max_retired) copies are set aside, a write waits for a
//!    guard at most [`stall_limit`](shared_map::Builder::stall_limit), and then clones the map.
//! 2. While fewer are set aside, a write does not wait for a snapshot, nor for a guard of its own thread: it clones the
//!    map at once.
//! 3. Once `max_retired` copies are set aside, a write that finds one more reader in the way waits until a reader
//!    leaves. This also holds if that reader is a snapshot.
//! 4. With `max_retired(0)`, a write panics if only guards of its own thread are in the way.
//!
//! By default `max_retired` is 4 and `stall_limit` is 50 ms.
//! [`docs::blocking`](docs::blocking#a-write-of-a-sharedmap-past-a-guard) has the details.
//!
//! # Errors
//!
//! A refresh or a write that fails has published nothing, and nothing that was written before is lost.
//!
//! | error | returned by | when |
//! |---|---|---|
//! | [`SwapError::Busy`] | `try_refresh`, `refresh_timeout`, `try_catch_up`, `catch_up_timeout` | readers are in the copy that the call needs; its [`ReadersBusy`] names them by label and thread |
//! | [`SwapError::Poisoned`] | the same | a panic in user code left the writer's copy half changed; `rebuild` recovers it ([`Poisoned`]) |
//! | [`TooManyRetired`] | [`rebuild`](WriteHandle::rebuild) | readers are in the way, and as many copies are set aside as [`max_retired`](Builder::max_retired) allows |
//! | [`WriteError::Occupied`](shared_map::WriteError::Occupied) | [`try_write`](SharedMap::try_write), [`write_timeout`](SharedMap::write_timeout) | other writers, or a background thread, had the lock all the time |
//! | [`WriteError::Busy`](shared_map::WriteError::Busy) | the same | readers are in the way, and the map does not go past them yet |
//! | [`WriteError::TooManyRetired`](shared_map::WriteError::TooManyRetired) | the same | readers are in the way, and no more copies can be set aside |
//! | [`NotVisible`](shared_map::NotVisible) | `wait_for_timeout`, `changed_since_timeout` | the time has passed without such a version |
//! | [`ChangesError::Lagged`](shared_map::ChangesError::Lagged) | `next` and the other calls of [`Changes`](shared_map::Changes) | the subscriber has missed changes, since it was too far behind |
//! | [`ChangesError::Closed`](shared_map::ChangesError::Closed) | the same | the map is gone, and all its changes were returned |
//! | [`CopiesDiffer`] | [`verify_copies`](WriteHandle::verify_copies) | the two copies are not equal |
//! | [`TryReserveError`] | `try_reserve` | there is no memory for the capacity |
//!
//! The book's page `errors.md` has the text of each message, and says what to do.
//!
//! # In async code
//!
//! - Reads need no async form: they wait for nobody.
//! - A guard of `get` or `read` stays on its thread and must not be held across an `.await`. The compiler refuses
//!   that where the future must be `Send`. Take a [`Snapshot`] there: [`SharedMap::snapshot`].
//! - On a single-threaded executor, a view held across an `.await` compiles, and the view's copy cannot be changed
//!   until the view is dropped. Meanwhile all other tasks on that thread that read through the same handle or map read
//!   the view's old state.
//! - Writes have async forms: [`insert_async`](SharedMap::insert_async), [`write_async`](SharedMap::write_async)
//!   and others. With [three exceptions](SharedMap::write_async), a poll does not block: it does not wait, sleep or
//!   clone the map, and applies at most 1,000 earlier changes to the copy that lacks them. A background thread of the
//!   process does such work, and wakes the task. The closure of a write runs in one poll, and so does a rehash of a
//!   table that grows.
//! - [`next_async`](shared_map::Changes::next_async), [`changed_since_async`](SharedMap::changed_since_async),
//!   [`flush_async`](SharedMap::flush_async) and [`refresh_async`](WriteHandle::refresh_async) wait in a task.
//! - No runtime is needed or started, and every future here may be dropped at any time. If the closure of a write has
//!   not run by then, nothing was written. If it has run, the write is complete.
//!
//! # What to know besides
//!
//! - **`clone()` of a handle is a handle** of the same map. To keep a state for long, collect the entries of a snapshot
//!   into a `Vec` or a `HashMap`, and drop the snapshot. [`SharedMap::deep_clone`] makes a new map instead, which has
//!   two copies of them.
//! - **A value with interior mutability diverges between the copies.** If a `Cell`, a `Mutex` or an atomic is
//!   changed through `&V`, one copy has the change, and the next refresh shows the other one. Wrap such a value in
//!   [`Shared`], so that both copies hold the same one.
//! - **A bag is removed with its last value**, and the key of the [`multimap`] with it.
//! - **A closure given to a [`SharedMap`] runs under its writer lock**: one that waits for another
//!   writer of the same map never returns. [`SharedMap::write`] says what to do instead.
//! - **Keys need `Eq + Hash + Clone`, values `Clone`.** A key whose `Eq` or `Hash` lies gives wrong
//!   answers at worst; [`verify_copies`](WriteHandle::verify_copies) finds them in tests.
//! - **A panic in user code publishes nothing.** The writer may be [poisoned](WriteHandle::is_poisoned) then, and
//!   readers still see the last state. [`rebuild`](WriteHandle::rebuild) recovers it. A [`SharedMap`] recovers by
//!   itself.
//!
//! # More documentation
//!
//! - [`docs`]: [limitations](docs::limitations), [patterns](docs::patterns), [blocking](docs::blocking),
//!   [performance](docs::performance), [decisions](docs::decisions) and [frequent questions](docs::faq).
//! - [`table`]: the hash tables that a map can use (its *engine*), and which to choose. [`shared_map`]: the promises of
//!   [`SharedMap`], and their tests.
//! - [The book](https://github.com/evmap-core/evmap-core/tree/main/book) begins with a five-minute introduction. It
//!   has recipes, measurements, and what to watch in production. `cargo run -p book`, in the repository, serves it.
//!
//! # Features
//!
//! - `rayon`: one state of a map is iterated in parallel.
//! - `serde`: one state of a map is serialised; a new map is deserialised.
//!
//! # Tests
//!
//! The protocol is in [`left_right`]. Its docs list its promises and their tests. [`shared_map`] lists those of the
//! map with many writers. The other tests of this crate are in `tests/`:
//!
//! | suite | tests |
//! |---|---|
//! | `map`, `multimap`, `compute` | each call |
//! | `model` | the map against std's map |
//! | `keys_and_values` | keys and values that panic, lie or count their drops, in every engine |
//! | `hashers_and_borrows` | hashers and borrowed keys that panic |
//! | `growth`, `load` | every engine while it grows, and when many entries come at once |
//! | `waits` | the forms that do not wait |
//! | `counts` | counted lookups, in every engine |
//! | `impls` | the traits of views, readers and iterators, in every engine |
//! | `equivalent` | other forms of a key |
//! | `rayon`, `serde`, `verify_copies` | what their names say |

#![forbid(unsafe_code)]

pub mod cache;
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
