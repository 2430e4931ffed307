//! [`Batch`]: the changes of one write.

use std::fmt;
use std::hash::{BuildHasher, Hash};

use equivalent::Equivalent;

use super::immediate_writes::immediate_writes;
use crate::DefaultHashBuilder;
use crate::TryReserveError;
use crate::map::decide::Decision;
use crate::map::writes::{infallible, writes};
use crate::map::{OwnView, WriteHandle};
use crate::op::{Hashed, MapOp};
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

    /// The number of keys, with the changes of this write.
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

    /// All entries, with the changes of this write, in no order to rely on.
    pub fn iter(&self) -> <E::Table<K, V> as Table<K, V>>::Iter<'_> {
        self.state().table.iter()
    }

    /// A view of the state that the write has made so far.
    ///
    /// # Examples
    /// ```
    /// let map = evmap_core::SharedMap::from([("a", 1), ("b", 2)]);
    /// let (sum, _version) = map.write(|w| {
    ///     w.insert("b", 3);
    ///     w.view().values().sum::<i32>()
    /// });
    /// println!("{sum}"); // 4
    /// # assert_eq!(sum, 4);
    /// ```
    pub fn view(&self) -> OwnView<'_, K, V, S, (), E> {
        OwnView::new(self.state())
    }

    /// The writer's copy, which has every change (each is applied as it is made).
    fn state(&self) -> &State<K, V, S, (), E> {
        self.refuse_after_panic();
        self.map.own()
    }

    fn refuse_after_panic(&self) {
        assert!(
            !self.map.is_poisoned(),
            "an earlier call of this batch panicked, so it will be undone"
        );
    }
}

impl<K, V, S, E> Batch<'_, K, V, S, E>
where
    S: BuildHasher,
    E: Engine,
{
    /// The value of this key, with the changes of this write.
    ///
    /// # Examples
    /// ```
    /// let map = evmap_core::SharedMap::from([("a", 1)]);
    /// map.write(|w| {
    ///     w.insert("a", 2);
    ///     println!("{:?} {:?}", w.get("a"), map.get_cloned("a")); // Some(2) Some(1)
    /// #   assert_eq!((w.get("a"), map.get_cloned("a")), (Some(&2), Some(1)));
    /// });
    /// ```
    pub fn get<Q>(&self, key: &Q) -> Option<&V>
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        self.state().get_key_value(key).map(|(_, value)| value)
    }

    /// Whether this key is present, with the changes of this write.
    pub fn contains_key<Q>(&self, key: &Q) -> bool
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        self.get(key).is_some()
    }
}

/// Changes. Each closure runs inside the write that the batch belongs to. That of `retain` is called once for each entry,
/// any other at most once.
/// When the changes of a batch are visible, for the documentation of each.
macro_rules! visible {
    () => {
        "Later calls of the batch see the change at once; readers see it when the write ends."
    };
}

/// What the calls of a batch wait for.
macro_rules! blocking {
    () => {
        "Does not wait: the write that the batch belongs to has the writer lock and its copy already."
    };
}

/// When the calls of a batch panic.
macro_rules! panics {
    () => {
        "If user code does: a closure, or the `Hash`, `Eq` or `Clone` of a key or value. The whole write is undone then. (A \
         panic of this call's own closure may be caught inside the write, which then continues without this change. If one \
         that came while a change was made is caught, each later call of the batch panics, and the write is undone all the \
         same.)"
    };
}

impl<K, V, S, E> Batch<'_, K, V, S, E>
where
    K: Hash + Eq + Clone,
    V: Clone,
    S: BuildHasher,
    E: Engine,
{
    immediate_writes!(
        [&mut self] self
        visible: visible!(), blocking: blocking!(), panics: panics!(),
        before: "let shared = evmap_core::SharedMap::new();\nshared.write(|map| {",
        after: "});"
    );

    writes!(
        [&mut self] self
        inside: "The closure runs inside the write, under the map's writer lock: the section *Deadlocks* of \
                 [`SharedMap::write`](crate::SharedMap::write) is about it, too.",
        visible: visible!(), blocking: blocking!(), panics: panics!(),
        before: "let shared = evmap_core::SharedMap::new();\nshared.write(|map| {",
        after: "});"
    );

    fn run<R>(&mut self, write: impl FnOnce(&mut WriteHandle<K, V, S, (), E>) -> R) -> R {
        self.refuse_after_panic();
        write(self.map)
    }

    fn hashed(&self, key: K) -> Hashed<K> {
        self.map.hashed(key)
    }

    fn hash_of<Q: Hash + ?Sized>(&self, key: &Q) -> u64 {
        self.map.hash_of(key)
    }
}

impl<K, V, S, E> Extend<(K, V)> for Batch<'_, K, V, S, E>
where
    K: Hash + Eq + Clone,
    V: Clone,
    S: BuildHasher,
    E: Engine,
{
    /// Inserts many keys, or replaces their values, in order, one by one.
    ///
    /// [`SharedMap::extend`](crate::SharedMap::extend) fills an empty map faster, where the engine can.
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, entries: I) {
        for (key, value) in entries {
            let key = self.hashed(key);
            self.run(|w| w.apply_now(MapOp::Insert(key, value)));
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
