//! [`Changes`]: what the writes of a map changed, as a stream.

mod effect;
mod hub;
mod list;
mod sync;
#[cfg(test)]
mod tests;

use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use left_right::Version;

pub use self::effect::{Change, ChangesError, Effect};
pub(super) use self::hub::{Hub, Node, Published, Registration, drop_effect};

use self::hub::Subscriber;
use self::list::Found;
use super::subscribe::Source;
use super::wait_limit::WaitLimit;

/// What the writes of a [`SharedMap`](crate::SharedMap) change, version by version: made by
/// [`subscribe`](crate::SharedMap::subscribe).
///
/// Each [`Change`] has the effects of one version, in the order of the writes. The versions, and their order, are those
/// that readers see: a read that begins after a change was returned shows its version or a later one. (On a thread that
/// holds a guard of the map, a [snapshot](crate::SharedMap::snapshot) does; other reads show the guard's state.)
///
/// A change is kept for the subscriber as long as the effects that it has yet to read are no more than its capacity.
/// Beyond that it [lags](ChangesError::Lagged), and goes on after a later version. So a write of more effects than the
/// capacity always makes it lag. What was read is dropped after the next publication, and the last change that a
/// subscriber has read when it reads the next one. A subscriber that does not read delays nobody, and once it lags, it costs
/// the writers nothing more.
///
/// It does not keep the map alive. Once the map's last handle is dropped, the remaining changes are returned, and then
/// [`Closed`](ChangesError::Closed).
///
/// # To keep a copy up to date
///
/// Subscribe, and then copy a [snapshot](crate::SharedMap::snapshot). It shows [`start`](Self::start) or a later version,
/// so leave out the changes that it already has. After [`Lagged`](ChangesError::Lagged), begin again with a new snapshot.
///
/// ```
/// use std::collections::HashMap;
/// use evmap_core::{SharedMap, shared_map::Effect};
///
/// let map = SharedMap::from([("a", 1)]);
/// let mut changes = map.subscribe(1000);
/// map.insert("b", 2);
/// let state = map.snapshot();
/// let (mut copy, seen) = (HashMap::from_iter(state.iter().map(|(k, v)| (*k, *v))), state.version());
/// drop(state);
/// map.remove("a");
/// while let Some(change) = changes.try_next()? {
///     if change.version <= seen {
///         continue; // the snapshot has it already
///     }
///     for effect in change.effects.iter() {
///         match effect {
///             Effect::Insert(key, value) => _ = copy.insert(*key, *value),
///             Effect::Remove(key) => _ = copy.remove(key),
///             Effect::Clear => copy.clear(),
///         }
///     }
/// }
/// println!("{copy:?}"); // {"b": 2}
/// assert_eq!(copy, HashMap::from([("b", 2)]));
/// # Ok::<(), evmap_core::shared_map::ChangesError>(())
/// ```
pub struct Changes<K, V> {
    /// Weak, so that it does not keep the map alive.
    source: Weak<dyn Source<K, V>>,
    capacity: usize,
    subscriber: Arc<Subscriber<K, V>>,
    /// The change that was read last.
    position: Arc<Node<K, V>>,
    start: Version,
    filter: Option<Filter<K>>,
    /// It has lagged when the map was gone already.
    is_over: bool,
}

type Filter<K> = Box<dyn Fn(&K) -> bool + Send + Sync>;

impl<K, V> Changes<K, V> {
    pub(super) fn new(
        source: Weak<dyn Source<K, V>>,
        capacity: usize,
        registration: Registration<K, V>,
    ) -> Self {
        Changes {
            source,
            capacity,
            subscriber: registration.subscriber,
            position: registration.position,
            start: registration.start,
            filter: None,
            is_over: false,
        }
    }

    /// The version after which the changes begin. After [`Lagged`](ChangesError::Lagged) it is a later one.
    pub fn start(&self) -> Version {
        self.start
    }

    /// Returns only effects on keys for which `filter` returns `true`, and each [`Clear`](Effect::Clear). It replaces an
    /// earlier filter.
    ///
    /// The filter runs when the changes are read, on the thread that reads them. So changes of other keys count for the
    /// capacity until they are read past, and a filter that is slow or panics disturbs no writer. A change some of whose
    /// effects are left out has clones of the others.
    ///
    /// # Examples
    /// ```
    /// let map = evmap_core::SharedMap::new();
    /// let mut changes = map.subscribe(100).filter(|key| *key == "a");
    /// map.insert("b", 1);
    /// map.insert("a", 2);
    /// let change = changes.next()?;
    /// println!("{:?}", change.effects); // [Insert("a", 2)]
    /// # assert_eq!(format!("{:?}", change.effects), r#"[Insert("a", 2)]"#);
    /// # Ok::<(), evmap_core::shared_map::ChangesError>(())
    /// ```
    #[must_use]
    pub fn filter(mut self, filter: impl Fn(&K) -> bool + Send + Sync + 'static) -> Self {
        self.filter = Some(Box::new(filter));
        self
    }
}

impl<K: Clone, V: Clone> Changes<K, V> {
    /// Waits for the next change, and returns it.
    ///
    /// # Blocking
    /// Until somebody writes, which may be never: see [`next_timeout`](Self::next_timeout). After it has lagged, it
    /// also waits for the map's writer lock.
    ///
    /// # Errors
    /// [`ChangesError`]: there is no next change.
    ///
    /// # Panics
    /// If the filter does, or the `Clone` of a key or value of which a filter keeps a part; the change is not lost then.
    /// Inside a write of the same map, it would wait for itself.
    /// In a forked child, if the fork has caught another thread inside a write.
    ///
    /// # Examples
    /// ```
    /// let map = evmap_core::SharedMap::new();
    /// let mut changes = map.subscribe(100);
    /// std::thread::scope(|scope| {
    ///     scope.spawn(|| map.insert("a", 1));
    ///     let change = changes.next().unwrap();
    ///     println!("{:?}", change.effects); // [Insert("a", 1)]
    /// #   assert_eq!(format!("{:?}", change.effects), r#"[Insert("a", 1)]"#);
    ///     assert!(map.read().version() >= change.version);
    /// });
    /// ```
    #[expect(
        clippy::should_implement_trait,
        reason = "an iterator could not tell why it ends"
    )]
    pub fn next(&mut self) -> Result<Change<K, V>, ChangesError> {
        loop {
            if let Some(change) = self.next_until(None)? {
                return Ok(change);
            }
        }
    }

    /// As [`next`](Self::next), but waits no longer than `timeout` for a change. Returns `None` if none comes in time.
    ///
    /// # Errors
    /// [`ChangesError`]: there is no next change.
    ///
    /// # Panics
    /// As [`next`](Self::next).
    ///
    /// # Examples
    /// ```
    /// let map = evmap_core::SharedMap::<&str, i32>::new();
    /// let mut changes = map.subscribe(100);
    /// let change = changes.next_timeout(std::time::Duration::from_millis(1))?;
    /// println!("{}", change.is_none()); // true
    /// # assert!(change.is_none());
    /// # Ok::<(), evmap_core::shared_map::ChangesError>(())
    /// ```
    pub fn next_timeout(
        &mut self,
        timeout: Duration,
    ) -> Result<Option<Change<K, V>>, ChangesError> {
        match Instant::now().checked_add(timeout) {
            Some(deadline) => self.next_until(Some(deadline)),
            // A deadline that cannot be represented is never reached.
            None => self.next().map(Some),
        }
    }

    /// The next change, if there is one already. Does not wait.
    ///
    /// Where it has lagged and another writer has the map, it returns `None`, and the error with a later call.
    ///
    /// # Errors
    /// [`ChangesError`]: there is no next change.
    ///
    /// # Panics
    /// As [`next`](Self::next), if it has lagged; else only as far as the filter is concerned.
    ///
    /// # Examples
    /// ```
    /// use evmap_core::{SharedMap, shared_map::ChangesError};
    ///
    /// let map = SharedMap::new();
    /// let mut changes = map.subscribe(2);
    /// map.extend([("a", 1), ("b", 2), ("c", 3)]);
    /// let lagged = changes.try_next(); // three effects are more than the capacity
    /// println!("{lagged:?}"); // Err(Lagged)
    /// # assert_eq!(lagged, Err(ChangesError::Lagged));
    /// map.remove("a");
    /// let change = changes.try_next()?.unwrap();
    /// println!("{:?}", change.effects); // [Remove("a")]
    /// # assert_eq!(format!("{:?}", change.effects), r#"[Remove("a")]"#);
    /// # Ok::<(), ChangesError>(())
    /// ```
    pub fn try_next(&mut self) -> Result<Option<Change<K, V>>, ChangesError> {
        self.look_or_register(WaitLimit::NoWait)
    }

    /// As [`next`](Self::next), for a task: it needs no particular runtime, and may be dropped at any time, without
    /// the loss of a change.
    ///
    /// While it waits, it keeps the map's data alive.
    ///
    /// # Errors
    /// [`ChangesError`]: there is no next change.
    ///
    /// # Panics
    /// As [`next`](Self::next), when it is run.
    ///
    /// # Examples
    /// ```
    /// use evmap_core::{SharedMap, shared_map::ChangesError};
    ///
    /// async fn follow(map: SharedMap<String, i32>) -> Result<(), ChangesError> {
    ///     let mut changes = map.subscribe_async(100).await;
    ///     map.insert_async("a".to_string(), 1).await;
    ///     let change = changes.next_async().await?;
    ///     println!("{:?}", change.effects); // [Insert("a", 1)]
    /// #   assert_eq!(format!("{:?}", change.effects), r#"[Insert("a", 1)]"#);
    ///     Ok(())
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
    /// # block_on(follow(SharedMap::new())).unwrap();
    /// ```
    pub async fn next_async(&mut self) -> Result<Change<K, V>, ChangesError> {
        loop {
            let source = self.source.upgrade();
            // Before the look, so that no version that it may have missed counts as seen.
            let visible = source.as_ref().map(|source| source.versions().visible());
            match self.look() {
                Ok(Some(change)) => return Ok(change),
                Ok(None) => {}
                Err(ChangesError::Lagged) if !self.is_closed() => {
                    return Err(match source {
                        Some(source) => {
                            let registration = source.register_async(self.capacity).await;
                            self.begin_again(registration)
                        }
                        None => self.end(),
                    });
                }
                Err(ChangesError::Lagged) => return Err(self.end()),
                Err(error) => return Err(error),
            }
            let (Some(source), Some(visible)) = (source, visible) else {
                return Err(ChangesError::Closed);
            };
            source.refuse_waiting(visible);
            let versions = source.versions();
            let (listen, expect) = (|| source.listen(), || source.expect_publication());
            versions.beyond(visible, listen, expect).await;
        }
    }

    fn next_until(
        &mut self,
        deadline: Option<Instant>,
    ) -> Result<Option<Change<K, V>>, ChangesError> {
        loop {
            let source = self.source.upgrade();
            // Before the look, so that no version that it may have missed counts as seen.
            let visible = source.as_ref().map(|source| source.versions().visible());
            let limit = deadline.map_or(WaitLimit::Unlimited, WaitLimit::Until);
            if let Some(change) = self.look_or_register(limit)? {
                return Ok(Some(change));
            }
            let (Some(source), Some(visible)) = (source, visible) else {
                return Err(ChangesError::Closed);
            };
            source.refuse_waiting(visible);
            source.expect_publication();
            let listen = || source.listen();
            if source
                .versions()
                .wait_beyond(visible, deadline, listen)
                .is_none()
            {
                return self.look_or_register(limit);
            }
        }
    }

    /// Looks for the next change. Registers again if it has lagged.
    fn look_or_register(&mut self, limit: WaitLimit) -> Result<Option<Change<K, V>>, ChangesError> {
        match self.look() {
            Err(ChangesError::Lagged) => {}
            other => return other,
        }
        let source = self.source.upgrade().filter(|_| !self.is_closed());
        let Some(source) = source else {
            return Err(self.end());
        };
        match source.register(limit, self.capacity) {
            Some(registration) => Err(self.begin_again(registration)),
            None => Ok(None),
        }
    }

    /// Looks for the next change that passes the filter.
    fn look(&mut self) -> Result<Option<Change<K, V>>, ChangesError> {
        if self.is_over {
            return Err(ChangesError::Closed);
        }
        loop {
            let node = match self.subscriber.after(&self.position) {
                Found::Next(node) => node,
                Found::Closed => return Err(ChangesError::Closed),
                Found::Nothing => return Ok(None),
                Found::Lagged => return Err(ChangesError::Lagged),
            };
            // A panic here leaves the position as it is.
            let change = node.item().and_then(|item| self.select(item.change()));
            self.subscriber.has_read(&node);
            self.position = node;
            if change.is_some() {
                return Ok(change);
            }
        }
    }

    /// Returns the part of a change that passes the filter, if there is any.
    fn select(&self, change: &Change<K, V>) -> Option<Change<K, V>> {
        let Some(filter) = &self.filter else {
            return Some(change.clone());
        };
        let passes: Vec<bool> = change
            .effects
            .iter()
            .map(|effect| effect.key().is_none_or(filter))
            .collect();
        if passes.iter().all(|passes| *passes) {
            return Some(change.clone());
        }
        let effects: Arc<[_]> = change
            .effects
            .iter()
            .zip(&passes)
            .filter(|(_, passes)| **passes)
            .map(|(effect, _)| effect.clone())
            .collect();
        (!effects.is_empty()).then_some(Change {
            version: change.version,
            effects,
        })
    }

    /// Goes on after a later version.
    fn begin_again(&mut self, registration: Registration<K, V>) -> ChangesError {
        self.subscriber = registration.subscriber;
        self.position = registration.position;
        self.start = registration.start;
        ChangesError::Lagged
    }

    /// It has lagged, and the map is gone.
    fn end(&mut self) -> ChangesError {
        self.is_over = true;
        ChangesError::Lagged
    }
}

impl<K, V> Changes<K, V> {
    fn is_closed(&self) -> bool {
        self.subscriber.is_closed()
    }
}

impl<K, V> Drop for Changes<K, V> {
    /// Lets the janitor drop what was kept for it. Takes the lock of the janitor's requests for a moment.
    fn drop(&mut self) {
        if let Some(source) = self.source.upgrade() {
            source.request_prune();
        }
    }
}

// A panic of the filter or of a `Clone` leaves the position as it is.
impl<K: RefUnwindSafe, V: RefUnwindSafe> UnwindSafe for Changes<K, V> {}
impl<K: RefUnwindSafe, V: RefUnwindSafe> RefUnwindSafe for Changes<K, V> {}

impl<K, V> fmt::Debug for Changes<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Changes")
            .field("start", &self.start)
            .field("capacity", &self.capacity)
            .field("is_filtered", &self.filter.is_some())
            .finish_non_exhaustive()
    }
}
