//! [`Catalog`]: the pages of products, through a cache.
//!
//! The tags of a page have to be known before it is loaded, so that a change that happens meanwhile finds the load by them.
//! Here the tag is the product's category, which only the database knows. So a second cache has the category of each product,
//! or that the product does not exist. It is asked first, and unknown numbers take no space in the cache of pages.
//!
//! A page is only kept if its row still has the category that the load was declared with. So each page in the cache has the
//! tag of what it shows, and a discount of that category finds it.

use std::{sync::Arc, time::Duration};

use evmap_core::cache::{Cache, CacheStats};

use crate::{
    database::{self, Database, Failure},
    etag::Tags,
    page::Page,
};

/// How often a page is loaded through the cache while its category changes. After that, it is read without the cache.
const ATTEMPTS: usize = 3;
/// Categories are kept for this much longer than pages: they rarely change, and a page that is loaded finds it out.
const CATEGORY_TIMES: u32 = 10;
/// The cache of categories may hold this much more than that of pages: its entries are small.
const CATEGORY_ENTRIES: u64 = 4;

/// What the cache may hold, and for how long.
pub struct Limits {
    pub capacity: u64,
    pub time_to_live: Duration,
    pub stale_if_error: Duration,
}

/// The products, and the caches before them.
pub struct Catalog {
    pub database: Arc<Database>,
    pub tags: Tags,
    caches: Option<Caches>,
}

#[derive(Clone)]
struct Caches {
    pages: Cache<u32, Page>,
    /// For each product the tag of its category, or `None` if there is no such product.
    categories: Cache<u32, Option<Arc<str>>>,
}

impl Catalog {
    /// Without `limits`, there is no cache, and each page is read from the database.
    pub fn new(database: Database, limits: Option<Limits>) -> Self {
        Catalog {
            database: Arc::new(database),
            tags: Tags::of_this_process(),
            caches: limits.map(|limits| Caches::new(&limits)),
        }
    }

    /// The page of a product, or `None` if there is no such product.
    pub async fn page(&self, id: u32) -> Result<Option<Page>, Failure> {
        let Some(caches) = &self.caches else {
            return self.read_page(id).await;
        };
        for _ in 0..ATTEMPTS {
            let load = async { Ok(self.database.category(id).await?.map(|name| tag(&name))) };
            let category = caches.categories.try_get_with_async(id, load).await;
            let Some(tag) = category.map_err(|error: Arc<Failure>| Failure::clone(&error))? else {
                return Ok(None);
            };
            let load = self.load(caches, id, &tag);
            let page = caches
                .pages
                .try_get_with_tagged_async(id, &[&tag], load)
                .await;
            match page {
                Ok(page) => return Ok(Some(page)),
                Err(error) => match &*error {
                    Failure::Moved => {}
                    other => return Err(other.clone()),
                },
            }
        }
        self.read_page(id).await
    }

    /// Inserts or changes a product. Returns whether it is new. Requests that begin after this see it.
    pub async fn set_product(
        &self,
        id: u32,
        name: String,
        price: u32,
        category: String,
    ) -> Result<bool, Failure> {
        let caches = self.caches.clone();
        let write = self.database.write(move |connection| {
            let written = database::set_product(connection, id, &name, price, &category);
            // On the thread of the write, which goes on if the client leaves.
            if let Some(caches) = caches
                && database::may_be_made(&written)
            {
                caches.forget(id);
            }
            written
        });
        write.await
    }

    /// Sets the discount of all products of a category. Returns how many there are. Requests that begin after this see it.
    pub async fn set_discount(&self, category: String, percent: u32) -> Result<usize, Failure> {
        let caches = self.caches.clone();
        let write = self.database.write(move |connection| {
            let changed = database::set_discount(connection, &category, percent);
            if let Some(caches) = caches
                && database::may_be_made(&changed)
            {
                // One call, however many pages of the category there are, and however many of them are being loaded.
                caches.pages.invalidate_tag(&tag(&category));
            }
            changed
        });
        write.await
    }

    /// The name of each cache, and its figures.
    pub fn stats(&self) -> Vec<(&'static str, CacheStats)> {
        let caches = self.caches.as_ref();
        caches.map_or_else(Vec::new, |caches| {
            vec![
                ("pages", caches.pages.stats()),
                ("categories", caches.categories.stats()),
            ]
        })
    }

    async fn read_page(&self, id: u32) -> Result<Option<Page>, Failure> {
        let product = self.database.product(id).await?;
        Ok(product.map(|product| Page::of(&product, &self.tags)))
    }

    /// Loads a page that will have this tag.
    async fn load(&self, caches: &Caches, id: u32, expected: &str) -> Result<Page, Failure> {
        match self.database.product(id).await? {
            Some(product) if *tag(&product.category) == *expected => {
                Ok(Page::of(&product, &self.tags))
            }
            _ => {
                // Here and not after the error, since the cache returns an old page instead of an error if it has one.
                caches.categories.invalidate_async(&id).await;
                caches.pages.invalidate_async(&id).await;
                Err(Failure::Moved)
            }
        }
    }
}

impl Caches {
    fn new(limits: &Limits) -> Self {
        let pages = Cache::builder()
            .max_capacity(limits.capacity)
            .time_to_live(limits.time_to_live)
            // A page that is asked for often is loaded before it expires, while others still get the old one.
            .refresh_after(limits.time_to_live * 3 / 5)
            .expiry_jitter(0.1)
            .stale_if_error(limits.stale_if_error)
            .record_stats()
            .build();
        let categories = Cache::builder()
            .max_capacity(limits.capacity.saturating_mul(CATEGORY_ENTRIES))
            .time_to_live(limits.time_to_live.saturating_mul(CATEGORY_TIMES))
            .expiry_jitter(0.1)
            .stale_if_error(limits.stale_if_error)
            .record_stats()
            .build();
        Caches { pages, categories }
    }

    /// Removes what is known of a product.
    fn forget(&self, id: u32) {
        self.categories.invalidate(&id);
        self.pages.invalidate(&id);
    }
}

fn tag(category: &str) -> Arc<str> {
    format!("category:{category}").into()
}
