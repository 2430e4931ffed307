//! Compute operations: changes that depend on the value that is there.
//!
//! Every writer of the single-valued map has them: [`WriteHandle`], and
//! [`SharedMap`](crate::SharedMap) with its [`Batch`](crate::shared_map::Batch).

use std::borrow::Borrow;
use std::convert::Infallible;
use std::hash::{BuildHasher, Hash};

use super::WriteHandle;
use crate::op::{Hashed, MapOp};
use crate::state::State;
use crate::table::{Engine, Table};

/// What a closure has decided about a key.
pub(crate) enum Decision<V> {
    Keep,
    /// As `Keep`, and discards this value.
    Discard(V),
    Set(V),
    Remove,
}

impl<V> Decision<V> {
    pub(crate) fn set_or_remove(value: Option<V>) -> Self {
        value.map_or(Decision::Remove, Decision::Set)
    }

    pub(crate) fn set_or_keep(value: Option<V>) -> Self {
        value.map_or(Decision::Keep, Decision::Set)
    }
}

/// Writes the compute methods of one of the writers. They call its
/// `decide(key, |Option<&V>| -> Result<(Decision<V>, R), X>) -> Result<R, X>` and its
/// `remove_where(&key, |&V| -> bool) -> bool`.
///
/// `$inside` is a paragraph for each method that takes a closure. It says what holds while the closure runs, which
/// differs between the writers.
macro_rules! computes {
    ([$($receiver:tt)+] $this:ident [$($bound:tt)*] $inside:literal) => {
        /// Sets the key's value to what `f` returns for the current one, or removes the key if `f`
        /// returns `None`. Returns the new value.
        ///
        #[doc = $inside]
        pub fn compute(
            $($receiver)+,
            key: K,
            f: impl FnOnce(Option<&V>) -> Option<V> $($bound)*,
        ) -> Option<V> {
            infallible($this.try_compute(key, |value| Ok(f(value))))
        }

        /// As [`compute`](Self::compute), for a closure that may fail.
        ///
        #[doc = $inside]
        ///
        /// # Errors
        /// The closure's; then nothing has changed.
        pub fn try_compute<X>(
            $($receiver)+,
            key: K,
            f: impl FnOnce(Option<&V>) -> Result<Option<V>, X> $($bound)*,
        ) -> Result<Option<V>, X> {
            $this.decide(key, |value| {
                let new = f(value)?;
                Ok((Decision::set_or_remove(new.clone()), new))
            })
        }

        /// Sets the value of a key that has none to what `f` returns, if that is `Some`. Returns the value
        /// that is there now. `f` is not called if there is one already.
        ///
        #[doc = $inside]
        pub fn compute_if_absent(
            $($receiver)+,
            key: K,
            f: impl FnOnce() -> Option<V> $($bound)*,
        ) -> Option<V> {
            infallible($this.try_compute_if_absent(key, || Ok(f())))
        }

        /// As [`compute_if_absent`](Self::compute_if_absent), for a closure that may fail.
        ///
        #[doc = $inside]
        ///
        /// # Errors
        /// The closure's; then nothing has changed.
        pub fn try_compute_if_absent<X>(
            $($receiver)+,
            key: K,
            f: impl FnOnce() -> Result<Option<V>, X> $($bound)*,
        ) -> Result<Option<V>, X> {
            $this.decide(key, |value| match value {
                Some(value) => Ok((Decision::Keep, Some(value.clone()))),
                None => {
                    let new = f()?;
                    Ok((Decision::set_or_keep(new.clone()), new))
                }
            })
        }

        /// Sets the value of a key that has one to what `f` returns for it, or removes the key if `f`
        /// returns `None`. Returns the value that is there now. `f` is not called if there is none.
        ///
        #[doc = $inside]
        pub fn compute_if_present(
            $($receiver)+,
            key: K,
            f: impl FnOnce(&V) -> Option<V> $($bound)*,
        ) -> Option<V> {
            infallible($this.try_compute_if_present(key, |value| Ok(f(value))))
        }

        /// As [`compute_if_present`](Self::compute_if_present), for a closure that may fail.
        ///
        #[doc = $inside]
        ///
        /// # Errors
        /// The closure's; then nothing has changed.
        pub fn try_compute_if_present<X>(
            $($receiver)+,
            key: K,
            f: impl FnOnce(&V) -> Result<Option<V>, X> $($bound)*,
        ) -> Result<Option<V>, X> {
            $this.decide(key, |value| match value {
                Some(value) => {
                    let new = f(value)?;
                    Ok((Decision::set_or_remove(new.clone()), new))
                }
                None => Ok((Decision::Keep, None)),
            })
        }

        /// Sets the value of a key that has none to `value`. Otherwise sets it to what `f` returns for the
        /// current one and `value`, or removes the key if `f` returns `None`. Returns the new value.
        ///
        #[doc = $inside]
        pub fn merge(
            $($receiver)+,
            key: K,
            value: V,
            f: impl FnOnce(&V, V) -> Option<V> $($bound)*,
        ) -> Option<V> {
            infallible($this.try_merge(key, value, |old, value| Ok(f(old, value))))
        }

        /// As [`merge`](Self::merge), for a closure that may fail.
        ///
        #[doc = $inside]
        ///
        /// # Errors
        /// The closure's; then nothing has changed.
        pub fn try_merge<X>(
            $($receiver)+,
            key: K,
            value: V,
            f: impl FnOnce(&V, V) -> Result<Option<V>, X> $($bound)*,
        ) -> Result<Option<V>, X> {
            $this.decide(key, |old| {
                let new = match old {
                    Some(old) => f(old, value)?,
                    None => Some(value),
                };
                Ok((Decision::set_or_remove(new.clone()), new))
            })
        }

        /// Returns the key's value, after setting it to what `f` returns if there is none.
        ///
        #[doc = $inside]
        pub fn get_or_insert_with($($receiver)+, key: K, f: impl FnOnce() -> V $($bound)*) -> V {
            infallible($this.try_get_or_insert_with(key, || Ok(f())))
        }

        /// As [`get_or_insert_with`](Self::get_or_insert_with), for a closure that may fail.
        ///
        #[doc = $inside]
        ///
        /// # Errors
        /// The closure's; then nothing has changed.
        pub fn try_get_or_insert_with<X>(
            $($receiver)+,
            key: K,
            f: impl FnOnce() -> Result<V, X> $($bound)*,
        ) -> Result<V, X> {
            $this.decide(key, |value| match value {
                Some(value) => Ok((Decision::Keep, value.clone())),
                None => {
                    let new = f()?;
                    Ok((Decision::Set(new.clone()), new))
                }
            })
        }

        /// Sets the value of a key that has one. Returns the old value. Does nothing if the key has none.
        pub fn replace($($receiver)+, key: K, value: V) -> Option<V> {
            infallible($this.decide(key, |old| {
                Ok(match old {
                    Some(old) => (Decision::Set(value), Some(old.clone())),
                    None => (Decision::Discard(value), None),
                })
            }))
        }

        /// Sets the key's value if `condition` returns `true` for the current one. Returns whether it did.
        ///
        #[doc = $inside]
        pub fn replace_if(
            $($receiver)+,
            key: K,
            condition: impl FnOnce(&V) -> bool $($bound)*,
            value: V,
        ) -> bool {
            infallible($this.decide(key, |old| {
                Ok(if old.is_some_and(condition) {
                    (Decision::Set(value), true)
                } else {
                    (Decision::Discard(value), false)
                })
            }))
        }

        /// Removes `key` if `condition` returns `true` for its value. Returns whether it did.
        ///
        #[doc = $inside]
        pub fn remove_if<Q>($($receiver)+, key: &Q, condition: impl FnOnce(&V) -> bool $($bound)*) -> bool
        where
            K: Borrow<Q>,
            Q: Hash + Eq + ?Sized,
        {
            $this.remove_where(key, condition)
        }
    };
}

pub(crate) use computes;

/// Changes that depend on the value that is there, with the writer's own unrefreshed changes.
///
/// Each closure is called at most once, and only its decision is logged. So it may have
/// effects of its own, read a clock, or fail. `compute`, `compute_if_absent`, `compute_if_present`
/// and `merge` mean what they mean in Java's `ConcurrentHashMap`.
///
/// # Blocking
/// As [`get`](WriteHandle::get): each applies the pending changes to the writer's copy first, for
/// which it waits for guards that were taken before the last refresh.
///
/// # Panics
/// If the closure does: then nothing is logged. As [`refresh`](WriteHandle::refresh).
///
/// # Examples
///
/// ```
/// let (mut writer, reader) = evmap_core::new();
/// assert_eq!(writer.merge("hits", 1, |sum, n| Some(sum + n)), Some(1));
/// assert_eq!(writer.merge("hits", 1, |sum, n| Some(sum + n)), Some(2));
/// assert_eq!(writer.get_or_insert_with("since", || 2026), 2026);
///
/// // Compare and set, compare and remove:
/// assert!(writer.replace_if("hits", |&n| n == 2, 10));
/// assert!(!writer.remove_if("hits", |&n| n == 2));
/// writer.refresh();
/// assert_eq!(reader.get_cloned("hits"), Some(10));
/// ```
impl<K, V, S, M, E> WriteHandle<K, V, S, M, E>
where
    K: Hash + Eq + Clone,
    V: Clone,
    S: BuildHasher,
    M: Clone,
    E: Engine,
{
    computes!(
        [&mut self] self []
        "The closure runs on the calling thread, and no lock of the map is held meanwhile."
    );

    /// Shows `decide` the key's value, logs what it decides, and returns what it returns.
    fn decide<R, X>(
        &mut self,
        key: K,
        decide: impl FnOnce(Option<&V>) -> Result<(Decision<V>, R), X>,
    ) -> Result<R, X> {
        let key = self.hashed(key);
        self.decide_hashed(key, decide)
    }

    /// Drops arguments of a call that are not needed, at once or later.
    pub(crate) fn discard(&mut self, key: Option<K>, value: Option<V>) {
        if self.own().drops.is_some() {
            self.ops().tidy_with(|state| {
                if let Some(key) = key {
                    state.discard_key(key);
                }
                state.discard(value);
            });
        }
    }

    fn remove_where<Q>(&mut self, key: &Q, condition: impl FnOnce(&V) -> bool) -> bool
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let state = self.caught_up();
        let hash = state.hasher.hash_one(key);
        let found = find_if(state, hash, key, condition);
        let is_removed = found.is_some();
        self.log_all(found.map(MapOp::Remove));
        is_removed
    }

    pub(crate) fn decide_hashed<R, X>(
        &mut self,
        key: Hashed<K>,
        decide: impl FnOnce(Option<&V>) -> Result<(Decision<V>, R), X>,
    ) -> Result<R, X> {
        let present = self.caught_up().table.find(key.hash, &key.key);
        let is_present = present.is_some();
        let (decision, result) = match decide(present.map(|(_, value)| value)) {
            Ok((decision, result)) => (decision, Ok(result)),
            Err(error) => (Decision::Keep, Err(error)),
        };
        match decision {
            Decision::Set(value) => self.log(MapOp::Insert(key, value)),
            Decision::Remove if is_present => self.log(MapOp::Remove(key)),
            Decision::Remove | Decision::Keep => self.discard(Some(key.key), None),
            Decision::Discard(value) => self.discard(Some(key.key), Some(value)),
        }
        result
    }
}

/// Returns the map's own key, hashed, if `condition` returns `true` for its value.
pub(crate) fn find_if<K, V, S, M, E, Q>(
    state: &State<K, V, S, M, E>,
    hash: u64,
    key: &Q,
    condition: impl FnOnce(&V) -> bool,
) -> Option<Hashed<K>>
where
    K: Borrow<Q> + Clone,
    E: Engine,
    Q: Eq + ?Sized,
{
    let (key, value) = state.table.find(hash, key)?;
    condition(value).then(|| Hashed {
        hash,
        key: key.clone(),
    })
}

pub(crate) fn infallible<T>(result: Result<T, Infallible>) -> T {
    match result {
        Ok(value) => value,
        Err(never) => match never {},
    }
}
