//! Where a key is asked for that the table does not have: another server, through a cache.
//!
//! This is the only module that names the cache's types.
//!
//! ```text
//! http ──key──> Upstream ──> Cache ──missing key, once for all who ask──> Client ──GET URL/KEY──> the other server
//! ```

mod base_url;
mod client;
mod failure;
mod options;
mod page;

use std::{sync::Arc, time::Duration};

use evmap_core::cache::Cache;
pub use evmap_core::cache::CacheStats;
use tokio::{sync::Semaphore, time::timeout};

pub use base_url::BaseUrlError;
pub use failure::Failure;
pub use options::Options;
pub use page::Page;

use crate::table::Key;
use base_url::is_askable;
use client::Client;

/// What an entry takes besides its key and its page, roughly.
const ENTRY_OVERHEAD: usize = 256;

/// A handle of the cache; clones share it.
#[derive(Clone)]
pub struct Upstream {
    /// The page of each key, or that it has none: that takes a part of the capacity, too.
    cache: Cache<Key, Option<Page>>,
    client: Arc<Client>,
    absent_ttl: Duration,
    /// One for each load that may be under way, those whose clients have gone away included.
    loads: Arc<Semaphore>,
}

/// The cache's figures, and the client's.
pub struct Figures {
    pub cache: CacheStats,
    /// The requests that are under way.
    pub open: usize,
}

impl Upstream {
    /// `most_loads` bounds the loads that wait or run, as far as the options do not.
    pub fn new(options: &Options, most_loads: usize) -> Result<Self, BaseUrlError> {
        let client = Client::new(options)?;
        let mut builder = Cache::builder()
            .max_capacity(options.capacity_bytes())
            .weigher(weight)
            .time_to_live(options.ttl())
            .record_stats();
        if let Some(time) = options.stale_if_error() {
            builder = builder.stale_if_error(time);
        }
        Ok(Upstream {
            cache: builder.build(),
            client: Arc::new(client),
            absent_ttl: options.absent_ttl(),
            loads: Arc::new(Semaphore::new(most_loads)),
        })
    }

    /// The host and the port.
    pub fn authority(&self) -> &str {
        self.client.authority()
    }

    /// How long one request to it may take.
    pub fn timeout(&self) -> Duration {
        self.client.timeout()
    }

    pub fn figures(&self) -> Figures {
        Figures {
            cache: self.cache.stats(),
            open: self.client.open_requests(),
        }
    }

    /// The page of a key, or `None` if the other server has none.
    ///
    /// A load goes on if its client goes away, so the client that asks next finds its page.
    ///
    /// # Errors
    /// [`Failure`] if the page could not be loaded, and no old one may be shown.
    pub async fn get(&self, key: &str) -> Result<Option<Page>, Arc<Failure>> {
        if !is_askable(key) {
            return Ok(None);
        }
        let load = self.clone().load(key.into());
        if self.cache.contains_key(key) {
            return load.await;
        }
        let loads = self.loads.clone();
        let place = timeout(self.client.timeout(), loads.acquire_owned()).await;
        let place = place.map_err(|_| Failure::Late(self.client.timeout()))?;
        let place = place.expect("it is never closed");
        let load = tokio::spawn(async move {
            let _place = place;
            load.await
        });
        load.await
            .unwrap_or_else(|error| Err(Arc::new(Failure::Fault(error))))
    }

    async fn load(self, key: Key) -> Result<Option<Page>, Arc<Failure>> {
        let fetch = async {
            let answer = self.client.get(&key).await;
            match &answer {
                Ok(Some(_)) => {}
                // It lives for a time of its own. Since the key is inserted here while it is loaded, the cache does not insert
                // what the load returns.
                Ok(None) => {
                    let absent =
                        self.cache
                            .insert_with_ttl_async(key.clone(), None, self.absent_ttl);
                    absent.await;
                }
                Err(failure) => tracing::debug!(key = &*key, "{failure}"),
            }
            answer
        };
        self.cache.try_get_with_async(key.clone(), fetch).await
    }
}

/// An entry's share of the capacity, in bytes.
fn weight(key: &Key, page: &Option<Page>) -> u32 {
    let page = page.as_ref().map_or(0, Page::size);
    let bytes = key.len() + page + ENTRY_OVERHEAD;
    bytes.try_into().unwrap_or(u32::MAX)
}
