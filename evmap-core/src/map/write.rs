//! [`WriteHandle`]: the writer of a map.

use std::fmt;
use std::hash::{BuildHasher, Hash};
use std::time::Duration;

use left_right::{OpWriteHandle, Operation, Stats, SwapError, TooManyRetired, Version};

use super::pending_keys::PendingKeys;
use super::{LookupCounts, ReadHandle, ReadHandleFactory, SharedReader};
use crate::DefaultHashBuilder;
use crate::op::{Hashed, MapOp};
use crate::state::State;
use crate::table::{DefaultEngine, Engine, Table};

/// The writer of a map: changes are logged, and readers see them all at once on
/// [`refresh`](Self::refresh).
///
/// Dropping it does not wait, and discards unrefreshed changes. Readers keep the last
/// published state.
///
/// The last type parameter is the kind of operation that the writer logs, which tells the
/// single-valued map from the [multimap](crate::multimap); leave it at its default.
///
/// # Examples
///
/// ```
/// let (mut writer, reader) = evmap_core::new();
/// writer.insert("a", 1);
/// writer.insert("b", 2);
/// writer.remove(&"a");
/// assert_eq!(writer.get("b"), Some(&2)); // its own unrefreshed writes
/// assert!(reader.is_empty());
/// writer.refresh();
/// assert_eq!(reader.len(), 1);
/// ```
pub struct WriteHandle<
    K,
    V,
    S = DefaultHashBuilder,
    M = (),
    E: Engine = DefaultEngine,
    O = MapOp<K, V, M>,
> {
    pub(crate) ops: OpWriteHandle<State<K, V, S, M, E>, O>,
    hasher: S,
    /// Returns how many changes an operation stands for. A field, since most methods are generic over the operation.
    changes: fn(&O) -> usize,
    /// Finds keys that pending operations insert. Made on first need.
    pub(super) pending_keys: Option<Box<PendingKeys>>,
}

/// Buckets of a growth that an empty refresh rehashes, which takes a few hundred microseconds.
const REHASHED_BY_REFRESH: usize = 4096;
/// Buckets of a growth that a read through the writer rehashes.
const REHASHED_BY_READ: usize = 8;

/// The part that does not depend on the kind of operation.
impl<K, V, S, M, E: Engine, O> WriteHandle<K, V, S, M, E, O> {
    pub(crate) fn over(
        ops: OpWriteHandle<State<K, V, S, M, E>, O>,
        hasher: S,
        changes: fn(&O) -> usize,
    ) -> Self {
        WriteHandle {
            ops,
            hasher,
            changes,
            pending_keys: None,
        }
    }

    /// Whether there are changes that readers do not see yet. Does not wait.
    pub fn has_pending(&self) -> bool {
        !self.ops.pending().is_empty()
    }

    /// Whether the writer's copy cannot be used: a panic in user code left it half changed, or the
    /// system refused a memory barrier that it had granted before. [`rebuild`](Self::rebuild)
    /// recovers from both.
    pub fn is_poisoned(&self) -> bool {
        self.ops.is_poisoned()
    }

    /// The version that readers see. Does not wait.
    pub fn version(&self) -> Version {
        self.ops.version()
    }

    /// Figures of this moment. Those pending are changes: each entry that was given to `extend` is one.
    ///
    /// # Cost
    /// O(changes that are pending). Locks the list of readers for a moment.
    pub fn stats(&self) -> Stats {
        let mut stats = self.ops.stats();
        stats.pending = self.pending_changes();
        stats
    }

    /// How many lookups of the readers have found a value and how many have not: see
    /// [`ReadHandle::lookup_counts`](super::ReadHandle::lookup_counts). The writer's own reads do not count.
    pub fn lookup_counts(&self) -> LookupCounts {
        if E::COUNTS_LOOKUPS {
            LookupCounts::new(self.ops.counts())
        } else {
            LookupCounts::default()
        }
    }

    /// Returns the writer's copy as it is. It may lack changes, or be half changed after a panic.
    pub(crate) fn own(&self) -> &State<K, V, S, M, E> {
        self.ops.get().write_buffer()
    }

    pub(crate) fn pending(&self) -> &[O] {
        self.ops.pending()
    }

    pub(crate) fn pending_changes(&self) -> usize {
        self.pending().iter().map(self.changes).sum()
    }

    /// Whether both copies have all changes and no growth is under way in either.
    ///
    /// [Refreshes](Self::refresh) with no changes settle the copies, if no reader is in the writer's copy.
    /// One refresh applies the changes (then removed values are dropped). A growth needs one for every
    /// 4,096 buckets of each copy's old table, and two more.
    pub fn is_settled(&self) -> bool {
        !self.is_poisoned() && self.ops.is_settled() && !self.is_growing()
    }

    pub(crate) fn is_growing(&self) -> bool {
        self.own().table.is_growing() || self.published().table.is_growing()
    }

    /// How many buckets of a growth are postponed, in both copies, since the `Hash` of the key there panicked:
    /// see [`Incremental`](crate::table::Incremental).
    ///
    /// A growth of which only such buckets are left counts as over.
    pub fn postponed(&self) -> usize {
        self.own().table.postponed() + self.published().table.postponed()
    }

    /// The copy that readers see.
    pub(crate) fn published(&self) -> &State<K, V, S, M, E> {
        self.ops.get().read_buffer()
    }

    pub(crate) fn log(&mut self, op: O) {
        self.ops.push(op);
    }

    pub(crate) fn log_all(&mut self, ops: impl IntoIterator<Item = O>) {
        self.ops.extend(ops);
    }
}

impl<K, V, S: Clone, M, E: Engine, O> WriteHandle<K, V, S, M, E, O> {
    /// A reader of its own. Locks the list of readers for a moment; waits for no guard.
    pub fn read_handle(&self) -> ReadHandle<K, V, S, M, E> {
        ReadHandle::new(self.ops.read_handle(), self.hasher.clone())
    }

    /// Makes readers in other threads.
    pub fn factory(&self) -> ReadHandleFactory<K, V, S, M, E> {
        ReadHandleFactory::new(self.ops.factory(), self.hasher.clone())
    }

    /// A reader that threads may share.
    pub fn shared_reader(&self) -> SharedReader<K, V, S, M, E> {
        SharedReader::new(self.ops.shared_reader(), self.hasher.clone())
    }
}

impl<K, V, S: BuildHasher, M, E: Engine, O> WriteHandle<K, V, S, M, E, O> {
    #[inline]
    pub(crate) fn hashed(&self, key: K) -> Hashed<K>
    where
        K: Hash,
    {
        Hashed {
            hash: self.hash_of(&key),
            key,
        }
    }

    #[inline]
    pub(crate) fn hash_of<Q: Hash + ?Sized>(&self, key: &Q) -> u64 {
        self.hasher.hash_one(key)
    }
}

impl<K, V, S, M, E, O> WriteHandle<K, V, S, M, E, O>
where
    K: Hash,
    S: BuildHasher,
    E: Engine,
    O: Operation<State<K, V, S, M, E>>,
{
    /// Publishes all changes at once: swaps the two copies. A read that begins after this has returned sees them.
    /// Returns the version that readers see then.
    ///
    /// With no changes the version stays the same; if no reader is in the writer's copy, removed values
    /// that are still kept there are dropped, and a growth that is under way continues in one of the
    /// copies: see [`is_settled`](Self::is_settled).
    ///
    /// # Blocking
    /// Waits for guards that were taken before the last refresh, never for those taken since.
    /// If the calling thread holds such a guard itself, it waits for itself without end.
    /// [`try_refresh`](Self::try_refresh) never waits, [`refresh_timeout`](Self::refresh_timeout) has a limit, and
    /// [`refresh_async`](Self::refresh_async) is for tasks.
    /// Without changes it waits for nobody.
    ///
    /// # Cost
    /// O(changes), each being applied to one copy now and to the other later, one heavy fence (see
    /// [`FenceMode`](crate::FenceMode)), and a look at each live reader.
    /// A table that fills up is rehashed, as its [engine](crate::table) does it.
    ///
    /// # Panics
    /// If `Hash`, `Eq`, `Clone` or `Drop` of a key or value panics while changes are applied: then
    /// nothing is published, and the writer [is poisoned](Self::is_poisoned) and panics from then
    /// on, until it is [rebuilt](Self::rebuild).
    /// (A stored key whose `Hash` panics in a growth of [`Incremental`](crate::table::Incremental) is
    /// [postponed](Self::postponed) instead.)
    ///
    /// # Examples
    /// ```
    /// let (mut writer, reader) = evmap_core::new();
    /// writer.insert("a", 1);
    /// writer.insert("b", 2);
    /// println!("{} {}", writer.refresh(), reader.len()); // 1 2
    /// # assert_eq!((writer.version().as_u64(), reader.len()), (1, 2));
    /// println!("{}", writer.refresh()); // 1: without changes there is no new version
    /// # assert_eq!(writer.refresh().as_u64(), 1);
    /// ```
    pub fn refresh(&mut self) -> Version {
        let had_pending = self.has_pending();
        let version = self.ops.swap_buffers();
        self.after_refresh(had_pending);
        version
    }

    /// As [`refresh`](Self::refresh), but does not wait: it looks a bounded number of times.
    ///
    /// # Errors
    /// [`SwapError`]: nothing was published, and no change is lost. `Busy` names the readers in the way, by their label and
    /// thread. `Poisoned` says that the writer needs a [`rebuild`](Self::rebuild).
    ///
    /// # Panics
    /// As [`refresh`](Self::refresh), the first time.
    ///
    /// # Examples
    /// ```
    /// let (mut writer, reader) = evmap_core::new();
    /// reader.set_label("report");
    /// let view = reader.read();
    /// writer.insert("a", 1);
    /// writer.refresh(); // the first refresh after the view was taken
    /// writer.insert("b", 2);
    /// let error = writer.try_refresh().unwrap_err();
    /// println!("{error}"); // a reader is still inside the writer's copy: "report" of thread main for 5µs
    /// # assert!(error.to_string().contains(r#""report""#), "{error}");
    /// drop(view);
    /// writer.try_refresh()?;
    /// println!("{}", reader.len()); // 2
    /// # assert_eq!(reader.len(), 2);
    /// # Ok::<(), evmap_core::SwapError>(())
    /// ```
    pub fn try_refresh(&mut self) -> Result<Version, SwapError> {
        let had_pending = self.has_pending();
        let version = self.ops.try_swap_buffers()?;
        self.after_refresh(had_pending);
        Ok(version)
    }

    /// As [`refresh`](Self::refresh), but waits no longer than `timeout`.
    ///
    /// # Errors
    /// [`SwapError`]: nothing was published, and no change is lost.
    ///
    /// # Panics
    /// As [`refresh`](Self::refresh), the first time.
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    ///
    /// let (mut writer, reader) = evmap_core::new();
    /// let view = reader.read();
    /// for n in [1, 2] {
    ///     writer.insert(n, n);
    ///     let refreshed = writer.refresh_timeout(Duration::from_millis(10));
    ///     println!("{}", refreshed.is_ok()); // true, and then false
    /// #   assert_eq!(refreshed.is_ok(), n == 1);
    /// }
    /// println!("{}", writer.has_pending()); // true: the change is kept
    /// # assert!(writer.has_pending() && view.is_empty());
    /// ```
    pub fn refresh_timeout(&mut self, timeout: Duration) -> Result<Version, SwapError> {
        if self.has_pending() {
            let version = self.ops.swap_buffers_timeout(timeout)?;
            self.after_refresh(true);
            Ok(version)
        } else {
            // It would not wait.
            self.try_refresh()
        }
    }

    /// Replaces the writer's copy by a clone of the published one. Recovers a poisoned writer, and
    /// frees one that waits for a reader which does not leave.
    ///
    /// Unpublished changes are kept, except one that panicked while it was applied: it is removed
    /// from the log and returned. (Many entries that were given to `extend` are one.)
    /// A copy that readers are still in is set aside. This writer has no thread of its own, so the copy
    /// is freed by the first later refresh, `rebuild` or read through the writer after they have left, or when the
    /// writer is dropped. ([`SharedMap`](crate::SharedMap) frees it without further calls.)
    /// See [`left_right::OpWriteHandle::rebuild`].
    ///
    /// # Blocking
    /// Does not wait.
    ///
    /// # Cost
    /// A clone of every key and value.
    ///
    /// # Errors
    /// [`TooManyRetired`]: readers are still in the writer's copy, and
    /// [`Builder::max_retired`](crate::Builder::max_retired) copies are retired already.
    /// Nothing has changed.
    ///
    /// # Panics
    /// If a `Clone` does: then nothing has changed, and it may be called again.
    ///
    /// # Examples
    /// ```
    /// let (mut writer, reader) = evmap_core::new();
    /// let stalled = reader.read();
    /// writer.insert("a", 1);
    /// writer.refresh();
    /// writer.insert("b", 2);
    /// if writer.try_refresh().is_err() {
    ///     writer.rebuild()?; // goes past `stalled`, for good
    /// }
    /// writer.refresh();
    /// assert_eq!((stalled.len(), reader.clone().len()), (0, 2));
    /// # Ok::<(), evmap_core::TooManyRetired>(())
    /// ```
    pub fn rebuild(&mut self) -> Result<Option<O>, TooManyRetired>
    where
        K: Clone,
        V: Clone,
        S: Clone,
        M: Clone,
    {
        // It may remove an operation from the log.
        self.pending_keys = None;
        self.ops.rebuild()
    }

    /// Frees the index of what was pending. With nothing pending, does a rehash step.
    #[inline]
    pub(super) fn after_refresh(&mut self, had_pending: bool) {
        if !had_pending {
            self.rehash_step();
        } else if self.pending_keys.is_some() {
            self.forget_pending_keys();
        }
    }

    /// Out of line, since most refreshes find no index.
    #[cold]
    #[inline(never)]
    fn forget_pending_keys(&mut self) {
        self.pending_keys = None;
    }

    pub(crate) fn caught_up(&mut self) -> &State<K, V, S, M, E> {
        self.apply_all();
        if self.own().table.is_growing() {
            self.ops
                .tidy_with(|state| state.rehash_step(REHASHED_BY_READ));
        }
        self.own()
    }

    /// Applies all changes to the writer's copy. Waits if readers are in it. If none are, it frees no copy that was set
    /// aside.
    #[inline]
    pub(crate) fn apply_all(&mut self) {
        if !self.ops.catch_up_if_ready() {
            self.ops.catch_up();
        }
    }

    /// With nothing pending, does a rehash step in the writer's copy. Swaps the copies once that copy is done and the
    /// other one still grows. An earlier swap would waste a refresh on a copy that is done.
    fn rehash_step(&mut self) {
        let is_other_growing = self.published().table.is_growing();
        if is_other_growing || self.own().table.is_growing() {
            self.ops.settle_with(|state| {
                state.rehash_step(REHASHED_BY_REFRESH);
                is_other_growing && !state.table.is_growing()
            });
        }
    }
}

impl<K, V, S, M, E: Engine, O> fmt::Debug for WriteHandle<K, V, S, M, E, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WriteHandle")
            .field("version", &self.version())
            .field("pending", &self.pending_changes())
            .field("is_poisoned", &self.is_poisoned())
            .finish_non_exhaustive()
    }
}
