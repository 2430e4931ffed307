//! The writes of a [`Cache`] for tasks.

use std::hash::{BuildHasher, Hash};
use std::time::Duration;

use equivalent::Equivalent;

use super::change::Change;
use super::node::{Node, Tags};
use super::writes::has_tag;
use super::{Cache, RemovalCause, loads};
use crate::Shared;

/// # Writes for tasks
///
/// Each does what the method without `_async` does, on any runtime. No poll waits for a writer or for a reader: see
/// [`SharedMap::write_async`](crate::SharedMap::write_async), which also says when a poll panics.
///
/// If a future is dropped before it has ended, the change is made completely or not at all. (With
/// [`negative_ttl`](super::Builder::negative_ttl), the cache may still remember that the key has no value.)
impl<K, V, S> Cache<K, V, S>
where
    K: Hash + Eq + Clone,
    S: BuildHasher + Clone,
{
    /// As [`insert`](Self::insert).
    ///
    /// # Examples
    /// ```
    /// use evmap_core::cache::Cache;
    ///
    /// async fn put(pages: &Cache<String, String>, path: &str, page: &str) {
    ///     pages.insert_async(path.to_owned(), page.to_owned()).await;
    /// }
    ///
    /// let pages = Cache::new(100);
    /// let put = put(&pages, "/", "welcome");
    /// # let mut put = std::pin::pin!(put);
    /// # let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    /// # while put.as_mut().poll(&mut context).is_pending() {}
    /// # assert_eq!(pages.get("/").as_deref(), Some("welcome"));
    /// # /*
    /// put.await;
    /// println!("{:?}", pages.get("/")); // Some("welcome")
    /// # */
    /// ```
    pub async fn insert_async(&self, key: K, value: V) {
        let lifetime = self.core().settings.time_to_live;
        self.insert_for_async(key, value, lifetime, Tags::default())
            .await;
    }

    /// As [`insert_with_ttl`](Self::insert_with_ttl).
    pub async fn insert_with_ttl_async(&self, key: K, value: V, time_to_live: Duration) {
        self.insert_for_async(key, value, Some(time_to_live), Tags::default())
            .await;
    }

    /// As [`insert_tagged`](Self::insert_tagged).
    pub async fn insert_tagged_async(&self, key: K, value: V, tags: &[&str]) {
        let lifetime = self.core().settings.time_to_live;
        self.insert_for_async(key, value, lifetime, loads::tags(tags))
            .await;
    }

    async fn insert_for_async(&self, key: K, value: V, lifetime: Option<Duration>, tags: Tags) {
        let (key, fresh, forgotten) = self.begin_insertion(key, value, lifetime, tags);
        let write = |change: &mut Change<'_, K, V, S>| _ = change.insert(key, fresh);
        self.core().change_async(write).await;
        if let Some((absent, key)) = forgotten {
            absent.remove_here_async(&key).await;
        }
    }

    /// As [`remove`](Self::remove).
    pub async fn remove_async<Q>(&self, key: &Q) -> Option<V>
    where
        Q: Hash + Equivalent<K> + ?Sized,
        V: Clone,
    {
        let removed = self.remove_for_async(key).await;
        removed.map(|node| node.value.clone())
    }

    /// As [`invalidate`](Self::invalidate).
    pub async fn invalidate_async<Q>(&self, key: &Q)
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        self.remove_for_async(key).await;
    }

    async fn remove_for_async<Q>(&self, key: &Q) -> Option<Shared<Node<V>>>
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        let removed = self.remove_here_async(key).await;
        if let Some(absent) = &self.loads().absent {
            absent.remove_here_async(key).await;
        }
        removed
    }

    /// Removes a key, and detaches its load. Leaves what is remembered of a key without a value.
    async fn remove_here_async<Q>(&self, key: &Q) -> Option<Shared<Node<V>>>
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        let hash = self.hasher().hash_one(key);
        self.loads().flights().detach(hash);
        let change =
            |change: &mut Change<'_, K, V, S>| change.remove(hash, key, RemovalCause::Explicit);
        self.core().change_async(change).await
    }

    /// As [`invalidate_tag`](Self::invalidate_tag).
    pub async fn invalidate_tag_async(&self, tag: &str) {
        self.loads().flights().detach_if(has_tag(tag));
        let change = |change: &mut Change<'_, K, V, S>| change.remove_tagged(tag);
        self.core().change_async(change).await;
    }

    /// As [`invalidate_all`](Self::invalidate_all). The cost is that of one poll.
    pub async fn invalidate_all_async(&self) {
        self.loads().flights().detach_if(|_| true);
        self.core().change_async(|change| change.remove_all()).await;
        if let Some(absent) = &self.loads().absent {
            absent
                .core()
                .change_async(|change| change.remove_all())
                .await;
        }
    }
}
