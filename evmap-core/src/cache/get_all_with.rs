//! The loads of many keys of a [`Cache`] at once.

use std::collections::HashMap;
use std::convert::Infallible;
use std::hash::{BuildHasher, Hash};
use std::thread;

use super::change::{Change, Fresh};
use super::flights::{Label, Lead, Waiting};
use super::get_with::RECURSION;
use super::loads::{Attempt, Load, OtherFlight, Outcome, Step, remember, wait_blocking};
use super::node::{Node, Tags};
use super::{Cache, RemovalCause};
use crate::Shared;
use crate::op::Hashed;

/// The loads of one call.
struct Many<'a, K, V, S> {
    cache: &'a Cache<K, V, S>,
    /// One for each different key, and its value once it is known.
    loads: Vec<(Load<'a, K, V, S>, Known<V>)>,
    /// For each key of the call, its place in `loads`.
    places: Vec<usize>,
}

/// Of a key: nothing yet, or its value, or that it has none.
type Known<V> = Option<Option<V>>;

/// Keys that this call loads, and flights that it waits for, by their places.
struct Begun<'a, K, V> {
    led: Vec<(usize, Lead<'a, K, Outcome<V>>)>,
    others: Vec<(usize, OtherFlight<K, V>)>,
}

/// What was loaded, for each key that this call leads: what to insert, or nothing.
type Loaded<K, V> = Vec<Option<(Hashed<K>, Fresh<V>)>>;
/// The values after the write.
type Kept<V> = Vec<Option<Shared<Node<V>>>>;

impl<K, V, S> Cache<K, V, S>
where
    K: Hash + Eq + Clone,
    V: Clone,
    S: BuildHasher + Clone,
{
    /// Returns clones of the values of these keys, in the order of the keys. Calls `load` once with all keys that are missing
    /// and that nobody else is loading, and inserts what it returns, in one step.
    ///
    /// `load` returns keys and values in any order. A key that it leaves out has no value, which the cache remembers with
    /// [`negative_ttl`](super::Builder::negative_ttl). A key that it was not asked for is left aside.
    ///
    /// Then this waits for the keys that others are loading. If one of those loads ends without a value that this call may
    /// use, `load` is called again, with the keys that are still missing.
    ///
    /// The values need not be of one version of the cache.
    ///
    /// # Examples
    /// ```
    /// let cache = evmap_core::cache::Cache::new(100);
    /// cache.insert(1, "one");
    /// let values = cache.get_all_with([1, 2, 3], |missing| {
    ///     println!("{missing:?}"); // [2, 3]
    ///     # assert_eq!(missing, [2, 3]);
    ///     [(2, "two")]
    /// });
    /// println!("{values:?}"); // [Some("one"), Some("two"), None]
    /// # assert_eq!(values, [Some("one"), Some("two"), None]);
    /// ```
    pub fn get_all_with<R>(
        &self,
        keys: impl IntoIterator<Item = K>,
        mut load: impl FnMut(&[K]) -> R,
    ) -> Vec<Option<V>>
    where
        R: IntoIterator<Item = (K, V)>,
    {
        let mut many = Many::new(self, keys, Some(thread::current().id()));
        while let Some(Begun { led, others }) = many.begin() {
            if !led.is_empty() {
                let attempt = Attempt::begin(&self.core().counters);
                let pairs = load(&many.keys(&led)).into_iter().collect();
                attempt.succeed();
                let loaded = many.sort(&led, pairs);
                let kept = self.core().change(|change| many.keep(change, &led, loaded));
                if let Some(absent) = &self.loads().absent {
                    let core = absent.core();
                    core.change(|change| many.remember(change, &led, &kept));
                }
                many.finish(led, kept);
            }
            for (place, flight) in others {
                let load = &many.loads[place].0;
                assert!(flight.label.thread != load.label.thread, "{RECURSION}");
                let patience = load.patience(&flight);
                let outcome = wait_blocking(Waiting::new(flight), patience);
                many.accept(place, outcome);
            }
        }
        many.values()
    }

    /// As [`get_all_with`](Self::get_all_with), for a task.
    pub async fn get_all_with_async<R, F>(
        &self,
        keys: impl IntoIterator<Item = K>,
        mut load: impl FnMut(Vec<K>) -> F,
    ) -> Vec<Option<V>>
    where
        F: Future<Output = R>,
        R: IntoIterator<Item = (K, V)>,
    {
        let mut many = Many::new(self, keys, None);
        while let Some(Begun { led, others }) = many.begin() {
            if !led.is_empty() {
                let attempt = Attempt::begin(&self.core().counters);
                let pairs = load(many.keys(&led)).await.into_iter().collect();
                attempt.succeed();
                let loaded = many.sort(&led, pairs);
                let write = |change: &mut Change<'_, K, V, S>| many.keep(change, &led, loaded);
                let kept = self.core().change_async(write).await;
                if let Some(absent) = &self.loads().absent {
                    let core = absent.core();
                    let write = core.change_async(|change| many.remember(change, &led, &kept));
                    write.await;
                }
                many.finish(led, kept);
            }
            for (place, flight) in others {
                let outcome = Waiting::new(flight).await;
                many.accept(place, Some(outcome));
            }
        }
        many.values()
    }
}

impl<'a, K, V, S> Many<'a, K, V, S>
where
    K: Hash + Eq + Clone,
    V: Clone,
    S: BuildHasher + Clone,
{
    fn new(
        cache: &'a Cache<K, V, S>,
        keys: impl IntoIterator<Item = K>,
        thread: Option<thread::ThreadId>,
    ) -> Self {
        let label = Label {
            thread,
            tags: Tags::default(),
        };
        let mut places = HashMap::with_hasher(cache.hasher().clone());
        let mut all = Vec::new();
        let mut loads = Vec::new();
        for key in keys {
            let place = *places.entry(key.clone()).or_insert(loads.len());
            if place == loads.len() {
                let mut load = Load::new(cache, key, true);
                load.label = label.clone();
                loads.push((load, None));
            }
            all.push(place);
        }
        Many {
            cache,
            loads,
            places: all,
        }
    }

    /// Looks up what is not known yet, and joins the table of loads. Returns `None` once all is known.
    fn begin(&mut self) -> Option<Begun<'a, K, V>> {
        let mut begun = Begun {
            led: Vec::new(),
            others: Vec::new(),
        };
        for (place, (load, known)) in self.loads.iter_mut().enumerate() {
            if known.is_some() {
                continue;
            }
            let answer = match load.look::<Infallible>() {
                Some(answer) => answer,
                None => match load.step::<Infallible>() {
                    Step::Done(answer) => answer,
                    Step::Load(lead) => {
                        begun.led.push((place, lead));
                        continue;
                    }
                    Step::Wait(flight) => {
                        begun.others.push((place, flight));
                        continue;
                    }
                },
            };
            *known = answer.ok();
        }
        let has_begun = !(begun.led.is_empty() && begun.others.is_empty());
        has_begun.then_some(begun)
    }

    fn keys(&self, led: &[(usize, Lead<'a, K, Outcome<V>>)]) -> Vec<K> {
        let keys = led
            .iter()
            .map(|(place, _)| self.loads[*place].0.key.key.clone());
        keys.collect()
    }

    /// What was loaded, in the order of the keys. Runs user code.
    fn sort(&self, led: &[(usize, Lead<'a, K, Outcome<V>>)], pairs: Vec<(K, V)>) -> Loaded<K, V> {
        let mut values =
            HashMap::with_capacity_and_hasher(pairs.len(), self.cache.hasher().clone());
        values.extend(pairs);
        let loads = led.iter().map(|(place, _)| &self.loads[*place].0);
        let loaded = loads.map(|load| {
            let value = values.remove(&load.key.key)?;
            Some((load.key(), load.fresh(value)))
        });
        loaded.collect()
    }

    /// Inserts what was loaded, and removes what has no value. For a write of the map.
    fn keep(
        &self,
        change: &mut Change<'_, K, V, S>,
        led: &[(usize, Lead<'a, K, Outcome<V>>)],
        loaded: Loaded<K, V>,
    ) -> Kept<V> {
        let each = led.iter().zip(loaded).map(|((place, lead), loaded)| {
            let load = &self.loads[*place].0;
            let Some((key, fresh)) = loaded else {
                load.keep_absent(change, lead);
                return None;
            };
            Some(load.keep(change, lead, key, fresh))
        });
        each.collect()
    }

    /// Remembers which keys have no value. For a write of the keys without a value.
    fn remember(
        &self,
        change: &mut Change<'_, K, (), S>,
        led: &[(usize, Lead<'a, K, Outcome<V>>)],
        kept: &Kept<V>,
    ) {
        for ((place, lead), kept) in led.iter().zip(kept) {
            let load = &self.loads[*place].0;
            match kept {
                None => remember(change, lead, load.key()),
                Some(_) => _ = change.remove(load.key.hash, &load.key.key, RemovalCause::Explicit),
            }
        }
    }

    fn finish(&mut self, led: Vec<(usize, Lead<'a, K, Outcome<V>>)>, kept: Kept<V>) {
        for ((place, lead), node) in led.into_iter().zip(kept) {
            let Some(node) = node else {
                self.loads[place].1 = Some(None);
                lead.finish(Outcome::Absent);
                continue;
            };
            self.loads[place].1 = Some(Some(node.value.clone()));
            lead.finish(Outcome::Value(node));
        }
    }

    /// Takes what came of another caller's load, or `None` if it has taken too long.
    fn accept(&mut self, place: usize, outcome: Option<Option<Outcome<V>>>) {
        let (load, known) = &mut self.loads[place];
        let Some(outcome) = outcome else {
            return load.give_up();
        };
        if let Some(Ok(value)) = load.accept::<Infallible>(outcome) {
            *known = Some(value);
        }
    }

    fn values(self) -> Vec<Option<V>> {
        let known: Vec<_> = self
            .loads
            .into_iter()
            .map(|(_, known)| known.flatten())
            .collect();
        self.places
            .into_iter()
            .map(|place| known[place].clone())
            .collect()
    }
}
