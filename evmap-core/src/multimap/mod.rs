//! The multimap: each key has a bag of values.
//!
//! It shares its readers with the single-valued map. Each value there is a bag, [`Values`].
//!
//! # Examples
//!
//! ```
//! let (mut writer, reader) = evmap_core::multimap::new();
//! writer.insert("fruit", "apple");
//! writer.insert("fruit", "pear");
//! writer.refresh();
//!
//! let fruit = reader.get("fruit").unwrap();
//! assert_eq!(fruit.len(), 2);
//! assert!(fruit.iter().any(|&name| name == "pear"));
//! assert_eq!(*reader.get_one("fruit").unwrap(), "apple");
//! ```

mod builder;
mod extend;
mod into_iter;
mod read;
mod values;
mod write;

pub use builder::Builder;
pub use into_iter::IntoIter;
pub use values::Values;

use crate::DefaultHashBuilder;
use crate::op::MultimapOp;
use crate::table::DefaultEngine;

/// The writer of a multimap: see [`WriteHandle`](crate::WriteHandle).
pub type WriteHandle<K, V, S = DefaultHashBuilder, M = (), E = DefaultEngine> =
    crate::WriteHandle<K, Values<V>, S, M, E, MultimapOp<K, V, M>>;

/// One reader's own way into a multimap: see [`ReadHandle`](crate::ReadHandle).
pub type ReadHandle<K, V, S = DefaultHashBuilder, M = (), E = DefaultEngine> =
    crate::ReadHandle<K, Values<V>, S, M, E>;

/// Makes readers of a multimap: see [`ReadHandleFactory`](crate::ReadHandleFactory).
pub type ReadHandleFactory<K, V, S = DefaultHashBuilder, M = (), E = DefaultEngine> =
    crate::ReadHandleFactory<K, Values<V>, S, M, E>;

/// A multimap's reader that threads may share: see [`SharedReader`](crate::SharedReader).
pub type SharedReader<K, V, S = DefaultHashBuilder, M = (), E = DefaultEngine> =
    crate::SharedReader<K, Values<V>, S, M, E>;

/// One published state of a multimap: see [`View`](crate::View).
pub type View<'a, K, V, S = DefaultHashBuilder, M = (), E = DefaultEngine> =
    crate::View<'a, K, Values<V>, S, M, E>;

/// One published state of a multimap, owned: see [`Snapshot`](crate::Snapshot).
pub type Snapshot<K, V, S = DefaultHashBuilder, M = (), E = DefaultEngine> =
    crate::Snapshot<K, Values<V>, S, M, E>;

/// The writer's own state of a multimap: see [`OwnView`](crate::OwnView).
pub type OwnView<'a, K, V, S = DefaultHashBuilder, M = (), E = DefaultEngine> =
    crate::OwnView<'a, K, Values<V>, S, M, E>;

/// An empty multimap with the usual settings: its writer, and a first reader.
///
/// # Examples
/// ```
/// let (mut writer, reader) = evmap_core::multimap::new();
/// writer.insert("fruit", "apple");
/// writer.insert("fruit", "pear");
/// writer.refresh();
/// println!("{:?}", reader.get("fruit")); // Some(["apple", "pear"])
/// # assert_eq!(*reader.get("fruit").unwrap(), ["apple", "pear"]);
/// ```
pub fn new<K, V>() -> (WriteHandle<K, V>, ReadHandle<K, V>) {
    Builder::new().build()
}
