//! [`Settling`]: the [`Writer`] brings both copies up to date in steps.
//!
//! M1 and M4 are invariants of `writer.rs`.

use std::hash::{BuildHasher, Hash};

use super::stats::Counters;
use super::writer::Writer;
use crate::panics::catch;
use crate::table::Engine;

/// The progress of bringing both copies up to date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Settling {
    /// Both copies have everything.
    Done,
    /// Each further step makes progress.
    UnderWay,
    /// A reader is in the writer's copy or in one that was set aside, or user code panics.
    Blocked,
}

impl<K, V, S, E> Writer<K, V, S, E>
where
    K: Hash + Eq + Clone,
    V: Clone,
    S: BuildHasher + Clone,
    E: Engine,
{
    /// Frees copies that were set aside and whose readers have left. Also replays at most this many operations, where
    /// some are owed. The writer must be consistent (M1).
    pub(super) fn sweep(&mut self, operations: usize, counters: &Counters) {
        debug_assert!(self.is_consistent(), "M1");
        let ops = &mut self.map.ops;
        if let Err(payload) = catch(|| _ = ops.try_replay(operations)) {
            self.note_panic(payload, counters);
        }
        self.collect(counters);
        counters.note(&self.map);
    }

    /// With nothing pending, replays at most this many operations on the writer's copy, and then does a rehash step,
    /// if no reader is in it. Frees copies that were set aside and whose readers have left.
    pub(super) fn settle(&mut self, operations: usize, counters: &Counters) -> Settling {
        debug_assert!(!self.map.has_pending());
        let ops = &mut self.map.ops;
        let replayed = match catch(|| ops.try_replay(operations)) {
            Ok(Ok(false)) => return Settling::UnderWay,
            Ok(Ok(true)) => Ok(true),
            Ok(Err(_)) => Ok(false),
            Err(payload) => Err(payload),
        };
        // Collects the drops of the replay before a growth swaps the copies (M4).
        self.collect(counters);
        let outcome = replayed.and_then(|is_free| {
            if is_free {
                // No reader is in the copy, so the only possible error is poison.
                catch(|| self.map.try_refresh().is_ok())
            } else {
                // The readers may no longer need fences. This never swaps, even if the copy is free by now
                // (M4).
                let ops = &mut self.map.ops;
                catch(|| !ops.is_poisoned() && ops.settle_with(|_| false))
            }
        });
        let has_progressed = outcome.unwrap_or_else(|payload| {
            self.note_panic(payload, counters);
            false
        });
        counters.note(&self.map);
        if !self.is_untidy() {
            Settling::Done
        } else if has_progressed {
            Settling::UnderWay
        } else {
            Settling::Blocked
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::SharedMap;

    #[test]
    fn freeing_copies_replays_no_more_than_a_step() {
        let map = SharedMap::new();
        map.write(|w| (0..100).for_each(|key| _ = w.insert(key, key)));
        let core = map.shared_core();
        let mut writer = core.lock_blocking();
        let mut missing = || {
            writer.sweep(10, &core.counters);
            writer.map.ops.missing().count()
        };
        assert_eq!([missing(), missing()], [90, 80]);
        core.end(writer);
    }
}
