//! [`View`]: one published state of a map.

use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasher, Hash};
use std::ops::Index;

use equivalent::Equivalent;
use left_right::{ReadGuard, Version};

use super::state_reads::{equal_entries, have_equal_entries, state_reads};
use super::{Iter, Keys, Values};
use crate::DefaultHashBuilder;
use crate::state::State;
use crate::table::{DefaultEngine, Engine, Table};

/// One published state of a map, for all keys, unchanged for as long as the view lives.
///
/// A guard: while it lives, the writer may refresh once more, and the refresh after that waits. (A
/// [`SharedMap`](crate::SharedMap) goes past it after a while.)
/// It cannot be sent to another thread, so do not hold it across an `.await`; scoped threads may share it.
/// A [`Snapshot`](crate::Snapshot) goes wherever it is sent.
/// The lookups of a view are never [counted](crate::table::Counted).
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
/// writer.refresh();
/// let view = reader.read();
/// writer.clear();
/// writer.refresh();
/// assert_eq!(view.len(), 2);
/// assert_eq!(view.values().sum::<i32>(), 3);
/// assert_eq!(view.version().as_u64(), 1);
/// ```
/// Views are equal if they have the same entries, whatever their versions, meta values, hashers and engines:
/// ```
/// use evmap_core::{Builder, table::RobinHood};
///
/// let (_writer, one) = Builder::new().build_from([("a", 1), ("b", 2)]);
/// let (_writer, other) = Builder::new().engine::<RobinHood>().build_from([("b", 2), ("a", 1)]);
/// assert_eq!(one.read(), other.read());
/// assert_eq!(one.read(), std::collections::HashMap::from([("a", 1), ("b", 2)]));
/// assert_eq!(one.read()["b"], 2);
/// ```
pub struct View<'a, K, V, S = DefaultHashBuilder, M = (), E: Engine = DefaultEngine> {
    pub(crate) state: ReadGuard<'a, State<K, V, S, M, E>>,
}

impl<'a, K, V, S, M, E: Engine> View<'a, K, V, S, M, E> {
    #[inline]
    pub(crate) fn new(state: ReadGuard<'a, State<K, V, S, M, E>>) -> Self {
        View { state }
    }

    /// The version of this state.
    ///
    /// # Examples
    /// ```
    /// let (mut writer, reader) = evmap_core::new();
    /// let view = reader.read();
    /// writer.insert("a", 1);
    /// writer.refresh();
    /// println!("{} {}", view.version(), writer.version()); // 0 1
    /// # assert_eq!((view.version().as_u64(), writer.version().as_u64()), (0, 1));
    /// ```
    #[inline]
    pub fn version(&self) -> Version {
        self.state.version()
    }
}

state_reads!(['a, K, V, S, M, E] View<'a, K, V, S, M, E>, '_);

equal_entries! {
    View<'_> == View<'_>,
}

impl<'v, K, V, S, M, E: Engine> IntoIterator for &'v View<'_, K, V, S, M, E> {
    type Item = (&'v K, &'v V);
    type IntoIter = Iter<'v, K, V, E>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
