//! The loads of a [`Cache`] on the calling thread.

use std::convert::Infallible;
use std::hash::{BuildHasher, Hash};
use std::sync::Arc;
use std::thread;

use super::Cache;
use super::flights::{Label, Lead, Waiting};
use super::loads::{Answer, Attempt, Load, Outcome, Step, remember, tags, wait_blocking};

/// The message of a loader that asks for its own key.
pub(super) const RECURSION: &str = "\
    a loader asks for the key that it is loading: it would wait for itself";

/// # Loads
///
/// These look a key up, and load its value if it is missing. However many threads and tasks ask for a missing key at the
/// same time, one of them runs its closure, and the others wait for the value. A hit costs little more than one of
/// [`get`](Self::get), and counts in [`stats`](Self::stats) as one.
///
/// The value is inserted with the cache's [`time_to_live`](super::Builder::time_to_live), and visible when the call returns.
///
/// **Changes meanwhile.** If the key is inserted, removed or invalidated while its value is loaded, the value may be out of
/// date. Then it is returned to those that have asked for it before, and not kept. The same holds for
/// [`invalidate_all`](Self::invalidate_all) and [`invalidate_if`](Self::invalidate_if), and for
/// [`invalidate_tag`](Self::invalidate_tag) if the load was declared with this tag. Who asks after such a change waits for no
/// load that began before it.
///
/// **Tags.** The entry gets the tags of the caller that loads it. So all loads of a key should declare the same tags.
///
/// **Failures.** If the closure panics, the panic reaches its caller, and one of those that wait runs its own closure. So it
/// is if a task's future is dropped. With [`stale_if_error`](super::Builder::stale_if_error), an old value is returned instead of
/// an error. A key without a value, or with an error, is loaded again by the next caller, unless
/// [`negative_ttl`](super::Builder::negative_ttl) is set and there is no value.
///
/// **Refreshes.** With [`refresh_after`](super::Builder::refresh_after), the first caller that finds a value older than that loads
/// it anew. The others get the old value until then.
///
/// # Blocking
///
/// A caller waits for the loader of its key, for as long as it runs, or for
/// [`load_timeout`](super::Builder::load_timeout). After a load, it waits for other writers, as an
/// [`insert`](Self::insert) does.
///
/// The closure may use the cache, and may load other keys. Two loaders that ask for each other's keys wait for each other
/// without end, unless there is a `load_timeout`. A thread that waits for a task which only this thread can run waits without
/// end, too: in async code, use the methods with `_async`. ([`invalidate`](Self::invalidate) of the key lets later callers load
/// it, whatever became of the loader.)
///
/// A listener and a `Drop` on the background thread do not wait for loads of others: they load the value themselves.
///
/// # Panics
///
/// If the closure asks for its own key on the same thread. If the value is missing, and the call is made inside a write of the
/// same cache, such as the closure of [`invalidate_if`](Self::invalidate_if). If the closure panics, or the weigher, the value's
/// `Clone`, or a key's `Hash`, `Eq` or `Clone`.
impl<K, V, S> Cache<K, V, S>
where
    K: Hash + Eq + Clone,
    V: Clone,
    S: BuildHasher + Clone,
{
    /// Returns a clone of the value of this key. If there is none, calls `load` and inserts what it returns.
    ///
    /// # Examples
    /// ```
    /// let cache = evmap_core::cache::Cache::new(100);
    /// println!("{}", cache.get_with("a", || 1)); // 1
    /// println!("{}", cache.get_with("a", || unreachable!())); // 1
    /// # assert_eq!((cache.get_with("a", || unreachable!()), cache.stats().loads), (1, 1));
    /// ```
    pub fn get_with(&self, key: K, load: impl FnOnce() -> V) -> V {
        self.get_with_tagged(key, &[], load)
    }

    /// As [`get_with`](Self::get_with), for a load that may fail.
    ///
    /// Those that wait share the error. One whose errors are of another type runs its own closure instead, and so does one
    /// that called [`get_with`](Self::get_with) or [`optionally_get_with`](Self::optionally_get_with).
    ///
    /// # Errors
    /// What `load` returns, unless there is an old value that may be shown: see
    /// [`stale_if_error`](super::Builder::stale_if_error). An error is not kept.
    ///
    /// # Examples
    /// ```
    /// let cache = evmap_core::cache::Cache::new(100);
    /// let load = || "12".parse::<i32>();
    /// println!("{:?}", cache.try_get_with("a", load)); // Ok(12)
    /// # assert_eq!(cache.try_get_with("a", load), Ok(12));
    /// # assert!(cache.try_get_with("b", || "x".parse::<i32>()).is_err());
    /// ```
    pub fn try_get_with<E>(&self, key: K, load: impl FnOnce() -> Result<V, E>) -> Result<V, Arc<E>>
    where
        E: Send + Sync + 'static,
    {
        self.try_get_with_tagged(key, &[], load)
    }

    /// As [`get_with`](Self::get_with), for a key that may have no value.
    ///
    /// With [`negative_ttl`](super::Builder::negative_ttl), the cache remembers for a while that there is none.
    ///
    /// # Examples
    /// ```
    /// let cache = evmap_core::cache::Cache::<_, i32>::new(100);
    /// println!("{:?}", cache.optionally_get_with("a", || None)); // None
    /// println!("{:?}", cache.optionally_get_with("a", || Some(1))); // Some(1)
    /// # assert_eq!(cache.optionally_get_with("a", || None), Some(1));
    /// ```
    pub fn optionally_get_with(&self, key: K, load: impl FnOnce() -> Option<V>) -> Option<V> {
        let load = || Ok::<_, Infallible>(load());
        match self.load(key, &[], true, load) {
            Ok(answer) => answer,
            Err(error) => match *error {},
        }
    }

    /// As [`optionally_get_with`](Self::optionally_get_with), for a load that may fail.
    ///
    /// # Errors
    /// As [`try_get_with`](Self::try_get_with).
    ///
    /// # Examples
    /// ```
    /// let cache = evmap_core::cache::Cache::<_, i32>::new(100);
    /// let load = |text: &str| if text.is_empty() { Ok(None) } else { text.parse().map(Some) };
    /// println!("{:?}", cache.try_optionally_get_with("a", || load(""))); // Ok(None)
    /// println!("{:?}", cache.try_optionally_get_with("a", || load("12"))); // Ok(Some(12))
    /// # assert_eq!(cache.try_optionally_get_with("a", || load("")), Ok(Some(12)));
    /// # assert!(cache.try_optionally_get_with("b", || load("x")).is_err());
    /// ```
    pub fn try_optionally_get_with<E>(
        &self,
        key: K,
        load: impl FnOnce() -> Result<Option<V>, E>,
    ) -> Result<Option<V>, Arc<E>>
    where
        E: Send + Sync + 'static,
    {
        self.load(key, &[], true, load)
    }

    /// As [`get_with`](Self::get_with). What it inserts has these tags: see [`invalidate_tag`](Self::invalidate_tag).
    ///
    /// # Examples
    /// ```
    /// let cache = evmap_core::cache::Cache::new(100);
    /// println!("{}", cache.get_with_tagged("/apple", &["fruit"], || "red")); // red
    /// # assert_eq!(cache.get("/apple"), Some("red"));
    /// cache.invalidate_tag("fruit");
    /// println!("{:?}", cache.get("/apple")); // None
    /// # assert_eq!(cache.get("/apple"), None);
    /// ```
    pub fn get_with_tagged(&self, key: K, tags: &[&str], load: impl FnOnce() -> V) -> V {
        match self.try_get_with_tagged(key, tags, || Ok::<_, Infallible>(load())) {
            Ok(value) => value,
            Err(error) => match *error {},
        }
    }

    /// As [`try_get_with`](Self::try_get_with). What it inserts has these tags: see [`invalidate_tag`](Self::invalidate_tag).
    ///
    /// # Errors
    /// As [`try_get_with`](Self::try_get_with).
    pub fn try_get_with_tagged<E>(
        &self,
        key: K,
        tags: &[&str],
        load: impl FnOnce() -> Result<V, E>,
    ) -> Result<V, Arc<E>>
    where
        E: Send + Sync + 'static,
    {
        let load = || load().map(Some);
        self.load(key, tags, false, load)
            .map(|value| value.unwrap_or_else(|| unreachable!("a value was loaded")))
    }

    fn load<E>(
        &self,
        key: K,
        tag_names: &[&str],
        accepts_none: bool,
        load: impl FnOnce() -> Result<Option<V>, E>,
    ) -> Answer<V, E>
    where
        E: Send + Sync + 'static,
    {
        let mut this = Load::new(self, key, accepts_none);
        if let Some(answer) = this.look() {
            return answer;
        }
        this.label = Label {
            thread: Some(thread::current().id()),
            tags: tags(tag_names),
        };
        loop {
            match this.step() {
                Step::Done(answer) => return answer,
                Step::Load(lead) => return this.run(lead, load),
                Step::Wait(flight) => {
                    assert!(flight.label.thread != this.label.thread, "{RECURSION}");
                    let patience = this.patience(&flight);
                    match wait_blocking(Waiting::new(flight), patience) {
                        None => this.give_up(),
                        Some(outcome) => {
                            if let Some(answer) = this.accept(outcome) {
                                return answer;
                            }
                        }
                    }
                }
            }
            if let Some(answer) = this.look() {
                return answer;
            }
        }
    }
}

impl<K, V, S> Load<'_, K, V, S>
where
    K: Hash + Eq + Clone,
    V: Clone,
    S: BuildHasher + Clone,
{
    /// Loads the value, and inserts it.
    fn run<E>(
        &self,
        lead: Lead<'_, K, Outcome<V>>,
        load: impl FnOnce() -> Result<Option<V>, E>,
    ) -> Answer<V, E>
    where
        E: Send + Sync + 'static,
    {
        let core = self.cache.core();
        let attempt = Attempt::begin(&core.counters);
        let value = match load() {
            Ok(value) => value,
            Err(error) => return self.fail(lead, error),
        };
        attempt.succeed();
        let Some(value) = value else {
            if self.is_in_map() {
                core.change(|change| self.keep_absent(change, &lead));
            }
            if let Some(absent) = &self.cache.loads().absent {
                let key = self.key();
                absent.core().change(|change| remember(change, &lead, key));
            }
            lead.finish(Outcome::Absent);
            return Ok(None);
        };
        let (key, fresh) = (self.key(), self.fresh(value));
        let node = core.change(|change| self.keep(change, &lead, key, fresh));
        if let Some(absent) = self.known_absent() {
            absent.invalidate(&self.key.key);
        }
        let value = node.value.clone();
        lead.finish(Outcome::Value(node));
        Ok(Some(value))
    }
}
