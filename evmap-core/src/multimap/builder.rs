//! [`Builder`]: a multimap with other than the usual settings.

use left_right::FenceMode;

use super::{ReadHandle, WriteHandle};
use crate::DefaultHashBuilder;
use crate::table::{Engine, Swiss};

/// Makes a multimap with other than the usual settings, which are those of the map's
/// [`Builder`](crate::Builder).
///
/// # Examples
///
/// ```
/// use evmap_core::multimap::Builder;
///
/// let (mut writer, reader) = Builder::new().capacity(10).meta(7).build::<u32, char>();
/// writer.insert(1, 'a');
/// writer.refresh();
/// assert_eq!(*reader.read().meta(), 7);
/// ```
#[derive(Clone, Debug)]
pub struct Builder<S = DefaultHashBuilder, M = (), E = Swiss>(crate::Builder<S, M, E>);

impl Builder {
    /// The usual settings.
    pub fn new() -> Self {
        Builder(crate::Builder::new())
    }
}

impl Default for Builder {
    fn default() -> Self {
        Self::new()
    }
}

impl<S, M, E> Builder<S, M, E> {
    /// Makes room for this many keys, in each of the two copies.
    pub fn capacity(self, keys: usize) -> Self {
        Builder(self.0.capacity(keys))
    }

    /// Who pays for the order between a read and a refresh.
    pub fn fence(self, mode: FenceMode) -> Self {
        Builder(self.0.fence(mode))
    }

    /// How many copies [`rebuild`](crate::WriteHandle::rebuild) may set aside for readers that are
    /// still inside them, beyond the two that there always are: 4 unless told otherwise.
    pub fn max_retired(self, copies: usize) -> Self {
        Builder(self.0.max_retired(copies))
    }

    /// The hasher; both copies and all handles use clones of it, which must hash alike.
    pub fn hasher<S2>(self, hasher: S2) -> Builder<S2, M, E> {
        Builder(self.0.hasher(hasher))
    }

    /// A value that is published together with the entries.
    pub fn meta<M2>(self, meta: M2) -> Builder<S, M2, E> {
        Builder(self.0.meta(meta))
    }

    /// The table engine: see [`table`](crate::table).
    pub fn engine<E2: Engine>(self) -> Builder<S, M, E2> {
        Builder(self.0.engine())
    }

    /// An empty multimap: its writer, and a first reader.
    pub fn build<K, V>(self) -> (WriteHandle<K, V, S, M, E>, ReadHandle<K, V, S, M, E>)
    where
        S: Clone,
        M: Clone,
        E: Engine,
    {
        let (ops, hasher) = self.0.build_ops(None);
        let writer = WriteHandle::over(ops, hasher);
        let reader = writer.read_handle();
        (writer, reader)
    }
}
