//! [`Builder`]: a cache with other than the usual settings.

use std::fmt;
use std::hash::{BuildHasher, Hash};
use std::sync::{Arc, Weak};
use std::time::Duration;

use left_right::FenceMode;
use left_right::background::{Background, Work};

use super::clock::{Clock, NEVER};
use super::core::{Core, Settings, Weigher};
use super::handle::{EXACT, IDLES, RECORDS};
use super::loads::Loads;
use super::removal::Listener;
use super::{Cache, ManualClock, RemovalCause};
use crate::{DefaultHashBuilder, SharedMap};

/// The maximal number of keys that are known to have no value.
const MOST_ABSENT: u64 = 1 << 16;

/// Makes a [`Cache`] with other than the usual settings.
///
/// Made by [`Cache::builder`].
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use evmap_core::cache::Cache;
///
/// let cache = Cache::builder()
///     .max_capacity(10_000_000) // bytes, by the weigher
///     .weigher(|key: &String, page: &String| (key.len() + page.len()) as u32)
///     .time_to_live(Duration::from_secs(300))
///     .expiry_jitter(0.1)
///     .eviction_listener(|key, _page, cause| println!("{key} was removed: {cause:?}"))
///     .record_stats()
///     .build();
/// cache.insert("/".to_string(), "welcome".to_string());
/// println!("{}", cache.weighted_size()); // 8
/// # assert_eq!(cache.weighted_size(), 8);
/// ```
#[must_use = "a builder makes nothing before `build`"]
pub struct Builder<K, V, S = DefaultHashBuilder> {
    max_capacity: Option<u64>,
    initial_capacity: usize,
    weigher: Option<Arc<Weigher<K, V>>>,
    listener: Option<Arc<Listener<K, V>>>,
    time_to_live: Option<Duration>,
    time_to_idle: Option<Duration>,
    jitter: f64,
    refresh_after: Option<Duration>,
    stale_if_error: Duration,
    negative_ttl: Option<Duration>,
    load_timeout: Option<Duration>,
    extras: u8,
    clock: Option<ManualClock>,
    fence: FenceMode,
    hasher: S,
}

impl<K, V> Builder<K, V> {
    /// The usual settings: no limit, no expiry, no listener, no statistics of lookups.
    pub fn new() -> Self {
        Builder {
            max_capacity: None,
            initial_capacity: 0,
            weigher: None,
            listener: None,
            time_to_live: None,
            time_to_idle: None,
            jitter: 0.0,
            refresh_after: None,
            stale_if_error: Duration::ZERO,
            negative_ttl: None,
            load_timeout: None,
            extras: 0,
            clock: None,
            fence: FenceMode::Auto,
            hasher: DefaultHashBuilder::default(),
        }
    }
}

impl<K, V> Default for Builder<K, V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K, V, S> Builder<K, V, S> {
    /// Sets the number of entries that the cache holds at most, or their weight if there is a
    /// [`weigher`](Self::weigher). Without it, the cache has no limit.
    ///
    /// With 0, the cache never holds anything.
    pub fn max_capacity(mut self, capacity: u64) -> Self {
        self.max_capacity = Some(capacity);
        self
    }

    /// Reserves space for this many entries in each copy of the table, so that no write has to enlarge it.
    pub fn initial_capacity(mut self, entries: usize) -> Self {
        self.initial_capacity = entries;
        self
    }

    /// Sets how much an entry weighs. Called once for each insertion, on the thread that inserts, before it locks
    /// anything. The weight is fixed then.
    ///
    /// It is called again for an entry whose removal was undone, since the write that removed it panicked: on any thread, and
    /// while the cache is locked.
    ///
    /// An entry that weighs nothing is never evicted to make space for others.
    pub fn weigher(mut self, weigher: impl Fn(&K, &V) -> u32 + Send + Sync + 'static) -> Self {
        self.weigher = Some(Arc::new(weigher));
        self
    }

    /// Sets for how long an entry lives after its insertion. It is rounded up to milliseconds.
    /// [`insert_with_ttl`](Cache::insert_with_ttl) sets it for one entry.
    ///
    /// With `Duration::ZERO`, nothing is ever inserted. With `Duration::MAX`, nothing expires.
    pub fn time_to_live(mut self, time: Duration) -> Self {
        self.time_to_live = Some(time);
        self
    }

    /// Sets for how long an entry lives without a read or an insertion of its key.
    ///
    /// It is measured in ticks of a 64th of that time, but of at least a millisecond. So an entry expires between this time
    /// and a 32nd part more (or two milliseconds more, if that is longer), and the first read of an entry in a tick stores
    /// the tick. While the cache holds entries, a background thread wakes up at each tick.
    /// With `Duration::ZERO`, nothing is ever inserted.
    /// [`contains_key`](Cache::contains_key) and [`iter`](Cache::iter) are no reads.
    pub fn time_to_idle(mut self, time: Duration) -> Self {
        self.time_to_idle = Some(time);
        self
    }

    /// Shortens the lifetime of each entry by a share of up to `fraction`, which differs from key to key. So entries that
    /// were inserted together need not expire together.
    ///
    /// The default is 0. A number that is not between 0 and 1 is taken as the nearest that is (and not-a-number as 0).
    pub fn expiry_jitter(mut self, fraction: f64) -> Self {
        self.jitter = if fraction.is_nan() {
            0.0
        } else {
            fraction.clamp(0.0, 1.0)
        };
        self
    }

    /// Loads a value anew once it is this old: the first caller of [`get_with`](Cache::get_with) or its kin that finds it so
    /// runs its closure, and the others get the old value meanwhile. If that load fails, its caller gets the old value, too,
    /// and the next caller tries again.
    ///
    /// [`get`](Cache::get) does not look at the age, since it has nothing to load with. With this, a hit of `get_with` asks the
    /// system's clock. The time is rounded up to milliseconds.
    pub fn refresh_after(mut self, time: Duration) -> Self {
        self.refresh_after = Some(time);
        self
    }

    /// Keeps an expired value in memory for this much longer, for loads that fail: [`try_get_with`](Cache::try_get_with) and
    /// its kin return it instead of the error, and [`stats`](Cache::stats) counts it as `stale`. Other lookups do not find it.
    ///
    /// It concerns entries whose time to live is over, and not those that were idle for too long.
    pub fn stale_if_error(mut self, time: Duration) -> Self {
        self.stale_if_error = time;
        self
    }

    /// Remembers for this time that a key has no value, when a load of
    /// [`optionally_get_with`](Cache::optionally_get_with), [`try_optionally_get_with`](Cache::try_optionally_get_with) or
    /// [`get_all_with`](Cache::get_all_with) finds none. These then return `None` without a load.
    ///
    /// At most 65,536 such keys are remembered, and no more than [`max_capacity`](Self::max_capacity). They are no entries:
    /// they take no part of the capacity, and no other call finds them. An insertion or an invalidation of the key ends it,
    /// [`invalidate_if`](Cache::invalidate_if) and [`invalidate_all`](Cache::invalidate_all) end it for all keys.
    pub fn negative_ttl(mut self, time: Duration) -> Self {
        self.negative_ttl = Some(time);
        self
    }

    /// Sets for how long a load may hold up other callers. After that time, the next caller loads the value, too: a thread that
    /// waits, or one that asks, or a task that asks. Later callers wait for this load, or for a refresh, do not wait at all. The
    /// first of the two values that is loaded is kept.
    ///
    /// A thread waits for two such loads at most, and then loads the value itself. A task that waits already uses the timeout of
    /// its runtime.
    ///
    /// By default, callers wait for as long as the load takes. The least useful time is somewhat longer than loads usually take.
    pub fn load_timeout(mut self, time: Duration) -> Self {
        self.load_timeout = Some(time);
        self
    }

    /// Lookups ask the system's clock whether an entry has expired. Then no lookup finds an expired entry, even if the
    /// thread that advances the coarse clock gets no processor. It costs about 20 nanoseconds for each hit of an entry
    /// that may expire.
    pub fn exact_expiry(mut self) -> Self {
        self.extras |= EXACT;
        self
    }

    /// Counts hits and misses, for [`stats`](Cache::stats). A lookup counts in its thread's own line, so threads do not
    /// disturb each other.
    pub fn record_stats(mut self) -> Self {
        self.extras |= RECORDS;
        self
    }

    /// Calls `listener` with each entry that is removed, and the cause.
    ///
    /// A background thread, which all caches of the process share, calls it soon after the removal, outside of all locks.
    /// It may use the cache. (A handle that the listener owns keeps the cache from ever being dropped.)
    /// Calls follow each other, in the order of the writes. A slow listener delays later calls, and the background work of other
    /// caches and maps.
    ///
    /// While 16,384 removals or more wait for it, those of further writes are not reported, and counted in
    /// [`stats`](Cache::stats) as `unnotified`. (Of what one write removes, all is reported or nothing. Entries that
    /// expire stay in memory while half as many wait.) A panic is counted, too.
    ///
    /// After the last handle of the cache was dropped, no call begins, except one that a background thread is about to make
    /// at this moment.
    pub fn eviction_listener(
        mut self,
        listener: impl Fn(&K, &V, RemovalCause) + Send + Sync + 'static,
    ) -> Self {
        self.listener = Some(Arc::new(listener));
        self
    }

    /// Uses this clock instead of the system's. For tests.
    pub fn clock(mut self, clock: &ManualClock) -> Self {
        self.clock = Some(clock.clone());
        self
    }

    /// Sets which side pays for the order between a lookup and a write: see
    /// [`SharedMap`](crate::shared_map::Builder::fence). The default is [`FenceMode::Auto`].
    pub fn fence(mut self, mode: FenceMode) -> Self {
        self.fence = mode;
        self
    }

    /// Sets the hasher. Clones of it must hash alike.
    pub fn hasher<S2>(self, hasher: S2) -> Builder<K, V, S2> {
        Builder {
            max_capacity: self.max_capacity,
            initial_capacity: self.initial_capacity,
            weigher: self.weigher,
            listener: self.listener,
            time_to_live: self.time_to_live,
            time_to_idle: self.time_to_idle,
            jitter: self.jitter,
            refresh_after: self.refresh_after,
            stale_if_error: self.stale_if_error,
            negative_ttl: self.negative_ttl,
            load_timeout: self.load_timeout,
            extras: self.extras,
            clock: self.clock,
            fence: self.fence,
            hasher,
        }
    }

    /// Makes the cache.
    ///
    /// # Blocking
    /// Waits for nothing, and starts no thread. The first write that needs one of the two background threads of the process
    /// starts it.
    pub fn build(self) -> Cache<K, V, S>
    where
        K: Hash + Eq + Clone + Send + Sync + 'static,
        V: Send + Sync + 'static,
        S: BuildHasher + Clone + Send + Sync + 'static,
    {
        let absent = self.negative_ttl.map(|time_to_live| {
            let builder = Builder {
                max_capacity: Some(self.max_capacity.unwrap_or(MOST_ABSENT).min(MOST_ABSENT)),
                time_to_live: Some(time_to_live),
                jitter: self.jitter,
                extras: self.extras & EXACT,
                clock: self.clock.clone(),
                fence: self.fence,
                ..Builder::new().hasher(self.hasher.clone())
            };
            builder.build_plain(None)
        });
        self.build_plain(absent)
    }

    fn build_plain(self, absent: Option<Cache<K, (), S>>) -> Cache<K, V, S>
    where
        K: Hash + Eq + Clone + Send + Sync + 'static,
        V: Send + Sync + 'static,
        S: BuildHasher + Clone + Send + Sync + 'static,
    {
        let map = SharedMap::builder()
            .capacity(self.initial_capacity)
            .fence(self.fence)
            .hasher(self.hasher)
            .build();
        let clock = Arc::new(Clock::new(self.clock.as_ref(), self.time_to_idle));
        let settings = Settings {
            max_weight: self.max_capacity,
            weigher: self.weigher,
            listener: self.listener,
            time_to_live: self.time_to_live,
            keeps_nothing: self.time_to_idle.is_some_and(|time| time.is_zero()),
            jitter: self.jitter,
            refresh_after: self.refresh_after,
            stale_if_error: self.stale_if_error.as_millis().try_into().unwrap_or(NEVER),
        };
        let core = Arc::new_cyclic(|weak: &Weak<Core<K, V, S>>| {
            let work: Weak<dyn Work> = Weak::clone(weak) as Weak<dyn Work>;
            Core::new(map, clock, settings, Background::new(work))
        });
        let idles = if self.time_to_idle.is_some() {
            IDLES
        } else {
            0
        };
        let loads = Loads::new(absent, self.load_timeout);
        Cache::of(core, loads, self.extras | idles)
    }
}

impl<K, V, S> fmt::Debug for Builder<K, V, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("max_capacity", &self.max_capacity)
            .field("time_to_live", &self.time_to_live)
            .field("time_to_idle", &self.time_to_idle)
            .finish_non_exhaustive()
    }
}
