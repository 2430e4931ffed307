//! The writes of a [`SharedMap`].

use std::borrow::Borrow;
use std::hash::{BuildHasher, Hash};
use std::time::{Duration, Instant};

use left_right::Version;

use super::patience::Patience;
use super::{Batch, Builder, SharedMap, WriteError};
use crate::map::compute::{Decision, computes, infallible};
use crate::op::Hashed;
use crate::table::Engine;

/// Each is atomic, returns its result, and is visible when it returns, or within
/// [`refresh_every`](super::Builder::refresh_every).
///
/// # Blocking
/// Each waits for the turns of writers that came before it, for as long as their closures run.
/// It waits for readers only if they are still in the copy that is written next, and for no longer
/// than [`stall_limit`](super::Builder::stall_limit), unless as many copies as allowed are set aside
/// already.
/// A write that changes nothing is not published, but what it saw is.
///
/// # Panics
/// If a closure panics, or the `Hash`, `Eq` or `Clone` of a key or value: then nothing of this write
/// stays.
/// If a `Clone` keeps panicking during recovery from another write's panic: the panic says whether this write
/// is kept.
/// If it is called from inside a write of the same map, or if only views of the calling thread itself
/// are in its way at [`max_retired`](super::Builder::max_retired): it would wait for itself.
impl<K, V, S, E> SharedMap<K, V, S, E>
where
    K: Hash + Eq + Clone,
    V: Clone,
    S: BuildHasher + Clone,
    E: Engine,
{
    /// Sets the value of a key: the old value.
    pub fn insert(&self, key: K, value: V) -> Option<V> {
        let key = self.hashed(key);
        self.run(|batch| batch.insert_hashed(key, value)).0
    }

    /// Takes out a key and its value, if it is there: the value.
    pub fn remove<Q>(&self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.take_if(key, |_| true)
    }

    /// Sets the values of many keys, in one step.
    ///
    /// The iterator is run to its end first, so it may use the map.
    /// An engine that has a faster way to fill an empty table takes it.
    /// To begin with a filled map, [`Builder::build_from`](super::Builder::build_from) is faster.
    pub fn extend(&self, entries: impl IntoIterator<Item = (K, V)>) {
        let entries: Vec<_> = entries
            .into_iter()
            .map(|(key, value)| (self.hashed(key), value))
            .collect();
        // Should one panic, all are dropped after the write.
        self.run(|batch| batch.load_hashed(entries));
    }

    /// Takes out everything, and keeps the room.
    pub fn clear(&self) {
        self.run(|batch| batch.clear());
    }

    /// Keeps the entries that `keep` says yes to. It is called once for each.
    pub fn retain(&self, keep: impl FnMut(&K, &V) -> bool + Send) {
        self.run(|batch| batch.retain(keep));
    }

    /// Makes room for this many more entries in each copy, if there is so much memory.
    pub fn reserve(&self, additional: usize) {
        self.run(|batch| batch.reserve(additional));
    }

    /// Gives back room that is not needed.
    pub fn shrink_to_fit(&self) {
        self.run(|batch| batch.shrink_to_fit());
    }

    /// Makes many changes in one step, which readers see all at once: the closure's result, and the
    /// version that shows them (and everything that the closure saw).
    ///
    /// # Examples
    /// ```
    /// let map = evmap_core::SharedMap::new();
    /// let (was_new, version) = map.write(|w| {
    ///     w.insert("b", 2);
    ///     w.insert("a", 1).is_none()
    /// });
    /// assert!(was_new);
    /// assert_eq!(map.wait_for(version), version); // visible already
    /// assert_eq!(map.len(), 2);
    /// ```
    pub fn write<R>(&self, f: impl FnOnce(&mut Batch<'_, K, V, S, E>) -> R + Send) -> (R, Version) {
        self.run(f)
    }

    /// As [`write`](Self::write), but waits for nobody: neither for a turn nor for readers.
    ///
    /// # Errors
    /// [`WriteError`] says who is in the way. The closure was not called; to keep what it holds, give
    /// it by reference: `map.try_write(&mut f)`.
    ///
    /// # Examples
    /// ```
    /// use evmap_core::{SharedMap, shared_map::WriteError};
    ///
    /// let map = SharedMap::<_, _>::builder().max_retired(0).build();
    /// let handle = map.read_handle();
    /// handle.set_label("a long report");
    /// let report = handle.read();
    /// map.insert(1, "one");
    /// let error = map.try_write(|w| w.insert(2, "two")).unwrap_err();
    /// assert!(error.to_string().contains("a long report"));
    /// drop(report);
    /// map.try_write(|w| w.insert(2, "two"))?;
    /// # Ok::<(), WriteError>(())
    /// ```
    pub fn try_write<R>(
        &self,
        f: impl FnOnce(&mut Batch<'_, K, V, S, E>) -> R + Send,
    ) -> Result<(R, Version), WriteError> {
        self.core().write(Patience::Try, f)
    }

    /// As [`write`](Self::write), but waits no longer than `timeout` for its turn and for readers.
    ///
    /// # Errors
    /// [`WriteError`] says who is in the way. The closure was not called; to keep what it holds, give
    /// it by reference: `map.write_timeout(timeout, &mut f)`.
    pub fn write_timeout<R>(
        &self,
        timeout: Duration,
        f: impl FnOnce(&mut Batch<'_, K, V, S, E>) -> R + Send,
    ) -> Result<(R, Version), WriteError> {
        let patience = Instant::now()
            .checked_add(timeout)
            .map_or(Patience::Endless, Patience::Until);
        self.core().write(patience, f)
    }

    fn run<R>(&self, batch: impl FnOnce(&mut Batch<'_, K, V, S, E>) -> R) -> (R, Version) {
        match self.core().write(Patience::Endless, batch) {
            Ok(done) => done,
            Err(error) => unreachable!("an endless wait ended: {error}"),
        }
    }

    fn take_if<Q>(&self, key: &Q, condition: impl FnOnce(&V) -> bool) -> Option<V>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let hash = self.hasher().hash_one(key);
        self.run(|batch| batch.take_hashed(hash, key, condition)).0
    }

    fn remove_where<Q>(&self, key: &Q, condition: impl FnOnce(&V) -> bool) -> bool
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.take_if(key, condition).is_some()
    }

    fn hashed(&self, key: K) -> Hashed<K> {
        Hashed {
            hash: self.hasher().hash_one(&key),
            key,
        }
    }

    fn decide<R, X>(
        &self,
        key: K,
        decide: impl FnOnce(Option<&V>) -> Result<(Decision<V>, R), X>,
    ) -> Result<R, X> {
        let key = self.hashed(key);
        self.run(|batch| batch.decide_hashed(key, decide)).0
    }
}

/// Changes that depend on the value that is there. Each is atomic, and calls its closure at most
/// once; see [`WriteHandle::compute`](crate::WriteHandle::compute) and its kin.
///
/// # Examples
///
/// ```
/// let map = evmap_core::SharedMap::new();
/// assert_eq!(map.get_or_insert_with("limit", || 10), 10);
/// // Compare and set, compare and remove:
/// assert!(map.replace_if("limit", |&n| n == 10, 20));
/// assert!(!map.remove_if("limit", |&n| n == 10));
/// // What may fail changes nothing then:
/// let parsed = map.try_compute("limit", |_| "many".parse().map(Some));
/// assert!(parsed.is_err());
/// assert_eq!(map.get_cloned("limit"), Some(20));
/// ```
impl<K, V, S, E> SharedMap<K, V, S, E>
where
    K: Hash + Eq + Clone,
    V: Clone,
    S: BuildHasher + Clone,
    E: Engine,
{
    computes!([&self] self [+ Send]);
}

impl<K, V, S> FromIterator<(K, V)> for SharedMap<K, V, S>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
    S: BuildHasher + Default + Clone + Send + Sync + 'static,
{
    /// A map with the usual settings and these entries, which readers see from the first version on:
    /// as [`Builder::build_from`](super::Builder::build_from) makes it.
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let builder = Builder::new().hasher(S::default());
        builder.build_from(entries)
    }
}
