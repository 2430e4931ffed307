//! Changes to the single-valued map.

use std::hash::{BuildHasher, Hash};

use equivalent::Equivalent;

use super::WriteHandle;
use super::decide::Decision;
use super::writes::{infallible, writes};
use crate::TryReserveError;
use crate::op::MapOp;
use crate::state::State;
use crate::table::Engine;

/// Changes that are logged: each becomes visible to readers with the next [`refresh`](Self::refresh), and waits for
/// nobody.
impl<K, V, S, M, E> WriteHandle<K, V, S, M, E>
where
    K: Hash + Eq + Clone,
    V: Clone,
    S: BuildHasher,
    M: Clone,
    E: Engine,
{
    /// Inserts a key, or replaces its value, with the next [`refresh`](Self::refresh). Logged; does not wait.
    ///
    /// It does not return the old value, since it does not look for it. [`replace`](Self::replace),
    /// [`insert_if_absent`](Self::insert_if_absent) and [`compute`](Self::compute) do.
    ///
    /// # Cost
    /// Hashes the key once, for both copies, and appends to the log.
    ///
    /// # Panics
    /// If the key's `Hash` does; nothing is logged then.
    ///
    /// # Examples
    /// ```
    /// let (mut writer, reader) = evmap_core::new();
    /// writer.insert("a", 1);
    /// println!("{:?} {:?}", writer.get("a"), reader.get_cloned("a")); // Some(1) None
    /// # assert_eq!((writer.get("a"), reader.get_cloned("a")), (Some(&1), None));
    /// writer.refresh();
    /// println!("{:?}", reader.get_cloned("a")); // Some(1)
    /// # assert_eq!(reader.get_cloned("a"), Some(1));
    /// ```
    pub fn insert(&mut self, key: K, value: V) {
        let key = self.hashed(key);
        self.log(MapOp::Insert(key, value));
    }

    /// Removes a key and its value, if it is present, with the next [`refresh`](Self::refresh). Logged; does not wait.
    ///
    /// To have the value, use [`remove_entry`](Self::remove_entry).
    ///
    /// The log keeps a clone of the map's own key, so any borrowed form of a key will do. A key that is neither
    /// published nor pending is absent, and nothing is logged.
    ///
    /// # Cost
    /// A lookup in the published state. For a key that is not published, also one in an index of the pending changes.
    /// Such a call first indexes the changes made since the last one: amortised O(1) for each change. The next refresh
    /// frees the index.
    ///
    /// # Panics
    /// If the `Hash`, `Eq` or `Clone` of a key does; nothing is logged then.
    ///
    /// # Examples
    /// ```
    /// use std::sync::Arc;
    ///
    /// let (mut writer, reader) = evmap_core::new::<Arc<str>, u32>();
    /// writer.insert("a".into(), 1);
    /// writer.remove("a"); // it is pending still
    /// writer.insert("b".into(), 2);
    /// writer.refresh();
    /// writer.remove("b");
    /// writer.remove("c");
    /// writer.refresh();
    /// println!("{:?}", reader.read()); // {}
    /// # assert!(reader.is_empty());
    /// ```
    pub fn remove<Q>(&mut self, key: &Q)
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        if let Some(key) = self.owned_key(key) {
            self.log(MapOp::Remove(key));
        }
    }

    /// Removes all entries, with the next [`refresh`](Self::refresh). Keeps the capacity. Logged; does not wait.
    pub fn clear(&mut self) {
        self.log(MapOp::Clear);
    }

    /// Reserves capacity for this many more entries in each copy, on the next refresh, if memory
    /// suffices. Logged; does not wait.
    pub fn reserve(&mut self, additional: usize) {
        self.log(MapOp::Reserve(additional));
    }

    /// Frees capacity that is not needed, on the next refresh. Logged; does not wait.
    pub fn shrink_to_fit(&mut self) {
        self.log(MapOp::ShrinkToFit);
    }

    /// Replaces the meta value, which is published with the next refresh. Logged; does not wait.
    pub fn set_meta(&mut self, meta: M) {
        self.log(MapOp::SetMeta(meta));
    }
}

/// Changes that depend on what is there, with the writer's own unrefreshed changes. Each is logged, and applied to the
/// writer's own copy at once.
///
/// The closure of `retain` is called once for each entry, any other at most once; only its decision is logged. So it may have
/// effects of its own, read a clock, or fail. `compute`, `compute_if_absent`, `compute_if_present`
/// and `merge` mean what they mean in Java's `ConcurrentHashMap`.
///
/// # Examples
///
/// ```
/// let (mut writer, reader) = evmap_core::new();
/// assert_eq!(writer.merge("sold", 1, |sum, n| Some(sum + n)), Some(1));
/// assert_eq!(writer.merge("sold", 1, |sum, n| Some(sum + n)), Some(2));
/// assert_eq!(writer.get_or_insert_with("since", || 2026), 2026);
///
/// // Compare and set, compare and remove:
/// assert!(writer.replace_if("sold", |&n| n == 2, 10));
/// assert!(!writer.remove_if("sold", |&n| n == 2));
/// writer.refresh();
/// assert_eq!(reader.get_cloned("sold"), Some(10));
/// ```
impl<K, V, S, M, E> WriteHandle<K, V, S, M, E>
where
    K: Hash + Eq + Clone,
    V: Clone,
    S: BuildHasher,
    M: Clone,
    E: Engine,
{
    writes!(
        [&mut self] self
        inside: "The closure runs on the calling thread, and no lock of the map is held meanwhile.",
        visible: "Readers see the change after the next [`refresh`](Self::refresh).",
        blocking: "Applies the pending changes to the writer's copy first, for which it waits for guards that were taken \
                   before the last refresh. After a successful [`try_catch_up`](Self::try_catch_up) or \
                   [`catch_up_timeout`](Self::catch_up_timeout) it does not wait. This holds until the next refresh.",
        panics: "If a closure does. Nothing has changed then. As [`refresh`](Self::refresh), if the `Hash`, `Eq`, `Clone` \
                 or `Drop` of a key or value panics while a change is made: the writer \
                 [is poisoned](Self::is_poisoned) then.",
        before: "let (mut map, _reader) = evmap_core::new();",
        after: ""
    );

    fn run<R>(&mut self, write: impl FnOnce(&mut Self) -> R) -> R {
        write(self)
    }
}
