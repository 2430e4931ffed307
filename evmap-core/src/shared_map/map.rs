//! [`SharedMap`]: one value through which any thread reads and writes.

use std::fmt;
use std::hash::{BuildHasher, Hash};
use std::sync::Arc;
use std::{mem, vec};

use equivalent::Equivalent;
use left_right::{ReadGuard, Version};

use super::core::Core;
use super::{Builder, Stats};
use crate::DefaultHashBuilder;
use crate::map::lookup_counts::count_lookup;
use crate::map::lookups::{ValueOf, look_up, lookups};
use crate::map::{LookupCounts, ReadHandle, ReadHandleFactory, SharedReader, Snapshot, View};
use crate::panics::contain;
use crate::state::State;
use crate::table::{DefaultEngine, Engine, SharedEngine, Table};

/// A map that any thread reads and writes: the type that a web handler would hold.
///
/// It is for a table that is read far more often than it is written, such as prices, routes or feature flags.
///
/// Reads are those of a [`SharedReader`]: wait-free, whatever the writers do. There is one exception. A thread's first
/// read of the map takes the lock of the list of readers for a moment, and allocates.
///
/// A write returns its result, and every read that begins after that sees what was written. Two cases differ: a map
/// with [`refresh_every`](Builder::refresh_every) publishes within that time, and a thread that holds a guard
/// [reads the guard's state](#guards-of-the-writing-thread).
/// Several writers at once publish together (*group commit*).
///
/// A *guard* is what [`get`](Self::get) and [`read`](Self::read) return: it lends data and keeps its copy unchanged
/// until it is dropped. A [`Snapshot`] counts as a guard.
///
/// | to | |
/// |---|---|
/// | read | [`get`](Self::get), [`get_cloned`](Self::get_cloned), [`read`](Self::read) (a [`View`] of all keys), [`with`](Self::with) |
/// | keep one state across an `.await`, or send it to a thread | [`snapshot`](Self::snapshot) |
/// | write one key | [`insert`](Self::insert), [`remove`](Self::remove), [`merge`](Self::merge), [`compute`](Self::compute) and similar calls, each atomic |
/// | write several keys in one step | [`write`](Self::write) |
/// | count hits and misses | [`count_lookups`](Builder::count_lookups) of the builder, [`stats`](Self::stats) |
/// | write in a task | [`insert_async`](Self::insert_async), [`write_async`](Self::write_async) and the other async writes |
/// | follow the changes | [`subscribe`](Self::subscribe) |
/// | wait for others' writes | [`wait_for`](Self::wait_for), [`changed_since`](Self::changed_since), and their async forms |
///
/// # When nobody writes
///
/// Two threads of the process serve all its shared maps, and sleep while there is nothing to do.
/// The *publisher* publishes deferred writes, and runs no user code.
/// The *janitor* comes once nobody has written for 10 ms, or for the time of `refresh_every` if that is less.
/// It drops what was removed or replaced from the second copy as well, continues a growth, and frees copies that
/// were set aside once their readers have left, which it checks at least every 250 ms.
/// It works in steps of 1,000 operations or drops, one map after the other. (An `extend` is one operation, the drop of
/// an entire table is one drop, and the recovery from a panic clones the map in one step.)
/// A slow `Drop` delays the janitor, but no write and no publication.
/// Frequent writes make reads fence. That ends when the janitor, a write or [`flush`](Self::flush) comes after a
/// while without writes, or by the readers themselves once they have read often enough.
///
/// Clones share one map. Dropping the last one publishes what is pending; [`ReadHandle`]s and
/// [`SharedReader`]s that are left keep that last state.
///
/// # Readers that do not leave
///
/// A guard never blocks other readers, nor the first write after it was taken. The second write needs the copy that the
/// guard is in. To go past it, the map clones all entries into a fresh copy, and sets the old copy aside until its readers
/// leave.
///
/// 1. While fewer than [`max_retired`](Builder::max_retired) copies are set aside, a write waits for a guard at most
///    [`stall_limit`](Builder::stall_limit), and then clones the map.
/// 2. While fewer are set aside, a write does not wait for a snapshot, nor for a guard of its own thread: it clones the
///    map at once.
/// 3. Once `max_retired` copies are set aside, a write that finds one more reader in the way waits until a reader
///    leaves. This also holds if that reader is a snapshot.
/// 4. With `max_retired(0)`, a write panics if only guards of its own thread are in the way.
///
/// By default `max_retired` is 4 and `stall_limit` is 50 ms.
/// A guard of its own thread is one that the thread took through a `SharedMap` or a [`SharedReader`].
/// [`try_write`](Self::try_write) and [`write_timeout`](Self::write_timeout) return an error instead of a longer wait, and
/// instead of the panic. The error names the readers.
/// [`docs::blocking`](crate::docs::blocking) has all calls that may wait.
///
/// # Guards of the writing thread
///
/// While a thread holds a guard or a view of the map, its other reads through the map show the same state: they all
/// belong to one snapshot. So a write that is visible when it returns is visible to other threads, and to this thread
/// once its guard is dropped. Several writes under one guard of the writing thread go past that guard: the second of
/// them makes a fresh copy of all entries.
///
/// ```
/// let map = evmap_core::SharedMap::from([("a", 1)]);
/// let guard = map.get("a").unwrap();
/// map.insert("a", 2);
/// println!("{:?}", map.get_cloned("a")); // Some(1): the guard's snapshot
/// # assert_eq!((*guard, map.get_cloned("a")), (1, Some(1)));
/// # assert_eq!(map.read_handle().get_cloned("a"), Some(2));
/// drop(guard);
/// println!("{:?}", map.get_cloned("a")); // Some(2)
/// # assert_eq!(map.get_cloned("a"), Some(2));
/// ```
///
/// # Calls from inside
///
/// The closure of a write may read the map. It sees the published state there, without the changes of
/// the write.
/// If it writes to the map (or waits for a version of it), it would wait for itself. Such a call panics, and
/// the message says why.
/// Everything that a write replaces or removes is dropped after the write, so a value's own `Drop` may call
/// the map. (A closure drops what it owns, and results that it ignores, inside the write: return them
/// instead.)
/// Such a `Drop` may run on the janitor. It may write there, but not wait for a version of a map with
/// `refresh_every`.
/// A `Drop` that calls the map while a panic unwinds through the same write aborts the program, as
/// every second panic does in Rust.
/// The waker of a task that waits for a version must neither write to the map nor wait for it: it runs under the lock of the
/// waiters.
///
/// # Forks
///
/// A map still works in a forked child. Threads of the child publish its writes and tidy up, as in the parent. A
/// deferred write that was pending at the fork becomes visible with the next write, or when a thread or a task waits
/// for it.
/// If another thread was writing to the map at the fork, the child can read the map, but every write panics, and
/// the message says why. (Forks that go around the system's `pthread_atfork`, such as a raw `clone`, are not
/// noticed.)
///
/// # Panics in user code
///
/// A panic in a closure, or in the `Hash`, `Eq` or `Clone` of a key or value, undoes its own write
/// completely, and reaches the caller of that write. Other writes are kept, and the map still works:
/// if the panic left a copy half changed, the map makes a fresh one, which costs a clone of all entries.
/// A panic that reaches no caller is counted in [`stats`](Self::stats).
///
/// # Examples
///
/// ```
/// use evmap_core::SharedMap;
///
/// let prices = SharedMap::new();
/// std::thread::scope(|scope| {
///     for (item, price) in [("apple", 120), ("pear", 90)] {
///         let prices = prices.clone(); // a handle of the same map
///         scope.spawn(move || prices.insert(item, price));
///     }
/// });
/// println!("{:?} {}", prices.get_cloned("apple"), prices.len()); // Some(120) 2
/// # assert_eq!((prices.get_cloned("apple"), prices.get_cloned("pear"), prices.len()), (Some(120), Some(90), 2));
/// ```
///
/// It is `Send` and `Sync` if its keys and values are:
/// ```compile_fail,E0277
/// let map = evmap_core::SharedMap::new();
/// map.insert(1, std::cell::Cell::new(1));
/// ```
/// ```
/// let map = evmap_core::SharedMap::new();
/// map.insert(1, std::sync::Arc::new(std::sync::atomic::AtomicU32::new(1)));
/// ```
pub struct SharedMap<K, V, S = DefaultHashBuilder, E: Engine = DefaultEngine> {
    pub(crate) inner: left_right::SharedReader<State<K, V, S, (), E>>,
    hasher: S,
    handle: Arc<Handle<K, V, S, E>>,
}

/// The part that the clones share. It is dropped with the last of them.
struct Handle<K, V, S, E: Engine> {
    core: Arc<Core<K, V, S, E>>,
    /// The settings that it was made with, for a deep clone.
    settings: Builder<K, V, S, E>,
    /// Publishes all pending changes. A field, since `Drop` has no bounds on keys and values.
    flush: fn(&Core<K, V, S, E>),
    /// Tells the subscribers that the map is gone. A field for the same reason.
    close: fn(&Core<K, V, S, E>),
}

impl<K, V> SharedMap<K, V>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// An empty map with the usual settings: every write is visible when it returns.
    ///
    /// # Examples
    /// ```
    /// let map = evmap_core::SharedMap::new();
    /// let handle = map.clone(); // of the same map
    /// handle.insert("a", 1);
    /// println!("{:?}", map.get_cloned("a")); // Some(1)
    /// # assert_eq!(map.get_cloned("a"), Some(1));
    /// ```
    pub fn new() -> Self {
        Builder::new().build()
    }
}

impl<K, V> SharedMap<K, V>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// An empty map with the usual settings, and capacity for this many entries in each of its two copies.
    ///
    /// # Examples
    /// ```
    /// let map = evmap_core::SharedMap::<u32, u32>::with_capacity(1000);
    /// println!("{}", map.capacity() >= 1000); // true
    /// # assert!(map.capacity() >= 1000);
    /// ```
    pub fn with_capacity(entries: usize) -> Self {
        Builder::new().capacity(entries).build()
    }
}

impl<K, V, S> SharedMap<K, V, S>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
    S: BuildHasher + Clone + Send + Sync + 'static,
{
    /// An empty map with this hasher, and otherwise the usual settings. Clones of the hasher must hash alike.
    ///
    /// # Examples
    /// ```
    /// use std::hash::RandomState;
    /// use evmap_core::SharedMap;
    ///
    /// let map = SharedMap::with_hasher(RandomState::new());
    /// map.insert("a", 1);
    /// println!("{:?}", map.get_cloned("a")); // Some(1)
    /// # assert_eq!(map.get_cloned("a"), Some(1));
    /// ```
    pub fn with_hasher(hasher: S) -> Self {
        Builder::new().hasher(hasher).build()
    }

    /// As [`with_hasher`](Self::with_hasher), with capacity for this many entries in each of the two copies.
    ///
    /// # Examples
    /// ```
    /// use std::hash::RandomState;
    /// use evmap_core::SharedMap;
    ///
    /// let map = SharedMap::<u32, u32, _>::with_capacity_and_hasher(1000, RandomState::new());
    /// println!("{}", map.capacity() >= 1000); // true
    /// # assert!(map.capacity() >= 1000);
    /// ```
    pub fn with_capacity_and_hasher(entries: usize, hasher: S) -> Self {
        Builder::new().capacity(entries).hasher(hasher).build()
    }
}

impl<K, V, S, E> SharedMap<K, V, S, E>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
    S: BuildHasher + Clone + Send + Sync + 'static,
    E: SharedEngine<K, V>,
{
    /// A second map with clones of all entries of the visible state, and with the same settings. (A
    /// [`clone`](Self#impl-Clone-for-SharedMap%3CK,+V,+S,+E%3E) is a handle of the same map.)
    ///
    /// If the calling thread holds a guard of the map, the state is that of the guard.
    /// It is also how to keep a state for long, since no reader is left: see [`snapshot`](Self::snapshot).
    ///
    /// # Cost
    /// Two clones of every key and value; nothing is hashed. Does not wait. Holds a view meanwhile, so writers may have to
    /// go past it.
    ///
    /// # Panics
    /// If a `Clone` does; then there is no second map.
    ///
    /// # Examples
    /// ```
    /// let map = evmap_core::SharedMap::from([("a", 1)]);
    /// let (handle, copy) = (map.clone(), map.deep_clone());
    /// map.insert("a", 2);
    /// println!("{:?} {:?}", handle.get_cloned("a"), copy.get_cloned("a")); // Some(2) Some(1)
    /// # assert_eq!((handle.get_cloned("a"), copy.get_cloned("a")), (Some(2), Some(1)));
    /// ```
    pub fn deep_clone(&self) -> Self {
        self.handle.settings.clone().build_copy(&self.read())
    }
}

impl<K, V> SharedMap<K, V> {
    /// Makes a map with other than the usual settings.
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    /// use evmap_core::SharedMap;
    ///
    /// let map = SharedMap::builder().capacity(100).refresh_every(Duration::from_millis(1)).build();
    /// map.insert("a", 1); // returns before it is visible
    /// map.flush();
    /// println!("{:?}", map.get_cloned("a")); // Some(1)
    /// # assert_eq!(map.get_cloned("a"), Some(1));
    /// ```
    pub fn builder() -> Builder<K, V> {
        Builder::new()
    }
}

impl<K, V, S, E: Engine> SharedMap<K, V, S, E> {
    pub(super) fn over(
        core: Arc<Core<K, V, S, E>>,
        reader: SharedReader<K, V, S, (), E>,
        settings: Builder<K, V, S, E>,
    ) -> Self
    where
        K: Hash + Eq + Clone,
        V: Clone,
        S: BuildHasher + Clone,
    {
        let (inner, hasher) = reader.into_parts();
        SharedMap {
            inner,
            hasher,
            handle: Arc::new(Handle {
                core,
                settings,
                flush: |core| _ = core.flush(),
                close: Core::close,
            }),
        }
    }

    /// Publishes all pending changes. Needs no bounds on keys and values.
    pub(super) fn publish(&self) {
        (self.handle.flush)(&self.handle.core);
    }

    pub(super) fn core(&self) -> &Core<K, V, S, E> {
        &self.handle.core
    }

    pub(super) fn shared_core(&self) -> &Arc<Core<K, V, S, E>> {
        &self.handle.core
    }

    #[inline(always)]
    pub(crate) fn hasher(&self) -> &S {
        &self.hasher
    }

    /// Whether a fork has left the writer lock behind: then the map is never written again.
    pub(crate) fn is_abandoned(&self) -> bool {
        self.core().lock.is_abandoned()
    }

    /// # Panics
    /// If the calling thread is inside a write of this map.
    pub(crate) fn refuse_inside(&self) {
        self.core().refuse_inside();
    }

    /// Returns how many writes have been rolled back after their end. Only a write of the map changes it.
    pub(crate) fn rolled_back(&self) -> u64 {
        self.core().counters.rolled_back()
    }

    /// Returns the figures of this moment.
    ///
    /// # Blocking
    /// Locks the list of readers for a moment. Waits for no writer and no guard.
    ///
    /// # Examples
    /// ```
    /// let map = evmap_core::SharedMap::new();
    /// map.insert("a", 1);
    /// map.insert("b", 2);
    /// let stats = map.stats();
    /// println!("{} writes, version {}", stats.writes, stats.version); // 2 writes, version 2
    /// # assert_eq!((stats.writes, stats.version.as_u64()), (2, 2));
    /// ```
    pub fn stats(&self) -> Stats {
        self.core().stats()
    }

    /// Names the calling thread's reader, for the errors of blocked writers.
    ///
    /// # Examples
    /// ```
    /// let map = evmap_core::SharedMap::builder().max_retired(0).build();
    /// map.set_label("report");
    /// let view = map.read();
    /// map.insert("a", 1);
    /// let soon = std::time::Duration::from_millis(20);
    /// let error = map.write_timeout(soon, |w| w.insert("b", 2)).unwrap_err();
    /// println!("{:?}", error.readers()[0].label); // Some("report")
    /// # assert_eq!(error.readers()[0].label.as_deref(), Some("report"));
    /// # drop(view);
    /// ```
    pub fn set_label(&self, label: impl Into<String>) {
        self.inner.set_label(label);
    }

    /// The visible state, owned: it may be sent to other threads, and held across an `.await`.
    ///
    /// It is a reader of its own: taken while the calling thread has a guard or a view, it may be newer than that.
    ///
    /// # Blocking
    /// Locks the list of readers for a moment; waits for no guard.
    /// A write that needs its copy clones the map at once. Once [`max_retired`](Builder::max_retired) copies are set
    /// aside, the write waits for it: see [`Snapshot`](Snapshot#writers-of-a-sharedmap).
    ///
    /// To keep a state for long, collect the entries of the snapshot into a `Vec` or a `HashMap`, and drop the snapshot.
    /// [`deep_clone`](Self::deep_clone) makes a new map instead, which has two copies of them.
    ///
    /// # Examples
    /// ```
    /// let map = evmap_core::SharedMap::from([("a", 1)]);
    /// let snapshot = map.snapshot();
    /// map.insert("a", 2);
    /// map.insert("b", 3); // waits for nobody
    /// let thread = std::thread::spawn(move || (snapshot["a"], snapshot.len()));
    /// let shown = thread.join().unwrap();
    /// println!("{shown:?}"); // (1, 1)
    /// # assert_eq!(shown, (1, 1));
    /// ```
    pub fn snapshot(&self) -> Snapshot<K, V, S, (), E> {
        Snapshot::new(self.inner.snapshot())
    }
}

lookups!([K, V, S, E] (), SharedMap<K, V, S, E>);

impl<K, V, S: Clone, E: Engine> SharedMap<K, V, S, E> {
    /// A reader for one thread, with the cheapest lookups. Waits for no guard.
    pub fn read_handle(&self) -> ReadHandle<K, V, S, (), E> {
        self.shared_reader().handle()
    }

    /// Makes readers in other threads.
    pub fn factory(&self) -> ReadHandleFactory<K, V, S, (), E> {
        self.shared_reader().factory()
    }

    /// A reader that threads may share, and that does not keep the map's writers alive.
    pub fn shared_reader(&self) -> SharedReader<K, V, S, (), E> {
        SharedReader::new(self.inner.clone(), self.hasher.clone())
    }
}

impl<K, V, S: Clone, E: Engine> Clone for SharedMap<K, V, S, E> {
    /// Another handle of the same map: what is written through one is read through all. For a second map with the same
    /// entries, see [`deep_clone`](Self::deep_clone).
    fn clone(&self) -> Self {
        SharedMap {
            inner: self.inner.clone(),
            hasher: self.hasher.clone(),
            handle: Arc::clone(&self.handle),
        }
    }
}

impl<K, V, S> Default for SharedMap<K, V, S>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
    S: BuildHasher + Default + Clone + Send + Sync + 'static,
{
    fn default() -> Self {
        Builder::new().hasher(S::default()).build()
    }
}

impl<K: fmt::Debug, V: fmt::Debug, S, E: Engine> fmt::Debug for SharedMap<K, V, S, E> {
    /// Shows the entries of the visible state, as a map does. Does not wait.
    ///
    /// # Examples
    /// ```
    /// let map = evmap_core::SharedMap::from([("a", 1)]);
    /// println!("{map:?}"); // {"a": 1}
    /// # assert_eq!(format!("{map:?}"), r#"{"a": 1}"#);
    /// ```
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.read().fmt(f)
    }
}

impl<K, V, S, E: Engine> Drop for Handle<K, V, S, E> {
    /// Publishes all pending changes, which waits for no reader.
    fn drop(&mut self) {
        if self.core.lock.is_abandoned() {
            // The fork happened inside a write, so the data may be half changed. It is leaked.
            self.core.background.leave();
            mem::forget(Arc::clone(&self.core));
            return;
        }
        // Only a `Clone` can panic, in the recovery from an earlier panic. No later write could try again.
        contain(|| (self.flush)(&self.core));
        contain(|| (self.close)(&self.core));
        // After this, the publisher never holds the last reference.
        self.core.background.leave();
    }
}
