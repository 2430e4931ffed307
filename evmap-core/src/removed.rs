//! [`Removed`]: what changes took out of a copy, until somebody drops it.
//!
//! For a map with many writers: the `Drop` of a value may call the map, so nothing may be dropped by
//! the writer whose turn it is.
//! What needs no drop is not kept.

use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

/// What changes took out of one copy, and where its table goes when the copy ends.
pub(crate) struct Removed<K, V, T> {
    contents: Contents<K, V, T>,
    gone: Gone<T>,
}

/// Things that were taken out of a copy.
pub(crate) struct Contents<K, V, T> {
    keys: Vec<K>,
    values: Vec<V>,
    tables: Vec<T>,
}

/// The tables of copies that are gone, of all copies of a map: whoever leaves a copy last may be a
/// writer in his turn, too.
pub(crate) struct Gone<T>(Arc<Tables<T>>);

struct Tables<T> {
    has_some: AtomicBool,
    tables: Mutex<Vec<T>>,
}

impl<K, V, T> Removed<K, V, T> {
    pub(crate) fn new(gone: &Gone<T>) -> Self {
        Removed {
            contents: Contents::new(),
            gone: gone.clone(),
        }
    }

    /// An empty one for a clone of the copy.
    pub(crate) fn renewed(&self) -> Self {
        Removed::new(&self.gone)
    }

    pub(crate) fn keep_value(&mut self, value: V) {
        if mem::needs_drop::<V>() {
            self.contents.values.push(value);
        }
    }

    pub(crate) fn keep_key(&mut self, key: K) {
        if mem::needs_drop::<K>() {
            self.contents.keys.push(key);
        }
    }

    /// Whether tables are kept.
    pub(crate) fn keeps_tables(&self) -> bool {
        Contents::<K, V, T>::IS_NEEDED
    }

    pub(crate) fn keep_table(&mut self, table: T) {
        self.contents.tables.push(table);
    }

    /// Keeps the table of a copy that ends.
    pub(crate) fn keep_last_table(&self, table: T) {
        if Contents::<K, V, T>::IS_NEEDED {
            self.gone.put(table);
        }
    }

    /// Hands out everything, if there is anything.
    pub(crate) fn take(&mut self) -> Option<Contents<K, V, T>> {
        let contents = &mut self.contents;
        let is_empty =
            contents.keys.is_empty() && contents.values.is_empty() && contents.tables.is_empty();
        (!is_empty).then(|| mem::replace(contents, Contents::new()))
    }
}

impl<K, V, T> Contents<K, V, T> {
    /// Whether anything is ever kept.
    pub(crate) const IS_NEEDED: bool = mem::needs_drop::<K>() || mem::needs_drop::<V>();

    const fn new() -> Self {
        Contents {
            keys: Vec::new(),
            values: Vec::new(),
            tables: Vec::new(),
        }
    }

    /// Drops everything, one thing after the other: how many panicked.
    ///
    /// A `Vec` with two values whose `Drop` panics would abort the program.
    pub(crate) fn drop_each(self) -> u64 {
        drop_each(self.keys) + drop_each(self.values) + drop_each(self.tables)
    }
}

impl<T> Gone<T> {
    pub(crate) fn new() -> Self {
        Gone(Arc::new(Tables {
            has_some: AtomicBool::new(false),
            tables: Mutex::new(Vec::new()),
        }))
    }

    fn put(&self, table: T) {
        let Tables { has_some, tables } = &*self.0;
        lock(tables).push(table);
        // ORDER: none needed: what is missed by one look is found by the next.
        has_some.store(true, Ordering::Relaxed);
    }

    /// Hands out all tables.
    pub(crate) fn take(&self) -> Vec<T> {
        let Tables { has_some, tables } = &*self.0;
        if !has_some.load(Ordering::Relaxed) {
            return Vec::new();
        }
        let mut tables = lock(tables);
        has_some.store(false, Ordering::Relaxed);
        mem::take(&mut tables)
    }
}

impl<T> Clone for Gone<T> {
    fn clone(&self) -> Self {
        Gone(Arc::clone(&self.0))
    }
}

impl<T> Drop for Tables<T> {
    /// Whoever drops a map drops both copies: two panics in one go would abort the program.
    fn drop(&mut self) {
        let tables = self
            .tables
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner);
        let panics = drop_each(mem::take(tables));
        assert!(
            panics == 0 || thread::panicking(),
            "{panics} panics while the entries of a map were dropped"
        );
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
