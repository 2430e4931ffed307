//! What readers and views of a multimap have beyond those of a map.

use std::hash::{BuildHasher, Hash};

use equivalent::Equivalent;
use left_right::ReadGuard;

use super::Values;
use crate::table::Engine;

/// Writes the methods of one reader of a multimap.
macro_rules! bag_lookups {
    ($Reader:ident) => {
        impl<K, V, S: BuildHasher, M, E: Engine> crate::$Reader<K, Values<V>, S, M, E> {
            /// A guard of the value that was added first to this key's bag, or `None` if the key is absent.
            ///
            /// # Examples
            /// ```
            /// let (_writer, reader) = evmap_core::multimap::Builder::new().build_from([("a", 1), ("a", 2)]);
            /// println!("{:?}", reader.get_one("a")); // Some(1)
            /// # assert_eq!(*reader.get_one("a").unwrap(), 1);
            /// ```
            #[inline]
            pub fn get_one<Q>(&self, key: &Q) -> Option<ReadGuard<'_, V>>
            where
                Q: Hash + Equivalent<K> + ?Sized,
            {
                ReadGuard::filter_map(self.get(key)?, Values::first)
            }

            /// Whether this value is in this key's bag. O(values of the key).
            ///
            /// # Panics
            /// If the key's `Hash` or `Eq` or the value's `PartialEq` does; the read has ended then.
            ///
            /// # Examples
            /// ```
            /// let (_writer, reader) = evmap_core::multimap::Builder::new().build_from([("a", 1), ("a", 2)]);
            /// assert!(reader.contains_value("a", &2) && !reader.contains_value("a", &3));
            /// assert!(!reader.shared_reader().contains_value("b", &2));
            /// ```
            pub fn contains_value<Q>(&self, key: &Q, value: &V) -> bool
            where
                Q: Hash + Equivalent<K> + ?Sized,
                V: PartialEq,
            {
                self.get(key).is_some_and(|bag| bag.contains(value))
            }
        }
    };
}

/// Writes the methods of one view of a multimap. The arguments are its name, its lifetime, if it has one, and that of
/// what it lends.
macro_rules! bag_reads {
    ($View:ident<$($life:lifetime)?>, $lent:lifetime) => {
        impl<$($life,)? K, V, S, M, E> crate::$View<$($life,)? K, Values<V>, S, M, E>
        where
            S: BuildHasher,
            E: Engine,
        {
            /// The value that was added first to this key's bag, or `None` if the key is absent.
            #[inline]
            pub fn get_one<Q>(&self, key: &Q) -> Option<&$lent V>
            where
                Q: Hash + Equivalent<K> + ?Sized,
            {
                self.get(key)?.first()
            }

            /// Whether this value is in this key's bag. O(values of the key).
            ///
            /// # Examples
            /// ```
            /// let (mut writer, reader) = evmap_core::multimap::Builder::new().build_from([("a", 1)]);
            /// writer.insert("a", 2);
            /// assert!(writer.catch_up().contains_value("a", &2));
            /// assert!(!reader.read().contains_value("a", &2)); // not published yet
            /// ```
            pub fn contains_value<Q>(&self, key: &Q, value: &V) -> bool
            where
                Q: Hash + Equivalent<K> + ?Sized,
                V: PartialEq,
            {
                self.get(key).is_some_and(|bag| bag.contains(value))
            }
        }
    };
}

bag_lookups!(ReadHandle);
bag_lookups!(SharedReader);
bag_reads!(View<'a>, '_);
bag_reads!(Snapshot<>, '_);
bag_reads!(OwnView<'a>, 'a);
