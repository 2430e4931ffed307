//! [`Builder`]: a multimap with other than the usual settings.

use std::hash::{BuildHasher, Hash};

use left_right::{FenceMode, Operation};

use super::{ReadHandle, Values, WriteHandle};
use crate::DefaultHashBuilder;
use crate::op::{Hashed, MultimapOp};
use crate::state::State;
use crate::table::{Counted, DefaultEngine, Engine};

/// Makes a multimap with other than the usual settings, which are those of the single-valued map's
/// [`evmap_core::Builder`](crate::Builder).
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
pub struct Builder<S = DefaultHashBuilder, M = (), E = DefaultEngine>(crate::Builder<S, M, E>);

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
    /// Reserves capacity for this many keys in each of the two copies.
    pub fn capacity(self, keys: usize) -> Self {
        Builder(self.0.capacity(keys))
    }

    /// Sets which side pays for the order between a read and a refresh: see [`FenceMode`]. The default is
    /// [`FenceMode::Auto`].
    pub fn fence(self, mode: FenceMode) -> Self {
        Builder(self.0.fence(mode))
    }

    /// Sets how many copies [`rebuild`](crate::WriteHandle::rebuild) may set aside for readers that are
    /// still inside them, besides the two that there always are. The default is 4.
    pub fn max_retired(self, copies: usize) -> Self {
        Builder(self.0.max_retired(copies))
    }

    /// Sets the hasher. Both copies and all handles use clones of it, which must hash alike.
    pub fn hasher<S2>(self, hasher: S2) -> Builder<S2, M, E> {
        Builder(self.0.hasher(hasher))
    }

    /// Sets the meta value: one value that is published together with the entries.
    pub fn meta<M2>(self, meta: M2) -> Builder<S, M2, E> {
        Builder(self.0.meta(meta))
    }

    /// Sets the table engine: [`table`](crate::table) says which to choose.
    ///
    /// It replaces the engine before, and so undoes [`count_lookups`](Self::count_lookups).
    pub fn engine<E2: Engine>(self) -> Builder<S, M, E2> {
        Builder(self.0.engine())
    }

    /// Makes the readers count their lookups by key: the engine `E` becomes [`Counted<E>`](Counted), which says what
    /// counts and what that costs.
    ///
    /// Call it after [`engine`](Self::engine), which chooses an engine that does not count.
    pub fn count_lookups(self) -> Builder<S, M, Counted<E>>
    where
        E: Engine,
    {
        Builder(self.0.count_lookups())
    }

    /// Makes an empty multimap. Returns its writer, and a first reader.
    pub fn build<K, V>(self) -> (WriteHandle<K, V, S, M, E>, ReadHandle<K, V, S, M, E>)
    where
        S: Clone,
        M: Clone,
        E: Engine,
    {
        with_reader(self.0.build_writer(MultimapOp::changes, None))
    }

    /// Makes a multimap that has these values from the beginning, in version 0. Returns its writer, and a first
    /// reader.
    ///
    /// # Cost
    /// Nothing is logged; one copy gets the values one by one, and the other is a clone of it.
    /// Each key and value is cloned once.
    /// The capacity is that of [`capacity`](Self::capacity), since the number of keys is not known.
    ///
    /// # Panics
    /// If the iterator does, or the `Hash`, `Eq`, `Clone` or `Drop` of a key or value; then there is no
    /// multimap.
    ///
    /// # Examples
    /// ```
    /// use evmap_core::multimap::Builder;
    ///
    /// let fruit = [("red", "apple"), ("green", "pear"), ("red", "cherry")];
    /// let (_writer, reader) = Builder::new().build_from(fruit);
    /// println!("{:?}", reader.get("red")); // Some(["apple", "cherry"])
    /// # assert_eq!(*reader.get("red").unwrap(), ["apple", "cherry"]);
    /// ```
    pub fn build_from<K, V>(
        self,
        values: impl IntoIterator<Item = (K, V)>,
    ) -> (WriteHandle<K, V, S, M, E>, ReadHandle<K, V, S, M, E>)
    where
        K: Hash + Eq + Clone,
        V: Clone + PartialEq,
        S: BuildHasher + Clone,
        M: Clone,
        E: Engine,
    {
        let fill = |state: &mut State<K, Values<V>, S, M, E>| {
            for (key, value) in values {
                let hash = state.hasher.hash_one(&key);
                let op = MultimapOp::<K, V, M>::Add(Hashed { hash, key }, value);
                op.apply_once(state);
            }
        };
        with_reader(self.0.build_writer_with(fill, MultimapOp::changes, None))
    }
}

fn with_reader<K, V, S: Clone, M, E: Engine>(
    writer: WriteHandle<K, V, S, M, E>,
) -> (WriteHandle<K, V, S, M, E>, ReadHandle<K, V, S, M, E>) {
    let reader = writer.read_handle();
    (writer, reader)
}
