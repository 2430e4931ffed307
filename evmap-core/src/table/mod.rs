//! Table engines: the hash tables that a map may keep its entries in.
//!
//! An engine is chosen by type, with [`Builder::engine`](crate::Builder::engine); all give the
//! same answers.
//!
//! # Choosing
//!
//! - [`Swiss`], the default, where lookups are all that counts, or the map is filled once and then changes
//!   little. Its price is the refresh in which it grows: that one rehashes the whole table.
//! - [`Incremental`], where a map grows while it is used and no refresh may take long: an interactive
//!   server, a writer with a deadline. In a map of millions its longest refresh is a tenth of Swiss's, filling
//!   it takes half as long again, and each lookup makes one more check, which is about 5 to 10 % of a lookup.
//! - [`RobinHood`], where the map is often iterated from end to end, is filled at once
//!   ([`Builder::build_from`](crate::Builder::build_from)), or grows very large: iteration is that of a slice,
//!   and growth asks for no hash and touches no entry. A lookup goes by an array of words to the entry,
//!   and takes about twice as long as Swiss's; so does filling it one by one.
//!
//! | | [`Swiss`] | [`Incremental`] | [`RobinHood`] |
//! |---|---|---|---|
//! | lookup, instructions more than hashbrown's, with guard | 22 | 25 | 41 |
//! | while the table grows | the same: it grows at once | into two tables | the same: it grows at once |
//! | growth | hashes every key, moves every entry | the same, a few buckets with each change and each empty refresh | streams over 8 bytes a slot |
//! | iteration | over all buckets | over all buckets, of both tables while it grows | over a dense list of entries |
//! | order of iteration | none | none | of insertion, until a removal |
//! | memory besides entries | 1 byte a bucket, and the empty buckets | the same; both tables while it grows | 8 bytes a slot |
//! | largest pause of a change | a rehash of everything | allocation of a table | growth of the words, and a move of the list |
//! | removal | | | one more hash |
//! | limit | memory | memory | 2^32 - 1 entries |
//!
//! [`Counted`] is any of them, in a map whose readers count hits and misses.
//!
//! `cargo compare engines` and `cargo compare growth` measure them side by side.

mod counted;
mod incremental;
#[cfg(feature = "rayon")]
mod par;
pub mod robin_hood;
mod swiss;

pub use counted::Counted;
pub use incremental::Incremental;
#[cfg(feature = "rayon")]
pub use par::ParTable;
pub use robin_hood::RobinHood;
pub use swiss::Swiss;

/// The default engine of a map.
///
/// Not [`Incremental`], since that costs a reader something, though little.
pub type DefaultEngine = Swiss;

use std::iter::FusedIterator;
use std::mem;

use equivalent::Equivalent;

use crate::TryReserveError;

/// Chooses the table of a map.
///
/// A type that stands for an engine; the table itself is [`Engine::Table`].
pub trait Engine: 'static {
    /// The table of these keys and values.
    type Table<K, V>: Table<K, V>;

    /// Whether readers count their lookups by key: see [`Counted`].
    const COUNTS_LOOKUPS: bool = false;
}

/// An engine whose table of these keys and values may be shared by threads.
///
/// The one bound of code that is generic over the engine of a [`SharedMap`](crate::SharedMap), or that sends handles
/// between threads. Every [`Engine`] with such a table has it; nothing else can implement it.
///
/// # Examples
///
/// ```
/// use evmap_core::{DefaultHashBuilder, SharedMap, table::*};
///
/// fn count<E: SharedEngine<String, u64>>(words: &str) -> SharedMap<String, u64, DefaultHashBuilder, E> {
///     let counts = SharedMap::builder().engine::<E>().build();
///     for word in words.split(' ') {
///         counts.merge(word.to_string(), 1, |sum, one| Some(sum + one));
///     }
///     counts
/// }
///
/// assert_eq!(count::<Swiss>("a b a").get_cloned("a"), Some(2));
/// assert_eq!(count::<RobinHood>("a b a").len(), 2);
/// ```
pub trait SharedEngine<K, V>: Engine<Table<K, V>: Send + Sync> {}

impl<K, V, E: Engine<Table<K, V>: Send + Sync>> SharedEngine<K, V> for E {}

/// A hash table whose caller provides every hash.
///
/// A hash that does not belong to its key, or an `Eq` that lies, may make entries unfindable, and
/// no more.
///
/// # Panics
///
/// A table remains usable after every panic of user code, but it may have lost entries:
/// - if `rehash` panics while an insertion or [`try_reserve`](Self::try_reserve) grows the table of
///   [`Swiss`]: hashbrown may rehash it in place then, and drops what it has not moved yet;
/// - if a `Drop` panics in [`clear`](Self::clear): the table is empty then, but not every entry need
///   have been dropped. (Maps [drain](Self::drain) a table instead, and drop each entry.)
///
/// [`Incremental`] and [`RobinHood`] lose nothing to a panic of `rehash`, and no engine does to one of
/// `Eq`: the change is made completely, or not at all. ([`load`](Self::load) is many changes.)
///
/// In a map, a panic while a copy is changed poisons the writer, and
/// [`rebuild`](crate::WriteHandle::rebuild) replaces that copy by a clone of the other one, so nothing that
/// was published is lost.
pub trait Table<K, V> {
    /// Iterates over the entries, in no order to rely on.
    type Iter<'a>: ExactSizeIterator<Item = (&'a K, &'a V)> + FusedIterator + Clone
    where
        Self: 'a,
        K: 'a,
        V: 'a;

    /// An empty table with at least this capacity.
    fn with_capacity(capacity: usize) -> Self;

    /// A table of clones of all entries.
    fn duplicate(&self) -> Self
    where
        K: Clone,
        V: Clone;

    /// The number of entries.
    fn len(&self) -> usize;

    /// How many entries fit without growth.
    fn capacity(&self) -> usize;

    /// Whether there is no entry.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The entry of this key, which has this hash.
    fn find<Q>(&self, hash: u64, key: &Q) -> Option<(&K, &V)>
    where
        Q: Equivalent<K> + ?Sized;

    /// Returns the value of this key, to change it. `rehash` is as for [`insert`](Self::insert).
    fn find_mut<Q>(&mut self, hash: u64, key: &Q, rehash: impl Fn(&K) -> u64) -> Option<&mut V>
    where
        Q: Equivalent<K> + ?Sized;

    /// Inserts an entry, or replaces the value of its key. In the latter case, returns the given key, which is not
    /// needed, and the old value.
    ///
    /// `rehash` gives the hash of a key that is in the table already, for growth.
    #[inline]
    fn insert(&mut self, hash: u64, key: K, value: V, rehash: impl Fn(&K) -> u64) -> Option<(K, V)>
    where
        K: Eq,
    {
        if let Some(present) = self.find_mut(hash, &key, &rehash) {
            return Some((key, mem::replace(present, value)));
        }
        self.insert_absent(hash, key, value, rehash);
        None
    }

    /// Inserts a key that is absent: [`find_mut`](Self::find_mut) has just returned `None` for it.
    ///
    /// Maps call both instead of [`insert`](Self::insert) where the key need not be cloned otherwise.
    /// Only `find_mut` does a rehash step of a growth that is under way. If the key is present all the same, the
    /// table has two entries of it from then on.
    ///
    /// # Panics
    /// May panic if `find_mut` was not called.
    fn insert_absent(&mut self, hash: u64, key: K, value: V, rehash: impl Fn(&K) -> u64);

    /// Inserts many entries, each with its hash, in order. Keys that are not needed, and the values
    /// replaced, are given to `discard`.
    ///
    /// An engine may have a faster way than one by one, for a table that is empty.
    /// If the iterator or user code panics, only some entries may be in the table: in a fast way, none.
    fn load(
        &mut self,
        hashed: impl Iterator<Item = (u64, K, V)>,
        rehash: impl Fn(&K) -> u64,
        discard: impl FnMut(K, V),
    ) where
        K: Eq,
    {
        insert_each(self, hashed, rehash, discard);
    }

    /// Removes the entry of this key and returns it. `rehash` is as for [`insert`](Self::insert).
    fn remove<Q>(&mut self, hash: u64, key: &Q, rehash: impl Fn(&K) -> u64) -> Option<(K, V)>
    where
        Q: Equivalent<K> + ?Sized;

    /// Removes all entries. Keeps the capacity.
    fn clear(&mut self);

    /// As [`clear`](Self::clear), but gives each entry to `each` instead of dropping it.
    ///
    /// If `each` panics, the entries that it was not given are dropped or leaked, and the table is empty.
    fn drain(&mut self, each: impl FnMut(K, V));

    /// An empty table with the capacity that this one has once it is cleared.
    fn empty_like(&self) -> Self
    where
        Self: Sized,
    {
        Self::with_capacity(self.capacity())
    }

    /// Reserves capacity for this many more entries, if possible: as [`try_reserve`](Self::try_reserve), but a
    /// hint. Where it is not possible, later insertions need the capacity.
    fn reserve(&mut self, additional: usize, rehash: impl Fn(&K) -> u64) {
        let _ = self.try_reserve(additional, rehash);
    }

    /// Reserves capacity for this many more entries.
    ///
    /// # Errors
    /// [`TryReserveError`]: nothing was reserved, since memory does not suffice, or more entries are asked for
    /// than the engine's table can hold.
    /// Also with [`Incremental`], if the hash of a stored key still panics and so keeps
    /// [postponing](Self::postponed) the end of a growth. (It ends a growth first, since an entry is in one of two
    /// tables at most. Where there is capacity already, it returns `Ok` without that.)
    ///
    /// # Examples
    /// ```
    /// use evmap_core::table::{Engine, Swiss, Table};
    ///
    /// let mut table = <Swiss as Engine>::Table::<u64, u64>::with_capacity(0);
    /// table.try_reserve(100, |key| *key)?;
    /// assert!(table.capacity() >= 100);
    /// let error = table.try_reserve(usize::MAX, |key| *key).unwrap_err();
    /// assert_eq!(error.additional, usize::MAX);
    /// # Ok::<(), evmap_core::TryReserveError>(())
    /// ```
    fn try_reserve(
        &mut self,
        additional: usize,
        rehash: impl Fn(&K) -> u64,
    ) -> Result<(), TryReserveError>;

    /// Frees capacity that is not needed.
    fn shrink_to_fit(&mut self, rehash: impl Fn(&K) -> u64);

    /// Whether a growth is under way, which later changes and [`rehash_step`](Self::rehash_step) complete.
    fn is_growing(&self) -> bool {
        false
    }

    /// The number of buckets that a growth has postponed, since the hash of the key there panicked. Such a growth is
    /// no longer under way, and not complete.
    fn postponed(&self) -> usize {
        0
    }

    /// Rehashes at most this many buckets of a growth. Returns whether one was under way.
    fn rehash_step(&mut self, buckets: usize, rehash: impl Fn(&K) -> u64) -> bool {
        let _ = (buckets, rehash);
        false
    }

    /// All entries.
    fn iter(&self) -> Self::Iter<'_>;

    /// Gives each value to `each`, to change it.
    fn for_each_value(&mut self, each: impl FnMut(&mut V));
}

/// The capacity of hashbrown's table with this number of buckets.
fn capacity_of(buckets: usize) -> usize {
    if buckets < 8 {
        buckets.saturating_sub(1)
    } else {
        buckets / 8 * 7
    }
}

/// As [`load`](Table::load), one by one.
fn insert_each<K: Eq, V, T: Table<K, V> + ?Sized>(
    table: &mut T,
    hashed: impl Iterator<Item = (u64, K, V)>,
    rehash: impl Fn(&K) -> u64,
    mut discard: impl FnMut(K, V),
) {
    hashed.for_each(|(hash, key, value)| {
        if let Some((key, value)) = table.insert(hash, key, value, &rehash) {
            discard(key, value);
        }
    });
}
