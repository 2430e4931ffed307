//! [`Iter`], [`Keys`] and [`Values`]: the entries of one state of a map.

use std::fmt;
use std::iter::FusedIterator;

use crate::table::{DefaultEngine, Engine, Table};

/// All entries of one state of a map, in no order to rely on.
///
/// Made by [`View::iter`](crate::View::iter).
///
/// # Examples
///
/// ```
/// let (_writer, reader) = evmap_core::Builder::new().build_from([("a", 1)]);
/// let view = reader.read();
/// let mut entries: evmap_core::map::Iter<_, _> = view.iter();
/// assert_eq!(format!("{entries:?}"), r#"[("a", 1)]"#);
/// assert_eq!((entries.len(), entries.next()), (1, Some((&"a", &1))));
/// assert_eq!((entries.len(), entries.next()), (0, None));
/// ```
pub struct Iter<'a, K: 'a, V: 'a, E: Engine = DefaultEngine>(
    <E::Table<K, V> as Table<K, V>>::Iter<'a>,
);

impl<'a, K, V, E: Engine> Iter<'a, K, V, E> {
    #[inline]
    pub(crate) fn new(table: &'a E::Table<K, V>) -> Self {
        Iter(table.iter())
    }
}

/// All keys of one state of a map, in no order to rely on.
///
/// Made by [`View::keys`](crate::View::keys).
///
/// # Examples
///
/// ```
/// let (_writer, reader) = evmap_core::Builder::new().build_from([("a", 1)]);
/// let view = reader.read();
/// let keys: evmap_core::map::Keys<_, _> = view.keys();
/// assert_eq!(format!("{keys:?}"), r#"["a"]"#);
/// assert!(keys.eq(&["a"]));
/// ```
pub struct Keys<'a, K: 'a, V: 'a, E: Engine = DefaultEngine>(Iter<'a, K, V, E>);

impl<'a, K, V, E: Engine> Keys<'a, K, V, E> {
    #[inline]
    pub(crate) fn new(table: &'a E::Table<K, V>) -> Self {
        Keys(Iter::new(table))
    }
}

/// All values of one state of a map, in no order to rely on.
///
/// Made by [`View::values`](crate::View::values).
///
/// # Examples
///
/// ```
/// let (_writer, reader) = evmap_core::Builder::new().build_from([("a", 1)]);
/// let view = reader.read();
/// let values: evmap_core::map::Values<_, _> = view.values();
/// assert_eq!(format!("{values:?}"), "[1]");
/// assert_eq!(values.sum::<i32>(), 1);
/// ```
pub struct Values<'a, K: 'a, V: 'a, E: Engine = DefaultEngine>(Iter<'a, K, V, E>);

impl<'a, K, V, E: Engine> Values<'a, K, V, E> {
    #[inline]
    pub(crate) fn new(table: &'a E::Table<K, V>) -> Self {
        Values(Iter::new(table))
    }
}

/// `iterator!(type, item, part of an item of the inner iterator, parameters that are `Debug`)`
macro_rules! iterator {
    ($Iter:ident, $Item:ty, $part:expr, $($Shown:ident),+) => {
        impl<'a, K, V, E: Engine> Iterator for $Iter<'a, K, V, E> {
            type Item = $Item;

            #[inline]
            fn next(&mut self) -> Option<$Item> {
                self.0.next().map($part)
            }

            #[inline]
            fn size_hint(&self) -> (usize, Option<usize>) {
                self.0.size_hint()
            }

            #[inline]
            fn count(self) -> usize {
                self.0.count()
            }

            #[inline]
            fn nth(&mut self, n: usize) -> Option<$Item> {
                self.0.nth(n).map($part)
            }

            #[inline]
            fn fold<B, F>(self, init: B, mut f: F) -> B
            where
                F: FnMut(B, $Item) -> B,
            {
                self.0.fold(init, |acc, entry| f(acc, $part(entry)))
            }
        }

        impl<K, V, E: Engine> ExactSizeIterator for $Iter<'_, K, V, E> {}

        impl<K, V, E: Engine> FusedIterator for $Iter<'_, K, V, E> {}

        impl<K, V, E: Engine> Clone for $Iter<'_, K, V, E> {
            #[inline]
            fn clone(&self) -> Self {
                $Iter(self.0.clone())
            }
        }

        impl<K, V, E: Engine> fmt::Debug for $Iter<'_, K, V, E>
        where
            $($Shown: fmt::Debug,)+
        {
            /// Lists what is left.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_list().entries(self.clone()).finish()
            }
        }
    };
}

iterator!(Iter, (&'a K, &'a V), |entry| entry, K, V);
iterator!(Keys, &'a K, |(key, _)| key, K);
iterator!(Values, &'a V, |(_, value)| value, V);

impl<'a, K, V, E: Engine> Default for Iter<'a, K, V, E>
where
    <E::Table<K, V> as Table<K, V>>::Iter<'a>: Default,
{
    /// No entries.
    fn default() -> Self {
        Iter(Default::default())
    }
}

impl<'a, K, V, E: Engine> Default for Keys<'a, K, V, E>
where
    Iter<'a, K, V, E>: Default,
{
    /// No keys.
    fn default() -> Self {
        Keys(Iter::default())
    }
}

impl<'a, K, V, E: Engine> Default for Values<'a, K, V, E>
where
    Iter<'a, K, V, E>: Default,
{
    /// No values.
    fn default() -> Self {
        Values(Iter::default())
    }
}
