//! The work of the process's two background threads for a cache: see [`left_right::background`].
//!
//! The *publisher* advances the coarse clock whenever an entry is due. It waits for no lock and runs no user code.
//! The *janitor* removes expired entries, tells the listener of removals, and drops removed values. It works in bounded
//! steps, and only tries to lock the map.

use std::hash::{BuildHasher, Hash};
use std::thread;
use std::time::Duration;

use left_right::background::{Next, Work, hold_off_forks};

use super::clock::NEVER;
use super::core::{BATCH, Core};
use super::node::Node;
use super::stats::Counters;
use crate::Shared;
use crate::panics::{Drops, catch, contain, dispose};

/// How many entries one step of the janitor removes, tells of, or drops.
const STEP: usize = 1000;
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
        let now = self.clock.advance();
        let learnt = self.try_with_store(|store| {
            let mut due = store.timers.next_after(now);
            if store.policy.len() > 0 {
                due = due.min(self.clock.next_tick(now));
            }
            self.set_next_due(due);
            (due, store.timers.first_due(now).is_some())
        });
        let Some((due, has_expired)) = learnt else {
            if self.map.is_abandoned() {
                // In this child of a fork, nothing can be removed, and nobody knows when the next entry is due.
                self.clock.keep_no_more();
                return Next::Idle;
            }
            return Next::After(TICK);
        };
        if has_expired {
            self.request_janitor(BATCH);
        }
        match due {
            NEVER => Next::Idle,
            due => Next::After(Duration::from_millis(due.saturating_sub(self.clock.now()))),
        }
    }

    fn tidy(&self) -> Next {
        let expiry = match catch(|| self.remove_expired_briefly()) {
            Ok(next) => next,
            Err(payload) => {
                dispose(payload);
                Counters::add(&self.counters.panics, 1);
                Next::After(LONGEST_REST)
            }
        };
        let removals = self.handle_removals(STEP).unwrap_or(Next::After(TICK));
        match (expiry, removals) {
            (Next::Idle, next) | (next, Next::Idle) => next,
            (Next::After(one), Next::After(other)) => Next::After(one.min(other)),
        }
    }
}

impl<K, V, S> Core<K, V, S> {
    /// Tells the listener of at most `most` removals, drops values that nothing has any more, and says when to come
    /// again. Returns `None` if another thread does that at the moment.
    pub(super) fn handle_removals(&self, most: usize) -> Option<Next> {
        let own = thread::current().id();
        let removals = self.with_removals(|removals| match removals.teller {
            Some(_) => None,
            None => {
                removals.teller = Some(own);
                Some(removals.take_fresh(most))
            }
        })?;
        let count = removals.len();
        let mut drops = Drops::default();
        let mut held = Vec::new();
        for removal in removals {
            if let (Some(listener), Some(key)) = (&self.settings.listener, &removal.key)
                && !self.is_closed()
            {
                let told = contain(|| listener(key, &removal.node.value, removal.cause));
                Counters::add(&self.counters.panics, told.is_none().into());
            }
            drops.drop(removal.key);
            self.drop_or_hold(removal.node, &mut held, &mut drops);
        }
        let (released, next) = self.with_removals(|removals| {
            removals.teller = None;
            removals.handle(count, held);
            let released = removals.take_released(most);
            let next = if removals.fresh() > 0 {
                Next::After(Duration::ZERO)
            } else if removals.is_empty() {
                Next::Idle
            } else {
                let has_progress = count > 0 || !released.is_empty();
                let longer = if has_progress {
                    Duration::ZERO
                } else {
                    removals.rest * 2
                };
                removals.rest = longer.clamp(SHORTEST_REST, LONGEST_REST);
                Next::After(removals.rest)
            };
            (released, next)
        });
        drops.drop_each(released);
        Counters::add(&self.counters.panics, drops.count());
        Some(next)
    }

    /// Handles the removals that are known now, on the calling thread. Waits while another thread handles them.
    pub(super) fn handle_waiting_removals(&self) {
        // The listener may remove more entries, which are left to the janitor.
        let (until, _) = self.with_removals(|removals| removals.progress());
        loop {
            let next = self.handle_removals(STEP);
            let (is_own, is_done) = self.with_removals(|removals| {
                let is_own = removals.teller == Some(thread::current().id());
                (is_own, removals.progress().1 >= until)
            });
            match next {
                Some(Next::After(time)) if is_done => return self.request_janitor(time),
                // Inside the listener, what waits is handled once it has returned.
                None if is_own => return,
                _ if is_done => return,
                Some(_) => {}
                None => thread::sleep(TICK),
            }
        }
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
        if self.with_removals(|removals| removals.is_half_full()) {
            // Another thread is calling the listener.
            return Next::After(SHORTEST_REST);
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
