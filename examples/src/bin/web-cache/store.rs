//! The table in memory: one map, which every request reads, and which clients and reloads write.
//!
//! This is the only module that names the map's types.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};

pub use evmap_core::shared_map::WriteError;
use evmap_core::{
    SharedMap, Version,
    shared_map::{Batch, Stats},
};

use crate::table::{Changes, Key, Value};

/// For how long a client's write waits for other writers, and for requests that still read an older version.
const LONGEST_WRITE: Duration = Duration::from_secs(4);

/// A handle of the map; clones share it.
#[derive(Clone)]
pub struct Store {
    map: SharedMap<Key, Value>,
    /// When the file was read that the map last took rows from.
    ///
    /// It stands beside the map, so for a moment it may be older than the version that is shown with it.
    read_at: Arc<Mutex<SystemTime>>,
}

/// What stands under some keys in one version.
pub struct Found<T> {
    pub version: u64,
    pub values: T,
}

/// What a write came to.
#[derive(Debug, PartialEq, Eq)]
pub struct Written<T> {
    /// The version that shows the write, and whatever it met.
    pub version: u64,
    pub outcome: T,
}

/// What there is to say about one version without looking at its keys.
pub struct Summary {
    pub version: u64,
    pub entries: usize,
    pub read_at: SystemTime,
}

/// How many keys a reload has changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Difference {
    pub inserted: usize,
    pub changed: usize,
    pub removed: usize,
}

/// Why a value was not counted up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotCounted {
    /// It is no integer of 64 bits.
    NoInteger,
    /// The sum would be none.
    Overflow,
}

impl Store {
    /// An empty one, at version 0.
    pub fn new(capacity: usize) -> Self {
        Store {
            map: SharedMap::builder().capacity(capacity).build(),
            read_at: Arc::new(Mutex::new(SystemTime::now())),
        }
    }
}

/// Reads. None of them waits for anybody.
impl Store {
    pub fn get(&self, key: &str) -> Found<Option<Value>> {
        self.map.with(|view| Found {
            version: view.version().as_u64(),
            values: view.get(key).cloned(),
        })
    }

    /// The values of all `keys`, in their order, as one version has them.
    pub fn get_all(&self, keys: &[String]) -> Found<Vec<Option<Value>>> {
        self.map.with(|view| Found {
            version: view.version().as_u64(),
            values: keys
                .iter()
                .map(|key| view.get(key.as_str()).cloned())
                .collect(),
        })
    }

    pub fn version(&self) -> u64 {
        self.map.version().as_u64()
    }

    pub fn summary(&self) -> Summary {
        let read_at = *self.read_at.lock().unwrap_or_else(PoisonError::into_inner);
        self.map.with(|view| Summary {
            version: view.version().as_u64(),
            entries: view.len(),
            read_at,
        })
    }

    /// What the map says about its readers and writers.
    pub fn stats(&self) -> Stats {
        self.map.stats()
    }

    /// Waits until `version` is visible: a read after that sees it, or a later one.
    pub async fn wait_for(&self, version: u64) {
        self.map.wait_for_async(Version::from_u64(version)).await;
    }
}

/// Writes, each visible to every read that begins after it has returned.
///
/// # Blocking
/// Each waits for the map's writer lock.
/// A request that is still reading an older version may hold it up too, but not for long: past the map's stall limit
/// the write makes a fresh copy and goes on.
///
/// # Errors
/// [`WriteError`] if that takes longer than [`LONGEST_WRITE`]; then nothing is written.
impl Store {
    /// Sets the value of a key: whether it is new.
    pub fn put(&self, key: Key, value: Value) -> Result<Written<bool>, WriteError> {
        self.write(|batch| batch.insert(key, value).is_none())
    }

    /// Removes a key: whether it was there.
    pub fn delete(&self, key: &Key) -> Result<Written<bool>, WriteError> {
        self.write(|batch| batch.remove(key).is_some())
    }

    /// Adds `by` to the integer under a key, which is 0 if there is none: the sum.
    pub fn increment(
        &self,
        key: Key,
        by: i64,
    ) -> Result<Written<Result<i64, NotCounted>>, WriteError> {
        self.write(|batch| {
            let present = match batch.get(&*key) {
                None => 0,
                Some(value) => {
                    serde_json::from_slice::<i64>(value).map_err(|_| NotCounted::NoInteger)?
                }
            };
            let sum = present.checked_add(by).ok_or(NotCounted::Overflow)?;
            batch.insert(key, sum.to_string().into());
            Ok(sum)
        })
    }

    fn write<T>(
        &self,
        change: impl FnOnce(&mut Batch<'_, Key, Value>) -> T + Send,
    ) -> Result<Written<T>, WriteError> {
        let (outcome, version) = self.map.write_timeout(LONGEST_WRITE, change)?;
        Ok(Written {
            version: version.as_u64(),
            outcome,
        })
    }
}

/// What the thread does that reads the file.
impl Store {
    /// Makes the file's changes, all in one step. What already is as the file says is no change of the map's, and a
    /// reload that changes nothing is no new version.
    ///
    /// `read_at` is when the file was read.
    ///
    /// # Blocking
    /// As the other writes, but for as long as it takes.
    pub fn reload(&self, changes: Changes, read_at: SystemTime) -> Written<Difference> {
        let (outcome, version) = self.map.write(|batch| {
            let mut difference = Difference::default();
            for key in &changes.removed {
                difference.removed += usize::from(batch.remove(key).is_some());
            }
            for (key, value) in changes.set {
                match batch.get(&*key) {
                    Some(present) if *present == value => continue,
                    Some(_) => difference.changed += 1,
                    None => difference.inserted += 1,
                }
                batch.insert(key, value);
            }
            difference
        });
        if !outcome.is_none() {
            *self.read_at.lock().unwrap_or_else(PoisonError::into_inner) = read_at;
        }
        Written {
            version: version.as_u64(),
            outcome,
        }
    }

    /// Gives back the memory of values that were replaced or removed: after two calls with no write between them, all
    /// of it that no request is still reading.
    pub fn flush(&self) {
        self.map.flush();
    }
}

impl Difference {
    pub fn is_none(&self) -> bool {
        *self == Difference::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::{Columns, Duplicates, Progress, Rows, Source};

    const JSON: Value = Value::from_static(b"\"text\"");

    fn store(rows: &[(&str, &'static str)]) -> Store {
        let set = rows
            .iter()
            .map(|&(key, value)| (key.into(), Value::from_static(value.as_bytes())));
        let changes = Changes {
            set: set.collect(),
            removed: Vec::new(),
        };
        let store = Store::new(0);
        store.reload(changes, SystemTime::UNIX_EPOCH);
        store
    }

    #[test]
    fn the_time_of_the_entries_is_that_of_reading_them() {
        let columns = Columns {
            key: "alpha2".into(),
            value: None,
        };
        let read_at = SystemTime::UNIX_EPOCH + Duration::from_secs(7);
        for duplicates in [Duplicates::Last, Duplicates::All] {
            let source = Source::new(None, columns.clone(), duplicates);
            let table = || {
                let loaded = source.load(None, &mut Progress::silent());
                loaded.expect("the shipped table").table
            };
            let (mut rows, store) = (Rows::default(), Store::new(0));
            let written = store.reload(rows.update(table()), read_at);
            assert_eq!((written.version, written.outcome.inserted), (1, 249));
            assert_eq!(store.summary().read_at, read_at);
            // The same entries read again are those of before.
            let written = store.reload(rows.update(table()), SystemTime::now());
            assert_eq!(
                (written.version, written.outcome),
                (1, Difference::default())
            );
            assert_eq!(store.summary().read_at, read_at);
        }
    }

    #[test]
    fn a_write_is_told_the_version_that_shows_it() {
        let store = store(&[("a", "1")]);
        for (write, expected) in [("new", true), ("a", false)] {
            let written = store.put(write.into(), JSON).expect("a write");
            assert_eq!(written.outcome, expected);
            let found = store.get(write);
            assert_eq!((found.version, found.values), (written.version, Some(JSON)));
        }
        let written = store.delete(&"a".into()).expect("a write");
        assert_eq!((written.version, written.outcome), (4, true));
        // What changes nothing is no new version.
        let written = store.delete(&"a".into()).expect("a write");
        assert_eq!((written.version, written.outcome), (4, false));
        assert_eq!(store.version(), 4);
    }

    #[test]
    fn only_integers_are_counted_up_and_none_wraps() {
        let store = store(&[
            ("n", "-3"),
            ("most", "9223372036854775807"),
            ("more", "9223372036854775808"),
            ("text", "\"1\""),
            ("fraction", "1.0"),
            ("null", "null"),
        ]);
        let add = |key: &str, by| store.increment(key.into(), by).expect("a write").outcome;
        assert_eq!(add("n", 5), Ok(2));
        assert_eq!(add("absent", -1), Ok(-1));
        assert_eq!(add("most", i64::MIN), Ok(-1));
        assert_eq!(add("most", i64::MIN), Err(NotCounted::Overflow));
        for key in ["more", "text", "fraction", "null"] {
            assert_eq!(add(key, 1), Err(NotCounted::NoInteger), "{key}");
        }
        assert_eq!(store.get("n").values, Some("2".into()));
        assert_eq!(store.version(), 4);
    }
}
