//! [`Snapshot`]: one published state of a map, owned.

use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasher, Hash};
use std::ops::Index;

use equivalent::Equivalent;
use left_right::Version;

use super::state_reads::{equal_entries, have_equal_entries, state_reads};
use super::{Iter, Keys, OwnView, Values, View};
use crate::DefaultHashBuilder;
use crate::state::State;
use crate::table::{DefaultEngine, Engine, Table};

/// One published state of a map, for all keys, owned: a [`View`] that borrows no reader, and that may be sent to
/// other threads and dropped there.
///
/// Returned by [`SharedMap::snapshot`](crate::SharedMap::snapshot),
/// [`SharedReader::snapshot`](crate::SharedReader::snapshot) and
/// [`ReadHandle::into_snapshot`](crate::ReadHandle::into_snapshot).
/// It still shows its state once the map and all its readers are gone.
///
/// It is `Send` and `Sync` if the map's keys, values, hasher and meta value are. It is not `Clone`, since no second reader
/// can enter a copy that is not the newest any more: share one in an [`Arc`](std::sync::Arc).
///
/// # Across an `.await`
///
/// A future that holds a snapshot is `Send`, so a runtime may run it on any thread:
/// ```
/// use evmap_core::SharedMap;
///
/// fn spawn<F: Future<Output = usize> + Send + 'static>(_: F) {} // as a runtime demands it
///
/// async fn report(prices: SharedMap<String, u32>) -> usize {
///     let snapshot = prices.snapshot();
///     for (name, price) in &snapshot {
///         send(name, *price).await;
///     }
///     snapshot.len() // as it was at the beginning
/// }
/// # async fn send(_: &str, _: u32) {}
///
/// let prices = SharedMap::new();
/// spawn(report(prices.clone()));
/// ```
/// With `read()` in the place of `snapshot()`, that does not compile:
/// ```compile_fail
/// use evmap_core::SharedMap;
///
/// fn spawn<F: Future<Output = usize> + Send + 'static>(_: F) {} // as a runtime demands it
///
/// async fn report(prices: SharedMap<String, u32>) -> usize {
///     let view = prices.read();
///     for (name, price) in &view {
///         send(name, *price).await;
///     }
///     view.len()
/// }
/// # async fn send(_: &str, _: u32) {}
///
/// let prices = SharedMap::new();
/// spawn(report(prices.clone()));
/// ```
///
/// # Blocking
///
/// A snapshot keeps its copy unchanged as a view does, on whichever thread it is. A map with a single writer refreshes
/// once more while it lives; the refresh after that, and whatever else needs that copy, waits for it, or fails and names
/// it: [`ReadersBusy`](crate::ReadersBusy) has its [label](Self::set_label), and says that it
/// [is a snapshot](crate::BusyReader::is_snapshot).
///
/// # Writers of a `SharedMap`
///
/// The first write after a snapshot was taken does not wait for it. The second one needs the snapshot's copy.
///
/// - While fewer than [`max_retired`] copies are set aside (4 by default), that write clones all entries at once. It does
///   not wait for [`stall_limit`]. The snapshot's copy is set aside, and takes memory until the snapshot is dropped.
/// - Once that many are set aside, a write waits until a reader leaves. [`try_write`] and [`write_timeout`] return an
///   error that names the snapshots. A thread that keeps more snapshots of different versions than that, and then
///   writes, waits for itself.
///
/// Snapshots of one version usually share their copy. For a short read on one thread, take a view: writers wait a
/// moment for it before they clone anything.
///
/// To keep a state for long, collect the entries of a snapshot into a `Vec` or a `HashMap`, and drop the snapshot.
/// [`deep_clone`](crate::SharedMap::deep_clone) makes a new map instead, which has two copies of them. Neither holds up
/// a writer.
///
/// [`stall_limit`]: crate::shared_map::Builder::stall_limit
/// [`max_retired`]: crate::shared_map::Builder::max_retired
/// [`try_write`]: crate::SharedMap::try_write
/// [`write_timeout`]: crate::SharedMap::write_timeout
///
/// # Panics
///
/// `snapshot[&key]` panics if the key is absent.
///
/// # Examples
///
/// ```
/// use std::collections::HashMap;
///
/// let (mut writer, reader) = evmap_core::Builder::new().build_from([("a", 1), ("b", 2)]);
/// let snapshot = reader.shared_reader().snapshot();
/// writer.clear();
/// writer.refresh();
/// assert_eq!((snapshot["a"], snapshot.get("c"), reader.len()), (1, None, 0));
/// assert_eq!(snapshot, HashMap::from([("a", 1), ("b", 2)]));
///
/// let sum = std::thread::spawn(move || snapshot.values().sum::<i32>());
/// assert_eq!(sum.join().unwrap(), 3);
/// ```
pub struct Snapshot<K, V, S = DefaultHashBuilder, M = (), E: Engine = DefaultEngine> {
    pub(crate) state: left_right::Snapshot<State<K, V, S, M, E>>,
}

impl<K, V, S, M, E: Engine> Snapshot<K, V, S, M, E> {
    pub(crate) fn new(state: left_right::Snapshot<State<K, V, S, M, E>>) -> Self {
        Snapshot { state }
    }

    /// The version of this state.
    #[inline]
    pub fn version(&self) -> Version {
        self.state.version()
    }

    /// Names this snapshot, and the calling thread as its thread, in the errors of writers that it is in the way of.
    ///
    /// A label that was set on the handle before [`into_snapshot`](crate::ReadHandle::into_snapshot) stays until another
    /// one is set.
    pub fn set_label(&self, label: impl Into<String>) {
        self.state.set_label(label);
    }
}

state_reads!([K, V, S, M, E] Snapshot<K, V, S, M, E>, '_);

equal_entries! {
    Snapshot<> == Snapshot<>,
    Snapshot<> == View<'_>,
    View<'_> == Snapshot<>,
    Snapshot<> == OwnView<'_>,
    OwnView<'_> == Snapshot<>,
}

impl<'s, K, V, S, M, E: Engine> IntoIterator for &'s Snapshot<K, V, S, M, E> {
    type Item = (&'s K, &'s V);
    type IntoIter = Iter<'s, K, V, E>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
