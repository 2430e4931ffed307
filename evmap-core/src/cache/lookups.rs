//! The lookups of a [`Cache`].

use std::hash::{BuildHasher, Hash};

use equivalent::Equivalent;
use left_right::{Counter, Project, ReadGuard};

use super::handle::{EXACT, RECORDS};
use super::loads::Found;
use super::node::Node;
use super::{Cache, Iter};
use crate::Shared;
use crate::state::State;
use crate::table::{DefaultEngine, Table};

impl<K, V, S> Cache<K, V, S> {
    /// Whether a lookup shows this value, which counts as a read.
    #[inline(always)]
    fn shows(&self, node: &Node<V>) -> bool {
        node.frequency.is_hot_and_lasting() || self.looks_closer(node)
    }

    /// As [`shows`](Self::shows), for an entry that may expire or is not hot.
    #[inline(never)]
    fn looks_closer(&self, node: &Node<V>) -> bool {
        // The usual case: a hot entry with a time to live.
        if self.extras & !RECORDS == 0 && node.frequency.is_hot() && self.clock.is_kept() {
            return node.expires > self.clock.coarse();
        }
        self.looks_at_all(node)
    }

    #[inline(never)]
    fn looks_at_all(&self, node: &Node<V>) -> bool {
        if node.frequency.is_timed() {
            let now = self.time();
            if self.clock.end_of(node.expires, node.read_at()) <= now {
                return false;
            }
            if let Some(tick) = self.clock.tick(now) {
                node.note_read(tick);
            }
        }
        node.frequency.raise();
        true
    }

    /// Whether the value has not expired.
    fn is_live(&self, node: &Node<V>) -> bool {
        !node.frequency.is_timed() || self.clock.end_of(node.expires, node.read_at()) > self.time()
    }

    /// The time by which a lookup decides whether a value has expired.
    fn time(&self) -> u64 {
        if self.extras & EXACT == 0 && self.clock.is_kept() {
            self.clock.coarse()
        } else {
            self.clock.now()
        }
    }

    #[inline(always)]
    fn count<T: ?Sized>(&self, guard: &mut ReadGuard<'_, T>, counter: Counter) {
        if self.extras & RECORDS != 0 {
            ReadGuard::count(guard, counter);
        }
    }
}

/// The value of a key, if a lookup may show it.
struct LiveValue<'a, K, V, S, Q: ?Sized> {
    cache: &'a Cache<K, V, S>,
    hash: u64,
    key: &'a Q,
}

impl<K, V, S, Q> Project<State<K, Shared<Node<V>>, S, (), DefaultEngine>>
    for LiveValue<'_, K, V, S, Q>
where
    Q: Equivalent<K> + ?Sized,
{
    type Part = V;

    #[inline(always)]
    fn project(self, state: &State<K, Shared<Node<V>>, S, (), DefaultEngine>) -> Option<&V> {
        let (_, node) = state.table.find(self.hash, self.key)?;
        self.cache.shows(node).then_some(&node.value)
    }
}

impl<K, V, S> Cache<K, V, S> {
    /// As [`get`](Self::get), for a caller that can load. A value that is due to be loaded anew counts as a hit, too.
    #[inline]
    pub(super) fn look<Q>(&self, hash: u64, key: &Q) -> Option<Found<V>>
    where
        Q: Equivalent<K> + ?Sized,
        V: Clone,
    {
        let mut state = self.map.inner.read();
        let found = state.table.find(hash, key);
        let Some((_, node)) = found.filter(|(_, node)| self.shows(node)) else {
            self.count(&mut state, Counter::First);
            return None;
        };
        let is_due =
            self.core().settings.refresh_after.is_some() && node.refresh_at() <= self.clock.now();
        let found = if is_due {
            Found::Old(Shared::clone(node))
        } else {
            Found::Value(node.value.clone())
        };
        self.count(&mut state, Counter::Second);
        Some(found)
    }
}

impl<K, V, S> Cache<K, V, S>
where
    S: BuildHasher,
{
    /// Returns a clone of the value of this key, or `None` if the key is absent or has expired.
    ///
    /// It leaves no guard behind, so the value may be held across an `.await`.
    ///
    /// # Cost
    /// Wait-free. Counts as a read of the entry, which is kept longer then.
    ///
    /// # Panics
    /// If the key's `Hash` or `Eq` or the value's `Clone` does; the read has ended then.
    ///
    /// # Examples
    /// ```
    /// let cache = evmap_core::cache::Cache::new(100);
    /// cache.insert("a", 1);
    /// println!("{:?} {:?}", cache.get("a"), cache.get("b")); // Some(1) None
    /// # assert_eq!((cache.get("a"), cache.get("b")), (Some(1), None));
    /// ```
    #[inline(always)]
    pub fn get<Q>(&self, key: &Q) -> Option<V>
    where
        Q: Hash + Equivalent<K> + ?Sized,
        V: Clone,
    {
        let hash = self.hasher().hash_one(key);
        let mut state = self.map.inner.read();
        match state.table.find(hash, key) {
            Some((_, node)) if self.shows(node) => {
                let value = node.value.clone();
                self.count(&mut state, Counter::Second);
                Some(value)
            }
            _ => {
                self.count(&mut state, Counter::First);
                None
            }
        }
    }

    /// Returns a guard of the value of this key, or `None` if the key is absent or has expired. The value need not be
    /// `Clone`.
    ///
    /// The guard keeps its value for as long as it lives, whatever happens to the entry. It also keeps the copy of the
    /// table that it was found in. So drop it soon: while it lives, the second write after it was taken waits for a while,
    /// and then copies the table. (At most four such copies are kept. Then writes wait.)
    ///
    /// # Cost
    /// Wait-free. Counts as a read of the entry.
    ///
    /// # Panics
    /// If the key's `Hash` or `Eq` does; the read has ended then.
    ///
    /// # Examples
    /// ```
    /// let cache = evmap_core::cache::Cache::new(100);
    /// cache.insert("a", vec![1, 2, 3]);
    /// println!("{:?}", cache.get_ref("a").map(|list| list.len())); // Some(3)
    /// # assert_eq!(cache.get_ref("a").map(|list| list.len()), Some(3));
    /// ```
    #[inline(always)]
    pub fn get_ref<Q>(&self, key: &Q) -> Option<ReadGuard<'_, V>>
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        let hash = self.hasher().hash_one(key);
        let value = LiveValue {
            cache: self,
            hash,
            key,
        };
        match ReadGuard::try_project(self.map.inner.read(), value) {
            Ok(mut found) => {
                self.count(&mut found, Counter::Second);
                Some(found)
            }
            Err(mut state) => {
                self.count(&mut state, Counter::First);
                None
            }
        }
    }

    /// Returns clones of the values of these keys, all of one version of the cache, in the order of the keys.
    ///
    /// # Panics
    /// As [`get`](Self::get).
    ///
    /// # Examples
    /// ```
    /// let cache = evmap_core::cache::Cache::new(100);
    /// cache.insert("a", 1);
    /// println!("{:?}", cache.get_many_cloned(["a", "b"])); // [Some(1), None]
    /// # assert_eq!(cache.get_many_cloned(["a", "b"]), [Some(1), None]);
    /// ```
    pub fn get_many_cloned<Q, const N: usize>(&self, keys: [&Q; N]) -> [Option<V>; N]
    where
        Q: Hash + Equivalent<K> + ?Sized,
        V: Clone,
    {
        let mut state = self.map.inner.read();
        keys.map(|key| {
            let hash = self.hasher().hash_one(key);
            let found = state.table.find(hash, key);
            let shown = found.filter(|(_, node)| self.shows(node));
            let value = shown.map(|(_, node)| node.value.clone());
            let counter = match value {
                Some(_) => Counter::Second,
                None => Counter::First,
            };
            self.count(&mut state, counter);
            value
        })
    }

    /// Returns whether the key is present and has not expired. Does not count as a read of the entry.
    ///
    /// # Panics
    /// If the key's `Hash` or `Eq` does.
    pub fn contains_key<Q>(&self, key: &Q) -> bool
    where
        Q: Hash + Equivalent<K> + ?Sized,
    {
        let hash = self.hasher().hash_one(key);
        let state = self.map.inner.read();
        let found = state.table.find(hash, key);
        found.is_some_and(|(_, node)| self.is_live(node))
    }

    /// Iterates over the entries of one version of the cache, without those that have expired, in no order to rely on.
    ///
    /// It collects the keys and the addresses of the values first, and clones each value when it comes to it. So it holds
    /// no guard, and delays no writer. Does not count as a read of the entries.
    ///
    /// # Cost
    /// A clone of each key, and a word for each value, at once.
    ///
    /// # Panics
    /// If the `Clone` of a key does.
    ///
    /// # Examples
    /// ```
    /// let cache = evmap_core::cache::Cache::new(100);
    /// cache.insert("a", 1);
    /// cache.insert("b", 2);
    /// println!("{}", cache.iter().map(|(_, value)| value).sum::<i32>()); // 3
    /// # assert_eq!(cache.iter().map(|(_, value)| value).sum::<i32>(), 3);
    /// ```
    pub fn iter(&self) -> Iter<K, V>
    where
        K: Clone,
    {
        let state = self.map.inner.read();
        let entries = state.table.iter();
        let live = entries.filter(|(_, node)| self.is_live(node));
        Iter::new(
            live.map(|(key, node)| (key.clone(), Shared::clone(node)))
                .collect(),
        )
    }
}
