//! [`Versions`]: which version is visible, and who waits for the next.

use std::sync::atomic::{AtomicU64, Ordering, fence};
use std::time::Instant;

use left_right::Version;

use super::bell::Bell;

/// Which version is visible, and who waits for the next.
///
/// # Orderings
/// - **V1** `show` (Release) pairs with `visible` (Acquire): who learns of a version sees what its
///   writers did before.
/// - **V2** Between `show` and the ring of `notify` lies a full fence: see [`Bell`], N1.
pub(super) struct Versions {
    visible: AtomicU64,
    /// The version that shows all that was written.
    carrier: AtomicU64,
    changed: Bell,
}

impl Versions {
    pub(super) fn new(version: Version) -> Self {
        Versions {
            visible: AtomicU64::new(version.as_u64()),
            carrier: AtomicU64::new(version.as_u64()),
            changed: Bell::new(),
        }
    }

    /// The version that every read shows which begins now, or a later one.
    pub(super) fn visible(&self) -> Version {
        // ORDER: V1.
        Version::from_u64(self.visible.load(Ordering::Acquire))
    }

    /// This version is visible now. To be followed by [`notify`](Self::notify).
    pub(super) fn show(&self, version: Version) {
        // ORDER: V1.
        self.visible.store(version.as_u64(), Ordering::Release);
    }

    /// Wakes who waits for what was shown.
    pub(super) fn notify(&self) {
        // ORDER: V2.
        fence(Ordering::SeqCst);
        self.changed.ring();
    }

    /// Everything that was written so far is shown by this version, once it is visible.
    pub(super) fn promise(&self, version: Version) {
        // ORDER: none needed: whoever asks has learnt of the writes that it means, and so of this.
        self.carrier.store(version.as_u64(), Ordering::Relaxed);
    }

    /// The version that shows everything that was written so far.
    pub(super) fn carrier(&self) -> Version {
        // ORDER: none needed: see `promise`.
        Version::from_u64(self.carrier.load(Ordering::Relaxed))
    }

    /// Waits until a version after `version` is visible: it, or none if that takes too long.
    pub(super) fn wait_beyond(
        &self,
        version: Version,
        deadline: Option<Instant>,
    ) -> Option<Version> {
        loop {
            let visible = self.visible();
            if visible > version {
                return Some(visible);
            }
            let ear = self.changed.listen();
            let visible = self.visible();
            if visible > version {
                return Some(visible);
            }
            if !ear.wait(deadline) {
                // Time is up; it may have come at the same moment.
                return Some(self.visible()).filter(|visible| *visible > version);
            }
        }
    }

    /// Waits until this version is visible, or a later one: it; for a task.
    pub(super) async fn reach(&self, version: Version) -> Version {
        match version.as_u64().checked_sub(1) {
            None => self.visible(),
            Some(before) => self.beyond(Version::from_u64(before)).await,
        }
    }

    /// As [`wait_beyond`](Self::wait_beyond), for a task.
    pub(super) async fn beyond(&self, version: Version) -> Version {
        loop {
            let ear = self.changed.listen();
            let visible = self.visible();
            if visible > version {
                return visible;
            }
            ear.heard().await;
        }
    }
}
