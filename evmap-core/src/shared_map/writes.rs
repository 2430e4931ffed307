//! The writes of a [`SharedMap`].

use std::hash::{BuildHasher, Hash};
use std::time::{Duration, Instant};

use equivalent::Equivalent;
use left_right::Version;

use super::immediate_writes::immediate_writes;
use super::wait_limit::WaitLimit;
use super::{Batch, SharedMap, WriteError};
use crate::TryReserveError;
use crate::map::WriteHandle;
use crate::map::decide::Decision;
use crate::map::writes::{infallible, writes};
use crate::op::{Hashed, MapOp};
use crate::state::State;
use crate::table::Engine;

/// When a write is visible, for the docs of each.
macro_rules! visible {
    () => {
        "The change is visible when the call returns, or within [`refresh_every`](crate::shared_map::Builder::refresh_every). While the \
         calling thread holds a guard or a view of this map, its own reads keep showing that state: see \
         [*Guards of the writing thread*](crate::SharedMap#guards-of-the-writing-thread)."
    };
}
pub(super) use visible;

/// What a write waits for, for the docs of each.
macro_rules! blocking {
    () => {
        "Waits for the map's writer lock, and so for the closures of other writers. If a reader is still in the copy that is \
         written next, it may also wait for the reader, and clone all entries to go past it: see \
         [*Readers that do not leave*](crate::SharedMap#readers-that-do-not-leave). \
         [`try_write`](crate::SharedMap::try_write) never waits. \
         [`write_timeout`](crate::SharedMap::write_timeout) waits for a limited time. With \
         [`write_async`](crate::SharedMap::write_async) the task waits, and the thread does not."
    };
}
pub(super) use blocking;

/// When a write panics, for the docs of each.
macro_rules! panics {
    () => {
        "If user code does: a closure, or the `Hash`, `Eq` or `Clone` of a key or value. This write changes nothing then. \
         If it is called from inside a write of the same map: it would wait for itself. \
         With [`max_retired(0)`](crate::shared_map::Builder::max_retired), if only guards of the calling thread are in its \
         way, for the same reason. \
         If a `Clone` keeps panicking during recovery from another write's panic; the message says whether this write is kept."
    };
}
pub(super) use panics;

/// Each is atomic, returns its result, and is visible when it returns, or within
/// [`refresh_every`](super::Builder::refresh_every). A write that changes nothing is not published, but what it saw is.
impl<K, V, S, E> SharedMap<K, V, S, E>
where
    K: Hash + Eq + Clone,
    V: Clone,
    S: BuildHasher + Clone,
    E: Engine,
{
    immediate_writes!(
        [&self] self
        visible: visible!(), blocking: blocking!(), panics: panics!(),
        before: "let map = evmap_core::SharedMap::new();",
        after: ""
    );

    /// Makes many changes in one step, which readers see all at once. Returns the closure's result, and
    /// the version that shows them (and everything that the closure saw).
    ///
    /// # Deadlocks
    /// `f` runs under the map's writer lock, as does the closure of every other method here.
    /// So do the `Eq`, `Hash` and `Clone` of keys and values.
    /// A closure that waits for another writer of the same map never returns, since that writer waits
    /// for the lock.
    ///
    /// The map detects one case: a call from the very thread that is inside the write panics.
    /// It cannot detect the others:
    ///
    /// - *The closure waits for a thread that writes to this map.* It joins the thread, receives from
    ///   it, or waits for jobs of a thread pool, as rayon's parallel iterators do. A pool's thread that
    ///   waits may also take on a job that has nothing to do with the closure; if that job writes to
    ///   this map, it is a call from inside, and panics.
    /// - *Two maps are locked in both orders.* One thread writes to `b` inside a write of `a`, and
    ///   another to `a` inside a write of `b`.
    /// - *A lock is taken in both orders.* The closure locks a mutex, and a thread that holds it writes
    ///   to this map.
    ///
    /// So do slow work first, and work that needs other threads. Then write, and give the closure the result.
    /// Inside, the batch is there to read and write, and reads of any map are fine: they take no lock.
    /// Where a closure needs a second map, let all threads lock the two in the same order, or ask for
    /// the second with [`try_write`](Self::try_write) or [`write_timeout`](Self::write_timeout), and
    /// leave the closure if that fails.
    ///
    /// # Blocking
    #[doc = blocking!()]
    ///
    /// # Panics
    #[doc = panics!()]
    ///
    /// # Examples
    /// ```
    /// let map = evmap_core::SharedMap::from([("apples", 5), ("pears", 0)]);
    /// let (moved, version) = map.write(|w| {
    ///     let moved = w.remove("apples");
    ///     w.merge("pears", moved.unwrap_or(0), |sum, n| Some(sum + n));
    ///     moved
    /// });
    /// println!("{moved:?} {version}"); // Some(5) 1
    /// println!("{map:?}"); // {"pears": 5}
    /// # assert_eq!((moved, version.as_u64()), (Some(5), 1));
    /// # assert_eq!(format!("{map:?}"), r#"{"pears": 5}"#);
    /// # assert_eq!(map.wait_for(version), version, "visible already");
    /// ```
    pub fn write<R>(&self, f: impl FnOnce(&mut Batch<'_, K, V, S, E>) -> R) -> (R, Version) {
        self.core().write_blocking(|map| f(&mut Batch::new(map)))
    }

    /// As [`write`](Self::write), but does not wait, neither for the writer lock nor for readers: it
    /// looks a bounded number of times.
    ///
    /// `f` runs under the map's writer lock. It must not write to this map, nor wait for a thread that
    /// does: see the section *Deadlocks* of [`write`](Self::write). Inside a write of another map,
    /// `try_write` is the way to lock this one without the risk that two threads wait for each other.
    ///
    /// # Blocking
    /// Never waits. It may clone the map, which takes long if the map is large. It does so to go past a guard of its own
    /// thread, a snapshot, or a reader that has been in the way for
    /// [`stall_limit`](crate::shared_map::Builder::stall_limit).
    ///
    /// # Panics
    #[doc = panics!()]
    ///
    /// The exception is `max_retired`: this form returns an error there.
    ///
    /// # Errors
    /// [`WriteError`] says what is in the way. The closure was not called; to keep what it holds, give
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
    /// println!("{:?}", error.readers()[0].label); // Some("a long report")
    /// # assert_eq!(error.readers()[0].label.as_deref(), Some("a long report"));
    /// drop(report);
    /// map.try_write(|w| w.insert(2, "two"))?;
    /// # Ok::<(), WriteError>(())
    /// ```
    ///
    /// A transfer between two maps while another thread transfers the other way. Each locks one map and
    /// tries the other; the one that finds it taken gives its own up, which lets the other thread go on.
    ///
    /// ```
    /// use std::{sync::mpsc, thread, time::Duration};
    /// use evmap_core::{SharedMap, shared_map::WriteError};
    ///
    /// fn transfer(
    ///     from: &SharedMap<&str, i32>,
    ///     to: &SharedMap<&str, i32>,
    ///     before_second: impl FnOnce() + Send,
    /// ) -> Result<(), WriteError> {
    ///     let (moved, _version) = from.write(|w| {
    ///         before_second();
    ///         // On an error the closure ends before it has changed anything.
    ///         to.try_write(|w| w.merge("ann", 3, |n, more| Some(n + more)))?;
    ///         w.compute("ann", |n| Some(n? - 3));
    ///         Ok(())
    ///     });
    ///     moved
    /// }
    ///
    /// let (checking, savings) = (SharedMap::new(), SharedMap::new());
    /// checking.insert("ann", 10);
    /// savings.insert("ann", 10);
    /// let (is_inside, inside) = mpsc::channel();
    /// let (has_left, left) = mpsc::channel();
    /// thread::scope(|scope| {
    ///     scope.spawn(|| {
    ///         transfer(&savings, &checking, move || {
    ///             is_inside.send(()).unwrap();
    ///             // Without the timeout, a mistake would hang instead of failing.
    ///             left.recv_timeout(Duration::from_secs(10)).unwrap();
    ///         })
    ///         .unwrap();
    ///     });
    ///     inside.recv().unwrap();
    ///     // Both threads are inside now, each in its own map.
    ///     let refused = transfer(&checking, &savings, || {});
    ///     assert!(matches!(refused, Err(WriteError::Occupied)));
    ///     has_left.send(()).unwrap();
    /// });
    /// // The other thread has made its transfer. A program tries again until it succeeds, too.
    /// transfer(&checking, &savings, || {})?;
    /// assert_eq!(checking.get_cloned("ann"), Some(10));
    /// assert_eq!(savings.get_cloned("ann"), Some(10));
    /// # Ok::<(), WriteError>(())
    /// ```
    pub fn try_write<R>(
        &self,
        f: impl FnOnce(&mut Batch<'_, K, V, S, E>) -> R,
    ) -> Result<(R, Version), WriteError> {
        self.core()
            .write(WaitLimit::NoWait, |map| f(&mut Batch::new(map)))
    }

    /// As [`write`](Self::write), but waits no longer than `timeout` for the writer lock and for readers.
    ///
    /// `f` runs under the map's writer lock. It must not write to this map, nor wait for a thread that
    /// does: see the section *Deadlocks* of [`write`](Self::write). The timeout ends when `f` begins:
    /// it does not limit how long `f` takes, nor what `f` waits for.
    ///
    /// # Blocking
    /// As [`write`](Self::write), for no longer than `timeout`. It may clone the map, which takes its own time.
    ///
    /// # Panics
    #[doc = panics!()]
    ///
    /// The exception is `max_retired`: this form returns an error there, once `timeout` has passed.
    /// (`Duration::MAX` is no timeout: then it panics as `write` does.)
    ///
    /// # Errors
    /// [`WriteError`] says what is in the way. The closure was not called; to keep what it holds, give
    /// it by reference: `map.write_timeout(timeout, &mut f)`.
    ///
    /// # Examples
    /// ```
    /// use std::{sync::mpsc, thread, time::Duration};
    /// use evmap_core::{SharedMap, shared_map::WriteError};
    ///
    /// let map = SharedMap::new();
    /// let (is_inside, inside) = mpsc::channel();
    /// let (is_over, over) = mpsc::channel();
    /// let (soon, later) = (Duration::from_millis(5), Duration::from_secs(10));
    /// thread::scope(|scope| {
    ///     // A write that takes long.
    ///     scope.spawn(|| {
    ///         map.write(move |_| {
    ///             is_inside.send(()).unwrap();
    ///             over.recv_timeout(later).unwrap();
    ///         });
    ///     });
    ///     inside.recv().unwrap();
    ///     let error = map.write_timeout(soon, |w| w.insert(1, "one")).unwrap_err();
    ///     println!("{error}"); // nothing was written: other writers have had the map all the time
    /// #   assert!(matches!(error, WriteError::Occupied) && error.readers().is_empty());
    /// #   assert_eq!(error.to_string(), "nothing was written: other writers have had the map all the time");
    ///     is_over.send(()).unwrap();
    /// });
    /// let (old, _version) = map.write_timeout(later, |w| w.insert(1, "one"))?;
    /// println!("{old:?}"); // None
    /// # assert_eq!(old, None);
    /// # Ok::<(), WriteError>(())
    /// ```
    pub fn write_timeout<R>(
        &self,
        timeout: Duration,
        f: impl FnOnce(&mut Batch<'_, K, V, S, E>) -> R,
    ) -> Result<(R, Version), WriteError> {
        let limit = Instant::now()
            .checked_add(timeout)
            .map_or(WaitLimit::Unlimited, WaitLimit::Until);
        self.core().write(limit, |map| f(&mut Batch::new(map)))
    }

    /// Runs a write. Returns its result once it is visible, or at once if it is deferred.
    #[inline]
    pub(crate) fn run<R>(&self, write: impl FnOnce(&mut WriteHandle<K, V, S, (), E>) -> R) -> R {
        self.core().write_blocking(write).0
    }

    /// As [`run`](Self::run), for a task.
    pub(crate) async fn run_async<R>(
        &self,
        write: impl FnOnce(&mut WriteHandle<K, V, S, (), E>) -> R,
    ) -> R {
        self.core().write_async(write).await.0
    }

    /// As [`run`](Self::run), but never waits.
    pub(crate) fn try_run<R>(
        &self,
        write: impl FnOnce(&mut WriteHandle<K, V, S, (), E>) -> R,
    ) -> Result<R, WriteError> {
        let (result, _) = self.core().write(WaitLimit::NoWait, write)?;
        Ok(result)
    }

    pub(super) fn hashed(&self, key: K) -> Hashed<K> {
        Hashed {
            hash: self.hash_of(&key),
            key,
        }
    }

    fn hash_of<Q: Hash + ?Sized>(&self, key: &Q) -> u64 {
        self.hasher().hash_one(key)
    }
}

/// Changes that depend on what is there. Each is atomic, and calls its closure under the map's writer lock: that of
/// `retain` once for each entry, any other at most once.
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
    writes!(
        [&self] self
        inside: "The closure runs under the map's writer lock. It must not write to this map, nor wait for a \
                 thread that does: see the section *Deadlocks* of [`write`](Self::write).",
        visible: visible!(), blocking: blocking!(), panics: panics!(),
        before: "let map = evmap_core::SharedMap::new();",
        after: ""
    );
}
