//! The loads of a [`Cache`] for tasks.

use std::convert::Infallible;
use std::hash::{BuildHasher, Hash};
use std::sync::Arc;

use super::Cache;
use super::flights::{Label, Lead, Waiting};
use super::loads::{Answer, Attempt, Load, Outcome, Step, remember, tags};

/// # Loads for tasks
///
/// Each does what the method without `_async` does, on any runtime, with a future in place of the closure. Threads and tasks
/// wait for each other's loads.
///
/// No poll waits for another loader, for a writer or for a reader: see
/// [`SharedMap::write_async`](crate::SharedMap::write_async). To wait for a limited time, use the timeout of your runtime.
///
/// # Cancellation
///
/// A future may be dropped at any time. If it was loading, one of those that wait runs its own future. So what was loaded
/// may be lost, unless the value was inserted already. To let a load go on when its client has gone, run it as a task of its
/// own, and await that task.
///
/// A future that asks for the key that it is loading waits for itself without end.
///
/// # Panics
///
/// As the methods without `_async`.
impl<K, V, S> Cache<K, V, S>
where
    K: Hash + Eq + Clone,
    V: Clone,
    S: BuildHasher + Clone,
{
    /// As [`get_with`](Self::get_with). The future is only run if the value has to be loaded.
    ///
    /// # Examples
    /// ```
    /// use evmap_core::cache::Cache;
    ///
    /// async fn page(pages: &Cache<String, String>, path: &str) -> String {
    ///     pages.get_with_async(path.to_owned(), async { format!("the page {path}") }).await
    /// }
    ///
    /// let pages = Cache::new(100);
    /// let page = page(&pages, "/");
    /// # let mut page = std::pin::pin!(page);
    /// # let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    /// # loop { if let std::task::Poll::Ready(page) = page.as_mut().poll(&mut context) { assert_eq!(page, "the page /"); break; } }
    /// # /*
    /// println!("{}", page.await); // the page /
    /// # */
    /// ```
    pub async fn get_with_async(&self, key: K, load: impl Future<Output = V>) -> V {
        self.get_with_tagged_async(key, &[], load).await
    }

    /// As [`try_get_with`](Self::try_get_with).
    ///
    /// # Errors
    /// As [`try_get_with`](Self::try_get_with).
    pub async fn try_get_with_async<E>(
        &self,
        key: K,
        load: impl Future<Output = Result<V, E>>,
    ) -> Result<V, Arc<E>>
    where
        E: Send + Sync + 'static,
    {
        self.try_get_with_tagged_async(key, &[], load).await
    }

    /// As [`optionally_get_with`](Self::optionally_get_with).
    pub async fn optionally_get_with_async(
        &self,
        key: K,
        load: impl Future<Output = Option<V>>,
    ) -> Option<V> {
        let load = async { Ok::<_, Infallible>(load.await) };
        match self.load_async(key, &[], true, load).await {
            Ok(answer) => answer,
            Err(error) => match *error {},
        }
    }

    /// As [`try_optionally_get_with`](Self::try_optionally_get_with).
    ///
    /// # Errors
    /// As [`try_get_with`](Self::try_get_with).
    pub async fn try_optionally_get_with_async<E>(
        &self,
        key: K,
        load: impl Future<Output = Result<Option<V>, E>>,
    ) -> Result<Option<V>, Arc<E>>
    where
        E: Send + Sync + 'static,
    {
        self.load_async(key, &[], true, load).await
    }

    /// As [`get_with_tagged`](Self::get_with_tagged).
    pub async fn get_with_tagged_async(
        &self,
        key: K,
        tags: &[&str],
        load: impl Future<Output = V>,
    ) -> V {
        let load = async { Ok::<_, Infallible>(load.await) };
        match self.try_get_with_tagged_async(key, tags, load).await {
            Ok(value) => value,
            Err(error) => match *error {},
        }
    }

    /// As [`try_get_with_tagged`](Self::try_get_with_tagged).
    ///
    /// # Errors
    /// As [`try_get_with`](Self::try_get_with).
    pub async fn try_get_with_tagged_async<E>(
        &self,
        key: K,
        tags: &[&str],
        load: impl Future<Output = Result<V, E>>,
    ) -> Result<V, Arc<E>>
    where
        E: Send + Sync + 'static,
    {
        let load = async { load.await.map(Some) };
        let answer = self.load_async(key, tags, false, load).await;
        answer.map(|value| value.unwrap_or_else(|| unreachable!("a value was loaded")))
    }

    async fn load_async<E>(
        &self,
        key: K,
        tag_names: &[&str],
        accepts_none: bool,
        load: impl Future<Output = Result<Option<V>, E>>,
    ) -> Answer<V, E>
    where
        E: Send + Sync + 'static,
    {
        let mut this = Load::new(self, key, accepts_none);
        if let Some(answer) = this.look() {
            return answer;
        }
        this.label = Label {
            thread: None,
            tags: tags(tag_names),
        };
        loop {
            match this.step() {
                Step::Done(answer) => return answer,
                Step::Load(lead) => return this.run_async(lead, load).await,
                Step::Wait(flight) => {
                    if let Some(answer) = this.accept(Waiting::new(flight).await) {
                        return answer;
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
    async fn run_async<E>(
        &self,
        lead: Lead<'_, K, Outcome<V>>,
        load: impl Future<Output = Result<Option<V>, E>>,
    ) -> Answer<V, E>
    where
        E: Send + Sync + 'static,
    {
        let core = self.cache.core();
        let attempt = Attempt::begin(&core.counters);
        let value = match load.await {
            Ok(value) => value,
            Err(error) => return self.fail(lead, error),
        };
        attempt.succeed();
        let Some(value) = value else {
            if self.is_in_map() {
                let write = core.change_async(|change| self.keep_absent(change, &lead));
                write.await;
            }
            if let Some(absent) = &self.cache.loads().absent {
                let key = self.key();
                let core = absent.core();
                core.change_async(|change| remember(change, &lead, key))
                    .await;
            }
            lead.finish(Outcome::Absent);
            return Ok(None);
        };
        let (key, fresh) = (self.key(), self.fresh(value));
        let write = core.change_async(|change| self.keep(change, &lead, key, fresh));
        let node = write.await;
        if let Some(absent) = self.known_absent() {
            absent.invalidate_async(&self.key.key).await;
        }
        let value = node.value.clone();
        lead.finish(Outcome::Value(node));
        Ok(Some(value))
    }
}
