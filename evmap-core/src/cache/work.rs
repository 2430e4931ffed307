//! The work of the process's two background threads for a cache: see [`left_right::background`].
//!
//! The *publisher* advances the coarse clock whenever an entry is due. It waits for no lock and runs no user code.
//! The *janitor* removes expired entries, tells the listener of removals, and drops removed values. It works in bounded
//! steps, and only tries to lock the map.

use std::hash::{BuildHasher, Hash};
use std::time::Duration;

use left_right::background::{Background, Next, Work, hold_off_forks};

use super::clock::NEVER;
use super::core::Core;
use super::node::Node;
use super::stats::Counters;
use crate::Shared;
use crate::panics::{Drops, contain};

/// How many entries one step of the janitor removes, tells of, or drops.
const STEP: usize = 1000;
/// How long expired entries wait for the janitor, so that it removes many at once.
const BATCH: Duration = Duration::from_millis(100);
/// The clock is advanced this often while it is not known when the next entry is due.
const TICK: Duration = Duration::from_millis(1);
/// The pauses of the janitor while the map is in use, or while a copy of the map has values that were removed.
const SHORTEST_REST: Duration = Duration::from_millis(10);
const LONGEST_REST: Duration = Duration::from_millis(250);

impl<K, V, S> Work for Core<K, V, S>
where
    K: Hash + Eq + Clone + Send + Sync,
    V: Send + Sync,
    S: BuildHasher + Clone + Send + Sync,
{
    fn publish(&self) -> Next {
        let known = self.next_due();
        let now = if known <= self.clock.now() {
            self.clock.advance()
        } else {
            self.clock.coarse()
        };
        let learnt = self.try_with_store(|store| {
            let mut due = store.timers.next_after(now);
            if store.policy.len() > 0 {
                due = due.min(self.clock.next_tick(now));
            }
            self.set_next_due(due);
            (due, store.timers.first_due(now).is_some())
        });
        let Some((due, has_expired)) = learnt else {
            return Next::After(TICK);
        };
        if has_expired {
            // If the system has no thread for the janitor, the next write removes them.
            _ = self.background.tidy_after(BATCH);
        }
        match due {
            NEVER => Next::Idle,
            due => Next::After(Duration::from_millis(due.saturating_sub(self.clock.now()))),
        }
    }

    fn tidy(&self) -> Next {
        let expiry = self.remove_expired_briefly();
        let removals = self.handle_removals(STEP);
        match (expiry, removals) {
            (Next::Idle, next) | (next, Next::Idle) => next,
            (Next::After(one), Next::After(other)) => Next::After(one.min(other)),
        }
    }
}

impl<K, V, S> Core<K, V, S> {
    /// Tells the listener of at most `most` removals, drops values that nothing has any more, and says when to come
    /// again.
    pub(super) fn handle_removals(&self, most: usize) -> Next {
        let Some(removals) = self.try_with_store(|store| store.removals.take_fresh(most)) else {
            return Next::After(TICK);
        };
        let has_handled = !removals.is_empty();
        let mut drops = Drops::default();
        let mut held = Vec::new();
        for removal in removals {
            if let (Some(listener), Some(key)) = (&self.settings.listener, &removal.key) {
                let told = contain(|| listener(key, &removal.node.value, removal.cause));
                Counters::add(&self.counters.panics, told.is_none().into());
            }
            drops.drop(removal.key);
            self.drop_or_hold(removal.node, &mut held, &mut drops);
        }
        let process = Background::process();
        let left = loop {
            // Few instructions run under it, and none of them is user code.
            let step = self.try_with_store(|store| {
                for node in held.drain(..) {
                    store.removals.hold(node);
                }
                let released = store.removals.take_released(most);
                Counters::set(&self.counters.undropped, store.removals.len() as u64);
                let next = if store.removals.has_fresh() {
                    Next::After(Duration::ZERO)
                } else if store.removals.is_empty() {
                    Next::Idle
                } else {
                    let has_progress = has_handled || !released.is_empty();
                    let longer = if has_progress {
                        Duration::ZERO
                    } else {
                        store.rest * 2
                    };
                    store.rest = longer.clamp(SHORTEST_REST, LONGEST_REST);
                    Next::After(store.rest)
                };
                store.janitor_of = if next == Next::Idle { 0 } else { process };
                (released, next)
            });
            if let Some(step) = step {
                break step;
            }
            std::thread::yield_now();
        };
        let (released, next) = left;
        drops.drop_each(released);
        Counters::add(&self.counters.panics, drops.count());
        next
    }

    fn drop_or_hold(
        &self,
        node: Shared<Node<V>>,
        held: &mut Vec<Shared<Node<V>>>,
        drops: &mut Drops,
    ) {
        // Where the drop does nothing, whichever thread lets go of it last may free it.
        if !std::mem::needs_drop::<V>() || node.is_unique() {
            drops.drop(node);
        } else {
            held.push(node);
        }
    }
}

impl<K, V, S> Core<K, V, S>
where
    K: Hash + Eq + Clone,
    S: BuildHasher + Clone,
{
    /// Removes some expired entries, if the map is free, and says when to come again.
    fn remove_expired_briefly(&self) -> Next {
        let now = self.clock.now();
        match self.try_with_store(|store| store.timers.first_due(now)) {
            None => return Next::After(SHORTEST_REST),
            Some(None) => return Next::Idle,
            Some(Some(_)) => {}
        }
        let Some(_held_off) = hold_off_forks() else {
            return Next::After(TICK);
        };
        match self.try_change(|change| change.remove_expired(STEP)) {
            Some(true) => Next::After(Duration::ZERO),
            Some(false) => Next::Idle,
            None => Next::After(SHORTEST_REST),
        }
    }
}
