//! Subscriptions to the changes of a [`SharedMap`].

use std::future::Future;
use std::hash::{BuildHasher, Hash};
use std::panic::resume_unwind;
use std::pin::Pin;
use std::sync::{Arc, Weak};

use left_right::Version;
use left_right::background::Background;

use super::SharedMap;
use super::changes::{Changes, Registration};
use super::core::{Core, Locked};
use super::error::{NO_COPY, WAITS_ON_THE_JANITOR};
use super::versions::Versions;
use super::wait_limit::WaitLimit;
use super::write_async::Obstacle;
use crate::table::{Engine, SharedEngine};

/// What a subscriber needs of its map, whatever the map's hasher and engine are.
pub(super) trait Source<K, V>: Send + Sync {
    fn versions(&self) -> &Versions;

    /// Makes the next unlock after a publication report it.
    fn listen(&self);

    /// Ensures that pending writes are published.
    fn expect_publication(&self);

    /// Lets the janitor look for subscribers that are gone.
    fn request_prune(&self);

    /// # Panics
    /// If the calling thread would wait for itself.
    fn refuse_waiting(&self, version: Version);

    /// Publishes what is pending, and adds a subscriber to the changes after that. Returns `None` once the limit is
    /// reached.
    fn register(&self, limit: WaitLimit, capacity: usize) -> Option<Registration<K, V>>;

    /// As [`register`](Self::register), for a task.
    fn register_async(
        &self,
        capacity: usize,
    ) -> Pin<Box<dyn Future<Output = Registration<K, V>> + Send + '_>>;
}

impl<K, V, S, E> SharedMap<K, V, S, E>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
    S: BuildHasher + Clone + Send + Sync + 'static,
    E: SharedEngine<K, V>,
{
    /// Returns the changes that the writes of this map make from now on, as a stream: see [`Changes`].
    ///
    /// `capacity` is the number of effects that the subscriber may be behind, and so bounds the memory that it costs. (0
    /// counts as 1.)
    ///
    /// Deferred writes are published first, so that each change belongs to the version that shows it.
    ///
    /// # Cost
    /// While anybody subscribes, each write clones the keys and values that it inserts, and the keys that it removes, once
    /// for all subscribers. If a `Clone` panics there, that write is undone. Each publication looks at every subscriber.
    /// Without subscribers, a write looks whether there are any.
    ///
    /// # Blocking
    /// Waits for the map's writer lock, and so for the closures of other writers; never for readers.
    /// [`subscribe_async`](Self::subscribe_async) is for tasks.
    ///
    /// # Panics
    /// If the calling thread is inside a write of this map. If the `Clone` of a key or value does, after an earlier panic.
    ///
    /// # Examples
    /// ```
    /// let map = evmap_core::SharedMap::new();
    /// map.insert("before", 0);
    /// let mut changes = map.subscribe(100);
    /// println!("{}", changes.start()); // 1
    /// # assert_eq!(changes.start().as_u64(), 1);
    /// map.write(|w| {
    ///     w.insert("a", 1);
    ///     w.remove("before");
    /// });
    /// let change = changes.next()?;
    /// println!("{}: {:?}", change.version, change.effects); // 2: [Insert("a", 1), Remove("before")]
    /// # assert_eq!(
    /// #     format!("{}: {:?}", change.version, change.effects),
    /// #     r#"2: [Insert("a", 1), Remove("before")]"#
    /// # );
    /// # Ok::<(), evmap_core::shared_map::ChangesError>(())
    /// ```
    pub fn subscribe(&self, capacity: usize) -> Changes<K, V> {
        let core = self.shared_core();
        let writer = core.lock_blocking();
        let registration = core.register_in(writer, capacity);
        Changes::new(self.source(), capacity, registration)
    }

    /// As [`subscribe`](Self::subscribe), for a task: it gives its thread up while other writers have the map, and while the
    /// janitor recovers the map from another write's panic.
    ///
    /// # Panics
    /// As [`subscribe`](Self::subscribe), when it is run.
    pub async fn subscribe_async(&self, capacity: usize) -> Changes<K, V> {
        let core = self.shared_core();
        let registration = core.register_task(capacity).await;
        Changes::new(self.source(), capacity, registration)
    }

    fn source(&self) -> Weak<dyn Source<K, V>> {
        let core: Weak<Core<K, V, S, E>> = Arc::downgrade(self.shared_core());
        core
    }
}

impl<K, V, S, E> Core<K, V, S, E>
where
    K: Hash + Eq + Clone,
    V: Clone,
    S: BuildHasher + Clone,
    E: Engine,
{
    /// # Panics
    /// If a `Clone` does, after an earlier panic. Nobody is registered then.
    fn register_in(
        &self,
        mut writer: Locked<'_, K, V, S, E>,
        capacity: usize,
    ) -> Registration<K, V> {
        let registered = writer.make_consistent(&self.counters).map(|()| {
            self.publish(&mut writer);
            writer.register(capacity)
        });
        self.end(writer);
        registered.unwrap_or_else(|panic| resume_unwind(panic))
    }

    /// As [`register_in`](Self::register_in), for a task.
    async fn register_task(&self, capacity: usize) -> Registration<K, V> {
        loop {
            let writer = self.lock_async().await;
            if let Some(registration) = self.register_briefly(writer, capacity) {
                return registration;
            }
            assert!(self.wait_for_copy(Obstacle::Other).await, "{NO_COPY}");
        }
    }

    /// Returns `None` if the map has to recover from a panic first.
    fn register_briefly(
        &self,
        mut writer: Locked<'_, K, V, S, E>,
        capacity: usize,
    ) -> Option<Registration<K, V>> {
        let registration = writer.is_consistent().then(|| {
            self.publish(&mut writer);
            writer.register(capacity)
        });
        self.end_briefly(writer);
        registration
    }

    /// Tells the subscribers that the map is gone.
    pub(super) fn close(&self) {
        let mut writer = self.lock_blocking();
        writer.close_hub();
        // So that those who wait look again.
        self.versions.show(Version::from_u64(u64::MAX));
        self.end(writer);
        self.notify();
    }
}

impl<K, V, S, E> Source<K, V> for Core<K, V, S, E>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
    S: BuildHasher + Clone + Send + Sync + 'static,
    E: SharedEngine<K, V>,
{
    fn versions(&self) -> &Versions {
        &self.versions
    }

    fn listen(&self) {
        self.lock.listen();
    }

    fn expect_publication(&self) {
        if !Core::expect_publication(self) {
            self.flush();
        }
    }

    fn request_prune(&self) {
        self.call_janitor();
    }

    fn refuse_waiting(&self, version: Version) {
        self.refuse_inside();
        self.refuse_abandoned(version);
        assert!(
            !(self.is_deferred() && Background::is_janitor()),
            "{WAITS_ON_THE_JANITOR}"
        );
    }

    fn register(&self, limit: WaitLimit, capacity: usize) -> Option<Registration<K, V>> {
        let writer = self.lock(limit)?;
        Some(self.register_in(writer, capacity))
    }

    fn register_async(
        &self,
        capacity: usize,
    ) -> Pin<Box<dyn Future<Output = Registration<K, V>> + Send + '_>> {
        Box::pin(self.register_task(capacity))
    }
}
