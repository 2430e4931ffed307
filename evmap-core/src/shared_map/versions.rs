//! [`Versions`]: which version is visible, and who waits for the next.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use left_right::Version;

use super::bell::Bell;

/// Which version is visible, and who waits for the next.
///
/// # Orderings
/// - **V1** `show` (Release) pairs with `visible` (Acquire): who learns of a version sees what its
///   writers did before.
/// - **V2** Between `show` and `notify` lies a turn's end, with its full fence: see
///   [`Bell`], N1.
pub(super) struct Versions {
    visible: AtomicU64,
    changed: Bell,
}

impl Versions {
    pub(super) fn new(version: Version) -> Self {
        Versions {
            visible: AtomicU64::new(version.as_u64()),
            changed: Bell::new(),
        }
    }

    /// The version that every read shows which begins now, or a later one.
    pub(super) fn visible(&self) -> Version {
        // ORDER: V1.
        Version::from_u64(self.visible.load(Ordering::Acquire))
    }

    /// This version is visible now. To be followed by a full fence, and then by
    /// [`notify`](Self::notify).
    pub(super) fn show(&self, version: Version) {
        // ORDER: V1.
        self.visible.store(version.as_u64(), Ordering::Release);
    }

    /// Wakes who waits for what was shown before the last full fence.
    pub(super) fn notify(&self) {
        self.changed.ring();
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
