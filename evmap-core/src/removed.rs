//! [`Removed`]: what changes took out of a copy, until somebody drops it.
//!
//! For a map with many writers: the `Drop` of a value may call the map, so nothing may be dropped
//! by the writer whose turn it is.

use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What changes took out of one copy, and the tables of copies that are gone.
///
/// Nobody ever waits for the first lock: changes have the copy to themselves, and only its writer,
/// who has a shared reference then, collects. It is what lets readers share the copy.
pub(crate) struct Removed<K, V, T> {
    contents: Mutex<Contents<K, V, T>>,
    gone: Gone<T>,
}

/// The tables of copies that are gone, of all copies of a map.
pub(crate) struct Gone<T>(Arc<Mutex<Vec<T>>>);

/// Things that were taken out of a copy.
pub(crate) struct Contents<K, V, T> {
    /// The value that was taken out last, for who took it out.
    last: Option<V>,
    keys: Vec<K>,
    values: Vec<V>,
    tables: Vec<T>,
}

impl<K, V, T> Removed<K, V, T> {
    pub(crate) fn new(gone: &Gone<T>) -> Self {
        Removed {
            contents: Mutex::new(Contents::new()),
            gone: gone.clone(),
        }
    }

    /// An empty one for a clone of the copy.
    pub(crate) fn renewed(&self) -> Self {
        Removed::new(&self.gone)
    }

    pub(crate) fn keep_value(&mut self, value: V) {
        self.own().keep_value(value);
    }

    pub(crate) fn keep_key(&mut self, key: K) {
        if mem::needs_drop::<K>() {
            self.own().keys.push(key);
        }
    }

    pub(crate) fn keep_table(&mut self, table: T) {
        self.own().tables.push(table);
    }

    /// Keeps the table of a copy that ends.
    pub(crate) fn keep_last_table(&self, table: T) {
        lock(&self.gone.0).push(table);
    }

    /// From here on, [`take_last`](Self::take_last) gives what is taken out next.
    pub(crate) fn forget_last(&self) {
        let contents = &mut *lock(&self.contents);
        if let Some(value) = contents.last.take() {
            if mem::needs_drop::<V>() {
                contents.values.push(value);
            }
        }
    }

    /// The value that was taken out last.
    pub(crate) fn take_last(&self) -> Option<V> {
        lock(&self.contents).last.take()
    }

    /// Hands out everything.
    pub(crate) fn take(&self) -> Contents<K, V, T> {
        mem::replace(&mut lock(&self.contents), Contents::new())
    }

    fn own(&mut self) -> &mut Contents<K, V, T> {
        self.contents
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K, V, T> Contents<K, V, T> {
    const fn new() -> Self {
        Contents {
            last: None,
            keys: Vec::new(),
            values: Vec::new(),
            tables: Vec::new(),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.last.is_none()
            && self.keys.is_empty()
            && self.values.is_empty()
            && self.tables.is_empty()
    }

    /// What needs no drop is not kept, but for the last one.
    fn keep_value(&mut self, value: V) {
        if let Some(earlier) = self.last.replace(value) {
            if mem::needs_drop::<V>() {
                self.values.push(earlier);
            }
        }
    }

    /// Drops everything, one thing after the other: how many panicked.
    ///
    /// A `Vec` with two values whose `Drop` panics would abort the program.
    pub(crate) fn drop_each(self) -> u64 {
        drop_each(self.last)
            + drop_each(self.keys)
            + drop_each(self.values)
            + drop_each(self.tables)
    }
}

impl<T> Gone<T> {
    pub(crate) fn new() -> Self {
        Gone(Arc::new(Mutex::new(Vec::new())))
    }

    /// Hands out all tables.
    pub(crate) fn take(&self) -> Vec<T> {
        mem::take(&mut *lock(&self.0))
    }
}

impl<T> Clone for Gone<T> {
    fn clone(&self) -> Self {
        Gone(Arc::clone(&self.0))
    }
}

/// Drops each thing by itself: how many panicked.
pub(crate) fn drop_each<T>(things: impl IntoIterator<Item = T>) -> u64 {
    let mut panics = 0;
    for thing in things {
        panics += u64::from(catch_unwind(AssertUnwindSafe(|| drop(thing))).is_err());
    }
    panics
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
