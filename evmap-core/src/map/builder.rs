//! [`Builder`]: a map with other than the usual settings.

use std::fmt;
use std::marker::PhantomData;

use left_right::{DelayWriteHandle, FenceMode, OpWriteHandle};

use super::{ReadHandle, WriteHandle};
use crate::DefaultHashBuilder;
use crate::removed::Removed;
use crate::state::State;
use crate::table::{Engine, Swiss};

/// Makes a map with other than the usual settings.
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
#[derive(Clone)]
pub struct Builder<S = DefaultHashBuilder, M = (), E = Swiss> {
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
    /// Makes room for this many entries, in each of the two copies.
    pub fn capacity(mut self, entries: usize) -> Self {
        self.capacity = entries;
        self
    }

    /// Who pays for the order between a read and a refresh.
    pub fn fence(mut self, mode: FenceMode) -> Self {
        self.fence = mode;
        self
    }

    /// How many copies [`rebuild`](WriteHandle::rebuild) may set aside for readers that are still
    /// inside them, beyond the two that there always are: 4 unless told otherwise.
    pub fn max_retired(mut self, copies: usize) -> Self {
        self.max_retired = Some(copies);
        self
    }

    /// The hasher; both copies and all handles use clones of it, which must hash alike.
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

    /// A value that is published together with the entries, such as where they came from.
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

    /// The table engine: see [`table`](crate::table).
    pub fn engine<E2: Engine>(self) -> Builder<S, M, E2> {
        Builder {
            capacity: self.capacity,
            hasher: self.hasher,
            meta: self.meta,
            fence: self.fence,
            max_retired: self.max_retired,
            engine: PhantomData,
        }
    }

    /// An empty map: its writer, and a first reader.
    pub fn build<K, V>(self) -> (WriteHandle<K, V, S, M, E>, ReadHandle<K, V, S, M, E>)
    where
        S: Clone,
        M: Clone,
        E: Engine,
    {
        let (ops, hasher) = self.build_ops(None);
        let writer = WriteHandle::over(ops, hasher);
        let reader = writer.read_handle();
        (writer, reader)
    }

    /// The two copies of an empty map, under a log of whichever operations; what changes take out is
    /// left in `removed`, if that is given.
    pub(crate) fn build_ops<K, V, O>(
        self,
        removed: Option<Removed<K, V, E::Table<K, V>>>,
    ) -> (OpWriteHandle<State<K, V, S, M, E>, O>, S)
    where
        S: Clone,
        M: Clone,
        E: Engine,
    {
        let Builder {
            capacity,
            hasher,
            meta,
            fence,
            max_retired,
            ..
        } = self;
        let mut left = State::with_capacity(capacity, hasher.clone(), meta.clone());
        let mut right = State::with_capacity(capacity, hasher.clone(), meta);
        left.removed = removed.as_ref().map(Removed::renewed);
        right.removed = removed;
        let mut builder = left_right::Builder::new().fence(fence);
        if let Some(copies) = max_retired {
            builder = builder.max_retired(copies);
        }
        let write = builder.build(left, right);
        (OpWriteHandle::new(DelayWriteHandle::new(write)), hasher)
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
