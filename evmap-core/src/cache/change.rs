//! [`Change`]: one write of a cache. It changes the map and the policy together.
//!
//! A panic in user code undoes the changes of the map, and not those of the policy. The next change finds that out, and
//! makes the policy agree with the map again.

use std::hash::{BuildHasher, Hash};
use std::mem;
use std::sync::MutexGuard;
use std::time::Duration;

use equivalent::Equivalent;

use super::clock::NEVER;
use super::core::{Core, Ended, Store, Writer};
use super::node::{Node, Tags};
use super::removal::{Removal, RemovalCause};
use super::stats::{Counted, Counters};
use crate::Shared;
use crate::op::{Hashed, MapOp};
use crate::table::Table;

/// How many expired entries each write removes besides, and how many it looks at before it evicts another.
const EXPIRED_BY_WRITE: usize = 8;

/// A value to insert.
pub(super) struct Fresh<V> {
    pub(super) value: V,
    pub(super) weight: u32,
    pub(super) lifetime: Option<Duration>,
    pub(super) tags: Tags,
}

/// One write of a cache, under the map's writer lock.
pub(super) struct Change<'a, K, V, S> {
    core: &'a Core<K, V, S>,
    map: &'a mut Writer<K, V, S>,
    store: MutexGuard<'a, Store<V>>,
    removed: Vec<Removal<K, V>>,
    /// Removals of which the listener is not told, since their writes were undone.
    dropped: Vec<Removal<K, V>>,
    /// Added to the figures at the end, so that a write that panics counts nothing.
    counted: Counted,
    /// Entries that the policy had and the map had not.
    strange: Vec<Shared<Node<V>>>,
    now: u64,
}

impl<'a, K, V, S> Change<'a, K, V, S>
where
    K: Hash + Eq + Clone,
    S: BuildHasher + Clone,
{
    /// Runs a change. Returns its result, and what is left to do once it is visible.
    pub(super) fn run<R>(
        core: &'a Core<K, V, S>,
        map: &'a mut Writer<K, V, S>,
        change: impl FnOnce(&mut Self) -> R,
    ) -> (R, Ended<K, V>) {
        let store = core.store_in_write();
        let mut this = Change {
            core,
            map,
            store,
            removed: Vec::new(),
            dropped: Vec::new(),
            counted: Counted::default(),
            strange: Vec::new(),
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
            let undone = self.core.with_removals(|removals| removals.take_ended());
            self.dropped.extend(undone);
            self.repair();
            self.store.rolled_back = rolled_back;
        }
        self.store.is_dirty = true;
        self.free_capacity(0);
        if self.has_times() {
            self.now = self.core.clock.advance();
            self.remove_expired(EXPIRED_BY_WRITE);
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
        let Store {
            policy,
            timers,
            tags,
            ..
        } = &mut *self.store;
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
                _ => {
                    let weight = self.core.weigh(key, &node.value);
                    missing.push((state.hasher.hash_one(key), weight, Shared::clone(node)));
                }
            }
        }
        let strange: Vec<u32> = policy
            .iter()
            .map(|entry| entry.item.slot())
            .filter(|slot| !is_in_map.get(*slot as usize).is_some_and(|it| *it))
            .collect();
        for slot in strange {
            timers.remove(slot);
            if let Some(entry) = policy.remove(slot, false) {
                tags.remove(slot, entry.item.tags());
                self.strange.push(entry.item);
            }
        }
        for (hash, weight, node) in missing {
            let slot = policy.insert(hash, Shared::clone(&node), weight);
            timers.set(slot, self.core.next_look(&node, 0));
            tags.insert(slot, node.tags());
        }
    }

    /// Inserts a value, unless it has no time to live or is heavier than the whole cache. Evicts others until it fits.
    ///
    /// Its lifetime begins now: the write may have waited for others.
    pub(super) fn insert(&mut self, key: Hashed<K>, fresh: Fresh<V>) -> Shared<Node<V>> {
        let Fresh {
            value,
            weight,
            lifetime,
            tags,
        } = fresh;
        let core = self.core;
        let expires = lifetime.map_or(NEVER, |time| core.expires(time, key.hash));
        let refresh_at = core.settings.refresh_after;
        let refresh_at = refresh_at.map_or(NEVER, |time| core.clock.after(time));
        let tick = core.clock.tick(self.now);
        let node = Shared::new(Node::new(value, expires, tick, refresh_at, tags));
        let inserted = Shared::clone(&node);
        if core.settings.keeps_nothing || lifetime.is_some_and(|time| time.is_zero()) {
            self.refuse(key, node, RemovalCause::Expired);
        } else if self.store.policy.refuses(weight) {
            self.refuse(key, node, RemovalCause::Size);
        } else {
            self.insert_node(key, node, weight);
        }
        inserted
    }

    /// Inserts a value that weighs 1, with the cache's lifetime.
    pub(super) fn insert_plain(&mut self, key: Hashed<K>, value: V) {
        let fresh = Fresh {
            value,
            weight: 1,
            lifetime: self.core.settings.time_to_live,
            tags: Tags::default(),
        };
        self.insert(key, fresh);
    }

    /// What the map has of this key.
    pub(super) fn find<Q>(&mut self, hash: u64, key: &Q) -> Option<&Shared<Node<V>>>
    where
        Q: Equivalent<K> + ?Sized,
    {
        self.map
            .caught_up()
            .table
            .find(hash, key)
            .map(|(_, node)| node)
    }

    /// A value that is returned to callers, and not inserted.
    pub(super) fn pass(&self, value: V) -> Shared<Node<V>> {
        Shared::new(Node::new(value, NEVER, None, NEVER, Tags::default()))
    }

    fn insert_node(&mut self, key: Hashed<K>, node: Shared<Node<V>>, weight: u32) {
        let hash = key.hash;
        let first_look = self.core.next_look(&node, 0);
        self.counted.insertions += 1;
        let Some(old) = self.map.insert_hashed(key, Shared::clone(&node)) else {
            // The map has it already, and the policy does not, so it is no victim itself.
            self.free_capacity(weight);
            let slot = self.store.policy.insert(hash, Shared::clone(&node), weight);
            self.store.timers.set(slot, first_look);
            self.store.tags.insert(slot, node.tags());
            return;
        };
        let key = self.key_to_tell(hash, &node);
        let cause = self.cause_of(&old, RemovalCause::Replaced);
        let slot = old.slot();
        self.store.tags.remove(slot, old.tags());
        self.store.tags.insert(slot, node.tags());
        let replaced = self.store.policy.replace(slot, node, weight);
        self.note_removal(key, old, cause);
        if let Ok((_, Some(queue))) = replaced {
            // Meanwhile it is no victim itself, nor has it expired.
            self.store.timers.remove(slot);
            self.free_capacity(weight);
            self.store.policy.queue_again(slot, queue);
        }
        self.store.timers.set(slot, first_look);
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
        self.store.tags.clear();
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
            .filter(|(key, node)| core.ends(node) > now && condition(key, &node.value))
            .map(|(key, node)| (key.clone(), Shared::clone(node)))
            .collect();
        for (key, node) in unwanted {
            let Some(hash) = self.hash_of(&node) else {
                continue;
            };
            self.remove_found(hash, key, &node, RemovalCause::Explicit);
        }
    }

    /// Removes the entries that have this tag.
    pub(super) fn remove_tagged(&mut self, tag: &str) {
        for slot in self.store.tags.of(tag) {
            let Some(entry) = self.store.policy.get(slot) else {
                continue;
            };
            let cause = self.cause_of(&entry.item, RemovalCause::Explicit);
            self.remove_slot(slot, cause);
        }
    }

    /// Notes a value that is not inserted, and removes the one that it would have replaced.
    fn refuse(&mut self, key: Hashed<K>, node: Shared<Node<V>>, cause: RemovalCause) {
        self.remove(key.hash, &key.key, RemovalCause::Replaced);
        self.counted.refused += 1;
        let key = Some(key.key);
        self.removed.push(Removal { key, node, cause });
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
        self.forget(node.slot(), false);
        let is_live = self.core.ends(node) > self.now;
        self.note_removal(told, Shared::clone(node), self.cause_of(node, cause));
        is_live.then(|| Shared::clone(node))
    }

    /// Evicts until an item of this weight fits. Entries that have expired go first.
    fn free_capacity(&mut self, weight: u32) {
        // An entry that was read meanwhile does not leave, so the number of those that are looked at is bounded.
        let mut looks = EXPIRED_BY_WRITE;
        while self.store.policy.is_over_with(weight) {
            if looks > 0
                && let Some(slot) = self.store.timers.first_due(self.now)
            {
                looks -= 1;
                self.expire(slot);
                continue;
            }
            let Some(slot) = self.store.policy.victim() else {
                return;
            };
            self.remove_slot(slot, RemovalCause::Size);
        }
    }

    /// Removes an entry whose timer has gone off, or sets the timer again if it is not due: it was read meanwhile, or it is
    /// kept for a load that fails.
    fn expire(&mut self, slot: u32) {
        let Some(entry) = self.store.policy.get(slot) else {
            self.store.timers.remove(slot);
            return;
        };
        if self.core.due(&entry.item) > self.now {
            let next = self.core.next_look(&entry.item, self.now);
            self.store.timers.set(slot, next);
        } else {
            self.remove_slot(slot, RemovalCause::Expired);
        }
    }

    /// Removes an entry from all but the map.
    fn forget(&mut self, slot: u32, is_evicted: bool) {
        let store = &mut *self.store;
        store.timers.remove(slot);
        if let Some(entry) = store.policy.remove(slot, is_evicted) {
            store.tags.remove(slot, entry.item.tags());
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
        self.forget(slot, cause == RemovalCause::Size);
        self.note_removal(told, node, cause);
    }

    fn note_removal(&mut self, key: Option<K>, node: Shared<Node<V>>, cause: RemovalCause) {
        self.counted.removed[cause as usize] += 1;
        if self.core.needs_janitor() {
            self.removed.push(Removal { key, node, cause });
        }
    }

    /// The cause of a removal: an entry that has expired is removed for that.
    fn cause_of(&self, node: &Node<V>, cause: RemovalCause) -> RemovalCause {
        if self.core.ends(node) <= self.now {
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

    /// Ends the change. Runs no user code.
    fn end(mut self) -> Ended<K, V> {
        let counters = &self.core.counters;
        Counters::set(&counters.entries, self.store.policy.len() as u64);
        Counters::set(&counters.weight, self.store.policy.weight());
        let mut due = self.store.timers.next_after(self.now);
        if self.store.policy.len() > 0 {
            due = due.min(self.core.clock.next_tick(self.now));
        }
        // Before another write can make the removals known.
        counters.add_all(&self.counted);
        let mut write = None;
        if !self.core.needs_janitor() {
            self.dropped.append(&mut self.removed);
        } else if !self.removed.is_empty() {
            let removed = mem::take(&mut self.removed);
            write = Some(self.core.with_removals(|all| all.end_write(removed)));
        }
        self.store.is_dirty = false;
        Ended {
            due,
            has_due: self.store.timers.first_due(self.now).is_some(),
            write,
            dropped: self.dropped,
            strange: self.strange,
        }
    }
}
