//! The loads of many keys of a [`Cache`] at once.

use std::collections::HashMap;
use std::convert::Infallible;
use std::hash::{BuildHasher, Hash};
use std::thread;

use super::Cache;
use super::flights::{Label, Lead, Waiting};
use super::loads::{Attempt, Load, OtherFlight, Outcome, Step, keep, wait_blocking};
use super::node::{Node, Tags};
use crate::Shared;

/// The loads of one call.
struct Many<'a, K, V, S> {
    cache: &'a Cache<K, V, S>,
    label: Label,
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
        while let Some(begun) = many.begin() {
            if !begun.led.is_empty() {
                let attempt = Attempt::begin(&self.core().counters);
                let loaded = load(&many.keys(&begun.led)).into_iter().collect();
                attempt.succeed();
                many.end(begun.led, loaded);
            }
            for (place, flight) in begun.others {
                let is_own = flight.label.thread == many.label.thread;
                assert!(!is_own, "{}", super::get_with::RECURSION);
                let other = OtherFlight::clone(&flight);
                match wait_blocking(Waiting::new(flight), self.loads().timeout) {
                    None => self.loads().flights().give_up(&other),
                    Some(outcome) => many.accept(place, outcome),
                }
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
        while let Some(begun) = many.begin() {
            if !begun.led.is_empty() {
                let attempt = Attempt::begin(&self.core().counters);
                let loaded = load(many.keys(&begun.led)).await.into_iter().collect();
                attempt.succeed();
                many.end_async(begun.led, loaded).await;
            }
            for (place, flight) in begun.others {
                let outcome = Waiting::new(flight).await;
                many.accept(place, outcome);
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
                loads.push((Load::new(cache, key, label.clone(), true), None));
            }
            all.push(place);
        }
        Many {
            cache,
            label,
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

    /// The values of the keys that this call leads, and those keys that have none.
    #[expect(clippy::type_complexity, reason = "two lists of the same")]
    fn sort(
        &self,
        led: Vec<(usize, Lead<'a, K, Outcome<V>>)>,
        loaded: Vec<(K, V)>,
    ) -> (
        Vec<(usize, Lead<'a, K, Outcome<V>>, V)>,
        Vec<(usize, Lead<'a, K, Outcome<V>>)>,
    ) {
        let mut values =
            HashMap::with_capacity_and_hasher(loaded.len(), self.cache.hasher().clone());
        values.extend(loaded);
        let (mut found, mut absent) = (Vec::new(), Vec::new());
        for (place, lead) in led {
            match values.remove(&self.loads[place].0.key.key) {
                Some(value) => found.push((place, lead, value)),
                None => absent.push((place, lead)),
            }
        }
        (found, absent)
    }

    /// Inserts what was loaded, in one write.
    fn end(&mut self, led: Vec<(usize, Lead<'a, K, Outcome<V>>)>, loaded: Vec<(K, V)>) {
        let (found, absent) = self.sort(led, loaded);
        let mut fresh = Vec::new();
        for (place, lead, value) in found {
            let load = &self.loads[place].0;
            fresh.push((place, lead, load.key(), load.fresh(value)));
        }
        if !fresh.is_empty() {
            let kept = self.cache.core().change(|change| {
                let each = fresh.into_iter().map(|(place, lead, key, fresh)| {
                    let node = keep(change, &lead, key, fresh);
                    (place, lead, node)
                });
                each.collect::<Vec<_>>()
            });
            self.finish(kept);
        }
        for (place, lead) in absent {
            self.loads[place].0.end_absent(lead);
            self.loads[place].1 = Some(None);
        }
    }

    /// As [`end`](Self::end), for a task.
    async fn end_async(&mut self, led: Vec<(usize, Lead<'a, K, Outcome<V>>)>, loaded: Vec<(K, V)>) {
        let (found, absent) = self.sort(led, loaded);
        let mut fresh = Vec::new();
        for (place, lead, value) in found {
            let load = &self.loads[place].0;
            fresh.push((place, lead, load.key(), load.fresh(value)));
        }
        if !fresh.is_empty() {
            let write = self.cache.core().change_async(|change| {
                let each = fresh.into_iter().map(|(place, lead, key, fresh)| {
                    let node = keep(change, &lead, key, fresh);
                    (place, lead, node)
                });
                each.collect::<Vec<_>>()
            });
            let kept = write.await;
            self.finish(kept);
        }
        for (place, lead) in absent {
            self.loads[place].0.end_absent_async(lead).await;
            self.loads[place].1 = Some(None);
        }
    }

    fn finish(&mut self, kept: Vec<(usize, Lead<'a, K, Outcome<V>>, Shared<Node<V>>)>) {
        for (place, lead, node) in kept {
            self.loads[place].1 = Some(Some(node.value.clone()));
            lead.finish(Outcome::Value(node));
        }
    }

    fn accept(&mut self, place: usize, outcome: Option<Outcome<V>>) {
        let (load, known) = &mut self.loads[place];
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
