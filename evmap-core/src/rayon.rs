//! Parallel iteration over one state.
//!
//! A view belongs to its thread, and is held there until the iteration ends. The other threads borrow the table that
//! the view shows.
//!
//! While the view is held, a thread of a pool may take on other jobs. One that reads through the same handle or
//! [`SharedMap`](crate::SharedMap) on that thread reads the view's state: see
//! [*Guards of the writing thread*](crate::SharedMap#guards-of-the-writing-thread). The body of an iteration must not wait
//! for a writer that waits for the view: a second refresh, for example.

use rayon::iter::IntoParallelIterator;

use crate::table::{Engine, ParTable};
use crate::{OwnView, Snapshot, View};

/// `par_iter!(type, lifetime of what it lends, its other lifetimes)`
macro_rules! par_iter {
    ($(#[$doc:meta])* [$($life:lifetime),+] $View:ty, $lent:lifetime) => {
        impl<$($life,)+ K, V, S, M, E> IntoParallelIterator for $View
        where
            K: Sync,
            V: Sync,
            E: Engine,
            E::Table<K, V>: ParTable<K, V>,
        {
            type Item = (&$lent K, &$lent V);
            type Iter = <E::Table<K, V> as ParTable<K, V>>::ParIter<$lent>;

            $(#[$doc])*
            fn into_par_iter(self) -> Self::Iter {
                self.state.table.par_iter()
            }
        }
    };
}

par_iter! {
    /// All entries, in parallel. rayon's `par_iter` calls this.
    ///
    /// # Examples
    ///
    /// ```
    /// use rayon::prelude::*;
    ///
    /// let (_writer, reader) = evmap_core::Builder::new().build_from((0..1000).map(|n| (n, n)));
    /// let view = reader.read();
    /// let sum: u32 = view.par_iter().map(|(_, value)| value).sum();
    /// assert_eq!(sum, 499_500);
    /// ```
    ['v, 'a] &'v View<'a, K, V, S, M, E>, 'v
}

par_iter! {
    /// All entries, in parallel. rayon's `par_iter` calls this.
    ///
    /// Other jobs that the thread takes on meanwhile read the newest state, since a snapshot is no view of the thread.
    ///
    /// # Examples
    ///
    /// ```
    /// use rayon::prelude::*;
    ///
    /// let map: evmap_core::SharedMap<u32, u32> = (0..1000).map(|n| (n, n)).collect();
    /// let snapshot = map.snapshot();
    /// let thread = std::thread::spawn(move || snapshot.par_iter().map(|(_, value)| value).sum::<u32>());
    /// assert_eq!(thread.join().unwrap(), 499_500);
    /// ```
    ['v] &'v Snapshot<K, V, S, M, E>, 'v
}

par_iter! {
    /// All entries, in parallel, with the writer's unrefreshed changes.
    ///
    /// # Examples
    ///
    /// ```
    /// use rayon::prelude::*;
    ///
    /// let (mut writer, _reader) = evmap_core::new();
    /// writer.extend((0..1000).map(|n| (n, n)));
    /// let largest = writer.catch_up().into_par_iter().map(|(_, value)| *value).max();
    /// assert_eq!(largest, Some(999));
    /// ```
    ['a] OwnView<'a, K, V, S, M, E>, 'a
}

par_iter! {
    /// As by value. rayon's `par_iter` calls this.
    ['v, 'a] &'v OwnView<'a, K, V, S, M, E>, 'a
}
