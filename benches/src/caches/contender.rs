//! [`Contender`]: a cache by its name, and the traits behind it.

use crate::contenders::{Hasher, Map};
use crate::keys::Number;
use crate::paired::Subject;

use super::loops::{evicting, filled};

/// A bounded cache of `u64` pairs. A clone is another handle of it.
///
/// `get` is `inline(always)`: the measured loop must hold the lookup itself.
pub trait Cache: Clone + Send + Sync + 'static {
    /// In tables.
    const NAME: &'static str;

    /// An empty cache of at most this many entries.
    fn new(capacity: usize, hasher: &Hasher) -> Self;

    /// Looks up, and copies the value.
    fn get(&self, key: u64) -> Option<u64>;

    /// Inserts, and evicts where the cache is full.
    fn insert(&self, key: u64, value: u64);

    /// Does what an insert leaves for later, where the bound does not hold before that.
    fn settle(&self) {}

    /// The number of entries.
    fn entries(&self) -> usize;
}

/// A cache by its name.
#[derive(Clone, Copy)]
pub struct Contender {
    /// In tables.
    pub name: &'static str,
    /// Makes an empty one with this capacity.
    pub open: fn(usize, &Hasher) -> Box<dyn Handle>,
    /// As many entries as it may hold, to keep, and see what that takes.
    pub filled: Subject,
    /// The same, after as many again were inserted.
    pub evicting: Subject,
}

/// One thread's handle of a cache.
pub trait Handle: Send + Sync {
    /// One lookup.
    fn find(&self, key: u64) -> Option<u64>;

    /// Inserts the keys with their values, and does what that left for later.
    fn fill(&self, keys: &mut dyn Iterator<Item = u64>);

    /// Looks each key up, and inserts it where it is absent. After each insert, the bound holds. Returns the hits.
    fn replay(&self, keys: &[u64]) -> usize;

    /// The same as a program does it that leaves to the cache when it does what. Returns the hits.
    fn serve(&self, keys: &[u32]) -> usize;

    /// Looks these keys up, with a look at the clock before and after each, and inserts the absent ones.
    fn time_hits(&self, keys: &[u32], timed: &mut Timed);

    /// Inserts these keys.
    fn insert_all(&self, keys: std::ops::Range<u64>);

    /// The number of entries.
    fn count(&self) -> usize;

    /// As a map, for measurements that maps share.
    fn as_map(&self) -> Map<Number>;

    /// For another thread.
    fn another(&self) -> Box<dyn Handle>;
}

/// How long each hit took, in nanoseconds.
pub type Timed = Vec<u32>;

impl Contender {
    pub(super) const fn of<C: Cache>() -> Self {
        Contender {
            name: C::NAME,
            open: |capacity, hasher| Box::new(C::new(capacity, hasher)),
            filled: filled::<C>,
            evicting: evicting::<C>,
        }
    }
}
