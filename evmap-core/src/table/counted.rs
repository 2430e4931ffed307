//! [`Counted`]: an engine whose readers count their lookups.

use std::marker::PhantomData;

use super::Engine;

/// The engine `E`, in a map that counts its lookups. Chosen by `count_lookups` of each builder.
///
/// The tables are those of `E`. Each call of `get`, `get_cloned` or `contains_key` of a
/// [`ReadHandle`](crate::ReadHandle), a [`SharedReader`](crate::SharedReader) or a [`SharedMap`](crate::SharedMap)
/// counts as one hit or one miss, and so does each call of a multimap's `get_one` and `contains_value`, by its key. A call
/// that panics counts nothing.
/// [`lookup_counts`](crate::ReadHandle::lookup_counts) returns the sums over all readers of the map, and so does
/// [`SharedMap::stats`](crate::SharedMap::stats).
///
/// Lookups in a [`View`](crate::View), iteration, writes and a writer's own reads do not count.
///
/// # Cost
/// At most four instructions a lookup. A reader counts in the cache line that each of its reads stores to anyway, so readers
/// do not disturb each other. Which lookups count is decided when the program is compiled, so a map with another engine
/// pays nothing.
///
/// # Examples
/// ```
/// use evmap_core::{DefaultHashBuilder, SharedMap, table::*};
///
/// // `Counted<Counted<E>>` counts once, too.
/// type Map<E> = SharedMap<String, u32, DefaultHashBuilder, E>;
/// let map: Map<Counted<RobinHood>> = SharedMap::builder().engine::<RobinHood>().count_lookups().build();
/// map.insert("a".to_string(), 1);
/// for key in ["a", "b", "a"] {
///     map.get(key);
/// }
/// println!("{:?}", map.lookup_counts()); // LookupCounts { hits: 2, misses: 1 }
/// # assert_eq!(format!("{:?}", map.lookup_counts()), "LookupCounts { hits: 2, misses: 1 }");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Counted<E>(PhantomData<fn() -> E>);

impl<E: Engine> Engine for Counted<E> {
    type Table<K, V> = E::Table<K, V>;

    const COUNTS_LOOKUPS: bool = true;
}
