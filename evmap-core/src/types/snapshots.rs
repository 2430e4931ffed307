//! Programs that the type of a snapshot forbids. (See the table of [`types`](super).)

demand!(snapshot_of_unshareable_keys_is_not_send, "Send", "Snapshot<Sent, u8>" => "Snapshot<u32, u8>");
demand!(snapshot_of_unsendable_keys_is_not_sync, "Sync", "Snapshot<Lent, u8>" => "Snapshot<u32, u8>");
demand!(snapshot_of_unshareable_values_is_not_sync, "Sync", "Snapshot<u8, Sent>" => "Snapshot<u8, u32>");
demand!(snapshot_of_unsendable_values_is_not_send, "Send", "Snapshot<u8, Lent>" => "Snapshot<u8, u32>");
demand!(snapshot_of_an_unshareable_hasher_is_not_send, "Send", "Snapshot<u8, u8, Sent>" => "Snapshot<u8, u8, u32>");
demand!(snapshot_of_an_unsendable_hasher_is_not_sync, "Sync", "Snapshot<u8, u8, Lent>" => "Snapshot<u8, u8, u32>");
demand!(snapshot_of_an_unshareable_meta_value_is_not_send, "Send", "Snapshot<u8, u8, u8, Sent>" => "Snapshot<u8, u8, u8, u32>");
demand!(snapshot_of_unshareable_bags_is_not_sync, "Sync", "multimap::Snapshot<u8, Sent>" => "multimap::Snapshot<u8, u32>");
demand!(snapshot_is_never_cloned, "Clone", "Snapshot<u8, u8>" => "std::sync::Arc<Snapshot<u8, u8>>");

invariant!(
    snapshot_is_invariant_in_keys,
    "Snapshot<&'s str, u8>",
    "let it = evmap_core::new::<&'static str, u8>().1.into_snapshot();"
);
invariant!(
    snapshot_is_invariant_in_values,
    "Snapshot<u8, &'s str>",
    "let it = evmap_core::new::<u8, &'static str>().1.into_snapshot();"
);

outlives!(
    snapshot_ends_before_what_a_drop_sees,
    "writer.read_handle().into_snapshot()"
);

/// `lends!(name, "expression of `snapshot`")`: what a snapshot lends ends with it.
macro_rules! lends {
    ($name:ident, $lent:literal) => {
        pair!(
            $name: "E0505",
            concat!(
                "let (_writer, reader) = evmap_core::Builder::new().meta(7).build_from([(1, 2)]);\n",
                "let snapshot = reader.into_snapshot();\n",
                "let lent = ", $lent, ";\n"
            ),
            "drop(snapshot);\ndrop(lent);" => "drop(lent);\ndrop(snapshot);",
            ""
        );
    };
}

lends!(snapshot_lends_a_value, "snapshot.get(&1).unwrap()");
lends!(snapshot_lends_its_entries, "snapshot.iter()");
lends!(snapshot_lends_its_keys, "snapshot.keys()");
lends!(snapshot_lends_its_values, "snapshot.values()");
lends!(snapshot_lends_its_meta_value, "snapshot.meta()");
lends!(snapshot_is_iterated, "(&snapshot).into_iter()");

/// A handle that becomes a snapshot is given away:
/// ```compile_fail,E0382
/// let (_writer, reader) = evmap_core::Builder::new().build_from([(1, 2)]);
/// let snapshot = reader.into_snapshot();
/// assert_eq!(snapshot, reader.read());
/// ```
/// ```
/// let (_writer, reader) = evmap_core::Builder::new().build_from([(1, 2)]);
/// let snapshot = reader.clone().into_snapshot();
/// assert_eq!(snapshot, reader.read());
/// ```
mod a_snapshot_takes_its_handle {}

/// Unlike a view, it may be moved to any thread:
/// ```compile_fail,E0277
/// let map = evmap_core::SharedMap::from([(1, 2)]);
/// let reader = map.read_handle();
/// let state = reader.read();
/// std::thread::scope(|scope| {
///     scope.spawn(move || assert_eq!(state[&1], 2));
/// });
/// ```
/// ```
/// let map = evmap_core::SharedMap::from([(1, 2)]);
/// let reader = map.read_handle();
/// let state = reader.into_snapshot();
/// std::thread::scope(|scope| {
///     scope.spawn(move || assert_eq!(state[&1], 2));
/// });
/// ```
mod a_snapshot_may_be_sent {}

/// With the three engines of this crate, the entries decide:
/// ```
/// use evmap_core::{Snapshot, table::*};
///
/// fn demand<T: Send + Sync + 'static>() {}
/// demand::<Snapshot<u8, u8, u8, (), Swiss>>();
/// demand::<Snapshot<u8, u8, u8, (), Incremental>>();
/// demand::<Snapshot<u8, u8, u8, (), RobinHood>>();
/// ```
/// With a custom engine, its tables decide:
/// ```compile_fail,E0277
/// use evmap_core::{Snapshot, table::{Engine, Table}};
///
/// fn send<T: Send>() {}
/// fn of<E: Engine>() where E::Table<u8, u8>: Send {
///     send::<Snapshot<u8, u8, u8, (), E>>();
/// }
/// ```
/// ```
/// use evmap_core::{Snapshot, table::{Engine, Table}};
///
/// fn send<T: Send>() {}
/// fn of<E: Engine>() where E::Table<u8, u8>: Send + Sync {
///     send::<Snapshot<u8, u8, u8, (), E>>();
/// }
/// ```
mod the_engine_of_a_snapshot {}
