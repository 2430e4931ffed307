//! `verify_copies`: compares the two copies of a map, for tests.

use std::hash::{BuildHasher, Hash};

use left_right::Operation;

use super::WriteHandle;
use crate::CopiesDiffer;
use crate::state::State;
use crate::table::{Engine, Table};

impl<K, V, S, M, E, O> WriteHandle<K, V, S, M, E, O>
where
    K: Hash,
    S: BuildHasher,
    E: Engine,
    O: Operation<State<K, V, S, M, E>>,
{
    /// Compares the two copies, after refreshing and applying every change to both.
    ///
    /// For tests: a key whose `Hash` or `Eq` lies, or a `Clone` that does not give an equal, shows
    /// here, and so does a value that is not equal to itself, such as a NaN. The meta value is not
    /// compared.
    ///
    /// # Blocking
    /// Waits for the guards that were taken before this call.
    ///
    /// # Errors
    /// [`CopiesDiffer`] names the first key found that differs.
    ///
    /// # Panics
    /// As [`refresh`](Self::refresh).
    pub fn verify_copies(&mut self) -> Result<(), CopiesDiffer<K>>
    where
        K: Hash + Eq + Clone,
        V: PartialEq,
    {
        if self.has_pending() {
            self.refresh();
        }
        self.caught_up();
        let (published, own) = (self.published(), self.own());
        match first_difference(published, own).or_else(|| first_difference(own, published)) {
            None => Ok(()),
            Some(key) => Err(CopiesDiffer { key: key.clone() }),
        }
    }
}

/// Returns the first key of `one` whose lookup there does not find its own entry, or whose lookup in `other` does
/// not find an equal value.
///
/// If there is none in either direction, each entry has an equal one in the other copy, and no entry is hidden
/// behind another one of the same key.
fn first_difference<'a, K, V, S, M, E>(
    one: &'a State<K, V, S, M, E>,
    other: &State<K, V, S, M, E>,
) -> Option<&'a K>
where
    K: Hash + Eq,
    V: PartialEq,
    S: BuildHasher,
    E: Engine,
{
    let mut keys = one.table.iter();
    keys.find(|&(key, value)| {
        let own = one.get_key_value(key);
        let others = other.get_key_value(key);
        !own.is_some_and(|(found, _)| std::ptr::eq(found, key))
            || !others.is_some_and(|(_, found)| found == value)
    })
    .map(|(key, _)| key)
}
