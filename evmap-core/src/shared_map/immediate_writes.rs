//! The writes of a [`SharedMap`](super::SharedMap) and its [`Batch`](super::Batch) that the plain writer only logs.
//!
//! All others are those of [`map::writes`](crate::map::writes), and each needs the same methods of its writer.

/// Writes the methods of one of the two writers. The arguments are its receiver, and when the change is visible.
macro_rules! immediate_writes {
    (
        [$($receiver:tt)+] $this:ident visible: $visible:expr
    ) => {
        /// Sets the value of a key. Returns the old value.
        ///
        #[doc = $visible]
        pub fn insert($($receiver)+, key: K, value: V) -> Option<V> {
            let key = $this.hashed(key);
            $this.run(|w| w.insert_hashed(key, value))
        }

        /// Removes a key. Returns its value, if it was present.
        ///
        #[doc = $visible]
        pub fn remove<Q>($($receiver)+, key: &Q) -> Option<V>
        where
            Q: Hash + Equivalent<K> + ?Sized,
        {
            let hash = $this.hash_of(key);
            $this.run(|w| w.remove_hashed(hash, key, |_, _| true, State::remove))
        }

        /// Removes everything. Keeps the capacity.
        ///
        #[doc = $visible]
        pub fn clear($($receiver)+) {
            $this.run(|w| w.apply_now(MapOp::Clear));
        }

        /// Reserves capacity for this many more entries in each copy, if memory suffices.
        ///
        #[doc = $visible]
        pub fn reserve($($receiver)+, additional: usize) {
            $this.run(|w| w.apply_now(MapOp::Reserve(additional)));
        }

        /// Frees capacity that is not needed.
        ///
        #[doc = $visible]
        pub fn shrink_to_fit($($receiver)+) {
            $this.run(|w| w.apply_now(MapOp::ShrinkToFit));
        }
    };
}

pub(super) use immediate_writes;
