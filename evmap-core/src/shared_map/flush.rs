//! Publications that somebody waits for: `flush`, and what a writer has left to the next one.

use std::hash::{BuildHasher, Hash};
use std::panic::resume_unwind;
use std::sync::atomic::Ordering;
use std::time::Duration;

use left_right::Version;
use left_right::background::Background;

use super::batches::Ticket;
use super::core::{Core, Locked, Publishing};
use super::patience::Patience;
use crate::table::Engine;

/// How long a writer that left its publication to another stays awake for it, in looks.
const SPINS: u32 = 200;
/// How often such a writer tries to recover from what another's panic has left.
const RECOVERIES_FOR_OTHERS: u32 = 16;

impl<K, V, S, E> Core<K, V, S, E>
where
    K: Hash + Eq + Clone,
    V: Clone,
    S: BuildHasher + Clone,
    E: Engine,
{
    /// Publishes what is pending; with nothing pending, gives the writer's copy what it lacks. Returns the
    /// version that is visible then.
    pub(super) fn flush(&self) -> Version {
        self.flush_in(self.lock_endlessly())
    }

    /// As [`flush`](Self::flush), for a task: while another writer has the lock, it waits until what was
    /// written before this call is visible.
    pub(super) async fn flush_async(&self) -> Version {
        if let Some(writer) = self.lock(Patience::Try) {
            return self.flush_in(writer);
        }
        let commit = self.versions.commit();
        if matches!(self.publishing, Publishing::Within { .. }) {
            if Background::is_janitor() {
                // It wakes the tasks, so none may wait on it.
                return self.flush();
            }
            self.deadline.hurry();
            if self.background.publish_after(Duration::ZERO).is_err() {
                return self.flush();
            }
        }
        match commit.as_u64().checked_sub(1) {
            None => commit,
            Some(before) => {
                let listen = || self.lock.listen();
                // In a forked child nobody may have been asked to come.
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
    /// If a `Clone` does, after an earlier panic: what is pending is kept.
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

    /// Sees to it that the version becomes visible: for a moment it stays awake for another writer's
    /// publication, then it publishes what there is by itself.
    #[cold]
    pub(super) fn see_to(&self, version: Version) {
        for _ in 0..SPINS {
            if self.versions.visible() >= version {
                return;
            }
            std::hint::spin_loop();
        }
        for _ in 0..RECOVERIES_FOR_OTHERS {
            let mut writer = self.lock_endlessly();
            let mut recovered = Ok(());
            if self.versions.visible() < version {
                recovered = writer.make_consistent(&self.counters);
                self.publish(&mut writer);
            }
            self.end(writer);
            // A panic here is that of a `Clone`, in the recovery from another write's panic: our changes are
            // kept, and the next round tries again.
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

    /// Panics if the batch of this ticket was undone after its unlock.
    #[cold]
    pub(super) fn ask_for_losses(&self, ticket: Option<Ticket>) {
        // ORDER: none needed: who undid our batch has shown a version since, by which we learnt that the
        // wait is over (V1).
        if self.counters.lost.load(Ordering::Relaxed) == 0 {
            return;
        }
        let Some(ticket) = ticket else { return };
        let is_lost = self.lock_endlessly().take_lost(ticket);
        assert!(
            !is_lost,
            "this write is undone: after a panic of another one it had to be applied once more, and \
             panicked then"
        );
    }
}
