//! Changes that are made at once: the [writes](super::writes) of every writer are built on them.

use std::hash::{BuildHasher, Hash};

use equivalent::Equivalent;
use left_right::Operation;

use super::WriteHandle;
use crate::TryReserveError;
use crate::op::{Hashed, MapOp};
use crate::state::State;
use crate::table::{Engine, Table};

/// What a closure has decided about a key.
pub(crate) enum Decision<V> {
    Keep,
    /// As `Keep`, and discards this value.
    Discard(V),
    Set(V),
    Remove,
}

impl<V> Decision<V> {
    pub(crate) fn set_or_remove(value: Option<V>) -> Self {
        value.map_or(Decision::Remove, Decision::Set)
    }

    pub(crate) fn set_or_keep(value: Option<V>) -> Self {
        value.map_or(Decision::Keep, Decision::Set)
    }
}

/// Each applies all pending changes first. Each change is logged, and applied to the writer's copy at once.
impl<K, V, S, M, E> WriteHandle<K, V, S, M, E>
where
    K: Hash + Eq + Clone,
    V: Clone,
    S: BuildHasher,
    M: Clone,
    E: Engine,
{
    /// Shows `decide` the value of this key, makes the change that it decides, and returns what it returns.
    pub(crate) fn decide<R, X>(
        &mut self,
        key: Hashed<K>,
        decide: impl FnOnce(Option<&V>) -> Result<(Decision<V>, R), X>,
    ) -> Result<R, X> {
        let present = self.caught_up().table.find(key.hash, &key.key);
        let is_present = present.is_some();
        let (decision, result) = match decide(present.map(|(_, value)| value)) {
            Ok((decision, result)) => (decision, Ok(result)),
            Err(error) => (Decision::Keep, Err(error)),
        };
        match decision {
            Decision::Set(value) => self.apply_now(MapOp::Insert(key, value)),
            Decision::Remove if is_present => self.apply_now(MapOp::Remove(key)),
            Decision::Remove | Decision::Keep => self.discard(key.key, None),
            Decision::Discard(value) => self.discard(key.key, Some(value)),
        }
        result
    }

    /// Sets the value of this key, if it is present, to what `update` returns for the current one. Returns the new
    /// value.
    pub(crate) fn update_hashed<Q>(
        &mut self,
        hash: u64,
        key: &Q,
        update: impl FnOnce(&V) -> V,
    ) -> Option<V>
    where
        Q: Equivalent<K> + ?Sized,
    {
        let (key, value) = self.caught_up().table.find(hash, key)?;
        let new = update(value);
        let key = Hashed {
            hash,
            key: key.clone(),
        };
        self.apply_now(MapOp::Insert(key, new.clone()));
        Some(new)
    }

    /// Removes the key with this hash, if `condition` returns `true` for its entry, by `take`, which removes the given key
    /// from the copy. Returns what that returns.
    pub(crate) fn remove_hashed<Q, R>(
        &mut self,
        hash: u64,
        key: &Q,
        condition: impl FnOnce(&K, &V) -> bool,
        take: impl FnOnce(&mut State<K, V, S, M, E>, u64, &K) -> Option<R>,
    ) -> Option<R>
    where
        Q: Equivalent<K> + ?Sized,
    {
        // Without a rehash step, since the removal does one.
        self.apply_all();
        let (key, value) = self.own().table.find(hash, key)?;
        if !condition(key, value) {
            return None;
        }
        let key = key.clone();
        let op = MapOp::Remove(Hashed { hash, key });
        self.ops.apply_now(op, |op, state| match op {
            MapOp::Remove(key) => take(state, key.hash, &key.key),
            _ => None,
        })
    }

    /// Sets the value of a key. Returns the old value.
    #[inline(always)]
    pub(crate) fn insert_hashed(&mut self, key: Hashed<K>, value: V) -> Option<V> {
        let insert = MapOp::Insert(key, value);
        self.ops.apply_now(insert, |op, state| match op {
            MapOp::Insert(key, value) => state.insert_cloned(key, value.clone()),
            _ => None,
        })
    }

    /// Removes the entries for which `keep` returns `false`.
    pub(crate) fn retain_entries(&mut self, mut keep: impl FnMut(&K, &V) -> bool) {
        let state = self.caught_up();
        let unwanted: Vec<_> = state
            .table
            .iter()
            .filter(|(key, value)| !keep(key, value))
            .map(|(key, _)| {
                MapOp::Remove(Hashed {
                    hash: state.hasher.hash_one(key),
                    key: key.clone(),
                })
            })
            .collect();
        self.log_all(unwanted);
        self.apply_all();
    }

    /// Reserves capacity in the writer's copy, and logs that for the other one.
    pub(crate) fn reserve_now(&mut self, additional: usize) -> Result<(), TryReserveError> {
        self.caught_up();
        let reserved = self.ops.tidy_with(|state| state.try_reserve(additional));
        let Some(reserved) = reserved else {
            unreachable!("a copy that has caught up is the writer's");
        };
        // A refusal changes nothing, so nothing is logged then.
        reserved?;
        self.apply_now(MapOp::Reserve(additional));
        Ok(())
    }

    /// Logs a change, and makes it to the writer's copy.
    pub(crate) fn apply_now(&mut self, op: MapOp<K, V, M>) {
        self.ops.apply_now(op, MapOp::apply);
    }

    /// Drops arguments of a call that are not needed, at once or later.
    fn discard(&mut self, key: K, value: Option<V>) {
        if self.own().drops.is_some() {
            self.ops.tidy_with(|state| {
                state.discard_key(key);
                state.discard(value);
            });
        }
    }
}
