//! Waiting until a version is visible.

use std::hash::{BuildHasher, Hash};
use std::time::{Duration, Instant};

use left_right::Version;
use left_right::background::Background;

use super::error::WAITS_ON_THE_JANITOR;
use super::{NotVisible, SharedMap};
use crate::table::Engine;

impl<K, V, S, E> SharedMap<K, V, S, E>
where
    K: Hash + Eq + Clone,
    V: Clone,
    S: BuildHasher + Clone,
    E: Engine,
{
    /// Publishes what is pending, and returns the version that is visible then.
    ///
    /// With nothing pending it frees memory: the copy that readers do not use drops removed entries, if
    /// no reader is left in it.
    ///
    /// # Blocking
    /// Waits for the writer lock, and so for the closures of other writers; never for readers.
    /// [`flush_async`](Self::flush_async) is for tasks.
    ///
    /// # Panics
    /// If the calling thread is inside a write of this map. If the `Clone` of a key or value does,
    /// after an earlier panic; pending changes are kept then.
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    ///
    /// let map = evmap_core::SharedMap::builder().refresh_every(Duration::from_secs(60)).build();
    /// map.insert("a", 1);
    /// println!("{}", map.len()); // 0
    /// # assert_eq!(map.len(), 0);
    /// println!("{} {}", map.flush(), map.len()); // 1 1
    /// # assert_eq!((map.version().as_u64(), map.len()), (1, 1));
    /// ```
    pub fn flush(&self) -> Version {
        self.core().flush()
    }

    /// As [`flush`](Self::flush), for a task: while another writer has the lock, it is suspended until
    /// everything that was written before is visible. It needs no particular runtime.
    ///
    /// # Panics
    /// As [`flush`](Self::flush), when it is run.
    pub async fn flush_async(&self) -> Version {
        self.core().flush_async().await
    }
}

impl<K, V, S, E: Engine> SharedMap<K, V, S, E> {
    /// Waits until this version is visible, and returns the one that is: it or a later one.
    ///
    /// Versions come from [`write`](Self::write), [`flush`](Self::flush) and
    /// [`View::version`](crate::View::version).
    ///
    /// # Blocking
    /// Until there is such a version, which may be never: see
    /// [`wait_for_timeout`](Self::wait_for_timeout) and [`wait_for_async`](Self::wait_for_async).
    ///
    /// # Panics
    /// If it would never return: inside a write of this map; in a `Drop` on the janitor, with
    /// [`refresh_every`](crate::shared_map::Builder::refresh_every); or in a forked child, where the fork has caught
    /// another thread inside a write.
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    ///
    /// let map = evmap_core::SharedMap::builder().refresh_every(Duration::from_millis(1)).build();
    /// let (_old, version) = map.write(|w| w.insert("a", 1)); // returns before it is visible
    /// map.wait_for(version);
    /// println!("{:?}", map.get_cloned("a")); // Some(1)
    /// # assert_eq!(map.get_cloned("a"), Some(1));
    /// ```
    pub fn wait_for(&self, version: Version) -> Version {
        match before(version) {
            None => self.core().versions.visible(),
            Some(before) => self.changed_since(before),
        }
    }

    /// As [`wait_for`](Self::wait_for), but waits no longer than `timeout`.
    ///
    /// # Errors
    /// [`NotVisible`] says which version is visible instead.
    ///
    /// # Panics
    /// As [`wait_for`](Self::wait_for).
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    /// use evmap_core::{SharedMap, Version};
    ///
    /// let map = SharedMap::from([("a", 1)]);
    /// let error = map.wait_for_timeout(Version::from_u64(1), Duration::from_millis(1)).unwrap_err();
    /// println!("{error}"); // the version is not visible yet: 0 is the last one
    /// # assert_eq!(error.to_string(), "the version is not visible yet: 0 is the last one");
    /// ```
    pub fn wait_for_timeout(
        &self,
        version: Version,
        timeout: Duration,
    ) -> Result<Version, NotVisible> {
        match before(version) {
            None => Ok(self.core().versions.visible()),
            Some(before) => self.changed_since_timeout(before, timeout),
        }
    }

    /// As [`wait_for`](Self::wait_for), for a task: it needs no particular runtime, and may be dropped
    /// at any time.
    ///
    /// # Panics
    /// As [`wait_for`](Self::wait_for), when it is run.
    pub async fn wait_for_async(&self, version: Version) -> Version {
        match before(version) {
            None => self.core().versions.visible(),
            Some(before) => self.changed_since_async(before).await,
        }
    }

    /// Waits until a later version than this one is visible, and returns the one that is.
    ///
    /// What has changed is in the [`View`](crate::View) of that version; [`subscribe`](Self::subscribe) lists the changes.
    ///
    /// # Blocking
    /// Until somebody writes, which may be never: see
    /// [`changed_since_timeout`](Self::changed_since_timeout) and [`changed_since_async`](Self::changed_since_async).
    ///
    /// # Panics
    /// As [`wait_for`](Self::wait_for).
    ///
    /// # Examples
    /// ```
    /// let map = evmap_core::SharedMap::from([("log", "info")]);
    /// let seen = map.version();
    /// std::thread::scope(|scope| {
    ///     scope.spawn(|| map.insert("log", "debug"));
    ///     let version = map.changed_since(seen);
    ///     println!("{version}: {:?}", map.get_cloned("log")); // 1: Some("debug")
    /// #   assert_eq!((version.as_u64(), map.get_cloned("log")), (1, Some("debug")));
    /// });
    /// ```
    pub fn changed_since(&self, version: Version) -> Version {
        self.refuse_waiting(version);
        loop {
            if let Some(visible) = self.wait_beyond(version, None) {
                return visible;
            }
        }
    }

    /// As [`changed_since`](Self::changed_since), but waits no longer than `timeout`.
    ///
    /// # Errors
    /// [`NotVisible`] says which version is visible instead.
    ///
    /// # Panics
    /// As [`wait_for`](Self::wait_for).
    pub fn changed_since_timeout(
        &self,
        version: Version,
        timeout: Duration,
    ) -> Result<Version, NotVisible> {
        // A deadline that cannot be represented is never reached.
        let Some(deadline) = Instant::now().checked_add(timeout) else {
            return Ok(self.changed_since(version));
        };
        self.refuse_waiting(version);
        self.wait_beyond(version, Some(deadline))
            .ok_or_else(|| NotVisible {
                visible: self.core().versions.visible(),
            })
    }

    /// As [`changed_since`](Self::changed_since), for a task: it needs no particular runtime, and may
    /// be dropped at any time.
    ///
    /// # Panics
    /// As [`wait_for`](Self::wait_for), when it is run.
    pub async fn changed_since_async(&self, version: Version) -> Version {
        self.refuse_waiting(version);
        let listen = || self.core().lock.listen();
        let expect = || self.expect_publication(version);
        self.core().versions.beyond(version, listen, expect).await
    }

    /// The next version after the one that is visible when this is first run; a task's.
    ///
    /// To miss none, ask by [`changed_since_async`](Self::changed_since_async) for what comes after
    /// the last one that was seen.
    ///
    /// # Panics
    /// As [`wait_for`](Self::wait_for), when it is run.
    pub async fn changed(&self) -> Version {
        self.changed_since_async(self.core().versions.visible())
            .await
    }

    fn wait_beyond(&self, version: Version, deadline: Option<Instant>) -> Option<Version> {
        self.expect_publication(version);
        let listen = || self.core().lock.listen();
        self.core().versions.wait_beyond(version, deadline, listen)
    }

    /// Ensures that pending writes are published, so that a version after this one comes.
    ///
    /// # Panics
    /// If no later version is visible, and none ever will be: at the fork, a thread that is not in this child was
    /// inside a write.
    fn expect_publication(&self, version: Version) {
        self.core().refuse_abandoned(version);
        if !self.core().expect_publication() {
            self.publish();
        }
    }

    /// # Panics
    /// If the calling thread would wait for itself.
    fn refuse_waiting(&self, version: Version) {
        let core = self.core();
        core.refuse_inside();
        assert!(
            !(core.is_deferred() && Background::is_janitor()) || core.versions.visible() > version,
            "{WAITS_ON_THE_JANITOR}"
        );
    }
}

/// Returns the version before this one.
fn before(version: Version) -> Option<Version> {
    Some(Version::from_u64(version.as_u64().checked_sub(1)?))
}
