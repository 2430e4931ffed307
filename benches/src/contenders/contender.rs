//! [`Contender`]: what one can do, and the traits that this takes.

use std::any::Any;
use std::borrow::Borrow;
use std::ops::Range;
use std::time::Duration;

use bustle::{Measurement, Workload};

use crate::keys::{Kind, Number, Text};

/// Within which deferred writes are visible.
pub const TIME: Duration = Duration::from_millis(1);

/// Insertions before each refresh of a map that grows.
pub const BATCH: usize = 1_000;

/// The hasher of all contenders: the default of hashbrown and of `evmap-core`, seeded at random.
pub type Hasher = hashbrown::DefaultHashBuilder;

/// Builds a contender with the entries `0..entries`.
pub type Build<T> = fn(usize, &Hasher) -> T;

/// A contender: its name in tables, and what it can do there.
pub struct Contender {
    /// In tables.
    pub name: &'static str,
    /// Lookups through a reader of each thread's own, with either kind of keys.
    pub reads: Option<(Build<Map<Number>>, Build<Map<Text>>)>,
    /// Lookups through one value that all threads share.
    pub shares: Option<Build<Map<Number>>>,
    /// Upserts by one thread.
    pub writes: Option<Build<Map<Number>>>,
    /// The same, where each publication copies the whole map.
    pub copies: Option<Build<Map<Number>>>,
    /// Writes by many threads, each visible when it returns.
    pub at_once: Option<Build<Box<dyn Writes>>>,
    /// The same, visible within [`TIME`], or at once.
    pub soon: Option<Build<Box<dyn Writes>>>,
    /// Mixes of operations by many threads, each visible when it returns.
    pub mixes: Option<fn(&Workload) -> Measurement>,
    /// Insertions into an empty map, as its own documentation would do it: to keep, and see what that takes.
    pub grown: Option<fn(usize) -> Box<dyn Any>>,
}

/// A filled map with its reader, whose clones are for other threads.
pub struct Map<K: Kind> {
    /// Kept alive where nobody writes, too: some peers show nothing once their writer is gone.
    pub writer: Box<dyn Write<K>>,
    /// As many threads may look keys up as this has clones.
    pub reader: Box<dyn Read<K>>,
}

impl<K: Kind, U: Upsert<K>, L: Lookup<K>> From<(U, L)> for Map<K> {
    fn from((writer, reader): (U, L)) -> Self {
        Map {
            writer: Box::new(writer),
            reader: Box::new(reader),
        }
    }
}

/// One thread's way of looking a key up; its clones are for other threads.
///
/// Each method is `inline(always)`: the measured loop must hold the lookup itself. A call would cost as much as some
/// lookups do.
pub trait Lookup<K: Kind = Number>: Clone + Send + 'static {
    /// Whether it can look many keys up between entering and leaving once.
    const HAS_VIEW: bool = false;

    /// Enters, looks up, copies the value, and leaves.
    fn get(&mut self, key: &K::Asked) -> Option<u64>;

    /// Enters, looks these keys up, and leaves. Returns the sum of what it found.
    #[inline(always)]
    fn sum(&mut self, keys: impl Iterator<Item: Borrow<K::Asked>>) -> u64 {
        sum::<K::Asked>(keys, |key| self.get(key))
    }
}

/// The writer of a contender.
pub trait Upsert<K: Kind = Number>: Send + 'static {
    /// Sets the value of a key.
    fn set(&mut self, key: K::Key, value: u64);

    /// Makes what was set visible to readers, where a contender does that apart.
    fn refresh(&mut self) {}

    /// Sets the values of these keys, and makes all of them visible, where a contender does that apart from each write.
    #[inline]
    fn set_all(&mut self, entries: impl Iterator<Item = (K::Key, u64)>) {
        entries.for_each(|(key, value)| self.set(key, value));
        self.refresh();
    }

    /// The value of a key, where readers have a map of their own.
    fn own(&self, _: &K::Asked) -> Option<u64> {
        None
    }
}

/// A contender that many threads write, each through a clone of its own.
pub trait Share: Lookup + Upsert {
    /// Removes everything, and keeps the capacity where the map can.
    fn clear(&mut self);

    /// Sets the key's value to what `value` makes of the old one, in one atomic step.
    ///
    /// `value` may be called more than once: papaya tries again where another thread came first.
    fn compute(&mut self, key: u64, value: impl Fn(Option<u64>) -> u64 + Send);

    /// Sets the value of a key, or removes it. Returns the old value.
    fn swap(&mut self, key: u64, value: Option<u64>) -> Option<u64>;

    /// Adds one to the value of a key. Returns whether it has one.
    fn update(&mut self, key: u64) -> bool;

    /// What was written so far, and how often that was published, where the map counts it.
    fn tally(&self) -> Option<[u64; 2]> {
        None
    }
}

/// How lookups follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Each enters and leaves by itself.
    Single,
    /// So too, and which key is next depends on the value just read: no lookup can begin before the one before has
    /// ended.
    Dependent,
    /// This many between entering and leaving once.
    Together(usize),
}

/// A reader of a contender.
pub trait Read<K: Kind>: Send {
    /// One lookup.
    fn find(&mut self, key: &K::Asked) -> Option<u64>;

    /// Whether it can look many keys up between entering and leaving once.
    fn has_view(&self) -> bool;

    /// Looks a piece of the keys up. Returns the sum of the values.
    fn look_up(&mut self, keys: &K::Asking, piece: Range<usize>, way: Way) -> u64;

    /// For another thread.
    fn another(&self) -> Box<dyn Read<K>>;
}

/// The writer of a contender.
pub trait Write<K: Kind>: Send {
    /// Upserts these keys, and publishes after each batch.
    fn upsert(&mut self, keys: &[u32], stamp: u64, batch: usize);

    /// Publishes.
    fn publish(&mut self);

    /// The value of a key, where readers have a map of their own.
    fn kept(&self, key: &K::Asked) -> Option<u64>;

    /// Upserts `0..entries`, publishes after each batch, and once more for those that keep two copies.
    fn upsert_to(&mut self, entries: usize, batch: usize) {
        self.upsert(&(0..entries as u32).collect::<Vec<_>>(), 0, batch.max(1));
        self.publish();
    }
}

/// One thread's part of a contender that many threads write.
pub trait Writes: Read<Number> + Write<Number> {
    /// Inserts and computes values in turn.
    fn insert_and_compute(&mut self, keys: &[u32], stamp: u64);

    /// Adds to the value of a key, which is 0 if there is none, by computing it.
    #[cfg(test)]
    fn add(&mut self, key: u64, more: u64);

    /// Removes everything, and keeps the capacity where the map can.
    fn remove_all(&mut self);

    /// What was written so far, and how often that was published, where the map counts it.
    fn counts(&self) -> Option<[u64; 2]>;

    /// For another thread.
    fn another_writer(&self) -> Box<dyn Writes>;
}

/// How a contender is made: empty, with this capacity if it can.
pub trait Open<K: Kind = Number>: 'static {
    fn open(capacity: usize, hasher: &Hasher) -> Map<K>;
}

/// One that each thread has a clone of, to read and to write.
pub trait Handle<K: Kind = Number>: Lookup<K> + Upsert<K> {
    fn new(capacity: usize, hasher: &Hasher) -> Self;
}

impl<K: Kind, H: Handle<K>> Open<K> for H {
    fn open(capacity: usize, hasher: &Hasher) -> Map<K> {
        let handle = H::new(capacity, hasher);
        (handle.clone(), handle).into()
    }
}

/// Adds values up.
#[inline(always)]
pub(super) fn sum<Q: ?Sized>(
    keys: impl Iterator<Item: Borrow<Q>>,
    mut get: impl FnMut(&Q) -> Option<u64>,
) -> u64 {
    let mut sum = 0_u64;
    for key in keys {
        if let Some(value) = get(key.borrow()) {
            sum = sum.wrapping_add(value);
        }
    }
    sum
}
