//! [`Batch`]: the changes of one write.

use std::borrow::Borrow;
use std::fmt;
use std::hash::{BuildHasher, Hash};

use crate::DefaultHashBuilder;
use left_right::Operation;

use crate::map::WriteHandle;
use crate::map::compute::{Decision, computes, find_if, infallible};
use crate::op::{Entries, Hashed, MapOp};
use crate::state::State;
use crate::table::{DefaultEngine, Engine, Table};

/// The changes of one write: made by [`SharedMap::write`](crate::SharedMap::write), and visible to
/// readers in one step.
///
/// It reads everything that was written before, by any thread, and its own changes.
/// If it panics, none of its changes is kept.
/// The closure owns what a call returns, such as the old value. If the `Drop` of that calls the map, return it
/// from the closure.
///
/// # Examples
///
/// ```
/// let map = evmap_core::SharedMap::new();
/// map.extend([("from", 10_u32), ("to", 0)]);
/// let (left, version) = map.write(|w| {
///     let left = w.get("from")?.checked_sub(3)?;
///     w.insert("from", left);
///     w.merge("to", 3, |n, more| Some(n + more));
///     Some(left)
/// });
/// assert_eq!(left, Some(7));
/// let view = map.read();
/// assert_eq!((view.get("from"), view.get("to")), (Some(&7), Some(&3)));
/// assert!(view.version() >= version);
/// ```
pub struct Batch<'a, K, V, S = DefaultHashBuilder, E: Engine = DefaultEngine> {
    map: &'a mut WriteHandle<K, V, S, (), E>,
}

impl<'a, K, V, S, E: Engine> Batch<'a, K, V, S, E> {
    pub(super) fn new(map: &'a mut WriteHandle<K, V, S, (), E>) -> Self {
        Batch { map }
    }

    /// The number of keys.
    ///
    /// # Panics
    /// As every method here, if an earlier call panicked and the closure caught that panic.
    pub fn len(&self) -> usize {
        self.state().table.len()
    }

    /// Whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All entries, in no order to rely on.
    pub fn iter(&self) -> <E::Table<K, V> as Table<K, V>>::Iter<'_> {
        self.state().table.iter()
    }

    /// The writer's copy, which has every change (each is applied as it is made).
    fn state(&self) -> &State<K, V, S, (), E> {
        assert!(
            !self.map.is_poisoned(),
            "an earlier call of this batch panicked, so it will be undone"
        );
        self.map.own()
    }
}

impl<K, V, S, E> Batch<'_, K, V, S, E>
where
    S: BuildHasher,
    E: Engine,
{
    /// The value of this key.
    pub fn get<Q>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.state().get_key_value(key).map(|(_, value)| value)
    }

    /// Whether there is a value of this key.
    pub fn contains_key<Q>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.get(key).is_some()
    }
}

impl<K, V, S, E> Batch<'_, K, V, S, E>
where
    K: Hash + Eq + Clone,
    V: Clone,
    S: BuildHasher,
    E: Engine,
{
    /// Sets the value of a key. Returns the old value.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        let key = self.map.hashed(key);
        self.insert_hashed(key, value)
    }

    /// Removes a key. Returns its value, if it was present.
    pub fn remove<Q>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.take_if(key, |_| true)
    }

    /// Removes everything. Keeps the capacity.
    pub fn clear(&mut self) {
        self.change(MapOp::Clear);
    }

    /// Keeps the entries for which `keep` returns `true`. It is called once for each.
    ///
    /// `keep` runs inside the write, under the map's writer lock: the section *Deadlocks* of
    /// [`SharedMap::write`](crate::SharedMap::write) is about it, too.
    pub fn retain(&mut self, keep: impl FnMut(&K, &V) -> bool) {
        self.map.retain(keep);
        self.map.apply_all();
    }

    /// Reserves capacity for this many more entries in each copy, if memory suffices.
    pub fn reserve(&mut self, additional: usize) {
        self.change(MapOp::Reserve(additional));
    }

    /// Frees capacity that is not needed.
    pub fn shrink_to_fit(&mut self) {
        self.change(MapOp::ShrinkToFit);
    }

    #[inline(always)]
    pub(super) fn insert_hashed(&mut self, key: Hashed<K>, value: V) -> Option<V> {
        // A shortcut for the most frequent write.
        let insert = MapOp::Insert(key, value);
        self.map.ops().apply_now(insert, |op, state| match op {
            MapOp::Insert(key, value) => state.insert_cloned(key, value.clone()),
            _ => None,
        })
    }

    /// Removes the key with this hash if `condition` returns `true` for its value. Returns the value.
    pub(super) fn remove_hashed_if<Q>(
        &mut self,
        hash: u64,
        key: &Q,
        condition: impl FnOnce(&V) -> bool,
    ) -> Option<V>
    where
        K: Borrow<Q>,
        Q: Eq + ?Sized,
    {
        let key = find_if(self.state(), hash, key, condition)?;
        self.apply_one(MapOp::Remove(key))
    }

    pub(super) fn load_hashed(&mut self, entries: Vec<(Hashed<K>, V)>) {
        if !entries.is_empty() {
            self.change(MapOp::Load(Entries::new(entries)));
        }
    }

    pub(super) fn decide_hashed<R, X>(
        &mut self,
        key: Hashed<K>,
        decide: impl FnOnce(Option<&V>) -> Result<(Decision<V>, R), X>,
    ) -> Result<R, X> {
        let result = self.map.decide_hashed(key, decide);
        self.map.apply_all();
        result
    }

    fn decide<R, X>(
        &mut self,
        key: K,
        decide: impl FnOnce(Option<&V>) -> Result<(Decision<V>, R), X>,
    ) -> Result<R, X> {
        let key = self.map.hashed(key);
        self.decide_hashed(key, decide)
    }

    fn take_if<Q>(&mut self, key: &Q, condition: impl FnOnce(&V) -> bool) -> Option<V>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let hash = self.state().hasher.hash_one(key);
        self.remove_hashed_if(hash, key, condition)
    }

    /// As [`take_if`](Self::take_if), but drops the value after the write. Returns whether there was one.
    fn remove_where<Q>(&mut self, key: &Q, condition: impl FnOnce(&V) -> bool) -> bool
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let taken = self.take_if(key, condition);
        let is_taken = taken.is_some();
        self.map.discard(None, taken);
        is_taken
    }

    /// Applies a change to one key. Returns the value that it removed.
    #[inline(always)]
    fn apply_one(&mut self, op: MapOp<K, V, ()>) -> Option<V> {
        self.map.ops().apply_now(op, MapOp::apply_returning)
    }

    fn change(&mut self, op: MapOp<K, V, ()>) {
        self.map.ops().apply_now(op, MapOp::apply);
    }
}

/// Changes that depend on the value that is there. Each closure is called at most once.
///
/// Each closure runs inside the write that the batch belongs to.
impl<K, V, S, E> Batch<'_, K, V, S, E>
where
    K: Hash + Eq + Clone,
    V: Clone,
    S: BuildHasher,
    E: Engine,
{
    computes!(
        [&mut self] self []
        "The closure runs inside the write, under the map's writer lock: the section *Deadlocks* of \
         [`SharedMap::write`](crate::SharedMap::write) is about it, too."
    );
}

impl<K, V, S, E> Extend<(K, V)> for Batch<'_, K, V, S, E>
where
    K: Hash + Eq + Clone,
    V: Clone,
    S: BuildHasher,
    E: Engine,
{
    /// Sets the values of many keys, in order, each by itself.
    ///
    /// [`SharedMap::extend`](crate::SharedMap::extend) fills an empty map faster, where the engine can.
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, entries: I) {
        for (key, value) in entries {
            let key = self.map.hashed(key);
            self.change(MapOp::Insert(key, value));
        }
    }
}

impl<K, V, S, E: Engine> fmt::Debug for Batch<'_, K, V, S, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch")
            .field("pending", &self.map.pending_changes())
            .finish_non_exhaustive()
    }
}
