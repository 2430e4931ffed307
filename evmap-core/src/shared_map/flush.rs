//! Publications that a caller waits for: `flush`, and those that a writer has left to the next writer.

use std::hash::{BuildHasher, Hash};
use std::panic::resume_unwind;
use std::sync::atomic::Ordering;
use std::time::Duration;

use left_right::Version;
use left_right::background::Background;

use super::batches::Ticket;
use super::core::{Core, Locked, Publishing};
use super::wait_limit::WaitLimit;
use crate::table::Engine;

/// How often a writer that left its publication to another checks for it before it locks again.
const SPINS: u32 = 200;
/// How often such a writer tries to recover from the panic of another write.
const RECOVERIES_FOR_OTHERS: u32 = 16;

impl<K, V, S, E> Core<K, V, S, E>
where
    K: Hash + Eq + Clone,
    V: Clone,
    S: BuildHasher + Clone,
    E: Engine,
{
    /// Publishes all pending operations. With nothing pending, brings the writer's copy up to date. Returns the
    /// version that is visible then.
    pub(super) fn flush(&self) -> Version {
        self.flush_in(self.lock_blocking())
    }

    /// As [`flush`](Self::flush), for a task. While another writer holds the lock, it waits until everything that was
    /// written before this call is visible.
    pub(super) async fn flush_async(&self) -> Version {
        if let Some(writer) = self.lock(WaitLimit::NoWait) {
            return self.flush_in(writer);
        }
        let commit = self.versions.commit();
        if matches!(self.publishing, Publishing::Within { .. }) {
            if Background::is_janitor() {
                // The janitor wakes tasks, so no task may wait on it.
                return self.flush();
            }
            self.deadline.mark_urgent();
            if self.background.publish_after(Duration::ZERO).is_err() {
                return self.flush();
            }
        }
        match commit.as_u64().checked_sub(1) {
            None => commit,
            Some(before) => {
                let listen = || self.lock.listen();
                // In a forked child the publisher may not have been requested yet.
                let expect = || {
                    if !self.expect_publication() {
                        self.flush();
                    }
                };
                let before = Version::from_u64(before);
                self.versions.beyond(before, listen, expect).await
            }
        }
    }

    /// # Panics
    /// If a `Clone` does, after an earlier panic. Pending operations are kept.
    fn flush_in(&self, mut writer: Locked<'_, K, V, S, E>) -> Version {
        let recovered = writer.make_consistent(&self.counters);
        if writer.map().has_pending() {
            self.publish(&mut writer);
        } else {
            writer.settle(usize::MAX, &self.counters);
        }
        let version = writer.map().version();
        self.end(writer);
        if let Err(panic) = recovered {
            resume_unwind(panic);
        }
        version
    }

    /// Ensures that the version becomes visible. Spins for a moment for another writer's publication, and then
    /// publishes all pending operations itself.
    #[cold]
    pub(super) fn ensure_visible(&self, version: Version) {
        for _ in 0..SPINS {
            if self.versions.visible() >= version {
                return;
            }
            std::hint::spin_loop();
        }
        for _ in 0..RECOVERIES_FOR_OTHERS {
            let mut writer = self.lock_blocking();
            let mut recovered = Ok(());
            if self.versions.visible() < version {
                recovered = writer.make_consistent(&self.counters);
                self.publish(&mut writer);
            }
            self.end(writer);
            // A `Clone` panicked during recovery from another write's panic. Our changes are kept, and the next
            // round tries again.
            if let Err(payload) = recovered {
                self.counters.note_panic(payload);
            }
            if self.versions.visible() >= version {
                return;
            }
        }
        panic!(
            "this write is kept but not visible yet: the copy that shows it cannot be made, since the \
             `Clone` of a key or value panics each time"
        );
    }

    /// # Panics
    /// If the batch of this ticket was rolled back after its unlock.
    #[cold]
    pub(super) fn check_rolled_back(&self, ticket: Option<Ticket>) {
        // ORDER: none needed. The thread that rolled our batch back has shown a version since, and the end of our
        // wait has read that version (V1).
        if self.counters.rolled_back.load(Ordering::Relaxed) == 0 {
            return;
        }
        let Some(ticket) = ticket else { return };
        let is_rolled_back = self.lock_blocking().take_rolled_back(ticket);
        assert!(
            !is_rolled_back,
            "this write is undone: after a panic of another one it had to be applied once more, and \
             panicked then"
        );
    }
}
