//! [`TARGETS`]: the project's targets.

use super::How::{Added, Bytes, Calls, Close, Kept, OfBetter, Scaling, Share, Speed, Time};
use super::Target;
use crate::course::{INSERTION, LONGEST_REFRESH};
use crate::engines::{GROWING, HIT, ITERATION};
use crate::mixed::{AUTO, BOTH, DISTURBED, MEMBARRIER, SEQ_CST, SWEPT};
use crate::name::{
    ARC_SWAP_CACHE, ARC_SWAP_LOAD, BARE, DASHMAP, ENGINES, EVMAP, FILLED, FLASHMAP, GROW, GROWTH,
    INCREMENTAL, LEFT_RIGHT, MANY, MEMORY, MIXED, PAPAYA, PARKING_LOT, READ, ROBIN_HOOD, SCC,
    SHARED, STALL, STD_RWLOCK, SWISS, WRITE,
};
use crate::read::{ONE, TWO};
use crate::verdict::Threshold::{AtLeast, AtMost};
use crate::{filled, footprint, many, mixed, read, shared, stall, words, write};

/// In place of cases or conditions: each that is measured.
const ALL: &[&str] = &[];
const SIZES: &[&str] = &["1k", "100k", "4M"];
const SIXTEEN: &[&str] = &["1k/16-per-guard", "100k/16-per-guard", "4M/16-per-guard"];
const SMALL: &[&str] = &["1k", "100k", "1k/misses", "100k/misses"];
const LARGE: &[&str] = &["4M", "4M/misses"];
/// Of the engines. With texts each lookup waits for the heap as well, whatever the table.
const NUMBERS: &[&str] = &["100k/u64", "4M/u64"];
const KEYS: &[&str] = &["100k/u64", "100k/String", "4M/u64", "4M/String"];
const EACH_NUMBER: &[&str] = &["1 thread", "2 threads", "4 threads", "8 threads"];

/// Those whose reads wait for nobody, as ours.
const LOCK_FREE: &[&str] = &[EVMAP, LEFT_RIGHT, FLASHMAP, PAPAYA];
/// Those that take a lock, or lend what they hold.
const LENDING: &[&str] = &[ARC_SWAP_LOAD, PARKING_LOT, STD_RWLOCK, DASHMAP, SCC];
/// Those that publish at intervals too, whatever these are.
const ALWAYS: &[&str] = &[EVMAP, FLASHMAP];
const BESIDE: &[&str] = &[EVMAP, FLASHMAP, PAPAYA, DASHMAP, SCC, PARKING_LOT];
/// Those whose writer copies the whole map for each operation.
const COPYING: &[&str] = &[ARC_SWAP_LOAD, ARC_SWAP_CACHE];

const LOOKUP: &str = "{ours}: a lookup costs at most {limit} times {other}";
const SCALE: &str = "{ours}: two threads scale at least {limit} times as well as {other}";
const SIXTEEN_COST: &str = "{ours}: sixteen lookups cost at most {limit} times {other}";
const AS_FAST: &str = "{ours}: at least {limit} times as fast as {other}";
const FAST: &str = "{ours}, {condition}: at least {limit} times as fast as {other}";
const AS_LONG: &str = "{ours}: at most {limit} times as long as {other}";
const LONG: &str = "{ours}, {condition}: at most {limit} times as long as {other}";
const UPSERT: &str = "{ours}, {condition}: no more expensive than {other}";
const IDLE: &str = "{condition}: 10k idle handles make a refresh at most {limit} µs more expensive";
const KEEPS: &str = "{ours}: beside a writer at least {limit} of its own rate";
const FASTER: &str = "{ours}: beside a writer faster than {other}";
const MODE: &str = "{ours}: costs reader and writer at most {limit} times {other}, the better one";
const WORK: &str = "{condition}: work of {ours} / work of {other} at least {limit}";
const RATE: &str = "{condition}, {ours}: at least {limit} times as many refreshes as with {other}";
const WAITING: &str = "a refresh that waits uses at most {limit} of a processor";
const CALL: &str = "{condition}: 99 of 100 within {limit} ms";
const MUCH: &str = "{ours}: at most {limit} times as much as {other}";

/// Each row of the table, with its columns in this order.
macro_rules! targets {
    ($(($operation:expr, $cases:expr, $ours:expr, $others:expr, $conditions:expr, $how:expr,
        $threshold:expr, $sentence:expr),)*) => {
        &[$(Target {
            operation: $operation,
            cases: $cases,
            ours: $ours,
            others: $others,
            conditions: $conditions,
            how: $how,
            threshold: $threshold,
            sentence: $sentence,
        }),*]
    };
}

/// In the order in which they are told.
#[rustfmt::skip]
pub const TARGETS: &[Target] = targets![
    // operation, cases, ours, others, conditions, how, threshold, sentence
    (READ, SIZES, read::OURS, &[BARE], &[ONE], Time, AtMost(1.35), LOOKUP),
    (READ, SIZES, read::OURS, &[BARE], &[TWO], Scaling, AtLeast(0.97), SCALE),
    (READ, SIZES, read::SCOPED, &[BARE], &[ONE], Time, AtMost(1.25), LOOKUP),
    (READ, SIZES, read::SCOPED, &[BARE], &[TWO], Scaling, AtLeast(0.97), SCALE),
    // It follows no update by itself.
    (READ, SIZES, read::OURS, &[ARC_SWAP_CACHE], &[ONE], Time, AtMost(1.2), LOOKUP),
    (READ, SMALL, read::OURS, LOCK_FREE, &[ONE], Speed, AtLeast(2.5), FAST),
    (READ, LARGE, read::OURS, LOCK_FREE, &[ONE], Speed, AtLeast(1.6), FAST),
    (READ, &["1k", "100k"], read::OURS, LENDING, &[ONE], Speed, AtLeast(1.3), FAST),
    (READ, &["4M"], read::OURS, LENDING, &[ONE], Speed, AtLeast(1.2), FAST),
    // Where nothing but the entry takes time.
    (READ, &["1k"], read::OURS, LENDING, &[TWO], Speed, AtLeast(2.0), FAST),
    (READ, SIXTEEN, read::OURS, &[BARE], &[ONE], Close, AtMost(1.05), SIXTEEN_COST),
    (READ, SIXTEEN, read::SCOPED, &[BARE], &[ONE], Close, AtMost(1.05), SIXTEEN_COST),
    (FILLED, ALL, filled::REFRESHED, &[filled::SETTLED], &[ONE], Time, AtMost(1.05), LOOKUP),
    (FILLED, ALL, filled::INSERTED, &[filled::FLUSHED], &[ONE], Time, AtMost(1.05), LOOKUP),
    (SHARED, &["1k"], shared::OURS, &[shared::BASE], &[ONE], Time, AtMost(1.5), LOOKUP),
    (SHARED, &["1k"], shared::OURS_SCOPED, &[shared::SCOPED], &[ONE], Time, AtMost(1.5), LOOKUP),
    (WRITE, &["1", "100", "10k"], write::OURS, ALWAYS, ALL, Speed, AtLeast(1.0), UPSERT),
    // It publishes with every write.
    (WRITE, &["10k"], write::OURS, &[DASHMAP], ALL, Speed, AtLeast(1.0), UPSERT),
    (WRITE, &[write::IDLE_HANDLES], write::MANY, &[write::ONE], ALL, Added, AtMost(80.0), IDLE),
    (MIXED, &["1k", "100k"], mixed::OURS, &[mixed::OURS], &[DISTURBED], Kept, AtLeast(0.9), KEEPS),
    (MIXED, &["1k", "100k"], mixed::OURS, BESIDE, &[DISTURBED], Speed, AtLeast(1.0), FASTER),
    (MIXED, &["1k"], mixed::OURS, COPYING, &[DISTURBED], Speed, AtLeast(1.0), FASTER),
    (MIXED, &SWEPT, AUTO, &[SEQ_CST, MEMBARRIER], &[BOTH], OfBetter, AtMost(1.1), MODE),
    (MANY, &[many::VISIBLE], many::OURS_VISIBLE, &[many::MUTEX], EACH_NUMBER, Speed, AtLeast(0.9), WORK),
    (MANY, &[many::VISIBLE], many::OURS_VISIBLE, &[many::VISIBLE_BASE], EACH_NUMBER, Speed, AtLeast(1.5), WORK),
    (MANY, &[many::DEFERRED], many::OURS_DEFERRED, &[DASHMAP], &["1 thread"], Speed, AtLeast(0.3), WORK),
    (MANY, &[many::DEFERRED], many::OURS_DEFERRED, &[DASHMAP], &["4 threads", "8 threads"], Speed, AtLeast(0.2), WORK),
    (GROWTH, &["4M"], INCREMENTAL, &[SWISS], &[INSERTION], Time, AtMost(1.7), LONG),
    (GROWTH, &["4M"], INCREMENTAL, &[SWISS], &[LONGEST_REFRESH], Time, AtMost(0.1), LONG),
    (GROW, &["4M"], words::OURS, &[words::BASE], &[words::SLOT], Time, AtMost(2.0), AS_LONG),
    (GROW, &["4M"], words::OURS_WARM, &[words::COPY_WARM], &[words::SLOT], Time, AtMost(2.0), AS_LONG),
    (GROW, &["4M"], words::OURS, &[words::REHASH], &[words::SLOT], Speed, AtLeast(2.0), AS_FAST),
    (GROW, &["4M"], words::TWO_THREADS, &[words::OURS], &[words::SLOT], Speed, AtLeast(1.5), AS_FAST),
    (ENGINES, KEYS, INCREMENTAL, &[SWISS], &[HIT], Time, AtMost(1.1), LONG),
    (ENGINES, KEYS, INCREMENTAL, &[SWISS], &[GROWING], Time, AtMost(1.6), LONG),
    (ENGINES, NUMBERS, ROBIN_HOOD, &[SWISS], &[HIT], Time, AtMost(1.3), LONG),
    (ENGINES, KEYS, ROBIN_HOOD, &[SWISS], &[ITERATION], Speed, AtLeast(2.0), FAST),
    (STALL, &[stall::CASE], stall::HELD, &[stall::UNHELD], ALL, Speed, AtLeast(0.9), RATE),
    (STALL, &[stall::BLOCKED], "", ALL, ALL, Share, AtMost(0.05), WAITING),
    (STALL, &[stall::BLOCKED], "", ALL, ALL, Calls, AtMost(10.0), CALL),
    // Two copies, and hardly more.
    (MEMORY, &["pairs/1M"], footprint::OURS, &[footprint::BARE], ALL, Bytes, AtMost(2.1), MUCH),
    (MEMORY, &["values/100k"], footprint::OURS_SHARED, &[footprint::ONE_COPY], ALL, Bytes, AtMost(1.15), MUCH),
];
