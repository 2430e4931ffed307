//! The writes of a [`Cache`].

use std::hash::{BuildHasher, Hash};
use std::time::Duration;

use equivalent::Equivalent;

use super::change::{Change, Fresh};
use super::flights::Label;
use super::node::{Node, Tags};
use super::{Cache, RemovalCause, loads};
use crate::Shared;
use crate::op::Hashed;

/// How many expired entries are removed in one step.
const STEP: usize = 1000;

/// # Blocking
///
/// Each write waits for other writers, and it may wait for guards, as a write of a [`SharedMap`](crate::SharedMap) does: see
/// [`docs::blocking`](crate::docs::blocking). It blocks its thread then.
///
/// A write from inside the closure of another write of the same cache panics, and the message says why.
/// Two threads that write to two caches, each from inside a closure of a write of the other, wait for each other without
/// end.
impl<K, V, S> Cache<K, V, S>
where
    K: Hash + Eq + Clone,
    S: BuildHasher + Clone,
{
    /// Inserts a value, or replaces that of the key. Evicts other entries if the cache is full.
    ///
    /// The entry lives for the cache's [`time_to_live`](super::Builder::time_to_live), if there is one.
    /// An entry that is heavier than the whole cache is not inserted, and counted in [`stats`](Self::stats) as
    /// `refused`. If its key is present, that entry is removed, since its value is out of date.
    ///
    /// # Panics
    /// If the weigher or a key's `Hash`, `Eq` or `Clone` does. Nothing has changed then.
    ///
    /// # Examples
    /// ```
    /// let cache = evmap_core::cache::Cache::new(100);
    /// cache.insert("a", 1);
    /// cache.insert("a", 2);
    /// println!("{:?} {}", cache.get("a"), cache.entry_count()); // Some(2) 1
    /// # assert_eq!((cache.get("a"), cache.entry_count()), (Some(2), 1));
    /// ```
    pub fn insert(&self, key: K, value: V) {
        let lifetime = self.core().settings.time_to_live;
        self.insert_for(key, value, lifetime, Tags::default());
    }

    /// As [`insert`](Self::insert), but the entry lives for this time, whatever the cache's
    /// [`time_to_live`](super::Builder::time_to_live) is. The time is rounded up to milliseconds.
    ///
    /// An entry with no time to live is not inserted, and if its key is present, that entry is removed. An entry with
    /// `Duration::MAX` does not expire.
    ///
    /// # Panics
    /// As [`insert`](Self::insert).
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    /// use evmap_core::cache::{Cache, ManualClock};
    ///
    /// let clock = ManualClock::new();
    /// let cache = Cache::builder().clock(&clock).build();
    /// cache.insert_with_ttl("a", 1, Duration::from_secs(5));
    /// clock.advance(Duration::from_secs(5));
    /// println!("{:?}", cache.get("a")); // None
    /// # assert_eq!(cache.get("a"), None);
    /// ```
    pub fn insert_with_ttl(&self, key: K, value: V, time_to_live: Duration) {
        self.insert_for(key, value, Some(time_to_live), Tags::default());
    }

    /// As [`insert`](Self::insert). The entry has these tags: [`invalidate_tag`](Self::invalidate_tag) of one of them removes it.
    ///
    /// # Cost
    /// The cache keeps an index of all tags. Each entry with tags takes an allocation more, and about 40 bytes for each tag.
    ///
    /// # Panics
    /// As [`insert`](Self::insert).
    ///
    /// # Examples
    /// ```
    /// let cache = evmap_core::cache::Cache::new(100);
    /// cache.insert_tagged("/apple", "red", &["fruit", "price list"]);
    /// cache.insert_tagged("/leek", "green", &["price list"]);
    /// cache.invalidate_tag("fruit");
    /// println!("{:?} {:?}", cache.get("/apple"), cache.get("/leek")); // None Some("green")
    /// # assert_eq!((cache.get("/apple"), cache.get("/leek")), (None, Some("green")));
    /// ```
    pub fn insert_tagged(&self, key: K, value: V, tags: &[&str]) {
        let lifetime = self.core().settings.time_to_live;
        self.insert_for(key, value, lifetime, loads::tags(tags));
    }

    fn insert_for(&self, key: K, value: V, lifetime: Option<Duration>, tags: Tags) {
        let (key, fresh, forgotten) = self.begin_insertion(key, value, lifetime, tags);
        self.core().change(|change| _ = change.insert(key, fresh));
        if let Some((absent, key)) = forgotten {
            absent.invalidate(&key);
        }
    }

    /// Detaches the loads of a key that is to be inserted. Returns what to insert, and the key once more if what is remembered
    /// of keys without a value is to forget it afterwards. Runs user code.
    #[expect(clippy::type_complexity, reason = "used once in each of two places")]
    pub(super) fn begin_insertion(
        &self,
        key: K,
        value: V,
        lifetime: Option<Duration>,
        tags: Tags,
    ) -> (Hashed<K>, Fresh<V>, Option<(&Cache<K, (), S>, K)>) {
        let fresh = Fresh {
            weight: self.core().weigh(&key, &value),
            value,
            lifetime,
            tags,
        };
        let hash = self.hasher().hash_one(&key);
        let absent = self.loads().absent.as_ref();
        let forgotten = absent.map(|absent| (absent, key.clone()));
        self.loads().flights().detach(hash);
        (Hashed { hash, key }, fresh, forgotten)
    }

    /// Removes a key, and detaches its load.
    fn remove_for<Q>(&self, key: &Q) -> Option<Shared<Node<V>>>
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        let hash = self.hasher().hash_one(key);
        self.loads().flights().detach(hash);
        let change =
            |change: &mut Change<'_, K, V, S>| change.remove(hash, key, RemovalCause::Explicit);
        let removed = self.core().change(change);
        if let Some(absent) = &self.loads().absent {
            absent.invalidate(key);
        }
        removed
    }

    /// Removes a key. Returns a clone of its value, or `None` if the key was absent or had expired.
    ///
    /// # Panics
    /// If a key's `Hash`, `Eq` or `Clone` does: nothing has changed then. If the value's `Clone` does: it is removed.
    ///
    /// # Examples
    /// ```
    /// let cache = evmap_core::cache::Cache::new(100);
    /// cache.insert("a", 1);
    /// println!("{:?} {:?}", cache.remove("a"), cache.remove("a")); // Some(1) None
    /// # cache.insert("a", 1);
    /// # assert_eq!((cache.remove("a"), cache.remove("a")), (Some(1), None));
    /// ```
    pub fn remove<Q>(&self, key: &Q) -> Option<V>
    where
        Q: Hash + Equivalent<K> + ?Sized,
        V: Clone,
    {
        self.remove_for(key).map(|node| node.value.clone())
    }

    /// Removes a key. As [`remove`](Self::remove), for values that need not be `Clone`.
    ///
    /// # Panics
    /// If a key's `Hash`, `Eq` or `Clone` does. Nothing has changed then.
    ///
    /// # Examples
    /// ```
    /// let cache = evmap_core::cache::Cache::new(100);
    /// cache.insert("a", 1);
    /// cache.invalidate("a");
    /// println!("{:?}", cache.get("a")); // None
    /// # assert_eq!(cache.get("a"), None);
    /// ```
    pub fn invalidate<Q>(&self, key: &Q)
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        self.remove_for(key);
    }

    /// Removes all entries.
    ///
    /// # Cost
    /// O(n), while other writers wait.
    ///
    /// # Examples
    /// ```
    /// let cache = evmap_core::cache::Cache::new(100);
    /// cache.insert("a", 1);
    /// cache.invalidate_all();
    /// println!("{}", cache.entry_count()); // 0
    /// # assert_eq!((cache.entry_count(), cache.get("a")), (0, None));
    /// ```
    pub fn invalidate_all(&self) {
        self.loads().flights().detach_if(|_| true);
        self.core().change(|change| change.remove_all());
        if let Some(absent) = &self.loads().absent {
            absent.invalidate_all();
        }
    }

    /// Removes the entries that have this tag, all in one step. They were inserted by
    /// [`insert_tagged`](Self::insert_tagged) or [`get_with_tagged`](Self::get_with_tagged).
    ///
    /// # Cost
    /// O(n) in the entries that have the tag and in the loads that are under way, while other writers wait.
    ///
    /// # Panics
    /// If the `Eq` or `Clone` of a key does. Nothing has changed then.
    ///
    /// # Examples
    /// See [`insert_tagged`](Self::insert_tagged).
    pub fn invalidate_tag(&self, tag: &str) {
        self.loads().flights().detach_if(has_tag(tag));
        self.core().change(|change| change.remove_tagged(tag));
    }

    /// Removes the entries for which `condition` returns `true`, all in one step.
    ///
    /// # Cost
    /// Calls `condition` once for each entry, while other writers wait.
    ///
    /// # Panics
    /// If `condition` does, or the `Eq` or `Clone` of a key. Nothing has changed then. If `condition` writes to the cache.
    ///
    /// # Examples
    /// ```
    /// let cache = evmap_core::cache::Cache::new(100);
    /// for n in 0..10 {
    ///     cache.insert(n, n);
    /// }
    /// cache.invalidate_if(|key, _| key % 2 == 0);
    /// println!("{} {:?}", cache.entry_count(), cache.get(&4)); // 5 None
    /// # assert_eq!((cache.entry_count(), cache.get(&4)), (5, None));
    /// ```
    pub fn invalidate_if(&self, condition: impl FnMut(&K, &V) -> bool) {
        self.loads().flights().detach_if(|_| true);
        self.core().change(|change| change.remove_if(condition));
        if let Some(absent) = &self.loads().absent {
            absent.invalidate_all();
        }
    }

    /// Removes expired entries, calls the listener for each removal that it does not know yet, and drops removed values
    /// that no guard can see, on the calling thread.
    ///
    /// A background thread does all of that anyway. Call it in a test, or before you look at the counts.
    /// A value that a copy of the table still has, since it was removed by the last write, is dropped by that thread.
    /// While another thread calls the listener, it waits. Inside the listener, it leaves further calls for later.
    pub fn run_pending_tasks(&self) {
        let core = self.core();
        // In steps, so that not too many wait for the listener. Inside the listener itself they do wait, so the janitor
        // removes the rest.
        while core.change(|change| change.remove_expired(STEP)) {
            core.handle_waiting_removals();
            if core.with_removals(|removals| removals.is_half_full()) {
                core.request_janitor(Duration::ZERO);
                break;
            }
        }
        core.handle_waiting_removals();
    }
}

/// Whether what a caller loads will have this tag.
pub(super) fn has_tag(tag: &str) -> impl Fn(&Label) -> bool {
    move |label| label.tags.iter().any(|other| **other == *tag)
}
