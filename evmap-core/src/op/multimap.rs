//! [`MultimapOp`]: the changes to single values of a bag.

use std::hash::{BuildHasher, Hash};

use left_right::Operation;

use super::{Hashed, Inserts, MapOp};
use crate::multimap::Values;
use crate::state::State;
use crate::table::{Engine, Table};

/// A change to a multimap.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MultimapOp<K, V, M> {
    /// A change to whole bags.
    Map(MapOp<K, Values<V>, M>),
    /// Adds a value to a bag. Creates the bag if the key is absent.
    Add(Hashed<K>, V),
    /// Removes one occurrence of a value from a bag. Removes the key if the bag is empty then.
    RemoveValue(Hashed<K>, V),
    /// Frees a bag's capacity that is not needed.
    Fit(Hashed<K>),
    /// Frees the capacity of every bag that is not needed.
    FitAll,
    /// Reserves capacity in a bag.
    ReserveValues(Hashed<K>, usize),
    /// Removes everything, and frees all capacity.
    Purge,
}

impl<K, V, S, M, E> Operation<State<K, Values<V>, S, M, E>> for MultimapOp<K, V, M>
where
    K: Hash + Eq + Clone,
    V: Clone + PartialEq,
    S: BuildHasher,
    M: Clone,
    E: Engine,
{
    fn apply(&mut self, target: &mut State<K, Values<V>, S, M, E>) {
        match self {
            MultimapOp::Map(op) => op.apply(target),
            MultimapOp::Add(key, value) => match target.get_mut(key.hash, &key.key) {
                Some(bag) => bag.push(value.clone()),
                None => {
                    target.insert_absent(key.hash, key.key.clone(), Values::one(value.clone()));
                }
            },
            MultimapOp::RemoveValue(key, value) => {
                if let Some(bag) = target.get_mut(key.hash, &key.key) {
                    bag.remove_one(value);
                    if bag.is_empty() {
                        target.remove(key.hash, &key.key);
                    }
                }
            }
            MultimapOp::Fit(key) => {
                if let Some(bag) = target.get_mut(key.hash, &key.key) {
                    bag.shrink_to_fit();
                }
            }
            MultimapOp::ReserveValues(key, additional) => {
                if let Some(bag) = target.get_mut(key.hash, &key.key) {
                    bag.reserve(*additional);
                }
            }
            MultimapOp::FitAll => target.table.for_each_value(Values::shrink_to_fit),
            MultimapOp::Purge => target.purge(),
        }
    }

    fn apply_once(mut self, target: &mut State<K, Values<V>, S, M, E>) {
        match self {
            MultimapOp::Map(op) => op.apply_once(target),
            MultimapOp::Add(key, value) => match target.get_mut(key.hash, &key.key) {
                Some(bag) => bag.push(value),
                None => {
                    target.insert_absent(key.hash, key.key, Values::one(value));
                }
            },
            MultimapOp::RemoveValue(..)
            | MultimapOp::Fit(_)
            | MultimapOp::FitAll
            | MultimapOp::ReserveValues(..)
            | MultimapOp::Purge => self.apply(target),
        }
    }
}

impl<K, V, M> Inserts<K> for MultimapOp<K, V, M> {
    fn inserted(&self, nth: usize) -> Option<&Hashed<K>> {
        match self {
            MultimapOp::Map(op) => op.inserted(nth),
            MultimapOp::Add(key, _) if nth == 0 => Some(key),
            _ => None,
        }
    }
}

impl<K, V, M> MultimapOp<K, V, M> {
    /// Returns how many changes this stands for.
    pub(crate) fn changes(&self) -> usize {
        match self {
            MultimapOp::Map(op) => op.changes(),
            _ => 1,
        }
    }
}
