//! The table in memory: one map, read by every request and written by one thread.
//!
//! This is the only module that knows the map's types.

use std::{sync::Arc, time::SystemTime};

use bytes::{BufMut, BytesMut};
use evmap_core::{
    Builder, DefaultHashBuilder, ReadHandle, SharedReader, Stats, Version, WriteHandle,
    multimap::{self, Values},
};

use crate::table::{Entry, Key, Table, Value};

type Rows = WriteHandle<Key, Value, DefaultHashBuilder, Meta>;
type Bags = multimap::WriteHandle<Key, Value, DefaultHashBuilder, Meta>;
type Read<V> = ReadHandle<Key, V, DefaultHashBuilder, Meta>;
type Shared<V> = SharedReader<Key, V, DefaultHashBuilder, Meta>;

/// Published with the entries, in the same step.
#[derive(Debug, Clone, Copy)]
pub struct Meta {
    /// When the entries were read from their source.
    read_at: SystemTime,
}

/// The one writer.
pub struct Writer(Box<dyn Write>);

/// What every request handler has a clone of.
#[derive(Clone)]
pub struct Reader(Arc<dyn Lookup>);

/// What stands under some keys in one version.
pub struct Found<T> {
    pub version: u64,
    pub values: T,
}

/// What there is to say about one version without looking at its keys.
pub struct Summary {
    pub version: u64,
    pub entries: usize,
    pub read_at: SystemTime,
}

/// By how many keys a table differs from the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Difference {
    pub inserted: usize,
    pub changed: usize,
    pub removed: usize,
}

/// What the map says about itself.
pub struct Load {
    pub readers: usize,
    pub pending: usize,
}

/// A map that is empty, at version 0.
pub fn open(keep_all_rows: bool, capacity: usize) -> (Writer, Reader) {
    let meta = Meta {
        read_at: SystemTime::now(),
    };
    if keep_all_rows {
        let (write, read) = multimap::Builder::new()
            .capacity(capacity)
            .meta(meta)
            .build();
        let shared = Reader(Arc::new(write.shared_reader()));
        (Writer(Box::new((write, read))), shared)
    } else {
        let (write, read) = Builder::new().capacity(capacity).meta(meta).build();
        let shared = Reader(Arc::new(write.shared_reader()));
        (Writer(Box::new((write, read))), shared)
    }
}

impl Writer {
    /// Prepares the steps from the published table to `table`, and shows none of them yet.
    ///
    /// `read_at` is when the table was read from its source.
    pub fn stage(&mut self, table: Table, read_at: SystemTime) -> Difference {
        let difference = self.0.stage(table);
        if !difference.is_none() {
            self.0.set_meta(Meta { read_at });
        }
        difference
    }

    /// Shows what was staged, all of it in one step, and returns the version that has it.
    ///
    /// With nothing staged the version stays, and the memory of values that were removed is given back:
    /// two such calls leave none of it.
    ///
    /// # Blocking
    /// Waits for requests that still read the version before the present one.
    pub fn publish(&mut self) -> u64 {
        self.0.publish().as_u64()
    }

    /// The version that is published.
    pub fn version(&self) -> u64 {
        self.0.version().as_u64()
    }

    pub fn load(&self) -> Load {
        let stats = self.0.stats();
        Load {
            readers: stats.readers,
            pending: stats.pending,
        }
    }
}

/// A map's writer, of whichever kind the policy on duplicates asks for.
trait Write: Send {
    fn stage(&mut self, table: Table) -> Difference;
    fn set_meta(&mut self, meta: Meta);
    fn publish(&mut self) -> Version;
    fn version(&self) -> Version;
    fn stats(&self) -> Stats;
}

/// One value for each key.
impl Write for (Rows, Read<Value>) {
    fn stage(&mut self, table: Table) -> Difference {
        stage_rows(&mut self.0, &self.1, table)
    }

    fn set_meta(&mut self, meta: Meta) {
        self.0.set_meta(meta);
    }

    fn publish(&mut self) -> Version {
        self.0.refresh()
    }

    fn version(&self) -> Version {
        self.0.version()
    }

    fn stats(&self) -> Stats {
        self.0.stats()
    }
}

/// All rows of each key, served as an array.
impl Write for (Bags, Read<Values<Value>>) {
    fn stage(&mut self, table: Table) -> Difference {
        stage_bags(&mut self.0, &self.1, table)
    }

    fn set_meta(&mut self, meta: Meta) {
        self.0.set_meta(meta);
    }

    fn publish(&mut self) -> Version {
        self.0.refresh()
    }

    fn version(&self) -> Version {
        self.0.version()
    }

    fn stats(&self) -> Stats {
        self.0.stats()
    }
}

fn stage_rows(write: &mut Rows, read: &Read<Value>, table: Table) -> Difference {
    // The published state is read through a guard: the writer's own view would wait for its copy.
    let present = read.read();
    let mut difference = Difference::NONE;
    for (key, _) in present.iter() {
        if !table.entries.contains_key(key) {
            write.remove(key);
            difference.removed += 1;
        }
    }
    for (key, entry) in table.entries {
        match present.get(&*key) {
            Some(value) if *value == entry.value => continue,
            Some(_) => difference.changed += 1,
            None => difference.inserted += 1,
        }
        write.insert(key, entry.value);
    }
    difference
}

fn stage_bags(write: &mut Bags, read: &Read<Values<Value>>, table: Table) -> Difference {
    let present = read.read();
    let mut difference = Difference::NONE;
    for (key, _) in present.iter() {
        if !table.entries.contains_key(key) {
            write.remove_entry(key.clone());
            difference.removed += 1;
        }
    }
    for (key, entry) in table.entries {
        match present.get(&*key) {
            Some(bag) if bag.len() == entry.rows() && bag.iter().eq(entry.values()) => continue,
            Some(_) => difference.changed += 1,
            None => difference.inserted += 1,
        }
        let Entry { value, more, .. } = entry;
        write.update(key.clone(), value);
        for value in more {
            write.insert(key.clone(), value);
        }
    }
    difference
}

impl Reader {
    pub fn get(&self, key: &str) -> Found<Option<Value>> {
        self.0.get(key)
    }

    /// The values of all `keys`, in their order, as one version has them.
    pub fn get_all(&self, keys: &[String]) -> Found<Vec<Option<Value>>> {
        self.0.get_all(keys)
    }

    pub fn summary(&self) -> Summary {
        self.0.summary()
    }
}

/// A map's reader, of whichever kind.
trait Lookup: Send + Sync {
    fn get(&self, key: &str) -> Found<Option<Value>>;
    fn get_all(&self, keys: &[String]) -> Found<Vec<Option<Value>>>;
    fn summary(&self) -> Summary;
}

impl<V: Stored> Lookup for Shared<V>
where
    Shared<V>: Send + Sync,
{
    fn get(&self, key: &str) -> Found<Option<Value>> {
        self.with(|view| Found {
            version: view.version().as_u64(),
            values: view.get(key).map(V::json),
        })
    }

    fn get_all(&self, keys: &[String]) -> Found<Vec<Option<Value>>> {
        self.with(|view| Found {
            version: view.version().as_u64(),
            values: keys
                .iter()
                .map(|key| view.get(key.as_str()).map(V::json))
                .collect(),
        })
    }

    fn summary(&self) -> Summary {
        self.with(|view| Summary {
            version: view.version().as_u64(),
            entries: view.len(),
            read_at: view.meta().read_at,
        })
    }
}

/// What stands under a key, as it is served.
trait Stored {
    fn json(&self) -> Value;
}

impl Stored for Value {
    fn json(&self) -> Value {
        self.clone()
    }
}

impl Stored for Values<Value> {
    fn json(&self) -> Value {
        let mut json = BytesMut::with_capacity(64);
        json.put_u8(b'[');
        for (index, value) in self.iter().enumerate() {
            if index > 0 {
                json.put_u8(b',');
            }
            json.put_slice(value);
        }
        json.put_u8(b']');
        json.freeze()
    }
}

impl Difference {
    const NONE: Difference = Difference {
        inserted: 0,
        changed: 0,
        removed: 0,
    };

    pub fn is_none(&self) -> bool {
        *self == Difference::NONE
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::table::{Columns, Duplicates, Progress, Source};

    #[test]
    fn the_time_of_the_entries_is_that_of_reading_them() {
        let columns = Columns {
            key: "alpha2".into(),
            value: None,
        };
        let source = Source::new(None, columns, Duplicates::Last);
        let read_at = SystemTime::UNIX_EPOCH + Duration::from_secs(7);
        for keep_all_rows in [false, true] {
            let (mut writer, reader) = open(keep_all_rows, 0);
            let table = || {
                let loaded = source.load(None, &mut Progress::silent());
                loaded.expect("the shipped table").table
            };
            assert_eq!(writer.stage(table(), read_at).inserted, 249);
            writer.publish();
            assert_eq!(reader.summary().read_at, read_at);
            // The same entries read again are those of before.
            assert!(writer.stage(table(), SystemTime::now()).is_none());
            assert_eq!(reader.summary().read_at, read_at);
        }
    }
}
