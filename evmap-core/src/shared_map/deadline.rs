//! [`Deadline`]: when deferred writes have to be visible.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// When deferred writes have to be visible.
///
/// # Orderings
/// - **D0** None are needed. It is set and cleared under the writer lock. Without the lock it is only a hint; where it
///   matters, the reading thread was requested through another lock after it was set.
pub(super) struct Deadline {
    epoch: Instant,
    /// In nanoseconds after the epoch, or `NONE` or `NEVER`.
    at: AtomicU64,
    /// The publisher has come, and leaves the publication to the next writer.
    is_near: AtomicBool,
    /// A task waits in `flush_async`: publish at once.
    is_urgent: AtomicBool,
}

/// Nothing is pending.
const NONE: u64 = 0;
/// The time is too far away to be represented. Only a flush publishes then.
const NEVER: u64 = u64::MAX;

impl Deadline {
    pub(super) fn new() -> Self {
        Deadline {
            epoch: Instant::now(),
            at: AtomicU64::new(NONE),
            is_near: AtomicBool::new(false),
            is_urgent: AtomicBool::new(false),
        }
    }

    #[inline]
    pub(super) fn is_set(&self) -> bool {
        // ORDER: none needed (D0).
        self.at.load(Ordering::Relaxed) != NONE
    }

    /// Sets the deadline to this time from now. Returns whether it can be reached.
    pub(super) fn set_after(&self, time: Duration) -> bool {
        let at = self.epoch.elapsed().checked_add(time);
        let nanos = at.and_then(|at| u64::try_from(at.as_nanos()).ok());
        let nanos = nanos.unwrap_or(NEVER).max(1);
        // ORDER: none needed (D0).
        self.at.store(nanos, Ordering::Relaxed);
        nanos != NEVER
    }

    /// Clears the deadline after a publication.
    #[inline]
    pub(super) fn clear(&self) {
        // ORDER: none needed (D0), for all of them.
        self.at.store(NONE, Ordering::Relaxed);
        self.is_near.store(false, Ordering::Relaxed);
        self.is_urgent.store(false, Ordering::Relaxed);
    }

    /// Returns the time that is left: zero if it is urgent, `None` if the deadline is not set.
    pub(super) fn left(&self) -> Option<Duration> {
        // ORDER: none needed (D0), for both.
        if self.is_urgent.load(Ordering::Relaxed) {
            return Some(Duration::ZERO);
        }
        match self.at.load(Ordering::Relaxed) {
            NONE => None,
            NEVER => Some(Duration::MAX),
            nanos => Some(Duration::from_nanos(nanos).saturating_sub(self.epoch.elapsed())),
        }
    }

    /// Marks the deadline as near, so that the next writer publishes.
    pub(super) fn mark_near(&self) {
        // ORDER: none needed (D0).
        self.is_near.store(true, Ordering::Relaxed);
    }

    /// Makes the next writer, or the publisher once it comes, publish before the deadline.
    pub(super) fn mark_urgent(&self) {
        // ORDER: none needed (D0).
        self.is_urgent.store(true, Ordering::Relaxed);
        self.mark_near();
    }

    /// Whether a writer should publish now, at most `early` before the deadline.
    #[inline]
    pub(super) fn is_near(&self, early: impl FnOnce() -> Duration) -> bool {
        // ORDER: none needed (D0).
        self.is_near.load(Ordering::Relaxed) && self.is_near_now(early())
    }

    #[cold]
    #[inline(never)]
    fn is_near_now(&self, early: Duration) -> bool {
        let is_near = self.left().is_some_and(|left| left <= early);
        if !is_near {
            // The mark was for an earlier deadline. The publisher will set it again in time.
            // ORDER: none needed (D0).
            self.is_near.store(false, Ordering::Relaxed);
        }
        is_near
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    #[test]
    fn a_writer_publishes_once_the_deadline_is_marked_and_near() {
        let deadline = Deadline::new();
        assert_eq!((deadline.is_set(), deadline.left()), (false, None));
        assert!(deadline.set_after(HOUR));
        assert!(deadline.is_set() && deadline.left().unwrap() <= HOUR);
        assert!(!deadline.is_near(|| 2 * HOUR), "it is not marked");
        deadline.mark_near();
        assert!(deadline.is_near(|| 2 * HOUR));
        assert!(!deadline.is_near(|| Duration::ZERO), "it is not near");
        assert!(!deadline.is_near(|| 2 * HOUR), "the mark is gone");
        deadline.mark_urgent();
        assert!(deadline.is_near(|| Duration::ZERO), "it is urgent");
        assert_eq!(deadline.left(), Some(Duration::ZERO));
        deadline.clear();
        assert_eq!((deadline.is_set(), deadline.left()), (false, None));
        assert!(!deadline.is_near(|| HOUR));
    }

    #[test]
    fn a_time_too_far_away_is_set_and_never_reached() {
        let deadline = Deadline::new();
        for time in [Duration::MAX, Duration::from_nanos(u64::MAX)] {
            assert!(!deadline.set_after(time));
            assert!(deadline.is_set());
            assert_eq!(deadline.left(), Some(Duration::MAX));
        }
        assert!(deadline.set_after(Duration::ZERO));
        assert_eq!(deadline.left(), Some(Duration::ZERO));
    }
}
