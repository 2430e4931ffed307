//! The contenders: a file for each, and [`ALL`] of them in one list.
//!
//! What a [`Contender`] can do decides where it is measured: a new one is a file, and its lines here.
//! All in one table hold the same entries, and hash with clones of one hasher.
//! Each is behind small traits that compile away; [`Read`] and [`Write`] are what the measured loops are compiled
//! into, and are called through a `dyn` once for many lookups or upserts.

mod arc_swap;
mod bare;
mod bustle;
mod check;
mod contender;
mod dashmap;
mod evmap;
mod flashmap;
mod left_right;
mod loops;
mod making;
pub mod ours;
mod papaya;
mod rwlock;
mod scc;
pub mod shared_map;
#[cfg(test)]
mod tests;

pub use self::arc_swap::{CACHE, LOAD};
pub use self::bare::BARE;
pub use self::check::{check, check_writes};
pub use self::contender::{
    BATCH, Build, Contender, Hasher, Lookup, Map, Read, TIME, Upsert, Way, Write, Writes,
};
pub use self::dashmap::DASHMAP;
pub use self::evmap::{EVMAP, MUTEX_EVMAP, MUTEX_EVMAP_SOON};
pub use self::flashmap::FLASHMAP;
pub use self::left_right::LEFT_RIGHT;
pub use self::ours::{
    AUTO, GUARD, HANDLE, HANDLE_SCOPED, INCREMENTAL, MEMBARRIER, MUTEX_OURS, ROBIN_HOOD, SCOPED,
    SEQ_CST, SHARED_READER, SHARED_READER_SCOPED, SWISS,
};
pub use self::papaya::PAPAYA;
pub use self::rwlock::{PARKING_LOT, STD_RWLOCK};
pub use self::scc::SCC;
pub use self::shared_map::{SHARED_MAP, SOON};

/// Everyone, in the order of the tables' rows.
pub const ALL: &[Contender] = &[
    BARE,
    GUARD,
    SCOPED,
    HANDLE,
    HANDLE_SCOPED,
    SHARED_READER,
    SHARED_READER_SCOPED,
    AUTO,
    MEMBARRIER,
    SEQ_CST,
    SOON,
    MUTEX_OURS,
    SWISS,
    INCREMENTAL,
    ROBIN_HOOD,
    SHARED_MAP,
    CACHE,
    LOAD,
    EVMAP,
    MUTEX_EVMAP,
    MUTEX_EVMAP_SOON,
    LEFT_RIGHT,
    FLASHMAP,
    PAPAYA,
    DASHMAP,
    SCC,
    PARKING_LOT,
    STD_RWLOCK,
];
