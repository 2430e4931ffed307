//! The methods that every kind of reader has: [`ReadHandle`](super::ReadHandle) for one thread,
//! [`SharedReader`](super::SharedReader) for all, and [`SharedMap`](crate::SharedMap).
//!
//! Each holds an `inner` reader of the copies, and its own `hasher`, so that it hashes a key before it loads the
//! table's address.

use equivalent::Equivalent;
use left_right::{Project, ReadGuard};

use super::lookup_counts::count_lookup;
use crate::state::State;
use crate::table::{Engine, Table};

/// The value of a key, whose hash is known.
pub(crate) struct ValueOf<'q, Q: ?Sized> {
    pub(crate) hash: u64,
    pub(crate) key: &'q Q,
}

impl<K, V, S, M, E, Q> Project<State<K, V, S, M, E>> for ValueOf<'_, Q>
where
    E: Engine,
    Q: Equivalent<K> + ?Sized,
{
    type Part = V;

    #[inline(always)]
    fn project(self, state: &State<K, V, S, M, E>) -> Option<&V> {
        let (_, value) = state.table.find(self.hash, self.key)?;
        Some(value)
    }
}

/// Returns a guard of the value of a key, and counts the lookup if the engine says so.
///
/// Without a count it is as short as it can be: [`ReadGuard::project`] need not give the guard back.
#[inline(always)]
pub(crate) fn look_up<'a, K, V, S, M, E, Q>(
    state: ReadGuard<'a, State<K, V, S, M, E>>,
    value: ValueOf<'_, Q>,
) -> Option<ReadGuard<'a, V>>
where
    E: Engine,
    Q: Equivalent<K> + ?Sized,
{
    if !E::COUNTS_LOOKUPS {
        return ReadGuard::project(state, value);
    }
    match ReadGuard::try_project(state, value) {
        Ok(mut found) => {
            count_lookup::<E, _>(&mut found, true);
            Some(found)
        }
        Err(mut state) => {
            count_lookup::<E, _>(&mut state, false);
            None
        }
    }
}

/// Writes the methods of one reader. The arguments are its parameters, the type of its meta value, and its type.
macro_rules! lookups {
    ([$($param:ident),+] $Meta:ty, $Reader:ty) => {
        impl<$($param),+> $Reader
        where
            E: Engine,
        {
            /// A [`View`] of one published state: all its lookups show the same version, for as long as it lives.
            ///
            /// Use it to look up several keys of one state, to iterate, or for the version of an answer.
            ///
            /// # Blocking
            /// Wait-free, as each read is (except for a thread's first one through a `SharedReader` or a `SharedMap`).
            /// While the view lives, one publication goes on beside it. The next one waits for it; that of a `SharedMap`
            /// goes past it. Drop it soon.
            ///
            /// # Examples
            /// ```
            /// let map = evmap_core::SharedMap::from([("a", 1), ("b", 2)]);
            /// let view = map.read();
            /// println!("{:?} {} of {}", view.get("a"), view.len(), view.version()); // Some(1) 2 of 0
            /// # assert_eq!((view["a"], view.len(), view.version().as_u64()), (1, 2, 0));
            /// ```
            /// The view must live as long as what is borrowed from it, so bind it first:
            /// ```compile_fail,E0716
            /// let map = evmap_core::SharedMap::from([("a", 1)]);
            /// let value = map.read().get("a"); // the view ends here
            /// println!("{value:?}");
            /// ```
            /// ```
            /// let map = evmap_core::SharedMap::from([("a", 1)]);
            /// let view = map.read();
            /// let value = view.get("a");
            /// println!("{value:?}"); // Some(1)
            /// # assert_eq!(value, Some(&1));
            /// ```
            #[inline]
            pub fn read(&self) -> View<'_, K, V, S, $Meta, E> {
                View::new(self.inner.read())
            }

            /// Calls `f` with a [`View`] that ends with the call. Returns the result of `f`.
            ///
            /// # Panics
            /// If `f` does; the view has ended then.
            ///
            /// # Examples
            /// ```
            /// let map = evmap_core::SharedMap::from([("a", 1), ("b", 2)]);
            /// let sum = map.with(|view| view.values().sum::<i32>());
            /// println!("{sum}"); // 3
            /// # assert_eq!(sum, 3);
            /// ```
            #[inline]
            pub fn with<R>(&self, f: impl FnOnce(&View<'_, K, V, S, $Meta, E>) -> R) -> R {
                f(&self.read())
            }

            /// The number of keys of the published state.
            pub fn len(&self) -> usize {
                self.read().len()
            }

            /// Whether there is no key.
            pub fn is_empty(&self) -> bool {
                self.len() == 0
            }

            /// How many entries fit into the published copy's table before it grows.
            pub fn capacity(&self) -> usize {
                self.read().capacity()
            }

            /// The version that a read would show now. Does not wait.
            pub fn version(&self) -> Version {
                self.inner.version()
            }

            /// How many lookups by key have found a value and how many have not, through any reader of the map, also
            /// through readers that no longer exist. 0 unless the map is made with `count_lookups`: see
            /// [`Counted`](crate::table::Counted).
            ///
            /// What happens before the call is in the counts, such as the lookups of a thread that was joined. Of other
            /// threads' lookups meanwhile it may have some. Counts never go back. (They wrap around after 2^64 lookups
            /// of one kind.)
            ///
            /// # Cost
            /// O(live readers) if the map counts. Locks the list of readers for a moment, and waits for no guard.
            pub fn lookup_counts(&self) -> LookupCounts {
                if E::COUNTS_LOOKUPS {
                    LookupCounts::new(self.inner.counts())
                } else {
                    LookupCounts::default()
                }
            }

            /// Whether the writer still exists. Without it, readers still read the last published state.
            pub fn is_writer_alive(&self) -> bool {
                self.inner.is_writer_alive()
            }
        }

        impl<$($param),+> $Reader
        where
            S: BuildHasher,
            E: Engine,
        {
            /// A guard of the value of this key, or `None` if the key is absent. The guard dereferences to the value, which
            /// stays the same for as long as the guard lives.
            ///
            /// Use it for a value that is costly to clone, for as long as a view would be held: see [`read`](Self::read). A
            /// guard stays on its thread, and must not be held across an `.await`.
            ///
            /// # Panics
            /// If the key's `Hash` or `Eq` does; the read has ended then.
            ///
            /// # Examples
            /// ```
            /// let map = evmap_core::SharedMap::from([("a".to_string(), "one".to_string())]);
            /// let guard = map.get("a").unwrap();
            /// println!("{} {}", *guard, guard.len()); // one 3
            /// # assert_eq!((guard.as_str(), guard.len()), ("one", 3));
            /// ```
            #[inline(always)]
            pub fn get<Q>(&self, key: &Q) -> Option<ReadGuard<'_, V>>
            where
                Q: Hash + Equivalent<K> + ?Sized,
            {
                let hash = self.hasher.hash_one(key);
                look_up(self.inner.read(), ValueOf { hash, key })
            }

            /// A clone of the value of this key, or `None` if the key is absent: the simplest lookup of a small value, or of
            /// one in a [`Shared`](crate::Shared).
            ///
            /// It leaves no guard behind, so it never delays a writer, and the clone may be held across an `.await`.
            ///
            /// # Panics
            /// If the key's `Hash` or `Eq` or the value's `Clone` does; the read has ended then.
            ///
            /// # Examples
            /// ```
            /// let map = evmap_core::SharedMap::from([("a", 1)]);
            /// println!("{:?} {:?}", map.get_cloned("a"), map.get_cloned("b")); // Some(1) None
            /// # assert_eq!((map.get_cloned("a"), map.get_cloned("b")), (Some(1), None));
            /// ```
            #[inline(always)]
            pub fn get_cloned<Q>(&self, key: &Q) -> Option<V>
            where
                Q: Hash + Equivalent<K> + ?Sized,
                V: Clone,
            {
                let hash = self.hasher.hash_one(key);
                // Not through `with`, whose closure might not be inlined.
                let mut state = self.inner.read();
                let Some((_, value)) = state.table.find(hash, key) else {
                    count_lookup::<E, _>(&mut state, false);
                    return None;
                };
                let value = value.clone();
                count_lookup::<E, _>(&mut state, true);
                Some(value)
            }

            /// Whether this key is present.
            ///
            /// # Panics
            /// If the key's `Hash` or `Eq` does; the read has ended then.
            ///
            /// # Examples
            /// ```
            /// let map = evmap_core::SharedMap::from([("a", 1)]);
            /// println!("{} {}", map.contains_key("a"), map.contains_key("b")); // true false
            /// # assert!(map.contains_key("a") && !map.contains_key("b"));
            /// ```
            #[inline(always)]
            pub fn contains_key<Q>(&self, key: &Q) -> bool
            where
                Q: Hash + Equivalent<K> + ?Sized,
            {
                let hash = self.hasher.hash_one(key);
                let mut state = self.inner.read();
                let is_hit = state.table.find(hash, key).is_some();
                count_lookup::<E, _>(&mut state, is_hit);
                is_hit
            }
        }

        impl<$($param),+> PartialEq for $Reader
        where
            K: Hash + Eq,
            V: PartialEq,
            S: BuildHasher,
            E: Engine,
        {
            /// Whether the two maps have the same entries, by one view of each.
            ///
            /// The views are of two moments: the second map may change after the first view was taken. While a
            /// reader has a view, further reads through it show the same state, so a reader always compares
            /// equal to itself if its values do. (This also holds for all shared readers of one map on one thread.)
            ///
            /// # Panics
            /// If the `Hash` or `Eq` of a key or the `PartialEq` of a value does; both reads have ended then.
            fn eq(&self, other: &Self) -> bool {
                self.read() == other.read()
            }
        }

        impl<$($param),+> Eq for $Reader
        where
            K: Hash + Eq,
            V: Eq,
            S: BuildHasher,
            E: Engine,
        {
        }

        impl<$($param),+> IntoIterator for &$Reader
        where
            K: Clone,
            V: Clone,
            E: Engine,
        {
            type Item = (K, V);
            type IntoIter = vec::IntoIter<(K, V)>;

            /// Clones all entries of one state, and iterates over the clones in no order to rely on.
            ///
            /// An iterator that is passed by value cannot lend from a guard that it holds itself. A loop over
            /// `&map.read()` borrows the entries, so it is cheaper, and clones nothing:
            /// ```
            /// let map = evmap_core::SharedMap::builder().build_from([("a", 1), ("b", 2)]);
            /// for (key, value) in &map.read() {
            ///     assert!(key.len() == 1 && *value > 0);
            /// }
            /// for (key, value) in &map {
            ///     map.insert(key, value + 1); // no view blocks this write
            /// }
            /// assert_eq!(map.read()["b"], 3);
            /// ```
            ///
            /// # Panics
            /// If the `Clone` of a key or value does; the read has ended then.
            fn into_iter(self) -> Self::IntoIter {
                let view = self.read();
                let clones: Vec<_> = view.iter().map(|(key, value)| (key.clone(), value.clone())).collect();
                clones.into_iter()
            }
        }
    };
}

pub(crate) use lookups;
