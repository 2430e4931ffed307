//! [`TARGETS`]: what this project wants of the figures, and why.

use crate::caches::{FIBRE_CACHE, FOYER, MOKA, OURS, QUICK_CACHE};
use crate::contenders::{
    AUTO, BARE, CACHE, DASHMAP, EVMAP, FLASHMAP, GUARD, HANDLE, HANDLE_SCOPED, LEFT_RIGHT, LOAD,
    MEMBARRIER, MUTEX_EVMAP, MUTEX_OURS, PAPAYA, PARKING_LOT, SCC, SCOPED, SEQ_CST, SHARED_READER,
    SHARED_READER_SCOPED, SOON, STD_RWLOCK, SWISS,
};
use crate::keys::{Kind, Number, Text};
use crate::paired::Limit::{self, AboveBest, Added, Derived, Faster, Times, TimesBest, Value};
use crate::paired::Target;
use crate::workloads::cache::{self, hits, misses, ratio, tail};
use crate::workloads::growth::{
    self, INCREMENTAL, INSERTION, LONGEST_REFRESH, SWISS as SWISS_ENGINE,
};
use crate::workloads::mixed::{self, BOTH, DISTURBED, SWEPT};
use crate::workloads::read::{MISSES, NAME as READ, ONE, SIXTEEN, TWO};
use crate::workloads::stall::{HELD, NAME as STALL, RATE, UNHELD};
use crate::workloads::words::{self, COPY, COPY_WARM, REHASH, ROBIN_HOOD, TWO_THREADS, WARM};
use crate::workloads::{blocked, engines, filled, idle, many, memory, shared, write};

/// In place of sizes, variants or conditions: each that is measured, or no such part of the name.
const ALL: &[&str] = &[];
const NO_SIZE: &[usize] = &[];
const SMALL: &[usize] = &[1_000, 100_000];
const LARGE: &[usize] = &[4_000_000];
const SIZES: &[usize] = &[1_000, 100_000, 4_000_000];
const ENGINE_SIZES: &[usize] = &[100_000, 4_000_000];
const KINDS: &[&str] = &[Number::NAME, Text::NAME];

/// Those whose reads wait for nobody, as ours.
const LOCK_FREE: &[&str] = &[EVMAP.name, LEFT_RIGHT.name, FLASHMAP.name, PAPAYA.name];
/// Those that take a lock, or lend what they hold.
const LENDING: &[&str] = &[
    LOAD.name,
    PARKING_LOT.name,
    STD_RWLOCK.name,
    DASHMAP.name,
    SCC.name,
];
const BESIDE: &[&str] = &[
    EVMAP.name,
    FLASHMAP.name,
    PAPAYA.name,
    DASHMAP.name,
    SCC.name,
    PARKING_LOT.name,
];

/// Caches that are not moka.
const OTHER_CACHES: &[&str] = &[QUICK_CACHE.name, FIBRE_CACHE.name, FOYER.name];
const CACHES: &[&str] = &[MOKA.name, QUICK_CACHE.name, FIBRE_CACHE.name, FOYER.name];
/// Those whose policies others measure themselves by.
const POLICIES: &[&str] = &[MOKA.name, QUICK_CACHE.name];

const CHEAP: &str = "a read is three plain stores to a line of the reader's own";
const SCALES: &str = "readers share no line that anybody writes";
const NO_FENCE: &str = "once a burst of writes is over, no reader has a fence";
const MODES: &str = "Auto finds the cheaper mode";
const NO_PAUSE: &str = "no refresh waits for a growth";
const IN_A_ROW: &str = "entries lie in a row, found through words that grow in one pass";
const S3_FIFO: &str = "few keys that are read once displace others";
const NEVER_STUCK: &str = "a reader that stays is nobody's problem for long";

/// Each row of the table, with its columns in this order.
macro_rules! targets {
    ($(($operation:expr, $sizes:expr, $variants:expr, $row:expr, $against:expr, $conditions:expr, $limit:expr, $why:expr),)*) => {
        &[$(Target {
            operation: $operation, sizes: $sizes, variants: $variants, row: $row, against: $against,
            conditions: $conditions, limit: $limit as Limit, why: $why,
        }),*]
    };
}

/// In the order in which they are told.
#[rustfmt::skip]
pub const TARGETS: &[Target] = targets![
    // operation, sizes, variants, row, against, conditions, limit, why
    (READ, SIZES, ALL, GUARD.name, &[BARE.name], &[ONE], Times(1.35), CHEAP),
    (READ, SIZES, ALL, GUARD.name, ALL, &[TWO], Derived(0.97), SCALES),
    (READ, SIZES, ALL, SCOPED.name, &[BARE.name], &[ONE], Times(1.25), CHEAP),
    (READ, SIZES, ALL, SCOPED.name, ALL, &[TWO], Derived(0.97), SCALES),
    (READ, SIZES, ALL, GUARD.name, &[CACHE.name], &[ONE], Times(1.2), "a Cache writes nothing, and follows no update by itself"),
    (READ, SMALL, &["", MISSES], GUARD.name, LOCK_FREE, &[ONE], Faster(2.5), CHEAP),
    (READ, LARGE, &["", MISSES], GUARD.name, LOCK_FREE, &[ONE], Faster(1.6), "memory takes most of the time"),
    (READ, SMALL, ALL, GUARD.name, LENDING, &[ONE], Faster(1.3), CHEAP),
    (READ, LARGE, ALL, GUARD.name, LENDING, &[ONE], Faster(1.2), "memory takes most of the time"),
    (READ, &[1_000], ALL, GUARD.name, LENDING, &[TWO], Faster(2.0), SCALES),
    (READ, SIZES, &[SIXTEEN], GUARD.name, &[BARE.name], &[ONE], Times(1.05), "a view enters once"),
    (READ, SIZES, &[SIXTEEN], SCOPED.name, &[BARE.name], &[ONE], Times(1.05), "a view enters once"),
    (filled::NAME, SMALL, ALL, filled::REFRESHED, &[filled::SETTLED], &[ONE], Times(1.05), NO_FENCE),
    (filled::NAME, SMALL, ALL, filled::INSERTED, &[filled::FLUSHED], &[ONE], Times(1.05), NO_FENCE),
    (shared::NAME, &[1_000], ALL, SHARED_READER.name, &[HANDLE.name], &[ONE], Times(1.5), "one value serves as well as a handle for each thread"),
    (shared::NAME, &[1_000], ALL, SHARED_READER_SCOPED.name, &[HANDLE_SCOPED.name], &[ONE], Times(1.5), "one value serves as well as a handle for each thread"),
    (write::NAME, &[1, 100, 10_000], ALL, AUTO.name, &[EVMAP.name, FLASHMAP.name], ALL, Faster(1.0), "cheap reads are not paid for by writes"),
    (write::NAME, &[10_000], ALL, AUTO.name, &[DASHMAP.name], ALL, Faster(1.0), "dashmap publishes with every write"),
    (write::NAME, NO_SIZE, &[idle::IDLE_HANDLES], idle::MANY, &[idle::ONE], ALL, Added(80_000.0), "a handle that nobody reads through costs next to nothing"),
    (mixed::NAME, SMALL, ALL, AUTO.name, ALL, &[DISTURBED], Derived(0.9), "readers wait for no writer"),
    (mixed::NAME, SMALL, ALL, AUTO.name, BESIDE, &[DISTURBED], Faster(1.0), "readers wait for no writer"),
    (mixed::NAME, &[1_000], ALL, AUTO.name, &[LOAD.name, CACHE.name], &[DISTURBED], Faster(1.0), "their writer copies the whole map for each operation"),
    (mixed::NAME, NO_SIZE, &SWEPT, AUTO.name, &[SEQ_CST.name, MEMBARRIER.name], &[BOTH], TimesBest(1.1), MODES),
    (many::NAME, NO_SIZE, &[many::VISIBLE], AUTO.name, &[MUTEX_OURS.name], many::THREADS, Faster(0.9), "results, versions and recovery cost little"),
    (many::NAME, NO_SIZE, &[many::VISIBLE], AUTO.name, &[MUTEX_EVMAP.name], many::THREADS, Faster(1.5), "writers share publications"),
    (many::NAME, NO_SIZE, &[many::DEFERRED], SOON.name, &[DASHMAP.name], &[many::THREADS[0]], Faster(0.3), "each change is made in two copies"),
    (many::NAME, NO_SIZE, &[many::DEFERRED], SOON.name, &[DASHMAP.name], &[many::THREADS[2], many::THREADS[3]], Faster(0.2), "one writer at a time"),
    (growth::NAME, LARGE, ALL, INCREMENTAL, &[SWISS_ENGINE], &[INSERTION], Times(1.7), NO_PAUSE),
    (growth::NAME, LARGE, ALL, INCREMENTAL, &[SWISS_ENGINE], &[LONGEST_REFRESH], Times(0.1), NO_PAUSE),
    (words::NAME, LARGE, ALL, ROBIN_HOOD, &[COPY], ALL, Times(2.0), IN_A_ROW),
    (words::NAME, LARGE, ALL, WARM, &[COPY_WARM], ALL, Times(2.0), IN_A_ROW),
    (words::NAME, LARGE, ALL, ROBIN_HOOD, &[REHASH], ALL, Faster(2.0), IN_A_ROW),
    (words::NAME, LARGE, ALL, TWO_THREADS, &[ROBIN_HOOD], ALL, Faster(1.5), IN_A_ROW),
    (engines::NAME, ENGINE_SIZES, KINDS, INCREMENTAL, &[SWISS_ENGINE], &[engines::HIT], Times(1.1), NO_PAUSE),
    (engines::NAME, ENGINE_SIZES, KINDS, INCREMENTAL, &[SWISS_ENGINE], &[engines::GROWING], Times(1.6), NO_PAUSE),
    // With texts each lookup waits for the heap as well, whatever the table.
    (engines::NAME, ENGINE_SIZES, &[Number::NAME], ROBIN_HOOD, &[SWISS_ENGINE], &[engines::HIT], Times(1.3), IN_A_ROW),
    (engines::NAME, ENGINE_SIZES, KINDS, ROBIN_HOOD, &[SWISS_ENGINE], &[engines::ITERATION], Faster(2.0), IN_A_ROW),
    (STALL, NO_SIZE, &[RATE], HELD, &[UNHELD], ALL, Faster(0.9), NEVER_STUCK),
    (STALL, NO_SIZE, &[blocked::WAITING], blocked::THREAD, ALL, ALL, Value(5.0), "who waits sleeps"),
    (STALL, NO_SIZE, &[blocked::BLOCKED], blocked::CALLS[0], ALL, &[blocked::MOST], Value(10_000.0), NEVER_STUCK),
    (STALL, NO_SIZE, &[blocked::BLOCKED], blocked::CALLS[1], ALL, &[blocked::MOST], Value(10_000.0), NEVER_STUCK),
    (STALL, NO_SIZE, &[blocked::BLOCKED], blocked::CALLS[2], ALL, &[blocked::MOST], Value(10_000.0), NEVER_STUCK),
    (STALL, NO_SIZE, &[blocked::BLOCKED], blocked::CALLS[3], ALL, &[blocked::MOST], Value(10_000.0), NEVER_STUCK),
    (memory::PAIRS, &[1_000_000], ALL, SWISS.name, &[BARE.name], ALL, Times(2.1), "two copies, and hardly more"),
    (memory::VALUES, &[100_000], ALL, memory::SHARED, &[memory::ONE_COPY], ALL, Times(1.15), "one copy of each value"),
    (cache::NAME, NO_SIZE, &[ratio::TRACES], OURS.name, POLICIES, &[ratio::MEAN], AboveBest(1.0), S3_FIFO),
    (cache::NAME, NO_SIZE, &[ratio::TRACES], OURS.name, POLICIES, &ratio::REPLAYS, AboveBest(-2.5), S3_FIFO),
    (cache::NAME, NO_SIZE, &[ratio::PATTERNS], OURS.name, CACHES, &ratio::ZIPFS, AboveBest(-3.0), S3_FIFO),
    (cache::NAME, &[hits::ENTRIES], &[hits::HITS], OURS.name, &[hits::SHARED_MAP], ALL, Times(1.6), "a hit is a lookup in a map"),
    (cache::NAME, &[hits::ENTRIES], &[hits::HITS], OURS.name, &[MOKA.name], ALL, Faster(4.0), SCALES),
    (cache::NAME, &[hits::ENTRIES], &[hits::HITS], OURS.name, OTHER_CACHES, ALL, Faster(2.0), SCALES),
    (cache::NAME, NO_SIZE, &[misses::MISSES], OURS.name, CACHES, ALL, Faster(1.0), "99 cheap hits pay for an expensive insert"),
    (cache::NAME, NO_SIZE, &[tail::TAIL], tail::DISTURBED, &[tail::UNDISTURBED], &[OURS.name], Times(2.0), "hits wait for no writer"),
    (cache::memory::MEMORY, &[1_000_000], &["", cache::memory::EVICTING], OURS.name, &[MOKA.name], ALL, Times(1.2), "two copies of a word for each entry"),
];

/// Whether a row of this name is ours.
pub fn is_ours(name: &str) -> bool {
    let begins = ["ours", "ReadHandle", "Shared", INCREMENTAL, ROBIN_HOOD];
    let names = [
        MUTEX_OURS.name,
        HELD,
        idle::MANY,
        filled::REFRESHED,
        tail::DISTURBED,
    ];
    names.contains(&name) || begins.iter().any(|begin| name.starts_with(begin))
}
