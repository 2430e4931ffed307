//! [`Removed`]: what changes removed from a copy, until somebody drops it.
//!
//! For a map with many writers: the `Drop` of a value may call the map, so nothing may be dropped by
//! the writer that has the lock.
//! What needs no drop is not kept.

use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::panics::Drops;
use crate::table::Table;

/// What changes removed from one copy, and where that and its table go when the copy ends.
pub(crate) struct Removed<K, V, T: Table<K, V>> {
    contents: Contents<K, V, T>,
    gone: Gone<K, V, T>,
}

/// Things that were removed from a copy.
pub(crate) struct Contents<K, V, T> {
    keys: Vec<K>,
    values: Vec<V>,
    tables: Vec<T>,
}

/// The contents of copies that are gone, of all copies of a map: a copy may end inside a write, too.
pub(crate) struct Gone<K, V, T: Table<K, V>>(Arc<Copies<K, V, T>>);

struct Copies<K, V, T: Table<K, V>> {
    has_some: AtomicBool,
    contents: Mutex<Vec<Contents<K, V, T>>>,
}

impl<K, V, T: Table<K, V>> Removed<K, V, T> {
    pub(crate) fn new(gone: &Gone<K, V, T>) -> Self {
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

    /// Keeps the table of a copy that ends, and whatever else is kept here.
    pub(crate) fn keep_all(&mut self, table: T) {
        if Contents::<K, V, T>::IS_NEEDED {
            self.keep_table(table);
            self.gone
                .put(mem::replace(&mut self.contents, Contents::new()));
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
}

impl<K, V, T: Table<K, V>> Contents<K, V, T> {
    /// Drops at most this many keys, values and tables, one after the other; a whole table counts as one. Returns
    /// how many there were.
    pub(crate) fn drop_some(&mut self, most: usize, drops: &mut Drops) -> usize {
        let keys = self.keys.len().min(most);
        drops.drop_each(self.keys.drain(self.keys.len() - keys..));
        let values = self.values.len().min(most - keys);
        drops.drop_each(self.values.drain(self.values.len() - values..));
        let mut dropped = keys + values;
        while dropped < most {
            let Some(table) = self.tables.pop() else {
                break;
            };
            drop_table(table, drops);
            dropped += 1;
        }
        dropped
    }

    /// Drops everything, one thing after the other.
    pub(crate) fn drop_each(self, drops: &mut Drops) {
        drops.drop_each(self.keys);
        drops.drop_each(self.values);
        for table in self.tables {
            drop_table(table, drops);
        }
    }
}

fn drop_table<K, V>(mut table: impl Table<K, V>, drops: &mut Drops) {
    table.drain(|key, value| {
        drops.drop(key);
        drops.drop(value);
    });
}

impl<K, V, T: Table<K, V>> Gone<K, V, T> {
    pub(crate) fn new() -> Self {
        Gone(Arc::new(Copies {
            has_some: AtomicBool::new(false),
            contents: Mutex::new(Vec::new()),
        }))
    }

    fn put(&self, contents: Contents<K, V, T>) {
        lock(&self.0.contents).push(contents);
        // ORDER: none needed: a hint; what is missed by one look is found by the next, and the lock orders
        // the contents.
        self.0.has_some.store(true, Ordering::Relaxed);
    }

    /// Hands out the contents of all copies that are gone.
    pub(crate) fn take(&self) -> Vec<Contents<K, V, T>> {
        // ORDER: none needed: a hint, as above.
        if !self.0.has_some.load(Ordering::Relaxed) {
            return Vec::new();
        }
        let mut contents = lock(&self.0.contents);
        // ORDER: none needed: a hint, as above.
        self.0.has_some.store(false, Ordering::Relaxed);
        mem::take(&mut contents)
    }
}

impl<K, V, T: Table<K, V>> Clone for Gone<K, V, T> {
    fn clone(&self) -> Self {
        Gone(Arc::clone(&self.0))
    }
}

impl<K, V, T: Table<K, V>> Drop for Copies<K, V, T> {
    /// Whoever drops a map drops both copies: two panics in one go would abort the program.
    fn drop(&mut self) {
        let contents = self
            .contents
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner);
        let mut drops = Drops::default();
        for contents in mem::take(contents) {
            contents.drop_each(&mut drops);
        }
        drops.resume();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
