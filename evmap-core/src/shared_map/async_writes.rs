//! The writes of a [`SharedMap`] for tasks.

use std::hash::{BuildHasher, Hash};

use equivalent::Equivalent;
use left_right::Version;

use super::{Batch, SharedMap};
use crate::table::Engine;

/// Writes for tasks, on any runtime. Each does what the method without `_async` does.
///
/// [`write_async`](Self::write_async) says what they wait for, what a dropped future has done, and when they panic.
///
/// # Examples
///
/// A handler of a web server:
/// ```
/// use evmap_core::SharedMap;
///
/// async fn set_price(prices: &SharedMap<String, u64>, item: &str, price: u64) -> Option<u64> {
///     prices.insert_async(item.to_owned(), price).await
/// }
///
/// // Its future may move between the threads of a runtime.
/// fn is_send<T: Send>(future: T) -> T {
///     future
/// }
///
/// let prices = SharedMap::new();
/// let write = is_send(set_price(&prices, "apple", 120));
/// # let mut write = std::pin::pin!(write);
/// # let mut context = std::task::Context::from_waker(std::task::Waker::noop());
/// # loop { if let std::task::Poll::Ready(old) = write.as_mut().poll(&mut context) { assert_eq!(old, None); break; } }
/// # /*
/// println!("{:?}", write.await); // None
/// # */
/// ```
impl<K, V, S, E> SharedMap<K, V, S, E>
where
    K: Hash + Eq + Clone,
    V: Clone,
    S: BuildHasher + Clone,
    E: Engine,
{
    /// As [`write`](Self::write), for a task: makes many changes in one step, which readers see all at once.
    ///
    /// # Blocking
    /// A task waits for the map's writer lock in one queue with threads, and gives its thread up meanwhile. If the copy that
    /// is written next is not ready then, the *janitor*, a background thread of the process, makes it ready and wakes the
    /// task. So no poll
    ///
    /// - waits for another writer or for a reader, or sleeps,
    /// - clones the map, or
    /// - replays more than 1,000 changes.
    ///
    /// What the closure does happens in a poll. So does a rehash: of a table that grows, or by `reserve` and
    /// `shrink_to_fit`. With [`Incremental`](crate::table::Incremental), growth takes small steps.
    ///
    /// Three exceptions: if the system starts no thread for the janitor or the publisher, a poll does the work of that thread.
    /// A task that is run on the janitor, in a `Drop`, waits as a thread does. And a task that finds more than 1,000 changes to
    /// replay a second time, because a thread with large writes was faster, replays up to twice as many, and so on.
    ///
    /// A task that is woken to take the lock and is not run within ten milliseconds is passed over by the next thread that waits
    /// behind it, or by the janitor, and joins the queue again. So no runtime that is busy, and no waker that does nothing or
    /// panics, stops other writers for longer than about thirty milliseconds.
    /// A waker must not write to the map, nor wait for it. It may run inside a poll of its own task, on a thread that has just
    /// written, that waits to write, or that drops a future, and on the janitor. None of these holds the map's lock then.
    ///
    /// # Cancellation
    /// If a future is dropped before its closure has run, nothing was written. The closure and the publication run in one poll.
    /// So if the closure has run, the write is complete.
    /// With [`refresh_every`](super::Builder::refresh_every), a future is ready once its write is made, and the write is visible
    /// within that time.
    ///
    /// # Panics
    /// If the closure does, or the `Hash`, `Eq` or `Clone` of a key or value: then this write changes nothing.
    /// If it is run inside a write of the same map: it would wait for itself.
    /// If the map needs a fresh copy, after another write's panic or to go past a reader, and a `Clone` panics: then nothing was
    /// written.
    /// At `max_retired` it never panics: where only guards of the thread are in its way, the task waits.
    ///
    /// # Examples
    /// ```
    /// # use std::{pin::pin, task::{Context, Poll, Waker}};
    /// let map = evmap_core::SharedMap::from([("a", 1)]);
    /// let swap = map.write_async(|w| {
    ///     let a = w.remove("a");
    ///     w.insert("b", a.unwrap_or(0))
    /// });
    /// # let mut swap = pin!(swap);
    /// # let (old, version) = loop {
    /// #     if let Poll::Ready(it) = swap.as_mut().poll(&mut Context::from_waker(Waker::noop())) { break it; }
    /// # };
    /// # /*
    /// let (old, version) = swap.await;
    /// # */
    /// println!("{old:?} {version} {map:?}"); // None 1 {"b": 1}
    /// # assert_eq!(format!("{old:?} {version} {map:?}"), r#"None 1 {"b": 1}"#);
    /// ```
    pub async fn write_async<R>(
        &self,
        f: impl FnOnce(&mut Batch<'_, K, V, S, E>) -> R,
    ) -> (R, Version) {
        let write = |map: &mut _| f(&mut Batch::new(map));
        self.core().write_async(write).await
    }

    /// As [`insert`](Self::insert), for a task. Returns the old value.
    ///
    /// It waits, may be cancelled and panics as [`write_async`](Self::write_async).
    ///
    /// # Examples
    /// ```
    /// use evmap_core::SharedMap;
    ///
    /// async fn rename(tenants: SharedMap<u64, &str>) {
    ///     println!("{:?}", tenants.insert_async(7, "ann").await); // None
    ///     println!("{:?}", tenants.get_cloned(&7)); // Some("ann")
    /// #   assert_eq!((tenants.get_cloned(&7), tenants.insert_async(7, "bob").await), (Some("ann"), Some("ann")));
    /// }
    /// # fn block_on<T>(future: impl Future<Output = T>) -> T {
    /// #     let mut future = std::pin::pin!(future);
    /// #     let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    /// #     loop {
    /// #         if let std::task::Poll::Ready(value) = future.as_mut().poll(&mut context) {
    /// #             return value;
    /// #         }
    /// #         std::thread::yield_now();
    /// #     }
    /// # }
    /// # block_on(rename(SharedMap::new()));
    /// ```
    pub async fn insert_async(&self, key: K, value: V) -> Option<V> {
        self.write_async(|w| w.insert(key, value)).await.0
    }

    /// As [`insert_if_absent`](Self::insert_if_absent), for a task.
    ///
    /// It waits, may be cancelled and panics as [`write_async`](Self::write_async).
    ///
    /// # Errors
    /// Returns the given value if the key is present; then nothing has changed.
    pub async fn insert_if_absent_async(&self, key: K, value: V) -> Result<(), V> {
        self.write_async(|w| w.insert_if_absent(key, value)).await.0
    }

    /// As [`remove`](Self::remove), for a task. Returns the value, if the key was present.
    ///
    /// It waits, may be cancelled and panics as [`write_async`](Self::write_async).
    pub async fn remove_async<Q>(&self, key: &Q) -> Option<V>
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        self.write_async(|w| w.remove(key)).await.0
    }

    /// As [`compute`](Self::compute), for a task. Returns the new value.
    ///
    /// It waits, may be cancelled and panics as [`write_async`](Self::write_async).
    pub async fn compute_async(
        &self,
        key: K,
        f: impl FnOnce(Option<&V>) -> Option<V>,
    ) -> Option<V> {
        self.write_async(|w| w.compute(key, f)).await.0
    }

    /// As [`compute_if_absent`](Self::compute_if_absent), for a task. Returns the value that is there now.
    ///
    /// It waits, may be cancelled and panics as [`write_async`](Self::write_async).
    pub async fn compute_if_absent_async(
        &self,
        key: K,
        f: impl FnOnce() -> Option<V>,
    ) -> Option<V> {
        self.write_async(|w| w.compute_if_absent(key, f)).await.0
    }

    /// As [`merge`](Self::merge), for a task. Returns the new value.
    ///
    /// It waits, may be cancelled and panics as [`write_async`](Self::write_async).
    pub async fn merge_async(
        &self,
        key: K,
        value: V,
        f: impl FnOnce(&V, V) -> Option<V>,
    ) -> Option<V> {
        self.write_async(|w| w.merge(key, value, f)).await.0
    }

    /// As [`update`](Self::update), for a task. Returns the new value, or `None` if the key has none.
    ///
    /// It waits, may be cancelled and panics as [`write_async`](Self::write_async).
    pub async fn update_async<Q>(&self, key: &Q, f: impl FnOnce(&V) -> V) -> Option<V>
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        self.write_async(|w| w.update(key, f)).await.0
    }
}
