//! Migrating to this crate, or to [`left_right`], from another one: one page for each, with small programs before and
//! after.
//!
//! Each page begins with the names that change, and with what compiles and means something else here.
//! The programs of both sides are compiled, run and compared by the repository's tests.
//!
//! # Common to all
//!
//! - [`SharedMap`](crate::SharedMap) takes the place of a concurrent map. It is a handle: instead of an `Arc` of a map,
//!   clone it.
//! - It is made for programs that read far more than they write: its writes do not run in parallel.
//! - Keys and values are `Clone`, since there are two copies. A large value, or one with interior mutability, goes into
//!   a [`Shared`](crate::Shared).
//! - There is no `&mut V` into the map. [`update`](crate::SharedMap::update), [`merge`](crate::SharedMap::merge) and the
//!   compute calls make a new value of the old one; [`write`](crate::SharedMap::write) makes many changes in one step.
//! - A guard or a view shows one state for as long as it lives: drop it to see later writes.

/// From [evmap](https://docs.rs/evmap).
///
/// | evmap | here |
/// |---|---|
/// | `evmap::new`, a bag for each key | [`multimap::new`](crate::multimap::new) |
/// | `evmap::new`, where each key has one value | [`evmap_core::new`](crate::new) |
/// | `publish`, `refresh` | [`refresh`](crate::WriteHandle::refresh) |
/// | `enter() -> Option<MapReadRef>` | [`read() -> View`](crate::ReadHandle::read) |
/// | `Options::with_meta`, `construct` | [`Builder::meta`](crate::Builder::meta), [`build`](crate::Builder::build) |
/// | `meta() -> Option<guard>` | [`read().meta()`](crate::View::meta) |
/// | `clear(key)` | [`clear_values(&key)`](crate::multimap::WriteHandle::clear_values) |
/// | `fit_all`, `reserve(key, n)` | [`fit_all`](crate::multimap::WriteHandle::fit_all), [`reserve(&key, n)`](crate::multimap::WriteHandle::reserve) |
/// | `was_dropped` | [`is_writer_alive`](crate::ReadHandle::is_writer_alive) |
///
/// What means something else:
///
/// - A map is readable before the first refresh (it is empty), and after its writer is gone (it keeps the last state):
///   lookups are `None` only for an absent key.
/// - A bag that loses its last value takes its key with it. In evmap an empty bag stays.
/// - While a refresh waits for guards, handles can be made, cloned and dropped; in evmap, that waits, too. `try_refresh` and
///   `refresh_timeout` name the readers, and `rebuild` goes past them.
/// - Parameters of types are `K, V, S, M`: the hasher before the meta value.
///
#[doc = include_str!("migrating/evmap.md")]
pub mod evmap {}

/// From [left-right](https://docs.rs/left-right) 0.11 to [`left_right`](::left_right) here, which is another crate of the
/// same name.
///
/// | left-right 0.11 | here |
/// |---|---|
/// | `Absorb<O> for T` | [`Operation<T> for O`](::left_right::Operation) |
/// | `absorb_first`, `absorb_second` | [`apply`](::left_right::Operation::apply), [`apply_once`](::left_right::Operation::apply_once) |
/// | `sync_with`, `drop_first`, `drop_second` | none: both copies exist from the beginning |
/// | `left_right::new`, `new_from_empty` | [`OpWriteHandle::cloned`](::left_right::OpWriteHandle::cloned) |
/// | `append`, `publish` | [`push`](::left_right::OpWriteHandle::push), [`swap_buffers`](::left_right::OpWriteHandle::swap_buffers) |
/// | `flush` | `swap_buffers`: with nothing pending it publishes nothing |
/// | `enter() -> Option<ReadGuard>` | [`read() -> ReadGuard`](::left_right::ReadHandle::read) |
/// | `was_dropped` | [`is_writer_alive`](::left_right::ReadHandle::is_writer_alive) |
///
/// What means something else:
///
/// - Readers keep the last state when the writer is gone; `enter` returned `None` then.
/// - The first value is published at once, without a first `publish`.
/// - While `swap_buffers` waits for guards, handles can be made, cloned and dropped; in left-right 0.11, that waits, too.
///   `try_swap_buffers` and `swap_buffers_timeout` name the readers, and `rebuild` goes past them.
///
#[doc = include_str!("migrating/left_right.md")]
pub mod left_right {}

/// From [dashmap](https://docs.rs/dashmap).
///
/// | dashmap | here |
/// |---|---|
/// | `Arc<DashMap<K, V>>` | [`SharedMap<K, V>`](crate::SharedMap) |
/// | `get(&key) -> Option<Ref>` | [`get`](crate::SharedMap::get), [`get_cloned`](crate::SharedMap::get_cloned) |
/// | `*map.entry(key).or_insert(0) += 1` | [`merge(key, 1, ..)`](crate::SharedMap::merge) |
/// | `entry(key).or_insert_with(f)` | [`get_or_insert_with`](crate::SharedMap::get_or_insert_with) |
/// | `get_mut`, `alter` | [`update`](crate::SharedMap::update), [`compute_if_present`](crate::SharedMap::compute_if_present) |
/// | `remove(&key) -> Option<(K, V)>` | [`remove`](crate::SharedMap::remove) (the value), [`remove_entry`](crate::SharedMap::remove_entry) |
/// | `remove_if(&key, \|k, v\| ..)` | [`remove_if`](crate::SharedMap::remove_if) (a `bool`), [`remove_entry_if`](crate::SharedMap::remove_entry_if) |
/// | `iter()` | [`read().iter()`](crate::View::iter), or `&map`, which clones |
/// | `clone()` of a map | [`deep_clone`](crate::SharedMap::deep_clone) |
///
/// What means something else:
///
/// - `clone()` is a handle of the same map.
/// - A guard takes no lock: a write under a guard of the same thread does not deadlock, and is not seen through the
///   guard. ([*Guards of the writing thread*](crate::SharedMap#guards-of-the-writing-thread))
/// - An iteration shows one state, without the writes that come meanwhile.
///
#[doc = include_str!("migrating/dashmap.md")]
pub mod dashmap {}

/// From [papaya](https://docs.rs/papaya).
///
/// | papaya | here |
/// |---|---|
/// | `map.pin()`, `map.guard()` | none needed; [`read`](crate::SharedMap::read) for several lookups in one state |
/// | `get(&key) -> Option<&V>` | [`get_cloned`](crate::SharedMap::get_cloned), [`get`](crate::SharedMap::get) |
/// | `try_insert(key, value)` | [`insert_if_absent`](crate::SharedMap::insert_if_absent) |
/// | `update(key, f)` | [`update(&key, f)`](crate::SharedMap::update) |
/// | `update_or_insert(key, f, value)` | [`merge`](crate::SharedMap::merge) |
/// | `get_or_insert_with` | [`get_or_insert_with`](crate::SharedMap::get_or_insert_with), which returns a clone |
/// | `compute` with `Operation` | [`compute`](crate::SharedMap::compute) |
///
/// What means something else:
///
/// - A closure runs once. papaya calls it again when another writer was faster.
/// - Two lookups through one view are of one state; two by one `pin` are not.
///
#[doc = include_str!("migrating/papaya.md")]
pub mod papaya {}

/// From [flurry](https://docs.rs/flurry).
///
/// | flurry | here |
/// |---|---|
/// | `map.pin()`, `map.guard()` | none needed; [`read`](crate::SharedMap::read) for several lookups in one state |
/// | `get(&key) -> Option<&V>` | [`get_cloned`](crate::SharedMap::get_cloned), [`get`](crate::SharedMap::get) |
/// | `try_insert(key, value)` | [`insert_if_absent`](crate::SharedMap::insert_if_absent) |
/// | `compute_if_present(&key, \|k, v\| ..)` | [`compute_if_present(key, \|v\| ..)`](crate::SharedMap::compute_if_present) |
/// | `remove`, `remove_entry` | [`remove`](crate::SharedMap::remove), [`remove_entry`](crate::SharedMap::remove_entry) |
/// | `retain`, `retain_force` | [`retain`](crate::SharedMap::retain), which is one step |
///
/// What means something else:
///
/// - Results are values, not references into the map.
///
#[doc = include_str!("migrating/flurry.md")]
pub mod flurry {}

/// From [scc](https://docs.rs/scc)'s `HashMap`.
///
/// | scc | here |
/// |---|---|
/// | `insert_sync(key, value) -> Result<(), (K, V)>` | [`insert_if_absent -> Result<(), V>`](crate::SharedMap::insert_if_absent) |
/// | `upsert_sync` | [`insert`](crate::SharedMap::insert) |
/// | `update_sync(&key, \|k, v\| ..)`, with `&mut V` | [`update(&key, \|v\| ..)`](crate::SharedMap::update), which returns the new value |
/// | `read_sync(&key, \|k, v\| ..)` | [`get`](crate::SharedMap::get), [`get_cloned`](crate::SharedMap::get_cloned) |
/// | `remove_sync`, `remove_if_sync` | [`remove_entry`](crate::SharedMap::remove_entry), [`remove_entry_if`](crate::SharedMap::remove_entry_if) |
/// | `retain_sync`, `iter_sync` | [`retain`](crate::SharedMap::retain), [`read().iter()`](crate::View::iter) |
/// | `entry_sync` | [`compute`](crate::SharedMap::compute), [`merge`](crate::SharedMap::merge) |
///
/// What means something else:
///
/// - `insert` replaces a value; scc's does not.
/// - A closure given to a write may read the map, but not write to it.
///
#[doc = include_str!("migrating/scc.md")]
pub mod scc {}
