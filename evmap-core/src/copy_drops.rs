//! [`CopyDrops`]: the deferred drops of one copy.
//!
//! A map with many writers needs them: the `Drop` of a value may call the map, so the writer that holds the lock
//! must not drop anything.
//! Values of types that need no drop are not deferred.

use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::panics::Drops;
use crate::table::Table;

/// The deferred drops of one copy, and the queue that receives them, and the table, when the copy ends.
pub(crate) struct CopyDrops<K, V, T: Table<K, V>> {
    list: DropList<K, V, T>,
    queue: DropQueue<K, V, T>,
}

/// Keys, values and tables that were removed from a copy and not dropped yet.
pub(crate) struct DropList<K, V, T> {
    keys: Vec<K>,
    values: Vec<V>,
    tables: Vec<T>,
}

/// The deferred drops of all copies of a map that have ended. A copy may also end inside a write.
pub(crate) struct DropQueue<K, V, T: Table<K, V>>(Arc<Queue<K, V, T>>);

struct Queue<K, V, T: Table<K, V>> {
    has_some: AtomicBool,
    lists: Mutex<Vec<DropList<K, V, T>>>,
}

impl<K, V, T: Table<K, V>> CopyDrops<K, V, T> {
    pub(crate) fn new(queue: &DropQueue<K, V, T>) -> Self {
        CopyDrops {
            list: DropList::new(),
            queue: queue.clone(),
        }
    }

    /// An empty list for a clone of the copy, with the same queue.
    pub(crate) fn for_clone(&self) -> Self {
        CopyDrops::new(&self.queue)
    }

    pub(crate) fn defer_value(&mut self, value: V) {
        if mem::needs_drop::<V>() {
            self.list.values.push(value);
        }
    }

    pub(crate) fn defer_key(&mut self, key: K) {
        if mem::needs_drop::<K>() {
            self.list.keys.push(key);
        }
    }

    /// Whether the drops of tables are deferred.
    pub(crate) fn defers_tables(&self) -> bool {
        DropList::<K, V, T>::IS_NEEDED
    }

    pub(crate) fn defer_table(&mut self, table: T) {
        self.list.tables.push(table);
    }

    /// Defers the drop of the table of a copy that ends, and queues everything that is deferred here.
    pub(crate) fn defer_all(&mut self, table: T) {
        if DropList::<K, V, T>::IS_NEEDED {
            self.defer_table(table);
            self.queue
                .push(mem::replace(&mut self.list, DropList::new()));
        }
    }

    /// Takes everything out of the list. Returns `None` if it is empty.
    pub(crate) fn take(&mut self) -> Option<DropList<K, V, T>> {
        let list = &mut self.list;
        let is_empty = list.keys.is_empty() && list.values.is_empty() && list.tables.is_empty();
        (!is_empty).then(|| mem::replace(list, DropList::new()))
    }
}

impl<K, V, T> DropList<K, V, T> {
    /// Whether anything ever needs a drop.
    pub(crate) const IS_NEEDED: bool = mem::needs_drop::<K>() || mem::needs_drop::<V>();

    const fn new() -> Self {
        DropList {
            keys: Vec::new(),
            values: Vec::new(),
            tables: Vec::new(),
        }
    }
}

impl<K, V, T: Table<K, V>> DropList<K, V, T> {
    /// Drops at most this many keys, values and tables, one after the other. A whole table counts as one. Returns
    /// the number of drops.
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

    /// Returns the number of keys and values, with those in tables.
    pub(crate) fn len(&self) -> usize {
        let in_tables: usize = self.tables.iter().map(Table::len).sum();
        self.keys.len() + self.values.len() + 2 * in_tables
    }

    /// Drops every key, every value and every table by itself.
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

impl<K, V, T: Table<K, V>> DropQueue<K, V, T> {
    pub(crate) fn new() -> Self {
        DropQueue(Arc::new(Queue {
            has_some: AtomicBool::new(false),
            lists: Mutex::new(Vec::new()),
        }))
    }

    fn push(&self, list: DropList<K, V, T>) {
        lock(&self.0.lists).push(list);
        // ORDER: none needed. It is a hint: the next look finds what this one misses, and the lock orders the
        // lists.
        self.0.has_some.store(true, Ordering::Relaxed);
    }

    /// Takes the lists of all copies that have ended.
    pub(crate) fn take(&self) -> Vec<DropList<K, V, T>> {
        // ORDER: none needed. It is a hint, as above.
        if !self.0.has_some.load(Ordering::Relaxed) {
            return Vec::new();
        }
        let mut lists = lock(&self.0.lists);
        // ORDER: none needed. It is a hint, as above.
        self.0.has_some.store(false, Ordering::Relaxed);
        mem::take(&mut lists)
    }
}

impl<K, V, T: Table<K, V>> Clone for DropQueue<K, V, T> {
    fn clone(&self) -> Self {
        DropQueue(Arc::clone(&self.0))
    }
}

impl<K, V, T: Table<K, V>> Drop for Queue<K, V, T> {
    /// Drops each thing by itself: two panics during one drop would abort the program.
    fn drop(&mut self) {
        let lists = self.lists.get_mut().unwrap_or_else(PoisonError::into_inner);
        let mut drops = Drops::default();
        for list in mem::take(lists) {
            list.drop_each(&mut drops);
        }
        drops.resume();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
