//! The writes that return something: what each does, and what it returns.
//!
//! Every writer of the single-valued map has them: [`WriteHandle`](super::WriteHandle), and
//! [`SharedMap`](crate::SharedMap) with its [`Batch`](crate::shared_map::Batch). So that each is defined once, macros
//! write the methods. To add a write, add it here, and to the list in `tests/operations`.
//!
//! A method hashes its keys first, and then calls the writer's `run` with what to do to the
//! [`WriteHandle`](super::WriteHandle) below. Each writer provides:
//!
//! - `hashed(K) -> Hashed<K>` and `hash_of(&Q) -> u64`
//! - `run(FnOnce(&mut WriteHandle) -> R) -> R`

use std::convert::Infallible;

/// Writes the methods of one of the writers. The arguments are its receiver, and texts for the docs:
///
/// - `$inside`: what holds while a closure runs.
/// - `$visible`: when the change is visible.
/// - `$before` and `$after`: lines around an example, which calls the writer `map`.
macro_rules! writes {
    (
        [$($receiver:tt)+] $this:ident
        inside: $inside:expr, visible: $visible:expr, before: $before:expr, after: $after:expr
    ) => {
        /// Sets the key's value to what `f` returns for the current one, or removes the key if `f`
        /// returns `None`. Returns the new value.
        ///
        #[doc = $inside]
        ///
        #[doc = $visible]
        pub fn compute(
            $($receiver)+,
            key: K,
            f: impl FnOnce(Option<&V>) -> Option<V>,
        ) -> Option<V> {
            infallible($this.try_compute(key, |value| Ok(f(value))))
        }

        /// As [`compute`](Self::compute), for a closure that may fail.
        ///
        #[doc = $inside]
        ///
        #[doc = $visible]
        ///
        /// # Errors
        /// The closure's; then nothing has changed.
        pub fn try_compute<X>(
            $($receiver)+,
            key: K,
            f: impl FnOnce(Option<&V>) -> Result<Option<V>, X>,
        ) -> Result<Option<V>, X> {
            let key = $this.hashed(key);
            $this.run(|w| w.decide(key, |value| {
                let new = f(value)?;
                Ok((Decision::set_or_remove(new.clone()), new))
            }))
        }

        /// Sets the value of a key that has none to what `f` returns, if that is `Some`. Returns the value
        /// that is there now. `f` is not called if there is one already.
        ///
        #[doc = $inside]
        ///
        #[doc = $visible]
        pub fn compute_if_absent(
            $($receiver)+,
            key: K,
            f: impl FnOnce() -> Option<V>,
        ) -> Option<V> {
            infallible($this.try_compute_if_absent(key, || Ok(f())))
        }

        /// As [`compute_if_absent`](Self::compute_if_absent), for a closure that may fail.
        ///
        #[doc = $inside]
        ///
        #[doc = $visible]
        ///
        /// # Errors
        /// The closure's; then nothing has changed.
        pub fn try_compute_if_absent<X>(
            $($receiver)+,
            key: K,
            f: impl FnOnce() -> Result<Option<V>, X>,
        ) -> Result<Option<V>, X> {
            let key = $this.hashed(key);
            $this.run(|w| w.decide(key, |value| match value {
                Some(value) => Ok((Decision::Keep, Some(value.clone()))),
                None => {
                    let new = f()?;
                    Ok((Decision::set_or_keep(new.clone()), new))
                }
            }))
        }

        /// Sets the value of a key that has one to what `f` returns for it, or removes the key if `f`
        /// returns `None`. Returns the value that is there now. `f` is not called if there is none.
        ///
        #[doc = $inside]
        ///
        #[doc = $visible]
        pub fn compute_if_present(
            $($receiver)+,
            key: K,
            f: impl FnOnce(&V) -> Option<V>,
        ) -> Option<V> {
            infallible($this.try_compute_if_present(key, |value| Ok(f(value))))
        }

        /// As [`compute_if_present`](Self::compute_if_present), for a closure that may fail.
        ///
        #[doc = $inside]
        ///
        #[doc = $visible]
        ///
        /// # Errors
        /// The closure's; then nothing has changed.
        pub fn try_compute_if_present<X>(
            $($receiver)+,
            key: K,
            f: impl FnOnce(&V) -> Result<Option<V>, X>,
        ) -> Result<Option<V>, X> {
            let key = $this.hashed(key);
            $this.run(|w| w.decide(key, |value| match value {
                Some(value) => {
                    let new = f(value)?;
                    Ok((Decision::set_or_remove(new.clone()), new))
                }
                None => Ok((Decision::Keep, None)),
            }))
        }

        /// Sets the value of a key that has none to `value`. Otherwise sets it to what `f` returns for the
        /// current one and `value`, or removes the key if `f` returns `None`. Returns the new value.
        ///
        #[doc = $inside]
        ///
        #[doc = $visible]
        pub fn merge(
            $($receiver)+,
            key: K,
            value: V,
            f: impl FnOnce(&V, V) -> Option<V>,
        ) -> Option<V> {
            infallible($this.try_merge(key, value, |old, value| Ok(f(old, value))))
        }

        /// As [`merge`](Self::merge), for a closure that may fail.
        ///
        #[doc = $inside]
        ///
        #[doc = $visible]
        ///
        /// # Errors
        /// The closure's; then nothing has changed.
        pub fn try_merge<X>(
            $($receiver)+,
            key: K,
            value: V,
            f: impl FnOnce(&V, V) -> Result<Option<V>, X>,
        ) -> Result<Option<V>, X> {
            let key = $this.hashed(key);
            $this.run(|w| w.decide(key, |old| {
                let new = match old {
                    Some(old) => f(old, value)?,
                    None => Some(value),
                };
                Ok((Decision::set_or_remove(new.clone()), new))
            }))
        }

        /// Returns the key's value, after setting it to what `f` returns if there is none.
        ///
        #[doc = $inside]
        ///
        #[doc = $visible]
        pub fn get_or_insert_with($($receiver)+, key: K, f: impl FnOnce() -> V) -> V {
            infallible($this.try_get_or_insert_with(key, || Ok(f())))
        }

        /// As [`get_or_insert_with`](Self::get_or_insert_with), for a closure that may fail.
        ///
        #[doc = $inside]
        ///
        #[doc = $visible]
        ///
        /// # Errors
        /// The closure's; then nothing has changed.
        pub fn try_get_or_insert_with<X>(
            $($receiver)+,
            key: K,
            f: impl FnOnce() -> Result<V, X>,
        ) -> Result<V, X> {
            let key = $this.hashed(key);
            $this.run(|w| w.decide(key, |value| match value {
                Some(value) => Ok((Decision::Keep, value.clone())),
                None => {
                    let new = f()?;
                    Ok((Decision::Set(new.clone()), new))
                }
            }))
        }

        /// Sets the value of a key that has none.
        ///
        #[doc = $visible]
        ///
        /// # Errors
        /// The value that was given, if the key has one already; then nothing has changed.
        ///
        /// # Examples
        /// ```
        #[doc = $before]
        /// println!("{:?}", map.insert_if_absent("a", 1)); // Ok(())
        /// println!("{:?}", map.insert_if_absent("a", 2)); // Err(2)
        /// # assert_eq!(map.insert_if_absent("b", 1), Ok(()));
        /// # assert_eq!(map.insert_if_absent("a", 3), Err(3));
        /// # assert_eq!(map.replace("a", 3), Some(1));
        #[doc = $after]
        /// ```
        pub fn insert_if_absent($($receiver)+, key: K, value: V) -> Result<(), V> {
            let key = $this.hashed(key);
            $this.run(|w| infallible(w.decide(key, |old| {
                Ok(match old {
                    Some(_) => (Decision::Keep, Err(value)),
                    None => (Decision::Set(value), Ok(())),
                })
            })))
        }

        /// Sets the value of a key that has one. Returns the old value. Does nothing if the key has none.
        ///
        #[doc = $visible]
        pub fn replace($($receiver)+, key: K, value: V) -> Option<V> {
            let key = $this.hashed(key);
            $this.run(|w| infallible(w.decide(key, |old| {
                Ok(match old {
                    Some(old) => (Decision::Set(value), Some(old.clone())),
                    None => (Decision::Discard(value), None),
                })
            })))
        }

        /// Sets the key's value if `condition` returns `true` for the current one. Returns whether it did.
        ///
        #[doc = $inside]
        ///
        #[doc = $visible]
        pub fn replace_if(
            $($receiver)+,
            key: K,
            condition: impl FnOnce(&V) -> bool,
            value: V,
        ) -> bool {
            let key = $this.hashed(key);
            $this.run(|w| infallible(w.decide(key, |old| {
                Ok(if old.is_some_and(condition) {
                    (Decision::Set(value), true)
                } else {
                    (Decision::Discard(value), false)
                })
            })))
        }

        /// Sets the value of a key that has one to what `f` returns for it. Returns the new value. `f` is not
        /// called if there is none.
        ///
        #[doc = $inside]
        ///
        #[doc = $visible]
        ///
        /// # Examples
        /// ```
        #[doc = $before]
        /// map.insert("a", 1);
        /// println!("{:?}", map.update("a", |n| n + 1)); // Some(2)
        /// println!("{:?}", map.update("b", |n| n + 1)); // None
        /// # assert_eq!(map.update("a", |n| n + 1), Some(3));
        /// # assert_eq!(map.update("b", |n| n + 1), None);
        #[doc = $after]
        /// ```
        pub fn update<Q>($($receiver)+, key: &Q, f: impl FnOnce(&V) -> V) -> Option<V>
        where
            Q: Hash + Equivalent<K> + ?Sized,
        {
            let hash = $this.hash_of(key);
            $this.run(|w| w.update_hashed(hash, key, f))
        }

        /// Removes `key` if `condition` returns `true` for its value. Returns whether it did.
        ///
        #[doc = $inside]
        ///
        #[doc = $visible]
        pub fn remove_if<Q>($($receiver)+, key: &Q, condition: impl FnOnce(&V) -> bool) -> bool
        where
            Q: Hash + Equivalent<K> + ?Sized,
        {
            let hash = $this.hash_of(key);
            $this.run(|w| {
                let removed = w.remove_hashed(hash, key, |_, value| condition(value), State::discard_entry);
                removed.is_some()
            })
        }

        /// Removes a key. Returns the key, as the map held it, and its value, if it was present.
        ///
        #[doc = $visible]
        ///
        /// # Examples
        /// ```
        #[doc = $before]
        /// map.insert("a", 1);
        /// println!("{:?}", map.remove_entry("a")); // Some(("a", 1))
        /// # map.insert("a", 1);
        /// # assert_eq!(map.remove_entry("a"), Some(("a", 1)));
        /// # assert_eq!(map.remove_entry("a"), None);
        #[doc = $after]
        /// ```
        pub fn remove_entry<Q>($($receiver)+, key: &Q) -> Option<(K, V)>
        where
            Q: Hash + Equivalent<K> + ?Sized,
        {
            $this.remove_entry_if(key, |_, _| true)
        }

        /// Removes `key` if `condition` returns `true` for its entry. Returns the key, as the map held it, and its
        /// value, if it did.
        ///
        #[doc = $inside]
        ///
        #[doc = $visible]
        ///
        /// # Examples
        /// ```
        #[doc = $before]
        /// map.insert("a", 1);
        /// println!("{:?}", map.remove_entry_if("a", |_, n| *n > 1)); // None
        /// println!("{:?}", map.remove_entry_if("a", |_, n| *n == 1)); // Some(("a", 1))
        /// # map.insert("a", 1);
        /// # assert_eq!(map.remove_entry_if("a", |_, n| *n > 1), None);
        /// # assert_eq!(map.remove_entry_if("a", |key, _| *key == "a"), Some(("a", 1)));
        #[doc = $after]
        /// ```
        pub fn remove_entry_if<Q>(
            $($receiver)+,
            key: &Q,
            condition: impl FnOnce(&K, &V) -> bool,
        ) -> Option<(K, V)>
        where
            Q: Hash + Equivalent<K> + ?Sized,
        {
            let hash = $this.hash_of(key);
            $this.run(|w| w.remove_hashed(hash, key, condition, State::remove_entry))
        }

        /// Reserves capacity for this many more entries in the writer's copy at once, and in the other copy when the
        /// change is made there, if memory suffices then, too.
        ///
        /// # Blocking
        /// May wait, as other writes do: the name is that of std's method.
        ///
        /// # Panics
        /// If the `Hash` of a key does, while the table grows. A [`WriteHandle`](crate::WriteHandle) is poisoned then.
        ///
        /// # Errors
        /// [`TryReserveError`](crate::TryReserveError): memory does not suffice, or the engine holds fewer entries.
        /// Nothing has changed.
        ///
        /// # Examples
        /// ```
        #[doc = $before]
        /// # map.insert("a", 1);
        /// println!("{:?}", map.try_reserve(1000)); // Ok(())
        /// println!("{}", map.try_reserve(usize::MAX).is_err()); // true
        /// # assert_eq!(map.try_reserve(1000), Ok(()));
        /// # assert_eq!(map.try_reserve(usize::MAX).unwrap_err().additional, usize::MAX);
        #[doc = $after]
        /// ```
        pub fn try_reserve($($receiver)+, additional: usize) -> Result<(), TryReserveError> {
            $this.run(|w| w.reserve_now(additional))
        }

        /// Keeps the entries for which `keep` returns `true`. It is called once for each entry.
        ///
        #[doc = $inside]
        ///
        #[doc = $visible]
        pub fn retain($($receiver)+, keep: impl FnMut(&K, &V) -> bool) {
            $this.run(|w| w.retain_entries(keep));
        }
    };
}

pub(crate) use writes;

pub(crate) fn infallible<T>(result: Result<T, Infallible>) -> T {
    match result {
        Ok(value) => value,
        Err(never) => match never {},
    }
}
