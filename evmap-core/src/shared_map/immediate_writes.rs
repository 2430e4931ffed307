//! The writes of a [`SharedMap`](super::SharedMap) and its [`Batch`](super::Batch) that the plain writer only logs.
//!
//! All others are those of [`map::writes`](crate::map::writes), and each needs the same methods of its writer.

/// Writes the methods of one of the two writers. The arguments are those of [`writes`](crate::map::writes::writes).
macro_rules! immediate_writes {
    (
        [$($receiver:tt)+] $this:ident
        visible: $visible:expr, blocking: $blocking:expr, panics: $panics:expr, before: $before:expr, after: $after:expr
    ) => {
        /// Inserts a key, or replaces its value. Returns the old value, or `None` if the key was absent.
        ///
        #[doc = $visible]
        ///
        /// # Blocking
        #[doc = $blocking]
        ///
        /// # Panics
        #[doc = $panics]
        ///
        /// # Examples
        /// ```
        #[doc = $before]
        /// println!("{:?}", map.insert("a", 1)); // None
        /// println!("{:?}", map.insert("a", 2)); // Some(1)
        /// # assert_eq!((map.insert("a", 3), map.insert("b", 3)), (Some(2), None));
        #[doc = $after]
        /// ```
        pub fn insert($($receiver)+, key: K, value: V) -> Option<V> {
            let key = $this.hashed(key);
            $this.run(|w| w.insert_hashed(key, value))
        }

        /// Removes a key. Returns its value, or `None` if the key was absent.
        ///
        #[doc = $visible]
        ///
        /// # Blocking
        #[doc = $blocking]
        ///
        /// # Panics
        #[doc = $panics]
        ///
        /// # Examples
        /// ```
        #[doc = $before]
        /// map.insert("a".to_string(), 1);
        /// println!("{:?}", map.remove("a")); // Some(1)
        /// println!("{:?}", map.remove("a")); // None
        /// # assert_eq!(map.insert("a".to_string(), 1), None);
        /// # assert_eq!((map.remove("a"), map.remove("a")), (Some(1), None));
        #[doc = $after]
        /// ```
        pub fn remove<Q>($($receiver)+, key: &Q) -> Option<V>
        where
            Q: Hash + Equivalent<K> + ?Sized,
        {
            let hash = $this.hash_of(key);
            $this.run(|w| w.remove_hashed(hash, key, |_, _| true, State::remove))
        }

        /// Removes all entries. Keeps the capacity.
        ///
        #[doc = $visible]
        ///
        /// # Blocking
        #[doc = $blocking]
        ///
        /// # Panics
        #[doc = $panics]
        ///
        /// # Examples
        /// ```
        #[doc = $before]
        /// map.insert("a", 1);
        /// map.clear();
        /// println!("{:?}", map.remove("a")); // None
        /// # assert_eq!(map.insert("a", 1), None);
        #[doc = $after]
        /// ```
        pub fn clear($($receiver)+) {
            $this.run(|w| w.apply_now(MapOp::Clear));
        }

        /// Reserves capacity for this many more entries in each copy, if memory suffices. A hint: where it does not, later
        /// insertions reserve what they need. To learn of a failure, use [`try_reserve`](Self::try_reserve).
        ///
        #[doc = $visible]
        ///
        /// # Blocking
        #[doc = $blocking]
        ///
        /// # Panics
        #[doc = $panics]
        pub fn reserve($($receiver)+, additional: usize) {
            $this.run(|w| w.apply_now(MapOp::Reserve(additional)));
        }

        /// Frees capacity that is not needed, in each copy.
        ///
        #[doc = $visible]
        ///
        /// # Blocking
        #[doc = $blocking]
        ///
        /// # Panics
        #[doc = $panics]
        pub fn shrink_to_fit($($receiver)+) {
            $this.run(|w| w.apply_now(MapOp::ShrinkToFit));
        }
    };
}

pub(super) use immediate_writes;
