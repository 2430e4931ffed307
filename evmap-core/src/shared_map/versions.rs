//! [`Versions`]: which version is visible, and who waits for the next.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use event_listener::{Event, Listener};
use left_right::Version;

/// Which version is visible, and who waits for the next.
///
/// # Orderings
/// - **V1** `show` (Release, then a notice) pairs with `visible` (Acquire): who learns of a version
///   sees what its writers did before. A waiter listens before it looks, so it meets either the
///   version or the notice.
pub(super) struct Versions {
    visible: AtomicU64,
    changed: Event,
}

impl Versions {
    pub(super) fn new(version: Version) -> Self {
        Versions {
            visible: AtomicU64::new(version.as_u64()),
            changed: Event::new(),
        }
    }

    /// The version that every read shows which begins now, or a later one.
    pub(super) fn visible(&self) -> Version {
        // ORDER: V1.
        Version::from_u64(self.visible.load(Ordering::Acquire))
    }

    /// This version is visible now.
    pub(super) fn show(&self, version: Version) {
        // ORDER: V1.
        self.visible.store(version.as_u64(), Ordering::Release);
        self.changed.notify(usize::MAX);
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
            let listener = self.changed.listen();
            let visible = self.visible();
            if visible > version {
                return Some(visible);
            }
            match deadline {
                None => listener.wait(),
                Some(deadline) => {
                    listener.wait_deadline(deadline)?;
                }
            }
        }
    }

    /// As [`wait_beyond`](Self::wait_beyond), for a task.
    pub(super) async fn beyond(&self, version: Version) -> Version {
        loop {
            let listener = self.changed.listen();
            let visible = self.visible();
            if visible > version {
                return visible;
            }
            listener.await;
        }
    }
}
