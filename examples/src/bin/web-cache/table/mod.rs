//! A table as it was read from its source: what to serve under each key.

mod columns;
mod csv;
mod duplicates;
mod fault;
mod jsonl;
mod progress;
mod rows;
mod source;
mod stamp;

use std::{
    collections::{HashMap, hash_map},
    sync::Arc,
};

use bytes::Bytes;

pub use columns::Columns;
pub use duplicates::Duplicates;
pub use fault::{TableError, one_line};
pub use progress::Progress;
pub use rows::{Changes, Rows};
pub use source::{Ending, Loaded, Source};
pub use stamp::Stamp;

use duplicates::Repeats;
use fault::quote;

/// The longest key that a table may hold and a request may ask for, in bytes.
pub const MAX_KEY: usize = 4096;

pub type Key = Arc<str>;

/// What is served under one key, as JSON text. Cloning it copies no text, so it is also the body of a response.
pub type Value = Bytes;

#[derive(Debug)]
pub struct Table {
    entries: HashMap<Key, Entry>,
    duplicates: Duplicates,
    repeats: Option<Repeats>,
}

/// The rows of one key.
#[derive(Debug)]
struct Entry {
    value: Value,
    /// The values of the key's further rows, in the file's order; only [`Duplicates::All`] keeps them.
    more: Vec<Value>,
    /// Where the key's first row begins.
    offset: usize,
    repeated: bool,
}

/// Why a row was not added.
struct Rejected {
    message: String,
    /// Where an earlier row with the same key begins.
    earlier: Option<usize>,
}

impl Table {
    fn new(duplicates: Duplicates) -> Self {
        Table {
            entries: HashMap::new(),
            duplicates,
            repeats: None,
        }
    }

    /// The number of keys.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Adds the row that begins at `offset`.
    fn add(&mut self, key: &str, value: Value, offset: usize) -> Result<(), Rejected> {
        if key.is_empty() {
            return Err(Rejected::because("the key is empty".into()));
        }
        if key.len() > MAX_KEY {
            let message = format!("the key has {} bytes, more than {MAX_KEY}", key.len());
            return Err(Rejected::because(message));
        }
        let entry = match self.entries.entry(key.into()) {
            hash_map::Entry::Occupied(entry) => entry.into_mut(),
            hash_map::Entry::Vacant(entry) => {
                entry.insert(Entry {
                    value,
                    more: Vec::new(),
                    offset,
                    repeated: false,
                });
                return Ok(());
            }
        };
        match self.duplicates {
            Duplicates::First => {}
            Duplicates::Last => entry.value = value,
            Duplicates::All => {
                entry.more.push(value);
                return Ok(());
            }
            Duplicates::Error => {
                return Err(Rejected {
                    message: format!("the key {} stands here again", quote(key)),
                    earlier: Some(entry.offset),
                });
            }
        }
        self.repeats
            .get_or_insert_with(|| Repeats::new(key, entry.offset, offset))
            .count(!entry.repeated);
        entry.repeated = true;
        Ok(())
    }

    /// What to serve under each key: a row's value, or an array of all of them.
    pub fn into_values(self) -> impl Iterator<Item = (Key, Value)> {
        let Table {
            entries,
            duplicates,
            ..
        } = self;
        entries.into_iter().map(move |(key, entry)| {
            let value = match duplicates {
                Duplicates::All => entry.array(),
                _ => entry.value,
            };
            (key, value)
        })
    }
}

impl Entry {
    fn array(&self) -> Value {
        let rows = || std::iter::once(&self.value).chain(&self.more);
        // No spare capacity, as of a single value; two brackets, and a comma between two rows, are as many as rows and one.
        let length = 1 + rows().map(|value| value.len() + 1).sum::<usize>();
        let mut json = Vec::with_capacity(length);
        for value in rows() {
            json.push(if json.is_empty() { b'[' } else { b',' });
            json.extend_from_slice(value);
        }
        json.push(b']');
        json.into()
    }
}

impl Rejected {
    fn because(message: String) -> Self {
        Rejected {
            message,
            earlier: None,
        }
    }
}
