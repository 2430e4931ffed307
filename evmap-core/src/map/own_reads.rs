//! Reads through the writer, which see its own unrefreshed changes.

use std::hash::{BuildHasher, Hash};

use equivalent::Equivalent;
use left_right::Operation;

use super::{OwnView, WriteHandle};
use crate::state::State;
use crate::table::{Engine, Table};

impl<K, V, S, M, E: Engine, O> WriteHandle<K, V, S, M, E, O> {
    /// A view of the writer's own state, if all changes are applied to the writer's copy already. It needs no `&mut`,
    /// and does not wait.
    ///
    /// `None` after a change that was only logged, and after a refresh that published: then
    /// [`catch_up`](Self::catch_up) applies what the copy lacks, and returns the view.
    /// Also `None` while the writer is poisoned, until it is [rebuilt](Self::rebuild).
    ///
    /// # Examples
    /// ```
    /// let (mut writer, _reader) = evmap_core::new();
    /// writer.insert("a", 1);
    /// assert!(writer.view().is_none()); // logged, and not applied yet
    /// writer.catch_up();
    /// let writer = &writer;
    /// println!("{:?}", writer.view().unwrap().get("a")); // Some(1)
    /// # assert_eq!(writer.view().unwrap()["a"], 1);
    /// ```
    pub fn view(&self) -> Option<OwnView<'_, K, V, S, M, E>> {
        self.ops.is_caught_up().then(|| OwnView::new(self.own()))
    }
}

impl<K, V, S, M, E, O> WriteHandle<K, V, S, M, E, O>
where
    K: Hash,
    S: BuildHasher,
    E: Engine,
    O: Operation<State<K, V, S, M, E>>,
{
    /// The value of this key, with the writer's own unrefreshed changes.
    ///
    /// It needs `&mut self`, since it applies the changes that the writer's copy lacks. [`view`](Self::view) does not.
    ///
    /// # Blocking
    /// Applies the changes to the writer's copy first, for which it waits for guards that were
    /// taken before the last refresh. After a successful [`try_catch_up`](Self::try_catch_up) it does not wait. This
    /// holds until the next refresh.
    ///
    /// # Panics
    /// As [`refresh`](Self::refresh).
    ///
    /// # Examples
    /// ```
    /// let (mut writer, reader) = evmap_core::new();
    /// writer.insert("a", 1);
    /// println!("{:?} {:?}", writer.get("a"), reader.get_cloned("a")); // Some(1) None
    /// # assert_eq!((writer.get("a"), reader.get_cloned("a")), (Some(&1), None));
    /// ```
    pub fn get<Q>(&mut self, key: &Q) -> Option<&V>
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        self.caught_up().get_key_value(key).map(|(_, value)| value)
    }

    /// Whether this key is present, with the writer's own unrefreshed changes.
    ///
    /// # Blocking
    /// As [`get`](Self::get).
    pub fn contains_key<Q>(&mut self, key: &Q) -> bool
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        self.get(key).is_some()
    }

    /// The number of keys, with the writer's own unrefreshed changes.
    ///
    /// # Blocking
    /// As [`get`](Self::get).
    pub fn len(&mut self) -> usize {
        self.caught_up().table.len()
    }

    /// Whether there is no key, with the writer's own unrefreshed changes.
    ///
    /// # Blocking
    /// As [`get`](Self::get).
    pub fn is_empty(&mut self) -> bool {
        self.len() == 0
    }

    /// All entries, with the writer's own unrefreshed changes, in no order to rely on.
    ///
    /// # Blocking
    /// As [`get`](Self::get).
    pub fn iter(&mut self) -> <E::Table<K, V> as Table<K, V>>::Iter<'_> {
        self.caught_up().table.iter()
    }

    /// The meta value, with the writer's own unrefreshed change.
    ///
    /// # Blocking
    /// As [`get`](Self::get).
    pub fn meta(&mut self) -> &M {
        &self.caught_up().meta
    }
}
