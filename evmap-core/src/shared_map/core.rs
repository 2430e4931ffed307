//! [`Core`]: how a write becomes visible.
//!
//! A writer takes a turn, makes its changes to the copy that is published next, and publishes that
//! copy before the turn ends, with everything that is pending in it.
//!
//! Where a publication costs a barrier, which takes longer than many turns, it leaves that to the next
//! writer, if one is awake already: a group of writers then publishes once (*group commit*).
//! Whoever leaves it to another does not rely on him.
//! If its changes are not visible after a moment, it takes another turn and publishes them itself: so
//! nobody waits for a thread that will not come, and there is no wake-up to be lost.
//!
//! Deferred writes return after their turn; the [refresher](super::refresher) publishes.
//!
//! No turn is held while waiting for readers: a writer whose copy is not free ends its turn, and
//! tries again a little later, so the others (and `flush`) are not held up by it.

use std::hash::{BuildHasher, Hash};
use std::mem;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use left_right::{BusyReader, Version};

use super::batch::Batch;
use super::error::WriteError;
use super::refresher::Alarm;
use super::stats::{Counters, Stats};
use super::turn::{Patience, Turn, Turns};
use super::versions::Versions;
use super::writer::{Settling, Ticket, Unready, Writer};
use crate::map::SharedReader;
use crate::panics::{Payload, catch};
use crate::table::Engine;

/// How long a writer that left its publication to another stays awake for it.
const SPINS: u32 = 200;
/// How often such a writer tries to recover from what another's panic has left.
const RECOVERIES_FOR_OTHERS: u32 = 16;
/// Between two looks whether readers have left: the first pause, and the longest.
const FIRST_PAUSE: Duration = Duration::from_micros(50);
const LONGEST_PAUSE: Duration = Duration::from_millis(2);

/// What all handles of a shared map have together.
pub(super) struct Core<K, V, S, E: Engine> {
    turns: Turns<Writer<K, V, S, E>>,
    /// The calling thread's way to read, which tells its own guards from others'.
    reader: SharedReader<K, V, S, (), E>,
    versions: Versions,
    counters: Counters,
    stall_limit: Duration,
    /// When writes become visible.
    publishing: Publishing,
}

/// When writes become visible.
pub(super) enum Publishing {
    /// Before they return.
    AtOnce,
    /// Within a time that begins with the first of them.
    Within {
        time: Duration,
        /// So many pending operations are published at once.
        max_pending: usize,
        alarm: Arc<Alarm>,
    },
}

impl<K, V, S, E: Engine> Core<K, V, S, E> {
    pub(super) fn new(
        writer: Writer<K, V, S, E>,
        reader: SharedReader<K, V, S, (), E>,
        stall_limit: Duration,
        publishing: Publishing,
    ) -> Self {
        let counters = Counters::default();
        counters.note(writer.map());
        Core {
            versions: Versions::new(writer.map().version()),
            turns: Turns::new(writer),
            reader,
            counters,
            stall_limit,
            publishing,
        }
    }

    pub(super) fn versions(&self) -> &Versions {
        &self.versions
    }

    pub(super) fn stats(&self) -> Stats {
        self.counters
            .stats(self.reader.readers(), self.versions.visible())
    }

    /// # Panics
    /// If the calling thread is inside a write of this map, or is its refresher: it would wait for
    /// itself.
    pub(super) fn refuse_inside(&self) {
        self.turns.refuse_own();
        if let Publishing::Within { alarm, .. } = &self.publishing {
            alarm.refuse_refresher();
        }
    }

    /// Counts a panic that nobody is told of.
    pub(super) fn note_panic(&self, payload: Payload) {
        self.counters.note_panic(payload);
    }

    pub(super) fn publishing(&self) -> &Publishing {
        &self.publishing
    }
}

impl<K, V, S, E> Core<K, V, S, E>
where
    K: Hash + Eq + Clone,
    V: Clone,
    S: BuildHasher + Clone,
    E: Engine,
{
    /// Runs a batch in a turn of its own, and sees to it that it becomes visible: its result, and the
    /// version that shows everything that it did or saw.
    pub(super) fn write<R>(
        &self,
        patience: Patience,
        batch: impl FnOnce(&mut Batch<'_, K, V, S, E>) -> R,
    ) -> Result<(R, Version), WriteError> {
        let mut turn = self.prepared_turn(patience)?;
        let had_pending = turn.map().has_pending();
        let outcome = turn.run(batch, &self.counters);
        let carrier = turn.carrier();
        let mut is_left_to_next = false;
        match &self.publishing {
            Publishing::AtOnce => {
                // Who is awake for the next turn takes these changes along, where that saves a
                // barrier; a fence is cheaper than the change of hands. Who may not wait, for this
                // turn's publication neither, publishes himself.
                is_left_to_next = matches!(patience, Patience::Endless)
                    && turn.has_barrier()
                    && self.turns.has_next();
                if !is_left_to_next {
                    self.publish(&mut turn);
                }
            }
            Publishing::Within {
                time,
                max_pending,
                alarm,
            } => {
                if turn.pending() >= *max_pending {
                    self.publish(&mut turn);
                } else if !had_pending && turn.map().has_pending() {
                    alarm.set_within(*time);
                }
            }
        }
        self.end(turn);
        match outcome {
            Err(panic) => resume_unwind(panic),
            Ok((result, ticket)) => {
                // Who left it to the next turn asks what has become of it, also if that is over already. A
                // publication that failed is seen to as well.
                if is_left_to_next || self.is_behind(carrier) {
                    self.see_to(carrier);
                    self.ask_for_losses(ticket);
                }
                Ok((result, carrier))
            }
        }
    }

    /// Whether this version should be visible, and is not yet.
    fn is_behind(&self, version: Version) -> bool {
        matches!(self.publishing, Publishing::AtOnce) && self.versions.visible() < version
    }

    /// Publishes what is pending; with nothing pending, gives the writer's copy what it lacks. The
    /// version that is visible then, and how far both copies have everything.
    pub(super) fn flush(&self) -> (Version, Settling) {
        self.flush_in(self.turns.take_next())
    }

    /// As [`flush`](Self::flush), for a task: with other writers at their turns, it waits until what was
    /// written before this call is visible.
    pub(super) async fn flush_async(&self) -> Version {
        if let Some(turn) = self.turns.take(Patience::Try) {
            return self.flush_in(turn).0;
        }
        let carrier = self.versions.carrier();
        if let Publishing::Within { alarm, .. } = &self.publishing {
            if alarm.is_refresher() {
                // To wait for the version would be to wait for this very thread.
                return self.flush().0;
            }
            alarm.set_now();
        }
        self.versions.reach(carrier).await
    }

    /// # Panics
    /// If a `Clone` does, after an earlier panic: what is pending is kept.
    fn flush_in(&self, mut turn: Turn<'_, Writer<K, V, S, E>>) -> (Version, Settling) {
        let recovered = turn.make_consistent(&self.counters);
        let settling = if turn.map().has_pending() {
            self.publish(&mut turn);
            Settling::Begun
        } else {
            turn.settle(&self.counters)
        };
        let version = turn.map().version();
        self.end(turn);
        if let Err(panic) = recovered {
            resume_unwind(panic);
        }
        (version, settling)
    }

    /// A turn with the writer's copy free and up to date.
    fn prepared_turn(
        &self,
        patience: Patience,
    ) -> Result<Turn<'_, Writer<K, V, S, E>>, WriteError> {
        let mut pause = FIRST_PAUSE;
        let mut is_counted = false;
        loop {
            let Some(mut turn) = self.turns.take(patience) else {
                return Err(WriteError::Occupied);
            };
            let Err(unready) = self.make_ready(&mut turn) else {
                return Ok(turn);
            };
            self.end(turn);
            let obstacle = match unready {
                Unready::Busy(busy) => WriteError::Busy(busy),
                Unready::TooManyRetired(too_many) => WriteError::TooManyRetired(too_many),
                Unready::Panicked(panic) => resume_unwind(panic),
            };
            if let WriteError::TooManyRetired(too_many) = &obstacle {
                self.counters.count(
                    |c| &c.stalls,
                    u64::from(!mem::replace(&mut is_counted, true)),
                );
                let is_endless = matches!(patience, Patience::Endless);
                assert!(
                    !(is_endless && self.is_own_doing(&too_many.readers)),
                    "a write would wait for ever: only views of the writing thread itself are in the \
                     way, and as many copies are set aside already as `max_retired` allows"
                );
            }
            let left = patience.left();
            if left.is_zero() {
                return Err(obstacle);
            }
            thread::sleep(pause.min(left));
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Prepares the writer's copy. Makes a fresh one, if the one that is written next is held up by a guard
    /// of the calling thread, or has been held up for long.
    fn make_ready(&self, turn: &mut Turn<'_, Writer<K, V, S, E>>) -> Result<(), Unready> {
        let busy = match turn.prepare(&self.counters) {
            Err(Unready::Busy(busy)) => busy,
            other => return other,
        };
        let is_stalled = |reader: &BusyReader| reader.waited >= self.stall_limit;
        let mut readers = busy.readers().iter();
        if !readers.any(|reader| self.reader.is_own(reader) || is_stalled(reader)) {
            return Err(Unready::Busy(busy));
        }
        match catch(|| turn.rebuild(&self.counters)) {
            Ok(rebuilt) => rebuilt.map_err(Unready::TooManyRetired)?,
            Err(payload) => return Err(Unready::Panicked(payload)),
        }
        turn.prepare(&self.counters)
    }

    /// Whether all these readers are the calling thread's own.
    fn is_own_doing(&self, readers: &[BusyReader]) -> bool {
        readers.iter().all(|reader| self.reader.is_own(reader))
    }

    /// Sees to it that the version becomes visible: for a moment it stays awake for whoever comes
    /// next, then it publishes what there is by itself.
    fn see_to(&self, version: Version) {
        for _ in 0..SPINS {
            if self.versions.visible() >= version {
                return;
            }
            std::hint::spin_loop();
        }
        for _ in 0..RECOVERIES_FOR_OTHERS {
            let mut turn = self.turns.take_next();
            let mut recovered = Ok(());
            if self.versions.visible() < version {
                recovered = turn.make_consistent(&self.counters);
                self.publish(&mut turn);
            }
            self.end(turn);
            // A panic here is that of a `Clone`, in the recovery from another write's panic: our changes are
            // kept, and the next turn tries again.
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

    /// Panics if the batch of this ticket was undone after its turn.
    fn ask_for_losses(&self, ticket: Option<Ticket>) {
        // ORDER: none needed: who undid our batch has shown a version since, by which we learnt that the
        // wait is over (V1).
        if self.counters.lost.load(Ordering::Relaxed) == 0 {
            return;
        }
        let Some(ticket) = ticket else { return };
        let is_lost = self.turns.take_next().take_lost(ticket);
        assert!(
            !is_lost,
            "this write is undone: after a panic of another one it had to be applied once more, and \
             panicked then"
        );
    }

    fn publish(&self, turn: &mut Turn<'_, Writer<K, V, S, E>>) {
        if turn.map().has_pending() && turn.is_consistent() {
            let version = turn.publish(&self.counters);
            self.versions.show(version);
        }
    }

    /// Ends the turn, and drops what it took out.
    fn end(&self, mut turn: Turn<'_, Writer<K, V, S, E>>) {
        // ORDER: none needed: a figure by itself.
        self.counters
            .pending
            .store(turn.pending(), Ordering::Relaxed);
        let drops = turn.take_drops(&self.counters);
        let has_published = turn.take_news();
        self.versions.promise(turn.carrier());
        drop(turn);
        if has_published {
            self.versions.notify();
        }
        if let Some(drops) = drops {
            self.counters.count(|c| &c.panics, drops.drop_each());
        }
    }
}
