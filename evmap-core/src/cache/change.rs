//! [`Change`]: one write of a cache. It changes the map and the policy together.
//!
//! A panic in user code undoes the changes of the map, and not those of the policy. The next change finds that out, and
//! makes the policy agree with the map again.

use std::hash::{BuildHasher, Hash};
use std::sync::MutexGuard;

use equivalent::Equivalent;
use left_right::background::Background;

use super::clock::NEVER;
use super::core::{Core, Store, Wakeups, Writer};
use super::node::Node;
use super::policy::Item;
use super::removal::{Removal, RemovalCause};
use super::stats::Counters;
use crate::Shared;
use crate::op::{Hashed, MapOp};
use crate::table::Table;

/// One write of a cache, under the map's writer lock.
pub(super) struct Change<'a, K, V, S> {
    core: &'a Core<K, V, S>,
    map: &'a mut Writer<K, V, S>,
    store: MutexGuard<'a, Store<K, V>>,
    removed: Vec<Removal<K, V>>,
    now: u64,
}

impl<'a, K, V, S> Change<'a, K, V, S>
where
    K: Hash + Eq + Clone,
    S: BuildHasher + Clone,
{
    /// Runs a change. Returns its result, the threads to wake, and values to drop after the unlock.
    #[allow(clippy::type_complexity)]
    pub(super) fn run<R>(
        core: &'a Core<K, V, S>,
        map: &'a mut Writer<K, V, S>,
        change: impl FnOnce(&mut Self) -> R,
    ) -> (R, (Wakeups, Vec<Shared<Node<V>>>)) {
        let store = core.store_in_write();
        let mut this = Change {
            core,
            map,
            store,
            removed: Vec::new(),
            now: 0,
        };
        this.begin();
        let result = change(&mut this);
        (result, this.end())
    }

    fn begin(&mut self) {
        let rolled_back = self.core.map.rolled_back();
        if self.store.is_dirty || self.store.rolled_back != rolled_back {
            self.store.is_dirty = true;
            self.repair();
            self.store.rolled_back = rolled_back;
        }
        self.store.is_dirty = true;
        if self.has_times() {
            self.now = self.core.clock.advance();
        }
    }

    /// Whether anything may expire.
    fn has_times(&self) -> bool {
        self.store.timers.next_after(0) != NEVER || self.core.clock.next_tick(0) != NEVER
    }

    /// Makes the policy agree with the map.
    #[cold]
    #[inline(never)]
    fn repair(&mut self) {
        let state = self.map.caught_up();
        let Store { policy, timers, .. } = &mut *self.store;
        let mut is_in_map = Vec::new();
        let mut missing = Vec::new();
        for (key, node) in state.table.iter() {
            match policy.get(node.slot()) {
                Some(entry) if Shared::ptr_eq(&entry.item, node) => {
                    let slot = node.slot() as usize;
                    if is_in_map.len() <= slot {
                        is_in_map.resize(slot + 1, false);
                    }
                    is_in_map[slot] = true;
                }
                // Runs user code, before anything has changed.
                _ => missing.push((state.hasher.hash_one(key), Shared::clone(node))),
            }
        }
        let strange: Vec<u32> = policy
            .iter()
            .map(|entry| entry.item.slot())
            .filter(|slot| !is_in_map.get(*slot as usize).is_some_and(|it| *it))
            .collect();
        for slot in strange {
            policy.remove(slot, false);
            timers.remove(slot);
        }
        for (hash, node) in missing {
            let due = self.core.due(&node);
            timers.set(policy.insert(hash, node), due);
        }
    }

    /// Inserts a value, and evicts others until it fits.
    pub(super) fn insert(&mut self, key: Hashed<K>, node: Shared<Node<V>>) {
        let hash = key.hash;
        // Only `begin` has advanced the clock for sure, and it may have waited for other writers before.
        node.note_read(self.core.clock.tick());
        let due = self.core.due(&node);
        Counters::add(&self.core.counters.insertions, 1);
        let Some(old) = self.map.insert_hashed(key, Shared::clone(&node)) else {
            // The map has it already, and the policy does not, so it is no victim itself.
            self.free_capacity(node.weight());
            let slot = self.store.policy.insert(hash, node);
            self.store.timers.set(slot, due);
            return;
        };
        let key = self.key_to_tell(hash, &node);
        let cause = self.cause_of(&old, RemovalCause::Replaced);
        let replaced = self.store.policy.replace(old.slot(), node);
        // After `begin`, the policy has each entry of the map.
        debug_assert!(replaced.is_ok_and(|it| Shared::ptr_eq(&it, &old)));
        self.store.timers.set(old.slot(), due);
        self.note_removal(key, old, cause);
        self.free_capacity(0);
    }

    /// Removes a key. Returns its value, if it has not expired.
    pub(super) fn remove<Q>(
        &mut self,
        hash: u64,
        key: &Q,
        cause: RemovalCause,
    ) -> Option<Shared<Node<V>>>
    where
        Q: Equivalent<K> + ?Sized,
    {
        let (key, node) = self.map.caught_up().table.find(hash, key)?;
        let (key, node) = (key.clone(), Shared::clone(node));
        self.remove_found(hash, key, &node, cause)
    }

    /// Removes entries that are due now, at most this many. Returns whether there are more.
    pub(super) fn remove_expired(&mut self, most: usize) -> bool {
        for _ in 0..most {
            let Some(slot) = self.store.timers.first_due(self.now) else {
                return false;
            };
            self.expire(slot);
        }
        self.store.timers.first_due(self.now).is_some()
    }

    /// Removes all entries.
    pub(super) fn remove_all(&mut self) {
        let told: Vec<_> = match self.core.settings.listener {
            Some(_) => {
                let entries = self.map.caught_up().table.iter();
                entries
                    .map(|(key, node)| (Some(key.clone()), Shared::clone(node)))
                    .collect()
            }
            None => Vec::new(),
        };
        self.map.apply_now(MapOp::Clear);
        let entries = self.store.policy.take_all();
        self.store.timers.clear();
        if self.core.settings.listener.is_some() {
            for (key, node) in told {
                let cause = self.cause_of(&node, RemovalCause::Explicit);
                self.note_removal(key, node, cause);
            }
        } else {
            for (_, entry) in entries {
                let cause = self.cause_of(&entry.item, RemovalCause::Explicit);
                self.note_removal(None, entry.item, cause);
            }
        }
    }

    /// Removes the entries for which `condition` returns `true`. Those that have expired are not asked for.
    pub(super) fn remove_if(&mut self, mut condition: impl FnMut(&K, &V) -> bool) {
        let (core, now) = (self.core, self.now);
        let state = self.map.caught_up();
        let unwanted: Vec<_> = state
            .table
            .iter()
            .filter(|(key, node)| core.due(node) > now && condition(key, &node.value))
            .map(|(key, node)| (key.clone(), Shared::clone(node)))
            .collect();
        for (key, node) in unwanted {
            let Some(hash) = self.hash_of(&node) else {
                continue;
            };
            self.remove_found(hash, key, &node, RemovalCause::Explicit);
        }
    }

    /// Notes a value that is not inserted, and removes the one that it would have replaced.
    pub(super) fn refuse(&mut self, key: Hashed<K>, node: Shared<Node<V>>, cause: RemovalCause) {
        self.remove(key.hash, &key.key, RemovalCause::Replaced);
        let counters = &self.core.counters;
        match cause {
            RemovalCause::Size => Counters::add(&counters.refused, 1),
            cause => counters.add_removed(cause),
        }
        if self.core.needs_janitor() {
            let key = Some(key.key);
            self.removed.push(Removal { key, node, cause });
        }
    }

    /// Whether no entry of this weight is kept.
    pub(super) fn refuses(&self, weight: u32) -> bool {
        self.store.policy.refuses(weight)
    }

    /// The time, if anything may expire.
    pub(super) fn now(&self) -> u64 {
        self.now
    }

    fn remove_found(
        &mut self,
        hash: u64,
        key: K,
        node: &Shared<Node<V>>,
        cause: RemovalCause,
    ) -> Option<Shared<Node<V>>> {
        let told = self.core.settings.listener.is_some().then(|| key.clone());
        self.map.apply_now(MapOp::Remove(Hashed { hash, key }));
        self.store.policy.remove(node.slot(), false);
        self.store.timers.remove(node.slot());
        let is_live = self.core.due(node) > self.now;
        self.note_removal(told, Shared::clone(node), self.cause_of(node, cause));
        is_live.then(|| Shared::clone(node))
    }

    /// Evicts until an item of this weight fits. Entries that have expired go first.
    fn free_capacity(&mut self, weight: u32) {
        while self.store.policy.is_over_with(weight) {
            if let Some(slot) = self.store.timers.first_due(self.now) {
                self.expire(slot);
                continue;
            }
            let Some(slot) = self.store.policy.victim() else {
                return;
            };
            self.remove_slot(slot, RemovalCause::Size);
        }
    }

    /// Removes an entry whose timer has gone off, or sets the timer again if it was read meanwhile.
    fn expire(&mut self, slot: u32) {
        let Some(entry) = self.store.policy.get(slot) else {
            self.store.timers.remove(slot);
            return;
        };
        let due = self.core.due(&entry.item);
        if due > self.now {
            self.store.timers.set(slot, due);
        } else {
            self.remove_slot(slot, RemovalCause::Expired);
        }
    }

    fn remove_slot(&mut self, slot: u32, cause: RemovalCause) {
        let Some(entry) = self.store.policy.get(slot) else {
            return;
        };
        let (hash, node) = (entry.hash, Shared::clone(&entry.item));
        let mut told = None;
        if let Some(key) = self.key_of(hash, &node) {
            told = self.core.settings.listener.is_some().then(|| key.clone());
            self.map.apply_now(MapOp::Remove(Hashed { hash, key }));
        }
        self.store.policy.remove(slot, cause == RemovalCause::Size);
        self.store.timers.remove(slot);
        self.note_removal(told, node, cause);
    }

    fn note_removal(&mut self, key: Option<K>, node: Shared<Node<V>>, cause: RemovalCause) {
        self.core.counters.add_removed(cause);
        if self.core.needs_janitor() {
            self.removed.push(Removal { key, node, cause });
        }
    }

    /// The cause of a removal: an entry that has expired is removed for that.
    fn cause_of(&self, node: &Node<V>, cause: RemovalCause) -> RemovalCause {
        if self.core.due(node) <= self.now {
            RemovalCause::Expired
        } else {
            cause
        }
    }

    fn key_to_tell(&self, hash: u64, node: &Shared<Node<V>>) -> Option<K> {
        self.core.settings.listener.as_ref()?;
        self.key_of(hash, node)
    }

    /// The key under which the map has this very node.
    fn key_of(&self, hash: u64, node: &Shared<Node<V>>) -> Option<K> {
        let table = &self.map.own().table;
        let (key, _) = table.find_by(hash, |_, other| Shared::ptr_eq(other, node))?;
        Some(key.clone())
    }

    fn hash_of(&self, node: &Shared<Node<V>>) -> Option<u64> {
        let entry = self.store.policy.get(node.slot())?;
        Shared::ptr_eq(&entry.item, node).then_some(entry.hash)
    }

    /// Ends the change: nothing below runs user code.
    fn end(mut self) -> (Wakeups, Vec<Shared<Node<V>>>) {
        let Store {
            policy,
            timers,
            removals,
            janitor_of,
            ..
        } = &mut *self.store;
        let counters = &self.core.counters;
        let mut dropped = Vec::new();
        let process = Background::process();
        for removal in self.removed {
            if let Err(removal) = removals.push(removal) {
                let is_told = self.core.settings.listener.is_some();
                Counters::add(&counters.unnotified, is_told.into());
                dropped.push(removal.node);
            }
        }
        let mut wakeups = Wakeups::default();
        if removals.has_fresh() && *janitor_of != process {
            *janitor_of = process;
            wakeups.needs_janitor = true;
        }
        Counters::set(&counters.entries, policy.len() as u64);
        Counters::set(&counters.weight, policy.weight());
        Counters::set(&counters.undropped, removals.len() as u64);
        if !self.core.clock.is_manual() {
            let mut due = timers.next_after(0);
            if policy.len() > 0 {
                due = due.min(self.core.clock.next_tick(self.now));
            }
            if due < self.core.next_due() || (due != NEVER && !self.core.clock.is_kept()) {
                self.core.set_next_due(due);
                wakeups.publisher_within = Some(due.saturating_sub(self.core.clock.coarse()));
            }
        }
        self.store.is_dirty = false;
        (wakeups, dropped)
    }
}
