//! The [`Writer`]'s part for the subscribers to changes.
//!
//! H1 is an invariant of `changes/hub.rs`.

use left_right::Version;

use super::changes::{Hub, Registration};
use super::deferred_drops::Other;
use super::writer::Writer;
use crate::table::Engine;

impl<K, V, S, E: Engine> Writer<K, V, S, E> {
    /// Adds a subscriber to the changes after the visible version. Nothing may be pending.
    pub(super) fn register(&mut self, capacity: usize) -> Registration<K, V> {
        debug_assert!(!self.map.has_pending(), "its effects would be missing");
        let version = self.map.version();
        if self.is_closed {
            return Registration::closed(version);
        }
        self.has_extras = true;
        let hub = self.hub.get_or_insert_with(|| Box::new(Hub::new()));
        hub.register(capacity, version)
    }

    /// Rolls back the effects of the operations from `begin` to `end`.
    pub(super) fn unstage(&mut self, begin: usize, end: usize) {
        if let Some(hub) = &mut self.hub {
            let effects = hub.unstage(begin, end);
            self.drops.others.extend(effects.map(Other::Effect));
        }
    }

    /// Forgets the batches, and hands the effects of what was published to the subscribers.
    #[cold]
    #[inline(never)]
    pub(super) fn publish_extras(&mut self, version: Version) {
        self.batches.clear();
        if let Some(hub) = &mut self.hub
            && !hub.publish(version, &mut self.drops.others)
        {
            self.drop_hub();
        }
        self.has_extras = self.hub.is_some();
    }

    /// Gives up subscribers that are gone, and what no other one has yet to read.
    pub(super) fn prune_effects(&mut self) {
        if let Some(hub) = &mut self.hub
            && !hub.prune(&mut self.drops.others)
        {
            self.drop_hub();
        }
    }

    /// Tells the subscribers that nothing will follow.
    pub(super) fn close_hub(&mut self) {
        self.is_closed = true;
        if let Some(hub) = &self.hub {
            hub.close();
        }
        self.drop_hub();
    }

    fn drop_hub(&mut self) {
        let hub = self.hub.take().map(|hub| hub.into_drops());
        self.drops.others.extend(hub.into_iter().flatten());
        self.has_extras = !self.batches.is_empty();
    }
}

impl<K: Clone, V: Clone, S, E: Engine> Writer<K, V, S, E> {
    /// Clones the effects of the operations from `begin` on, for the subscribers.
    ///
    /// # Panics
    /// If a `Clone` does.
    #[cold]
    #[inline(never)]
    pub(super) fn stage_effects(&mut self, begin: usize) {
        if let Some(hub) = &mut self.hub {
            hub.stage(&self.map.pending()[begin..]);
        }
    }
}
