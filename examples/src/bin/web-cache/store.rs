//! The table in memory: one map, read by every request and written by one thread.
//!
//! This is the only module that knows the map's types.

use std::time::SystemTime;

use bytes::{BufMut, BytesMut};
use evmap_core::{
    Builder, DefaultHashBuilder, ReadHandle, SharedReader, WriteHandle,
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
pub enum Writer {
    /// One value for each key.
    Rows(Rows, Read<Value>),
    /// All rows of each key, served as an array.
    Bags(Bags, Read<Values<Value>>),
}

/// What every request handler has a clone of.
#[derive(Clone)]
pub enum Reader {
    Rows(Shared<Value>),
    Bags(Shared<Values<Value>>),
}

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
        let shared = Reader::Bags(write.shared_reader());
        (Writer::Bags(write, read), shared)
    } else {
        let (write, read) = Builder::new().capacity(capacity).meta(meta).build();
        let shared = Reader::Rows(write.shared_reader());
        (Writer::Rows(write, read), shared)
    }
}

impl Writer {
    /// Prepares the steps from the published table to `table`, and shows none of them yet.
    pub fn stage(&mut self, table: Table) -> Difference {
        let difference = match self {
            Writer::Rows(write, read) => stage_rows(write, read, table),
            Writer::Bags(write, read) => stage_bags(write, read, table),
        };
        if !difference.is_none() {
            let meta = Meta {
                read_at: SystemTime::now(),
            };
            match self {
                Writer::Rows(write, _) => write.set_meta(meta),
                Writer::Bags(write, _) => write.set_meta(meta),
            };
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
        match self {
            Writer::Rows(write, _) => write.refresh().as_u64(),
            Writer::Bags(write, _) => write.refresh().as_u64(),
        }
    }

    /// The version that is published.
    pub fn version(&self) -> u64 {
        match self {
            Writer::Rows(write, _) => write.version().as_u64(),
            Writer::Bags(write, _) => write.version().as_u64(),
        }
    }

    pub fn load(&self) -> Load {
        let stats = match self {
            Writer::Rows(write, _) => write.stats(),
            Writer::Bags(write, _) => write.stats(),
        };
        Load {
            readers: stats.readers,
            pending: stats.pending,
        }
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
        match self {
            Reader::Rows(reader) => find(reader, key),
            Reader::Bags(reader) => find(reader, key),
        }
    }

    /// The values of all `keys`, in their order, as one version has them.
    pub fn get_all<K: AsRef<str>>(&self, keys: &[K]) -> Found<Vec<Option<Value>>> {
        match self {
            Reader::Rows(reader) => find_all(reader, keys),
            Reader::Bags(reader) => find_all(reader, keys),
        }
    }

    pub fn summary(&self) -> Summary {
        match self {
            Reader::Rows(reader) => summary(reader),
            Reader::Bags(reader) => summary(reader),
        }
    }
}

fn find<V: Stored>(reader: &Shared<V>, key: &str) -> Found<Option<Value>> {
    reader.with(|view| Found {
        version: view.version().as_u64(),
        values: view.get(key).map(V::json),
    })
}

fn find_all<V: Stored>(reader: &Shared<V>, keys: &[impl AsRef<str>]) -> Found<Vec<Option<Value>>> {
    reader.with(|view| Found {
        version: view.version().as_u64(),
        values: keys
            .iter()
            .map(|key| view.get(key.as_ref()).map(V::json))
            .collect(),
    })
}

fn summary<V>(reader: &Shared<V>) -> Summary {
    reader.with(|view| Summary {
        version: view.version().as_u64(),
        entries: view.len(),
        read_at: view.meta().read_at,
    })
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
