//! [`Builder`]: a map with other than the usual settings.

use std::fmt;
use std::hash::{BuildHasher, Hash};
use std::marker::PhantomData;

use left_right::{DelayWriteHandle, FenceMode, OpWriteHandle};

use super::{ReadHandle, WriteHandle};
use crate::DefaultHashBuilder;
use crate::copy_drops::CopyDrops;
use crate::op::MapOp;
use crate::state::State;
use crate::table::{Counted, DefaultEngine, Engine};

/// Makes a single-valued map with other than the usual settings: a writer and a first reader.
///
/// Each module has its own: [`multimap::Builder`](crate::multimap::Builder) makes a map of bags, and
/// [`shared_map::Builder`](crate::shared_map::Builder), by [`SharedMap::builder`](crate::SharedMap::builder), a map with
/// many writers.
///
/// # Examples
///
/// ```
/// use std::hash::RandomState;
/// use evmap_core::{Builder, FenceMode};
///
/// let (mut writer, reader) = Builder::new()
///     .capacity(1000)
///     .hasher(RandomState::new())
///     .meta("loaded at nine")
///     .fence(FenceMode::Membarrier)
///     .build::<String, u32>();
/// writer.insert("apple".to_string(), 3);
/// writer.refresh();
/// assert_eq!(reader.get_cloned("apple"), Some(3));
/// assert_eq!(*reader.read().meta(), "loaded at nine");
/// ```
pub struct Builder<S = DefaultHashBuilder, M = (), E = DefaultEngine> {
    capacity: usize,
    hasher: S,
    meta: M,
    fence: FenceMode,
    max_retired: Option<usize>,
    engine: PhantomData<fn() -> E>,
}

impl Builder {
    /// The usual settings: no capacity reserved, the default hasher, no meta value, the default
    /// engine, [`FenceMode::Auto`].
    pub fn new() -> Self {
        Builder {
            capacity: 0,
            hasher: DefaultHashBuilder::default(),
            meta: (),
            fence: FenceMode::Auto,
            max_retired: None,
            engine: PhantomData,
        }
    }
}

impl Default for Builder {
    fn default() -> Self {
        Self::new()
    }
}

impl<S, M, E> Builder<S, M, E> {
    /// Reserves capacity for this many entries in each of the two copies.
    ///
    /// # Examples
    /// ```
    /// let (_writer, reader) = evmap_core::Builder::new().capacity(1000).build::<u32, u32>();
    /// println!("{}", reader.capacity() >= 1000); // true
    /// # assert!(reader.capacity() >= 1000);
    /// ```
    pub fn capacity(mut self, entries: usize) -> Self {
        self.capacity = entries;
        self
    }

    /// Sets which side pays for the order between a read and a refresh: see [`FenceMode`]. The default is
    /// [`FenceMode::Auto`].
    ///
    /// # Examples
    /// ```
    /// use evmap_core::{Builder, FenceMode};
    ///
    /// let (writer, _reader) = Builder::new().fence(FenceMode::SeqCst).build::<u32, u32>();
    /// println!("{:?}", writer.stats().fence_mode); // SeqCst
    /// # assert_eq!(writer.stats().fence_mode, FenceMode::SeqCst);
    /// ```
    pub fn fence(mut self, mode: FenceMode) -> Self {
        self.fence = mode;
        self
    }

    /// Sets how many copies [`rebuild`](WriteHandle::rebuild) may set aside for readers that are still
    /// inside them, besides the two that there always are. The default is 4.
    ///
    /// # Examples
    /// ```
    /// let (mut writer, reader) = evmap_core::Builder::new().max_retired(0).build();
    /// let view = reader.read();
    /// writer.insert("a", 1);
    /// writer.refresh();
    /// println!("{}", writer.rebuild().is_err()); // true: the view is in the writer's copy
    /// # assert!(writer.rebuild().is_err());
    /// drop(view);
    /// println!("{}", writer.rebuild().is_ok()); // true
    /// # assert!(writer.rebuild().is_ok());
    /// ```
    pub fn max_retired(mut self, copies: usize) -> Self {
        self.max_retired = Some(copies);
        self
    }

    /// Sets the hasher. Both copies and all handles use clones of it, which must hash alike.
    ///
    /// # Examples
    /// ```
    /// use std::hash::RandomState; // std's hasher, which resists attackers who choose keys
    ///
    /// let (mut writer, reader) = evmap_core::Builder::new().hasher(RandomState::new()).build();
    /// writer.insert("a", 1);
    /// writer.refresh();
    /// println!("{:?}", reader.get_cloned("a")); // Some(1)
    /// # assert_eq!(reader.get_cloned("a"), Some(1));
    /// ```
    pub fn hasher<S2>(self, hasher: S2) -> Builder<S2, M, E> {
        Builder {
            capacity: self.capacity,
            hasher,
            meta: self.meta,
            fence: self.fence,
            max_retired: self.max_retired,
            engine: PhantomData,
        }
    }

    /// Sets the meta value: one value that is published together with the entries, such as where they came from.
    /// [`WriteHandle::set_meta`] replaces it, and [`View::meta`](crate::View::meta) shows it.
    ///
    /// # Examples
    /// ```
    /// let (_writer, reader) = evmap_core::Builder::new().meta("routes.csv").build::<u32, u32>();
    /// println!("{}", reader.read().meta()); // routes.csv
    /// # assert_eq!(*reader.read().meta(), "routes.csv");
    /// ```
    pub fn meta<M2>(self, meta: M2) -> Builder<S, M2, E> {
        Builder {
            capacity: self.capacity,
            hasher: self.hasher,
            meta,
            fence: self.fence,
            max_retired: self.max_retired,
            engine: PhantomData,
        }
    }

    /// Sets the table engine: [`table`](crate::table) says which to choose. The default is
    /// [`Swiss`](crate::table::Swiss).
    ///
    /// It replaces the engine before, and so undoes [`count_lookups`](Self::count_lookups).
    ///
    /// # Examples
    /// ```
    /// use evmap_core::{Builder, table::RobinHood};
    ///
    /// let (_writer, reader) = Builder::new().engine::<RobinHood>().build_from([("b", 1), ("a", 2)]);
    /// println!("{:?}", reader.read()); // {"b": 1, "a": 2}: iterated in order of insertion
    /// # assert_eq!(format!("{:?}", reader.read()), r#"{"b": 1, "a": 2}"#);
    /// ```
    pub fn engine<E2: Engine>(self) -> Builder<S, M, E2> {
        self.with_engine()
    }

    /// Makes the readers count their lookups by key: the engine `E` becomes [`Counted<E>`](Counted), which says what
    /// counts and what that costs.
    ///
    /// Call it after [`engine`](Self::engine), which chooses an engine that does not count.
    ///
    /// # Examples
    /// ```
    /// use evmap_core::{Builder, table::Incremental};
    ///
    /// let builder = Builder::new().engine::<Incremental>().count_lookups();
    /// let (writer, reader) = builder.build_from([("a", 1)]);
    /// std::thread::scope(|scope| {
    ///     for key in ["a", "b", "c"] {
    ///         let reader = reader.clone();
    ///         scope.spawn(move || reader.contains_key(key));
    ///     }
    /// });
    /// println!("{:?}", writer.lookup_counts()); // LookupCounts { hits: 1, misses: 2 }
    /// # assert_eq!(format!("{:?}", writer.lookup_counts()), "LookupCounts { hits: 1, misses: 2 }");
    /// ```
    pub fn count_lookups(self) -> Builder<S, M, Counted<E>>
    where
        E: Engine,
    {
        self.with_engine()
    }

    fn with_engine<E2>(self) -> Builder<S, M, E2> {
        Builder {
            capacity: self.capacity,
            hasher: self.hasher,
            meta: self.meta,
            fence: self.fence,
            max_retired: self.max_retired,
            engine: PhantomData,
        }
    }

    /// Makes an empty map. Returns its writer, and a first reader.
    ///
    /// # Examples
    /// ```
    /// let (writer, reader) = evmap_core::Builder::new().build::<String, u32>();
    /// println!("{} {}", writer.version(), reader.len()); // 0 0
    /// # assert_eq!((writer.version().as_u64(), reader.len()), (0, 0));
    /// ```
    pub fn build<K, V>(self) -> (WriteHandle<K, V, S, M, E>, ReadHandle<K, V, S, M, E>)
    where
        S: Clone,
        M: Clone,
        E: Engine,
    {
        with_reader(self.build_writer(MapOp::changes, None))
    }

    /// Makes a map that has these entries from the beginning, in version 0. Returns its writer, and a first reader.
    ///
    /// Of equal keys the first is kept, with the last value.
    ///
    /// # Cost
    /// Less than that of [`extend`](Extend::extend) and a refresh: nothing is logged, one copy is filled
    /// in the engine's [way](crate::table::Table::load), and the other is a clone of it.
    /// Each key is hashed once; each key and value is cloned once.
    /// Capacity is reserved for the least number of entries that the iterator's `size_hint` states, or
    /// for [`capacity`](Self::capacity) if that is more.
    ///
    /// # Panics
    /// If the iterator does, or the `Hash`, `Eq`, `Clone` or `Drop` of a key or value; then there is no
    /// map.
    ///
    /// # Examples
    /// ```
    /// use evmap_core::Builder;
    /// use evmap_core::table::RobinHood;
    ///
    /// let (writer, reader) = Builder::new()
    ///     .engine::<RobinHood>()
    ///     .build_from([("apple", 3), ("pear", 1), ("apple", 4)]);
    /// println!("{} {:?}", reader.len(), reader.get_cloned("apple")); // 2 Some(4)
    /// # assert_eq!((reader.len(), reader.get_cloned("apple")), (2, Some(4)));
    /// println!("{}", writer.version()); // 0
    /// # assert_eq!(writer.version().as_u64(), 0);
    /// ```
    pub fn build_from<K, V>(
        self,
        entries: impl IntoIterator<Item = (K, V)>,
    ) -> (WriteHandle<K, V, S, M, E>, ReadHandle<K, V, S, M, E>)
    where
        K: Hash + Eq + Clone,
        V: Clone,
        S: BuildHasher + Clone,
        M: Clone,
        E: Engine,
    {
        let fill = |state: &mut State<K, V, S, M, E>| state.fill(entries.into_iter());
        with_reader(self.build_writer_with(fill, MapOp::changes, None))
    }

    /// Returns the writer of an empty map that logs operations of type `O`. `changes` returns how many changes an
    /// operation stands for. If `drops` is given, it defers the drops of what they remove.
    pub(crate) fn build_writer<K, V, O>(
        self,
        changes: fn(&O) -> usize,
        drops: Option<CopyDrops<K, V, E::Table<K, V>>>,
    ) -> WriteHandle<K, V, S, M, E, O>
    where
        S: Clone,
        M: Clone,
        E: Engine,
    {
        let copies = [self.copy(), self.copy()];
        self.build_over(copies, changes, drops)
    }

    /// As [`build_writer`](Self::build_writer), with what `fill` inserts into a copy.
    pub(crate) fn build_writer_with<K, V, O>(
        self,
        fill: impl FnOnce(&mut State<K, V, S, M, E>),
        changes: fn(&O) -> usize,
        drops: Option<CopyDrops<K, V, E::Table<K, V>>>,
    ) -> WriteHandle<K, V, S, M, E, O>
    where
        K: Clone,
        V: Clone,
        S: Clone,
        M: Clone,
        E: Engine,
    {
        let mut filled = self.copy();
        fill(&mut filled);
        self.build_writer_of(filled, changes, drops)
    }

    /// As [`build_writer`](Self::build_writer), of this copy and a clone of it.
    pub(crate) fn build_writer_of<K, V, O>(
        self,
        copy: State<K, V, S, M, E>,
        changes: fn(&O) -> usize,
        drops: Option<CopyDrops<K, V, E::Table<K, V>>>,
    ) -> WriteHandle<K, V, S, M, E, O>
    where
        K: Clone,
        V: Clone,
        S: Clone,
        M: Clone,
        E: Engine,
    {
        self.build_over([copy.clone(), copy], changes, drops)
    }

    /// Returns one of the two copies of an empty map.
    fn copy<K, V>(&self) -> State<K, V, S, M, E>
    where
        S: Clone,
        M: Clone,
        E: Engine,
    {
        State::with_capacity(self.capacity, self.hasher.clone(), self.meta.clone())
    }

    fn build_over<K, V, O>(
        self,
        [mut left, mut right]: [State<K, V, S, M, E>; 2],
        changes: fn(&O) -> usize,
        drops: Option<CopyDrops<K, V, E::Table<K, V>>>,
    ) -> WriteHandle<K, V, S, M, E, O>
    where
        E: Engine,
    {
        left.drops = drops.as_ref().map(CopyDrops::for_clone);
        right.drops = drops;
        let mut builder = left_right::Builder::new().fence(self.fence);
        if let Some(copies) = self.max_retired {
            builder = builder.max_retired(copies);
        }
        let write = DelayWriteHandle::new(builder.build(left, right));
        WriteHandle::over(OpWriteHandle::new(write), self.hasher, changes)
    }
}

fn with_reader<K, V, S: Clone, M, E: Engine>(
    writer: WriteHandle<K, V, S, M, E>,
) -> (WriteHandle<K, V, S, M, E>, ReadHandle<K, V, S, M, E>) {
    let reader = writer.read_handle();
    (writer, reader)
}

impl<S: Clone, M: Clone, E> Clone for Builder<S, M, E> {
    fn clone(&self) -> Self {
        Builder {
            capacity: self.capacity,
            hasher: self.hasher.clone(),
            meta: self.meta.clone(),
            fence: self.fence,
            max_retired: self.max_retired,
            engine: PhantomData,
        }
    }
}

impl<S, M: fmt::Debug, E> fmt::Debug for Builder<S, M, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("capacity", &self.capacity)
            .field("meta", &self.meta)
            .field("fence", &self.fence)
            .finish_non_exhaustive()
    }
}
