//! [`Cache`]: the handle. Its lookups are in [`lookups`](super::lookups), its writes in [`writes`](super::writes).

use std::fmt;
use std::hash::Hash;
use std::mem;
use std::sync::Arc;

use super::clock::Clock;
use super::core::{Core, Map};
use super::loads::Loads;
use super::{Builder, CacheStats};
use crate::DefaultHashBuilder;

/// Reads count hits and misses.
pub(super) const RECORDS: u8 = 1;
/// Reads note when they were made, for the time to idle.
pub(super) const IDLES: u8 = 2;
/// Reads of an entry that may expire ask the system for the time.
pub(super) const EXACT: u8 = 4;

/// A cache that any thread reads and writes. A hit is a wait-free lookup.
///
/// It holds at most [`max_capacity`](Builder::max_capacity) entries, or entries of at most that weight, and evicts the
/// least useful ones by S3-FIFO. Entries may expire.
/// A clone is another handle of the same cache.
///
/// | to | |
/// |---|---|
/// | look up | [`get`](Self::get) (a clone of the value), [`get_ref`](Self::get_ref) (a guard of it), [`contains_key`](Self::contains_key), [`get_many_cloned`](Self::get_many_cloned) |
/// | load what is missing | [`get_with`](Self::get_with), [`try_get_with`](Self::try_get_with), [`optionally_get_with`](Self::optionally_get_with), [`try_optionally_get_with`](Self::try_optionally_get_with), [`get_all_with`](Self::get_all_with), and forms with tags and for tasks |
/// | insert | [`insert`](Self::insert), [`insert_with_ttl`](Self::insert_with_ttl), [`insert_tagged`](Self::insert_tagged) |
/// | remove | [`remove`](Self::remove), [`invalidate`](Self::invalidate), [`invalidate_all`](Self::invalidate_all), [`invalidate_if`](Self::invalidate_if), [`invalidate_tag`](Self::invalidate_tag) |
/// | write in a task | [`insert_async`](Self::insert_async), [`invalidate_async`](Self::invalidate_async) and others |
/// | watch | [`stats`](Self::stats), [`entry_count`](Self::entry_count), [`weighted_size`](Self::weighted_size), an [`eviction_listener`](Builder::eviction_listener) |
///
/// # Reads and writes
///
/// A lookup waits for no lock and no writer, as a read of a [`SharedMap`](crate::SharedMap) does: a thread's first read is the one exception.
/// It asks no clock, and it allocates nothing unless the `Clone` of the value does.
/// The read of an entry that was read several times lately stores to nothing but the thread's own line.
///
/// A write is one of a `SharedMap`. It is visible to every lookup that begins after it has returned. (A thread that holds a
/// guard of [`get_ref`](Self::get_ref) sees the state of the guard until it drops it.)
/// Writes run one after the other. They take longer than those of a map, since they also keep the order of eviction.
/// The cache is full when it holds what it may hold; when a write returns, it never holds more.
///
/// # Keys and values
///
/// Keys are cloned into both copies of the table. Values are not: both copies share one.
/// So only calls that return a value itself need `V: Clone`. Use a cheap clone, such as an `Arc` or a
/// [`Shared`](crate::Shared), for a value that is large.
///
/// A value that was removed, replaced or evicted is dropped once no guard can see it, usually by a background thread
/// within some milliseconds. If very many wait for that thread, a writer drops them.
///
/// # Expiry
///
/// An entry expires after [`time_to_live`](Builder::time_to_live), after
/// [`time_to_idle`](Builder::time_to_idle) without a read, or at the time that
/// [`insert_with_ttl`](Self::insert_with_ttl) sets. Then no lookup finds it, with one exception: a background thread advances the
/// clock that lookups compare with, each millisecond in which an entry expires. If that thread gets no processor, a lookup
/// may find an expired entry until it does. [`exact_expiry`](Builder::exact_expiry) excludes that.
/// An expired entry is removed from memory within about a second (and [`stale_if_error`](Builder::stale_if_error)).
///
/// # Panics in user code
///
/// A panic in the weigher, or in a key's `Hash`, `Eq` or `Clone`, reaches the caller of that call, and its change is
/// undone. A panic of the listener, or of a value's `Drop` on a background thread, is counted in [`stats`](Self::stats).
/// The cache remains usable after each of them.
/// If a value's `Drop` uses the cache while a panic of user code unwinds through a write of the same cache, the program
/// aborts, as with every second panic.
///
/// A key must be equal to itself, and two that are equal must hash alike. Otherwise lookups give wrong answers, and entries
/// that nothing finds may stay until [`invalidate_all`](Self::invalidate_all).
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use evmap_core::cache::Cache;
///
/// let pages = Cache::builder().max_capacity(10_000).time_to_live(Duration::from_secs(60)).build();
/// pages.insert("/".to_string(), "welcome".to_string());
/// println!("{:?} {:?}", pages.get("/"), pages.get("/about")); // Some("welcome") None
/// # assert_eq!((pages.get("/").as_deref(), pages.get("/about")), (Some("welcome"), None));
/// ```
///
/// It is `Send` and `Sync` if its keys and values are:
/// ```compile_fail,E0277
/// let cache = evmap_core::cache::Cache::new(10);
/// cache.insert(1, std::cell::Cell::new(1));
/// ```
/// ```
/// let cache = evmap_core::cache::Cache::new(10);
/// cache.insert(1, std::sync::Mutex::new(1)); // a value need not be `Clone`
/// *cache.get_ref(&1).unwrap().lock().unwrap() += 1;
/// ```
pub struct Cache<K, V, S = DefaultHashBuilder> {
    /// The map that `core` has, too, so that a lookup has few addresses to load.
    pub(super) map: Map<K, V, S>,
    pub(super) clock: Arc<Clock>,
    /// What a lookup does besides: some of [`RECORDS`], [`IDLES`] and [`EXACT`].
    pub(super) extras: u8,
    handle: Arc<Handle<K, V, S>>,
}

/// The part that the clones share. It is dropped with the last of them.
struct Handle<K, V, S> {
    core: Arc<Core<K, V, S>>,
    loads: Loads<K, V, S>,
}

impl<K, V> Cache<K, V>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    V: Send + Sync + 'static,
{
    /// A cache of at most this many entries, with the usual settings: no entry expires.
    ///
    /// # Examples
    /// ```
    /// let cache = evmap_core::cache::Cache::new(2);
    /// for key in 0..3 {
    ///     cache.insert(key, key * 10);
    /// }
    /// println!("{} {:?}", cache.entry_count(), cache.get(&2)); // 2 Some(20)
    /// # assert_eq!((cache.entry_count(), cache.get(&2)), (2, Some(20)));
    /// ```
    pub fn new(max_capacity: u64) -> Self {
        Builder::new().max_capacity(max_capacity).build()
    }
}

impl<K, V> Cache<K, V> {
    /// Makes a cache with other than the usual settings.
    pub fn builder() -> Builder<K, V> {
        Builder::new()
    }
}

impl<K, V, S> Cache<K, V, S> {
    pub(super) fn of(core: Arc<Core<K, V, S>>, loads: Loads<K, V, S>, extras: u8) -> Self
    where
        S: Clone,
    {
        Cache {
            map: core.map.clone(),
            clock: Arc::clone(&core.clock),
            extras,
            handle: Arc::new(Handle { core, loads }),
        }
    }

    pub(super) fn core(&self) -> &Core<K, V, S> {
        &self.handle.core
    }

    pub(super) fn loads(&self) -> &Loads<K, V, S> {
        &self.handle.loads
    }

    pub(super) fn hasher(&self) -> &S {
        self.map.hasher()
    }

    /// The number of entries. Expired ones count until they are removed. Does not wait.
    pub fn entry_count(&self) -> u64 {
        self.core().counters.stats().entries
    }

    /// The sum of the weights of all entries: their number, if there is no [weigher](Builder::weigher). Does not wait.
    pub fn weighted_size(&self) -> u64 {
        self.core().counters.stats().weight
    }

    /// Figures of the cache.
    ///
    /// # Blocking
    /// Locks the list of readers for a moment. Waits for no writer and no guard.
    pub fn stats(&self) -> CacheStats {
        let [misses, hits] = self.map.inner.counts();
        CacheStats {
            hits,
            misses,
            retired: self.map.stats().retired as u64,
            ..self.core().counters.stats()
        }
    }
}

impl<K, V, S: Clone> Clone for Cache<K, V, S> {
    /// Another handle of the same cache.
    ///
    /// It changes some reference counts, which all handles share. A web framework that clones its state for each request should
    /// be given the cache, or what owns it, in an `Arc`.
    fn clone(&self) -> Self {
        Cache {
            map: self.map.clone(),
            clock: Arc::clone(&self.clock),
            extras: self.extras,
            handle: Arc::clone(&self.handle),
        }
    }
}

impl<K, V, S> fmt::Debug for Cache<K, V, S> {
    /// Shows the figures of the cache, and no entry.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache")
            .field("max_capacity", &self.core().settings.max_weight)
            .field("entry_count", &self.entry_count())
            .field("weighted_size", &self.weighted_size())
            .finish_non_exhaustive()
    }
}

impl<K, V, S> Drop for Handle<K, V, S> {
    /// After this, the publisher never holds the last reference.
    fn drop(&mut self) {
        self.core.close();
        if self.core.map.is_abandoned() {
            // The fork happened inside a write, so the entries may be half changed. They are leaked.
            mem::forget(Arc::clone(&self.core));
        }
    }
}
