//! Readers in the copy that is written next: how a writer waits for them, or goes past them with a fresh copy.

use std::hash::{BuildHasher, Hash};
use std::mem;
use std::panic::resume_unwind;
use std::thread;
use std::time::Duration;

use left_right::BusyReader;

use super::core::{Core, Locked};
use super::error::WriteError;
use super::wait_limit::WaitLimit;
use super::writer::{Unready, Writer};
use crate::panics::catch;
use crate::table::Engine;

/// The first and the longest pause between two checks whether readers have left.
const FIRST_PAUSE: Duration = Duration::from_micros(50);
const LONGEST_PAUSE: Duration = Duration::from_millis(2);

impl<K, V, S, E> Core<K, V, S, E>
where
    K: Hash + Eq + Clone,
    V: Clone,
    S: BuildHasher + Clone,
    E: Engine,
{
    /// Continues after a first attempt that has failed.
    #[cold]
    #[inline(never)]
    pub(super) fn prepare_again<'a>(
        &'a self,
        mut writer: Locked<'a, K, V, S, E>,
        mut unready: Unready,
        limit: WaitLimit,
    ) -> Result<Locked<'a, K, V, S, E>, WriteError> {
        let mut pause = FIRST_PAUSE;
        let mut is_counted = false;
        loop {
            match self.rebuild_past(&mut writer, unready, false) {
                Ok(()) => return Ok(writer),
                Err(still) => unready = still,
            }
            self.end(writer);
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
                let is_unlimited = matches!(limit, WaitLimit::Unlimited);
                assert!(
                    !(is_unlimited && self.are_all_own(&too_many.readers)),
                    "a write would never end: only views of the writing thread itself are in the \
                     way, and as many copies are set aside already as `max_retired` allows"
                );
            }
            let left = limit.left();
            if left.is_zero() {
                return Err(obstacle);
            }
            thread::sleep(pause.min(left));
            pause = (pause * 2).min(LONGEST_PAUSE);
            writer = self.lock(limit).ok_or(WriteError::Occupied)?;
            match writer.prepare(&self.counters) {
                Ok(()) => return Ok(writer),
                Err(still) => unready = still,
            }
        }
    }

    /// Makes a fresh copy if a guard of the calling thread or a snapshot is in the copy that is written next, or if a
    /// reader has been in it for longer than the stall limit, or if nobody may wait for the readers. A snapshot is taken
    /// to be kept, so no wait is likely to help.
    pub(super) fn rebuild_past(
        &self,
        writer: &mut Writer<K, V, S, E>,
        unready: Unready,
        must_not_wait: bool,
    ) -> Result<(), Unready> {
        let Unready::Busy(busy) = unready else {
            return Err(unready);
        };
        let is_stalled = |reader: &BusyReader| reader.waited >= self.stall_limit;
        let mut readers = busy.readers().iter();
        if !must_not_wait
            && !readers.any(|reader| {
                reader.is_snapshot || self.reader.is_own(reader) || is_stalled(reader)
            })
        {
            return Err(Unready::Busy(busy));
        }
        match catch(|| writer.rebuild(&self.counters)) {
            Ok(rebuilt) => rebuilt.map_err(Unready::TooManyRetired)?,
            Err(payload) => return Err(Unready::Panicked(payload)),
        }
        writer.prepare(&self.counters)
    }

    /// Whether all these readers belong to the calling thread.
    fn are_all_own(&self, readers: &[BusyReader]) -> bool {
        readers.iter().all(|reader| self.reader.is_own(reader))
    }
}
