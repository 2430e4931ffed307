//! The single-valued map: each key has one value.
//!
//! Its types are re-exported at the crate's root.

mod builder;
mod changes;
pub(crate) mod decide;
mod extend;
mod factory;
mod iter;
pub(crate) mod lookup_counts;
pub(crate) mod lookups;
mod own_reads;
mod own_view;
mod pending_keys;
mod read;
mod shared_reader;
mod snapshot;
mod state_reads;
mod verify;
mod view;
mod waits;
mod write;
pub(crate) mod writes;

pub use builder::Builder;
pub use factory::ReadHandleFactory;
pub use iter::{Iter, Keys, Values};
pub use lookup_counts::LookupCounts;
pub use own_view::OwnView;
pub use read::ReadHandle;
pub use shared_reader::SharedReader;
pub use snapshot::Snapshot;
pub use view::View;
pub use write::WriteHandle;

/// An empty map with the usual settings: its writer, and a first reader.
///
/// # Examples
///
/// ```
/// let (mut writer, reader) = evmap_core::new();
/// writer.insert("apple", 3);
/// assert!(reader.get("apple").is_none()); // not published yet
/// writer.refresh();
/// assert_eq!(*reader.get("apple").unwrap(), 3);
/// ```
pub fn new<K, V>() -> (WriteHandle<K, V>, ReadHandle<K, V>) {
    Builder::new().build()
}
