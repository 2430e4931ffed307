//! [`Builder`]: a shared map with other than the usual settings.

use std::fmt;
use std::hash::{BuildHasher, Hash};
use std::marker::PhantomData;
use std::sync::{Arc, Weak};
use std::time::Duration;

use left_right::FenceMode;
use left_right::background::Background;

use super::SharedMap;
use super::core::{Core, Publishing};
use super::writer::Writer;
use crate::DefaultHashBuilder;
use crate::copy_drops::{CopyDrops, DropQueue};
use crate::map::{View, WriteHandle};
use crate::op::MapOp;
use crate::state::State;
use crate::table::{Counted, DefaultEngine, Engine, SharedEngine};

/// The default stall limit: longer than a thread usually waits for a processor, shorter than a person notices.
const STALL_LIMIT: Duration = Duration::from_millis(50);

/// Makes a [`SharedMap`] with other than the usual settings.
///
/// Made by [`SharedMap::builder`]. ([`evmap_core::Builder`](crate::Builder) makes a map with a single writer.)
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use evmap_core::SharedMap;
///
/// let prices = SharedMap::<String, u64>::builder()
///     .capacity(1000)
///     .refresh_every(Duration::from_millis(1))
///     .max_pending(10_000)
///     .build();
/// prices.insert("apple".to_string(), 120); // returns at once
/// prices.flush();
/// assert_eq!(prices.get_cloned("apple"), Some(120));
/// ```
#[must_use = "a builder makes nothing before `build`"]
pub struct Builder<K, V, S = DefaultHashBuilder, E = DefaultEngine> {
    map: crate::Builder<S, (), E>,
    refresh_every: Option<Duration>,
    max_pending: usize,
    stall_limit: Duration,
    entries: PhantomData<fn() -> (K, V)>,
}

impl<K, V> Builder<K, V> {
    /// The usual settings: no capacity reserved, the default hasher and engine, [`FenceMode::Auto`],
    /// every write visible when it returns, a [`stall_limit`](Self::stall_limit) of 50 ms, and a
    /// [`max_retired`](Self::max_retired) of 4.
    pub fn new() -> Self {
        Builder {
            map: crate::Builder::new(),
            refresh_every: None,
            max_pending: usize::MAX,
            stall_limit: STALL_LIMIT,
            entries: PhantomData,
        }
    }
}

impl<K, V> Default for Builder<K, V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K, V, S, E> Builder<K, V, S, E> {
    /// Reserves capacity for this many entries in each of the two copies.
    ///
    /// # Examples
    /// ```
    /// let map = evmap_core::SharedMap::<u32, u32>::builder().capacity(1000).build();
    /// println!("{}", map.capacity() >= 1000); // true
    /// # assert!(map.capacity() >= 1000);
    /// ```
    pub fn capacity(self, entries: usize) -> Self {
        self.with_map(|map| map.capacity(entries))
    }

    /// Sets which side pays for the order between a read and a publication.
    ///
    /// [`FenceMode::Auto`], the default, follows how often there is one.
    ///
    /// # Examples
    /// ```
    /// use evmap_core::{FenceMode, SharedMap};
    ///
    /// let map = SharedMap::<u32, u32>::builder().fence(FenceMode::SeqCst).build();
    /// println!("{:?}", map.stats().fence_mode); // SeqCst
    /// # assert_eq!(map.stats().fence_mode, FenceMode::SeqCst);
    /// ```
    pub fn fence(self, mode: FenceMode) -> Self {
        self.with_map(|map| map.fence(mode))
    }

    /// Sets how many copies may be set aside for readers that block a write, besides the two that the map always has.
    /// The default is 4.
    ///
    /// While fewer are set aside, a write clones the map to go past a reader: see [`stall_limit`](Self::stall_limit).
    /// Once this many are set aside, a write that finds one more reader in the way waits until a reader leaves. This
    /// also holds if that reader is a snapshot.
    /// With `max_retired(0)`, a write panics if only guards of its own thread are in the way.
    /// With 0, no copy is ever made for a reader.
    ///
    /// # Examples
    /// ```
    /// let map = evmap_core::SharedMap::builder().max_retired(1).build();
    /// let snapshot = map.snapshot();
    /// map.insert("a", 1);
    /// map.insert("b", 2); // goes past the snapshot
    /// println!("{}", map.stats().retired); // 1
    /// # assert_eq!((map.stats().retired, snapshot.len()), (1, 0));
    /// ```
    pub fn max_retired(self, copies: usize) -> Self {
        self.with_map(|map| map.max_retired(copies))
    }

    /// Sets the hasher. Both copies and all handles use clones of it, which must hash alike.
    ///
    /// # Examples
    /// ```
    /// use std::hash::RandomState; // std's hasher, which resists attackers who choose keys
    ///
    /// let map = evmap_core::SharedMap::builder().hasher(RandomState::new()).build();
    /// map.insert("a", 1);
    /// println!("{:?}", map.get_cloned("a")); // Some(1)
    /// # assert_eq!(map.get_cloned("a"), Some(1));
    /// ```
    pub fn hasher<S2>(self, hasher: S2) -> Builder<K, V, S2, E> {
        self.with_map(|map| map.hasher(hasher))
    }

    /// Sets the table engine: [`table`](crate::table) says which to choose. The default is
    /// [`Swiss`](crate::table::Swiss).
    ///
    /// It replaces the engine before, and so undoes [`count_lookups`](Self::count_lookups).
    ///
    /// # Examples
    /// ```
    /// use evmap_core::{SharedMap, table::Incremental};
    ///
    /// let map = SharedMap::builder().engine::<Incremental>().build(); // grows without a long pause
    /// map.insert("a", 1);
    /// println!("{:?}", map.get_cloned("a")); // Some(1)
    /// # assert_eq!(map.get_cloned("a"), Some(1));
    /// ```
    pub fn engine<E2: Engine>(self) -> Builder<K, V, S, E2> {
        self.with_map(crate::Builder::engine)
    }

    /// Makes all readers count their lookups by key, for [`SharedMap::stats`]: the engine `E` becomes
    /// [`Counted<E>`](Counted), which says what counts and what that costs.
    ///
    /// Call it after [`engine`](Self::engine), which chooses an engine that does not count.
    ///
    /// # Examples
    /// ```
    /// let map = evmap_core::SharedMap::builder().count_lookups().build();
    /// map.insert("a", 1);
    /// for key in ["a", "b", "a"] {
    ///     map.get_cloned(key);
    /// }
    /// let stats = map.stats();
    /// println!("{} hits, {} misses", stats.hits, stats.misses); // 2 hits, 1 misses
    /// # assert_eq!((stats.hits, stats.misses), (2, 1));
    /// ```
    pub fn count_lookups(self) -> Builder<K, V, S, Counted<E>>
    where
        E: Engine,
    {
        self.with_map(crate::Builder::count_lookups)
    }

    /// Lets writes return at once, and publishes them together, within this time from the first of
    /// them. A thread that all maps of the process share publishes them, or a writer that comes at that time.
    ///
    /// Without it, or with a time of zero, a write is visible when it returns.
    /// A write still returns its result, and sees all writes before it. [`SharedMap::flush`] publishes earlier.
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    ///
    /// let map = evmap_core::SharedMap::builder().refresh_every(Duration::from_secs(3600)).build();
    /// map.insert("a", 1);
    /// println!("{:?} {:?}", map.insert("a", 2), map.get_cloned("a")); // Some(1) None
    /// # assert_eq!((map.insert("a", 2), map.get_cloned("a")), (Some(2), None));
    /// map.flush();
    /// println!("{:?}", map.get_cloned("a")); // Some(2)
    /// # assert_eq!(map.get_cloned("a"), Some(2));
    /// ```
    pub fn refresh_every(mut self, time: Duration) -> Self {
        self.refresh_every = Some(time).filter(|time| !time.is_zero());
        self
    }

    /// With [`refresh_every`](Self::refresh_every): a write publishes at once when it brings the
    /// number of unpublished operations to this many (each entry of an `extend` is one). The default is
    /// no limit.
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    ///
    /// let hour = Duration::from_secs(3600);
    /// let map = evmap_core::SharedMap::builder().refresh_every(hour).max_pending(2).build();
    /// map.insert("a", 1);
    /// println!("{}", map.len()); // 0
    /// # assert_eq!(map.len(), 0);
    /// map.insert("b", 2);
    /// println!("{}", map.len()); // 2
    /// # assert_eq!(map.len(), 2);
    /// ```
    pub fn max_pending(mut self, operations: usize) -> Self {
        self.max_pending = operations;
        self
    }

    /// Sets how long a guard may be in the copy that is written next, counted from when the copy was
    /// swapped out, before a write goes past it. The default is 50 ms.
    ///
    /// To go past it costs a clone of all entries, and the memory of one more copy until the reader leaves.
    /// With `Duration::MAX`, a write waits until the guard is dropped.
    /// A write never waits this time for a [`Snapshot`](crate::Snapshot), nor for a guard that its own thread took through a
    /// `SharedMap` or a [`SharedReader`](crate::SharedReader): it goes past them at once.
    /// At [`max_retired`](Self::max_retired), a write goes past nobody, and waits until a reader leaves.
    /// [*Readers that do not leave*](SharedMap#readers-that-do-not-leave) has the whole rule.
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    ///
    /// let map = evmap_core::SharedMap::builder().stall_limit(Duration::from_millis(1)).build();
    /// let handle = map.read_handle();
    /// let view = handle.read(); // a handle's guard is not known as the thread's own
    /// map.insert("a", 1);
    /// map.insert("b", 2); // waits for 1 ms, and then goes past the view
    /// println!("{} {}", view.len(), map.len()); // 0 2
    /// # assert_eq!((view.len(), map.len(), map.stats().rebuilds), (0, 2, 1));
    /// ```
    pub fn stall_limit(mut self, time: Duration) -> Self {
        self.stall_limit = time;
        self
    }

    fn with_map<S2, E2>(
        self,
        change: impl FnOnce(crate::Builder<S, (), E>) -> crate::Builder<S2, (), E2>,
    ) -> Builder<K, V, S2, E2> {
        Builder {
            map: change(self.map),
            refresh_every: self.refresh_every,
            max_pending: self.max_pending,
            stall_limit: self.stall_limit,
            entries: PhantomData,
        }
    }
}

impl<K, V, S, E> Builder<K, V, S, E>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
    S: BuildHasher + Clone + Send + Sync + 'static,
    E: SharedEngine<K, V>,
{
    /// Makes an empty map.
    ///
    /// With [`refresh_every`](Self::refresh_every) it starts the process's publisher, if that does not run yet. Where
    /// the system has no thread for it, writes are visible when they return.
    ///
    /// # Examples
    /// ```
    /// let map = evmap_core::SharedMap::builder().capacity(100).build();
    /// println!("{:?}", map.insert("a", 1)); // None
    /// # assert_eq!(map.insert("a", 2), Some(1));
    /// ```
    pub fn build(self) -> SharedMap<K, V, S, E> {
        self.build_over(|map, drops| map.build_writer(MapOp::changes, Some(drops)))
    }

    /// Makes a map that has these entries from the beginning, in version 0: see
    /// [`evmap_core::Builder::build_from`](crate::Builder::build_from).
    ///
    /// # Examples
    /// ```
    /// use evmap_core::SharedMap;
    ///
    /// let stock = SharedMap::builder().build_from([("apple", 3), ("pear", 1)]);
    /// println!("{:?} {}", stock.insert("pear", 2), stock.len()); // Some(1) 2
    /// # assert_eq!((stock.insert("pear", 3), stock.len()), (Some(2), 2));
    /// ```
    pub fn build_from(self, entries: impl IntoIterator<Item = (K, V)>) -> SharedMap<K, V, S, E> {
        let fill = |state: &mut State<_, _, _, _, _>| state.fill(entries.into_iter());
        self.build_over(|map, drops| map.build_writer_with(fill, MapOp::changes, Some(drops)))
    }

    /// A map with the entries of this view, in version 0.
    pub(super) fn build_copy(self, view: &View<'_, K, V, S, (), E>) -> SharedMap<K, V, S, E> {
        let mut copy = view.state.clone();
        // If a further `Clone` panics, nothing goes to the queue of the other map.
        copy.drops = None;
        self.build_over(|map, drops| map.build_writer_of(copy, MapOp::changes, Some(drops)))
    }

    fn build_over(
        self,
        build: impl FnOnce(
            crate::Builder<S, (), E>,
            CopyDrops<K, V, E::Table<K, V>>,
        ) -> WriteHandle<K, V, S, (), E>,
    ) -> SharedMap<K, V, S, E> {
        let settings = self.clone();
        let queue = DropQueue::new();
        let map = build(self.map, CopyDrops::new(&queue));
        let reader = map.shared_reader();
        let core = Arc::new_cyclic(|core: &Weak<Core<K, V, S, E>>| {
            let work: Weak<Core<K, V, S, E>> = Weak::clone(core);
            let background = Background::new(work);
            let publishing = match self.refresh_every {
                Some(time) if background.start_publisher().is_ok() => Publishing::Within {
                    time,
                    max_pending: self.max_pending,
                },
                _ => Publishing::AtOnce,
            };
            let is_at_once = matches!(publishing, Publishing::AtOnce);
            let writer = Writer::new(map, queue, is_at_once);
            Core::new(
                writer,
                reader.clone(),
                self.stall_limit,
                publishing,
                background,
            )
        });
        SharedMap::over(core, reader, settings)
    }
}

impl<K, V, S: Clone, E> Clone for Builder<K, V, S, E> {
    fn clone(&self) -> Self {
        Builder {
            map: self.map.clone(),
            refresh_every: self.refresh_every,
            max_pending: self.max_pending,
            stall_limit: self.stall_limit,
            entries: PhantomData,
        }
    }
}

impl<K, V, S, E> fmt::Debug for Builder<K, V, S, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("map", &self.map)
            .field("refresh_every", &self.refresh_every)
            .field("max_pending", &self.max_pending)
            .field("stall_limit", &self.stall_limit)
            .finish_non_exhaustive()
    }
}
