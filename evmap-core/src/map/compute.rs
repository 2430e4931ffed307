//! Compute operations: changes that depend on the value that is there.

use std::borrow::Borrow;
use std::convert::Infallible;
use std::hash::{BuildHasher, Hash};

use super::WriteHandle;
use crate::op::MapOp;
use crate::table::{Engine, Table};

/// What a closure has decided about a key.
enum Decision<V> {
    Keep,
    Put(V),
    Remove,
}

impl<V> Decision<V> {
    fn put_or_remove(value: Option<V>) -> Self {
        value.map_or(Decision::Remove, Decision::Put)
    }

    fn put_or_keep(value: Option<V>) -> Self {
        value.map_or(Decision::Keep, Decision::Put)
    }
}

/// Changes that depend on the value that is there, with the writer's own unrefreshed changes.
///
/// Each closure is called at most once, and what is logged is what it decided: so it may have
/// effects of its own, ask a clock, or fail. The names and their meaning are those of Java's
/// `ConcurrentHashMap`.
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
/// assert!(!writer.remove_if(&"hits", |&n| n == 2));
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
    /// Sets the key's value to what `f` makes of it, or removes the key where `f` says `None`: the
    /// new value.
    pub fn compute(&mut self, key: K, f: impl FnOnce(Option<&V>) -> Option<V>) -> Option<V> {
        infallible(self.try_compute(key, |value| Ok(f(value))))
    }

    /// As [`compute`](Self::compute), for a closure that may fail.
    ///
    /// # Errors
    /// The closure's; then nothing has changed.
    pub fn try_compute<X>(
        &mut self,
        key: K,
        f: impl FnOnce(Option<&V>) -> Result<Option<V>, X>,
    ) -> Result<Option<V>, X> {
        self.decide(key, |value| f(value).map(Decision::put_or_remove))
    }

    /// Sets the value of a key that has none to what `f` makes, if it makes one: the value that is
    /// there now. `f` is not called if there is one already.
    pub fn compute_if_absent(&mut self, key: K, f: impl FnOnce() -> Option<V>) -> Option<V> {
        infallible(self.try_compute_if_absent(key, || Ok(f())))
    }

    /// As [`compute_if_absent`](Self::compute_if_absent), for a closure that may fail.
    ///
    /// # Errors
    /// The closure's; then nothing has changed.
    pub fn try_compute_if_absent<X>(
        &mut self,
        key: K,
        f: impl FnOnce() -> Result<Option<V>, X>,
    ) -> Result<Option<V>, X> {
        self.decide(key, |value| match value {
            Some(_) => Ok(Decision::Keep),
            None => f().map(Decision::put_or_keep),
        })
    }

    /// Sets the value of a key that has one to what `f` makes of it, or removes the key where `f`
    /// says `None`: the value that is there now. `f` is not called if there is none.
    pub fn compute_if_present(&mut self, key: K, f: impl FnOnce(&V) -> Option<V>) -> Option<V> {
        infallible(self.try_compute_if_present(key, |value| Ok(f(value))))
    }

    /// As [`compute_if_present`](Self::compute_if_present), for a closure that may fail.
    ///
    /// # Errors
    /// The closure's; then nothing has changed.
    pub fn try_compute_if_present<X>(
        &mut self,
        key: K,
        f: impl FnOnce(&V) -> Result<Option<V>, X>,
    ) -> Result<Option<V>, X> {
        self.decide(key, |value| match value {
            Some(value) => f(value).map(Decision::put_or_remove),
            None => Ok(Decision::Keep),
        })
    }

    /// Sets the value of a key that has none to `value`, and else to what `f` makes of the one that
    /// is there and of `value`, or removes the key where `f` says `None`: the new value.
    pub fn merge(&mut self, key: K, value: V, f: impl FnOnce(&V, V) -> Option<V>) -> Option<V> {
        infallible(self.try_merge(key, value, |old, value| Ok(f(old, value))))
    }

    /// As [`merge`](Self::merge), for a closure that may fail.
    ///
    /// # Errors
    /// The closure's; then nothing has changed.
    pub fn try_merge<X>(
        &mut self,
        key: K,
        value: V,
        f: impl FnOnce(&V, V) -> Result<Option<V>, X>,
    ) -> Result<Option<V>, X> {
        self.decide(key, |old| match old {
            Some(old) => f(old, value).map(Decision::put_or_remove),
            None => Ok(Decision::Put(value)),
        })
    }

    /// The key's value, which is what `f` makes if there is none.
    pub fn get_or_insert_with(&mut self, key: K, f: impl FnOnce() -> V) -> V {
        infallible(self.try_get_or_insert_with(key, || Ok(f())))
    }

    /// As [`get_or_insert_with`](Self::get_or_insert_with), for a closure that may fail.
    ///
    /// # Errors
    /// The closure's; then nothing has changed.
    pub fn try_get_or_insert_with<X>(
        &mut self,
        key: K,
        f: impl FnOnce() -> Result<V, X>,
    ) -> Result<V, X> {
        let mut made = None;
        let present = self.decide(key, |value| match value {
            Some(_) => Ok(Decision::Keep),
            None => {
                let value = f()?;
                made = Some(value.clone());
                Ok(Decision::Put(value))
            }
        })?;
        match made.or(present) {
            Some(value) => Ok(value),
            None => unreachable!("there is a value, or one was made"),
        }
    }

    /// Sets the value of a key that has one: the old value. A key that has none stays so.
    pub fn replace(&mut self, key: K, value: V) -> Option<V> {
        let mut replaced = None;
        infallible(self.decide(key, |old| {
            replaced = old.cloned();
            Ok(Decision::put_or_keep(old.map(|_| value)))
        }));
        replaced
    }

    /// Sets the value of a key that has one which `condition` says yes to: whether it did.
    pub fn replace_if(&mut self, key: K, condition: impl FnOnce(&V) -> bool, value: V) -> bool {
        let mut is_replaced = false;
        infallible(self.decide(key, |old| {
            is_replaced = old.is_some_and(condition);
            Ok(Decision::put_or_keep(is_replaced.then_some(value)))
        }));
        is_replaced
    }

    /// Takes out a key that has a value which `condition` says yes to: whether it did.
    pub fn remove_if<Q>(&mut self, key: &Q, condition: impl FnOnce(&V) -> bool) -> bool
    where
        K: Borrow<Q>,
        Q: ToOwned<Owned = K> + ?Sized,
    {
        let mut is_removed = false;
        infallible(self.decide(key.to_owned(), |value| {
            is_removed = value.is_some_and(condition);
            Ok(if is_removed {
                Decision::Remove
            } else {
                Decision::Keep
            })
        }));
        is_removed
    }

    /// Shows `decide` the key's value, and logs what it decides: the value that is there then.
    fn decide<X>(
        &mut self,
        key: K,
        decide: impl FnOnce(Option<&V>) -> Result<Decision<V>, X>,
    ) -> Result<Option<V>, X> {
        let key = self.hashed(key);
        let present = self.catch_up().table.find(key.hash, &key.key);
        let present = present.map(|(_, value)| value);
        match decide(present)? {
            Decision::Keep => Ok(present.cloned()),
            Decision::Put(value) => {
                self.log(MapOp::Insert(key, value.clone()));
                Ok(Some(value))
            }
            Decision::Remove => {
                if present.is_some() {
                    self.log(MapOp::Remove(key));
                }
                Ok(None)
            }
        }
    }
}

fn infallible<T>(result: Result<T, Infallible>) -> T {
    match result {
        Ok(value) => value,
        Err(never) => match never {},
    }
}
