//! The methods and traits that every view of one state has: [`View`](super::View) and
//! [`Snapshot`](super::Snapshot) of a published one, and [`OwnView`](super::OwnView) of the writer's own.
//!
//! Each holds a `state`: by a guard, by a snapshot or by a reference.

use std::hash::{BuildHasher, Hash};

use crate::state::State;
use crate::table::{Engine, Table};

/// Whether both states have the same entries, whatever their engines, hashers and meta values.
pub(crate) fn have_equal_entries<K, V, S, M, E, S2, M2, E2>(
    one: &State<K, V, S, M, E>,
    other: &State<K, V, S2, M2, E2>,
) -> bool
where
    K: Hash + Eq,
    V: PartialEq,
    E: Engine,
    S2: BuildHasher,
    E2: Engine,
{
    one.table.len() == other.table.len()
        && one.table.iter().all(|(key, value)| {
            let found = other.get_key_value(key);
            found.is_some_and(|(_, theirs)| value == theirs)
        })
}

/// Writes the methods of one view. The arguments are its parameters, its type, and the lifetime of what it lends.
macro_rules! state_reads {
    ([$($param:tt)+] $View:ty, $lent:lifetime) => {
        impl<$($param)+> $View
        where
            E: Engine,
        {
            /// The number of keys.
            ///
            /// # Examples
            /// ```
            /// let map = evmap_core::SharedMap::from([("a", 1)]);
            /// let view = map.read();
            /// println!("{}", view.len()); // 1
            /// # assert_eq!(view.len(), 1);
            /// ```
            #[inline]
            pub fn len(&self) -> usize {
                self.state.table.len()
            }

            /// Whether there is no key.
            #[inline]
            pub fn is_empty(&self) -> bool {
                self.len() == 0
            }

            /// How many entries fit into this copy's table before it grows.
            pub fn capacity(&self) -> usize {
                self.state.table.capacity()
            }

            /// The meta value of this state, which [`set_meta`](crate::WriteHandle::set_meta) sets. It is published together
            /// with the entries.
            ///
            /// # Examples
            /// ```
            /// let (mut writer, reader) = evmap_core::Builder::new().meta("first load").build::<u32, u32>();
            /// writer.set_meta("second load");
            /// println!("{}", reader.read().meta()); // first load
            /// # assert_eq!(*reader.read().meta(), "first load");
            /// writer.refresh();
            /// println!("{}", reader.read().meta()); // second load
            /// # assert_eq!(*reader.read().meta(), "second load");
            /// ```
            #[inline]
            pub fn meta(&self) -> &$lent M {
                &self.state.meta
            }

            /// All entries, in no order to rely on.
            ///
            /// # Examples
            /// ```
            /// let map = evmap_core::SharedMap::from([("a", 1)]);
            /// let view = map.read();
            /// for (key, value) in view.iter() {
            ///     println!("{key}: {value}"); // a: 1
            /// #   assert_eq!((*key, *value), ("a", 1));
            /// }
            /// ```
            pub fn iter(&self) -> Iter<$lent, K, V, E> {
                Iter::new(&self.state.table)
            }

            /// All keys, in no order to rely on.
            ///
            /// # Examples
            /// ```
            /// let map = evmap_core::SharedMap::from([("a", 1)]);
            /// let view = map.read();
            /// println!("{:?}", view.keys()); // ["a"]
            /// # assert!(view.keys().eq(&["a"]));
            /// ```
            pub fn keys(&self) -> Keys<$lent, K, V, E> {
                Keys::new(&self.state.table)
            }

            /// All values, in no order to rely on.
            ///
            /// # Examples
            /// ```
            /// let map = evmap_core::SharedMap::from([("a", 1)]);
            /// let view = map.read();
            /// println!("{}", view.values().sum::<i32>()); // 1
            /// # assert_eq!(view.values().sum::<i32>(), 1);
            /// ```
            pub fn values(&self) -> Values<$lent, K, V, E> {
                Values::new(&self.state.table)
            }
        }

        impl<$($param)+> $View
        where
            S: BuildHasher,
            E: Engine,
        {
            /// The value of this key, or `None` if the key is absent.
            ///
            /// # Examples
            /// ```
            /// let map = evmap_core::SharedMap::from([("a", 1)]);
            /// let view = map.read();
            /// println!("{:?} {:?}", view.get("a"), view.get("b")); // Some(1) None
            /// # assert_eq!((view.get("a"), view.get("b")), (Some(&1), None));
            /// ```
            #[inline]
            pub fn get<Q>(&self, key: &Q) -> Option<&$lent V>
            where
                Q: Hash + Equivalent<K> + ?Sized,
            {
                self.get_key_value(key).map(|(_, value)| value)
            }

            /// The key as the map holds it, and its value.
            #[inline]
            pub fn get_key_value<Q>(&self, key: &Q) -> Option<(&$lent K, &$lent V)>
            where
                Q: Hash + Equivalent<K> + ?Sized,
            {
                self.state.get_key_value(key)
            }

            /// Whether this key is present.
            #[inline]
            pub fn contains_key<Q>(&self, key: &Q) -> bool
            where
                Q: Hash + Equivalent<K> + ?Sized,
            {
                self.get_key_value(key).is_some()
            }
        }

        impl<$($param)+, Q> Index<&Q> for $View
        where
            S: BuildHasher,
            E: Engine,
            Q: Hash + Equivalent<K> + ?Sized,
        {
            type Output = V;

            /// # Panics
            /// If the key is absent.
            #[inline]
            fn index(&self, key: &Q) -> &V {
                self.get(key).expect("no entry found for key")
            }
        }

        impl<$($param)+> Eq for $View
        where
            K: Hash + Eq,
            V: Eq,
            S: BuildHasher,
            E: Engine,
        {
        }

        impl<$($param)+, S2> PartialEq<HashMap<K, V, S2>> for $View
        where
            K: Hash + Eq,
            V: PartialEq,
            S: BuildHasher,
            E: Engine,
            S2: BuildHasher,
        {
            fn eq(&self, other: &HashMap<K, V, S2>) -> bool {
                self.len() == other.len()
                    && self.iter().all(|(key, value)| other.get(key) == Some(value))
            }
        }

        impl<$($param)+> fmt::Debug for $View
        where
            K: fmt::Debug,
            V: fmt::Debug,
            E: Engine,
        {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_map().entries(self).finish()
            }
        }
    };
}

/// Compares two kinds of view by their entries. A kind is given with its lifetime, if it has one.
macro_rules! equal_entries {
    ($($One:ident<$($one:lifetime)?> == $Other:ident<$($other:lifetime)?>,)+) => {$(
        impl<K, V, S, M, E, S2, M2, E2> PartialEq<$Other<$($other,)? K, V, S2, M2, E2>>
            for $One<$($one,)? K, V, S, M, E>
        where
            K: Hash + Eq,
            V: PartialEq,
            S: BuildHasher,
            E: Engine,
            S2: BuildHasher,
            E2: Engine,
        {
            fn eq(&self, other: &$Other<$($other,)? K, V, S2, M2, E2>) -> bool {
                have_equal_entries(&self.state, &other.state)
            }
        }
    )+};
}

pub(crate) use {equal_entries, state_reads};
