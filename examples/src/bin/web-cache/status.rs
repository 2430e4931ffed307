//! What the server knows about its own state: counted by requests and the writer, shown by `/healthz` and `/metrics`.

use std::{
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
    time::{Duration, Instant, SystemTime},
};

use crate::write_counts::WriteCounts;

/// Independent numbers: no order between them is promised, so every access is relaxed.
#[derive(Debug, Default)]
pub struct Status {
    pub hits: AtomicU64,
    pub misses: AtomicU64,
    pub connections: AtomicUsize,
    pub writes: WriteCounts,
    applied: AtomicU64,
    unchanged: AtomicU64,
    failed: AtomicU64,
    freshness: Mutex<Freshness>,
}

/// How the served table stands to its source.
#[derive(Debug, Default)]
struct Freshness {
    failure: Option<Failure>,
    /// Since when the source is known to differ, or not to be readable.
    behind_since: Option<Instant>,
}

#[derive(Debug, Clone)]
pub struct Failure {
    pub message: String,
    pub at: SystemTime,
    /// Whether reading again may succeed although the source has not changed.
    may_pass: bool,
}

/// How many reloads ended in which way.
#[derive(Debug, Clone, Copy)]
pub struct Reloads {
    pub applied: u64,
    pub unchanged: u64,
    pub failed: u64,
}

impl Status {
    pub fn failure(&self) -> Option<Failure> {
        self.freshness().failure.clone()
    }

    pub fn failure_may_pass(&self) -> bool {
        let failure = &self.freshness().failure;
        failure.as_ref().is_some_and(|failure| failure.may_pass)
    }

    /// How long the table has been known to be behind its source; 0 while it is not.
    pub fn staleness(&self) -> Duration {
        let since = self.freshness().behind_since;
        since.map_or(Duration::ZERO, |since| since.elapsed())
    }

    pub fn reloads(&self) -> Reloads {
        Reloads {
            applied: self.applied.load(Relaxed),
            unchanged: self.unchanged.load(Relaxed),
            failed: self.failed.load(Relaxed),
        }
    }

    pub fn count_lookups(&self, hits: u64, misses: u64) {
        if hits > 0 {
            self.hits.fetch_add(hits, Relaxed);
        }
        if misses > 0 {
            self.misses.fetch_add(misses, Relaxed);
        }
    }

    /// The source has been seen to change.
    pub fn source_changed(&self) {
        self.freshness()
            .behind_since
            .get_or_insert_with(Instant::now);
    }

    pub fn reload_applied(&self) {
        self.applied.fetch_add(1, Relaxed);
        *self.freshness() = Freshness::default();
    }

    pub fn reload_unchanged(&self) {
        self.unchanged.fetch_add(1, Relaxed);
        *self.freshness() = Freshness::default();
    }

    /// `may_pass` says whether reading again may succeed although the source does not change.
    pub fn reload_failed(&self, message: String, may_pass: bool) {
        self.failed.fetch_add(1, Relaxed);
        let mut freshness = self.freshness();
        freshness.failure = Some(Failure {
            message,
            at: SystemTime::now(),
            may_pass,
        });
        freshness.behind_since.get_or_insert_with(Instant::now);
    }

    fn freshness(&self) -> MutexGuard<'_, Freshness> {
        self.freshness
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
