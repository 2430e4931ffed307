//! A concurrent hash map for programs that read far more than they write.

#![forbid(unsafe_code)]

pub mod map;
pub mod multimap;
pub mod table;

mod error;
mod op;
mod state;

pub use error::CopiesDiffer;
pub use left_right::{
    BusyReader, FenceMode, Poisoned, ReadGuard, ReadersBusy, Stats, SwapError, Version,
};
pub use map::{Builder, ReadHandle, ReadHandleFactory, SharedReader, View, WriteHandle, new};

/// The default hasher: fast, seeded at random, and shared by both copies.
///
/// It resists accidental collisions and casual attacks.
/// Where keys come from people who would gain by flooding the table, give the [`Builder`] a
/// stronger one, such as [`std::hash::RandomState`].
pub type DefaultHashBuilder = hashbrown::DefaultHashBuilder;

/// A pointer that both copies can share, for values that are large or costly to clone.
///
/// The map keeps two copies of each value; of a `Shared<V>` it keeps two pointers to one `V`.
///
/// # Examples
///
/// ```
/// use evmap_core::Shared;
///
/// let (mut writer, reader) = evmap_core::new::<u32, Shared<[u8; 4096]>>();
/// writer.insert(1, Shared::new([7; 4096]));
/// writer.refresh();
/// assert_eq!(reader.get(&1).unwrap()[0], 7);
/// ```
pub use triomphe::Arc as Shared;
