//! [`OwnView`]: the writer's own state of a map.

use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasher, Hash};
use std::ops::Index;

use equivalent::Equivalent;

use super::state_reads::{equal_entries, have_equal_entries, state_reads};
use super::{Iter, Keys, Values, View};
use crate::DefaultHashBuilder;
use crate::state::State;
use crate::table::{DefaultEngine, Engine, Table};

/// The writer's own state of a map, with its unrefreshed changes: what a [`View`] is for readers.
///
/// A reference, not a guard: it is `Copy`, what it lends lives as long as its borrow of the writer, and it
/// blocks nobody. Unlike a view it has no version, since it may be unpublished.
///
/// # Panics
///
/// `view[&key]` panics if the key is absent.
///
/// # Examples
///
/// ```
/// let (mut writer, reader) = evmap_core::new();
/// writer.extend([("a", 1), ("b", 2)]);
/// let own = writer.catch_up();
/// assert_eq!((own.len(), own["a"], own.get("c")), (2, 1, None));
/// assert!(own != reader.read()); // not published yet
///
/// let mut values: Vec<&i32> = own.values().collect();
/// values.sort();
/// assert_eq!(values, [&1, &2]);
/// writer.refresh();
/// ```
pub struct OwnView<'a, K, V, S = DefaultHashBuilder, M = (), E: Engine = DefaultEngine> {
    pub(crate) state: &'a State<K, V, S, M, E>,
}

impl<'a, K, V, S, M, E: Engine> OwnView<'a, K, V, S, M, E> {
    #[inline]
    pub(crate) fn new(state: &'a State<K, V, S, M, E>) -> Self {
        OwnView { state }
    }
}

state_reads!(['a, K, V, S, M, E] OwnView<'a, K, V, S, M, E>, 'a);

equal_entries! {
    OwnView<'_> == OwnView<'_>,
    OwnView<'_> == View<'_>,
    View<'_> == OwnView<'_>,
}

impl<K, V, S, M, E: Engine> Clone for OwnView<'_, K, V, S, M, E> {
    #[inline]
    fn clone(&self) -> Self {
        *self
    }
}

impl<K, V, S, M, E: Engine> Copy for OwnView<'_, K, V, S, M, E> {}

impl<'a, K, V, S, M, E: Engine> IntoIterator for OwnView<'a, K, V, S, M, E> {
    type Item = (&'a K, &'a V);
    type IntoIter = Iter<'a, K, V, E>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<'a, K, V, S, M, E: Engine> IntoIterator for &OwnView<'a, K, V, S, M, E> {
    type Item = (&'a K, &'a V);
    type IntoIter = Iter<'a, K, V, E>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
