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
/// - `$blocking` and `$panics`: the sections of these names.
/// - `$before` and `$after`: lines around an example, which calls the writer `map`.
macro_rules! writes {
    (
        [$($receiver:tt)+] $this:ident
        inside: $inside:expr, visible: $visible:expr, blocking: $blocking:expr, panics: $panics:expr,
        before: $before:expr, after: $after:expr
    ) => {
        /// Sets the key's value to what `f` returns for the current one, or removes the key if `f`
        /// returns `None`. Returns the new value.
        ///
        #[doc = $inside]
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
        /// println!("{:?}", map.compute("a", |n| Some(n? + 1))); // Some(2)
        /// println!("{:?}", map.compute("b", |n| Some(n.copied().unwrap_or(10)))); // Some(10)
        /// println!("{:?}", map.compute("a", |_| None)); // None: it is removed
        /// # assert_eq!(map.compute("c", |n| Some(n.copied().unwrap_or(10))), Some(10));
        /// # assert_eq!(map.compute("c", |n| Some(n? + 1)), Some(11));
        /// # assert!(!map.remove_if("a", |_| true), "it was removed");
        /// # assert!(map.remove_if("b", |n| *n == 10));
        #[doc = $after]
        /// ```
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
        /// # Blocking
        #[doc = $blocking]
        ///
        /// # Errors
        /// Returns the closure's error; then nothing has changed.
        ///
        /// # Panics
        #[doc = $panics]
        ///
        /// # Examples
        /// ```
        #[doc = $before]
        /// map.insert("port", 80);
        /// println!("{:?}", map.try_compute("port", |_| "8080".parse().map(Some)).ok()); // Some(Some(8080))
        /// println!("{}", map.try_compute("port", |_| "many".parse().map(Some)).is_err()); // true
        /// # assert_eq!(map.replace("port", 1), Some(8080));
        #[doc = $after]
        /// ```
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

        /// Inserts a key that is absent with the value that `f` returns, if that is `Some`. Returns the value that the key
        /// has then. If the key is present, `f` is not called.
        ///
        #[doc = $inside]
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
        /// println!("{:?}", map.compute_if_absent("a", || Some(1))); // Some(1)
        /// println!("{:?}", map.compute_if_absent("a", || Some(2))); // Some(1)
        /// println!("{:?}", map.compute_if_absent("b", || None)); // None
        /// # assert_eq!(map.compute_if_absent("a", || unreachable!()), Some(1));
        /// # assert_eq!(map.replace("b", 1), None);
        #[doc = $after]
        /// ```
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
        /// # Blocking
        #[doc = $blocking]
        ///
        /// # Errors
        /// Returns the closure's error; then nothing has changed.
        ///
        /// # Panics
        #[doc = $panics]
        ///
        /// # Examples
        /// ```
        #[doc = $before]
        /// println!("{:?}", map.try_compute_if_absent("a", || "1".parse().map(Some)).ok()); // Some(Some(1))
        /// println!("{}", map.try_compute_if_absent("b", || "one".parse().map(Some)).is_err()); // true
        /// # assert_eq!((map.replace("a", 0), map.replace("b", 0)), (Some(1), None));
        #[doc = $after]
        /// ```
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

        /// Replaces the value of a key that is present with what `f` returns for it, or removes the key if `f`
        /// returns `None`. Returns the new value. If the key is absent, `f` is not called.
        ///
        #[doc = $inside]
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
        /// println!("{:?}", map.compute_if_present("a", |n| Some(n + 1))); // Some(2)
        /// println!("{:?}", map.compute_if_present("b", |n| Some(n + 1))); // None
        /// println!("{:?}", map.compute_if_present("a", |_| None)); // None: it is removed
        /// # assert_eq!(map.compute_if_present("a", |_| unreachable!()), None);
        /// # map.insert("a", 1);
        /// # assert_eq!(map.compute_if_present("a", |n| Some(n + 1)), Some(2));
        #[doc = $after]
        /// ```
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
        /// # Blocking
        #[doc = $blocking]
        ///
        /// # Errors
        /// Returns the closure's error; then nothing has changed.
        ///
        /// # Panics
        #[doc = $panics]
        ///
        /// # Examples
        /// ```
        #[doc = $before]
        /// map.insert("a", 1_u32);
        /// let fails = map.try_compute_if_present("a", |n| n.checked_sub(2).map(Some).ok_or("too few"));
        /// println!("{fails:?}"); // Err("too few")
        /// # assert_eq!(fails, Err("too few"));
        /// # assert_eq!(map.replace("a", 2), Some(1));
        #[doc = $after]
        /// ```
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

        /// Inserts a key that is absent with `value`. If it is present, replaces its value with what `f` returns for the
        /// current value and `value`, or removes the key if `f` returns `None`. Returns the new value.
        ///
        #[doc = $inside]
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
        /// println!("{:?}", map.merge("sold", 1, |sum, n| Some(sum + n))); // Some(1)
        /// println!("{:?}", map.merge("sold", 1, |sum, n| Some(sum + n))); // Some(2)
        /// # assert_eq!(map.merge("sold", 1, |sum, n| Some(sum + n)), Some(3));
        /// # assert_eq!(map.merge("sold", 1, |_, _| None), None);
        /// # assert_eq!(map.replace("sold", 1), None);
        #[doc = $after]
        /// ```
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
        /// # Blocking
        #[doc = $blocking]
        ///
        /// # Errors
        /// Returns the closure's error; then nothing has changed.
        ///
        /// # Panics
        #[doc = $panics]
        ///
        /// # Examples
        /// ```
        #[doc = $before]
        /// map.insert("left", 2_u32);
        /// println!("{:?}", map.try_merge("left", 1, |left, n| left.checked_sub(n).map(Some).ok_or("none"))); // Ok(Some(1))
        /// println!("{:?}", map.try_merge("left", 5, |left, n| left.checked_sub(n).map(Some).ok_or("none"))); // Err("none")
        /// # assert_eq!(map.replace("left", 0), Some(1));
        #[doc = $after]
        /// ```
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

        /// Returns a clone of the key's value. If there is none, inserts what `f` returns first.
        ///
        #[doc = $inside]
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
        /// println!("{}", map.get_or_insert_with("limit", || 10)); // 10
        /// println!("{}", map.get_or_insert_with("limit", || 20)); // 10
        /// # assert_eq!(map.get_or_insert_with("limit", || unreachable!()), 10);
        #[doc = $after]
        /// ```
        pub fn get_or_insert_with($($receiver)+, key: K, f: impl FnOnce() -> V) -> V {
            infallible($this.try_get_or_insert_with(key, || Ok(f())))
        }

        /// As [`get_or_insert_with`](Self::get_or_insert_with), for a closure that may fail.
        ///
        #[doc = $inside]
        ///
        #[doc = $visible]
        ///
        /// # Blocking
        #[doc = $blocking]
        ///
        /// # Errors
        /// Returns the closure's error; then nothing has changed.
        ///
        /// # Panics
        #[doc = $panics]
        ///
        /// # Examples
        /// ```
        #[doc = $before]
        /// println!("{:?}", map.try_get_or_insert_with("limit", || "10".parse()).ok()); // Some(10)
        /// println!("{}", map.try_get_or_insert_with("other", || "ten".parse()).is_err()); // true
        /// # assert_eq!((map.replace("limit", 0), map.replace("other", 0)), (Some(10), None));
        #[doc = $after]
        /// ```
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

        /// Inserts a key that is absent, with this value. If it is present, changes nothing.
        ///
        #[doc = $visible]
        ///
        /// # Blocking
        #[doc = $blocking]
        ///
        /// # Errors
        /// Returns the given value if the key is present; then nothing has changed.
        ///
        /// # Panics
        #[doc = $panics]
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

        /// Replaces the value of a key that is present. Returns the old value. If the key is absent, changes nothing and
        /// returns `None`.
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
        /// println!("{:?}", map.replace("a", 2)); // Some(1)
        /// println!("{:?}", map.replace("b", 2)); // None: nothing is inserted
        /// # assert_eq!((map.replace("a", 3), map.replace("b", 3)), (Some(2), None));
        #[doc = $after]
        /// ```
        pub fn replace($($receiver)+, key: K, value: V) -> Option<V> {
            let key = $this.hashed(key);
            $this.run(|w| infallible(w.decide(key, |old| {
                Ok(match old {
                    Some(old) => (Decision::Set(value), Some(old.clone())),
                    None => (Decision::Discard(value), None),
                })
            })))
        }

        /// Replaces the key's value if `condition` returns `true` for the current one. Returns whether it did. If the key
        /// is absent, changes nothing and returns `false`.
        ///
        #[doc = $inside]
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
        /// map.insert("leader", "ann");
        /// println!("{}", map.replace_if("leader", |now| *now == "ann", "bob")); // true
        /// println!("{}", map.replace_if("leader", |now| *now == "ann", "eve")); // false
        /// # assert_eq!(map.replace("leader", ""), Some("bob"));
        #[doc = $after]
        /// ```
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

        /// Replaces the value of a key that is present with what `f` returns for it. Returns the new value, or `None` if the
        /// key is absent: `f` is not called then.
        ///
        #[doc = $inside]
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
        /// println!("{}", map.remove_if("a", |n| *n > 1)); // false
        /// println!("{}", map.remove_if("a", |n| *n == 1)); // true
        /// # assert!(!map.remove_if("a", |_| true));
        #[doc = $after]
        /// ```
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

        /// Removes a key. Returns the map's own key and its value, or `None` if the key is absent.
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

        /// Removes `key` if `condition` returns `true` for its entry. Returns the map's own key and its value if it did.
        ///
        #[doc = $inside]
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
        /// The name is that of std's method: `try_` does not mean that it never waits.
        #[doc = $blocking]
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

        /// Keeps the entries for which `keep` returns `true`, and removes the others. Calls `keep` once for each entry.
        ///
        #[doc = $inside]
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
        /// map.extend([("a", 1), ("b", 2), ("c", 3)]);
        /// map.retain(|_, n| *n != 2);
        /// println!("{:?} {:?}", map.remove_entry("a"), map.remove_entry("b")); // Some(("a", 1)) None
        /// # assert_eq!(map.remove_entry("b"), None);
        /// # assert_eq!(map.remove_entry("c"), Some(("c", 3)));
        #[doc = $after]
        /// ```
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
