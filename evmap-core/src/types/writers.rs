//! Programs that the writers' types forbid. (See the table of [`types`](super).)

demand!(writer_of_unshareable_keys_is_not_send, "Send", "WriteHandle<Sent, u8>" => "WriteHandle<u32, u8>");
demand!(writer_of_unsendable_keys_is_not_send, "Send", "WriteHandle<Lent, u8>" => "WriteHandle<u32, u8>");
demand!(writer_of_unshareable_values_is_not_send, "Send", "WriteHandle<u8, Sent>" => "WriteHandle<u8, u32>");
demand!(writer_of_unsendable_values_is_not_send, "Send", "WriteHandle<u8, Lent>" => "WriteHandle<u8, u32>");
demand!(writer_of_an_unshareable_hasher_is_not_send, "Send", "WriteHandle<u8, u8, Sent>" => "WriteHandle<u8, u8, u32>");
demand!(writer_of_an_unshareable_meta_value_is_not_send, "Send", "WriteHandle<u8, u8, u8, Sent>" => "WriteHandle<u8, u8, u8, u32>");
demand!(writer_of_unsendable_operations_is_not_send, "Send", "WriteHandle<u8, u8, u8, u8, Swiss, No>" => "WriteHandle<u8, u8, u8, u8, Swiss, Sent>");
demand!(writer_of_unshareable_bags_is_not_send, "Send", "multimap::WriteHandle<u8, Sent>" => "multimap::WriteHandle<u8, u32>");
demand!(writer_of_unsendable_keys_is_not_sync, "Sync", "WriteHandle<Lent, u8>" => "WriteHandle<u32, u8>");
demand!(writer_of_unshareable_values_is_not_sync, "Sync", "WriteHandle<u8, Sent>" => "WriteHandle<u8, u32>");
demand!(writer_of_unshareable_operations_is_not_sync, "Sync", "WriteHandle<u8, u8, u8, u8, Swiss, Sent>" => "WriteHandle<u8, u8, u8, u8, Swiss, Lent>");

invariant!(
    writer_is_invariant_in_keys,
    "WriteHandle<&'s str, u8>",
    "let (it, _) = evmap_core::new::<&'static str, u8>();"
);
invariant!(
    writer_is_invariant_in_values,
    "WriteHandle<u8, &'s str>",
    "let (it, _) = evmap_core::new::<u8, &'static str>();"
);
invariant!(
    writer_is_invariant_in_its_meta_value,
    "WriteHandle<u8, u8, DefaultHashBuilder, &'s str>",
    "let (it, _) = Builder::new().meta(\"static\").build::<u8, u8>();"
);
invariant!(
    multimaps_writer_is_invariant,
    "multimap::WriteHandle<u8, &'s str>",
    "let (it, _) = multimap::new::<u8, &'static str>();"
);

demand!(own_view_of_unshareable_keys_is_not_send, "Send", "OwnView<'static, Sent, u8>" => "OwnView<'static, u32, u8>");
demand!(own_view_of_unsendable_values_is_not_send, "Send", "OwnView<'static, u8, Lent>" => "OwnView<'static, u8, u32>");
demand!(own_view_of_an_unshareable_hasher_is_not_send, "Send", "OwnView<'static, u8, u8, Sent>" => "OwnView<'static, u8, u8, Lent>");
demand!(own_view_of_an_unshareable_meta_value_is_not_sync, "Sync", "OwnView<'static, u8, u8, u8, Sent>" => "OwnView<'static, u8, u8, u8, Lent>");

covariant!(own_view_is_covariant_in_its_life, "OwnView<'static, u8, u8>" => "OwnView<'s, u8, u8>");
covariant!(own_view_is_covariant_in_its_hasher, "OwnView<'static, u8, u8, &'static str>" => "OwnView<'s, u8, u8, &'s str>");
covariant!(own_view_is_covariant_in_its_meta_value, "OwnView<'static, u8, u8, u8, &'static str>" => "OwnView<'s, u8, u8, u8, &'s str>");
invariant!(
    own_view_is_invariant_in_keys,
    "OwnView<'_, &'s str, u8>",
    "let (mut writer, _) = evmap_core::new::<&'static str, u8>();\nlet it = writer.catch_up();"
);
invariant!(
    own_view_is_invariant_in_values,
    "OwnView<'_, u8, &'s str>",
    "let (mut writer, _) = evmap_core::new::<u8, &'static str>();\nlet it = writer.catch_up();"
);

outlives!(writer_ends_before_what_a_drop_sees, "writer");

/// With a custom engine, its tables decide:
/// ```compile_fail,E0277
/// use evmap_core::{ReadHandle, table::{Engine, Table}};
///
/// fn send<T: Send>() {}
/// fn of<E: Engine>() {
///     send::<ReadHandle<u8, u8, u8, (), E>>();
/// }
/// ```
/// ```
/// use evmap_core::{ReadHandle, table::{Engine, Table}};
///
/// fn send<T: Send>() {}
/// fn of<E: Engine>() where E::Table<u8, u8>: Send + Sync {
///     send::<ReadHandle<u8, u8, u8, (), E>>();
/// }
/// ```
/// [`SharedEngine`](crate::table::SharedEngine) says so in one bound:
/// ```
/// use evmap_core::{ReadHandle, SharedMap, SharedReader, WriteHandle, table::SharedEngine};
///
/// fn send<T: Send>() {}
/// fn sync<T: Sync>() {}
/// fn of<E: SharedEngine<u8, u8>>() {
///     send::<ReadHandle<u8, u8, u8, (), E>>();
///     send::<SharedMap<u8, u8, u8, E>>();
///     sync::<SharedMap<u8, u8, u8, E>>();
///     sync::<SharedReader<u8, u8, u8, (), E>>();
///     sync::<WriteHandle<u8, u8, u8, (), E>>();
/// }
/// ```
/// With the three engines of this crate, the entries decide:
/// ```
/// use evmap_core::{WriteHandle, table::*};
///
/// fn send<T: Send + Sync>() {}
/// send::<WriteHandle<u8, u8, u8, (), Swiss>>();
/// send::<WriteHandle<u8, u8, u8, (), Incremental>>();
/// send::<WriteHandle<u8, u8, u8, (), RobinHood>>();
/// ```
mod engines {}

/// The reason for invariance: a writer of a shorter lifetime could publish data that its readers see after the end of
/// that lifetime.
/// ```compile_fail,E0597
/// let (writer, reader) = evmap_core::new::<u8, &'static str>();
/// {
///     let local = String::from("local");
///     let mut writer = writer;
///     writer.insert(1, local.as_str());
///     writer.refresh();
/// }
/// assert_eq!(reader.get_cloned(&1), Some("local"));
/// ```
/// ```
/// let (writer, reader) = evmap_core::new::<u8, &'static str>();
/// {
///     let local = String::from("local");
///     let mut writer = writer;
///     writer.insert(1, local.leak());
///     writer.refresh();
/// }
/// assert_eq!(reader.get_cloned(&1), Some("local"));
/// ```
mod a_writer_publishes_nothing_that_ends_before_its_readers {}

/// A borrow from a writer ends with the next change:
/// ```compile_fail,E0499
/// let (mut writer, _) = evmap_core::Builder::new().build_from([(1, 2)]);
/// let value = writer.get(&1).unwrap();
/// writer.insert(1, 3);
/// assert_eq!(*value, 2);
/// ```
/// ```
/// let (mut writer, _) = evmap_core::Builder::new().build_from([(1, 2)]);
/// let value = writer.get(&1).unwrap();
/// assert_eq!(*value, 2);
/// writer.insert(1, 3);
/// ```
/// ```compile_fail,E0499
/// let (mut writer, _) = evmap_core::Builder::new().build_from([(1, 2)]);
/// let mut entries = writer.iter();
/// writer.refresh();
/// assert_eq!(entries.next(), Some((&1, &2)));
/// ```
/// ```
/// let (mut writer, _) = evmap_core::Builder::new().build_from([(1, 2)]);
/// let mut entries = writer.iter();
/// assert_eq!(entries.next(), Some((&1, &2)));
/// writer.refresh();
/// ```
/// ```compile_fail,E0499
/// let (mut writer, _) = evmap_core::Builder::new().build_from([(1, 2)]);
/// let value = writer.catch_up().get(&1).unwrap();
/// writer.insert(1, 3);
/// assert_eq!(*value, 2);
/// ```
/// ```
/// let (mut writer, _) = evmap_core::Builder::new().build_from([(1, 2)]);
/// let value = writer.catch_up().get(&1).unwrap();
/// assert_eq!(*value, 2);
/// writer.insert(1, 3);
/// ```
/// A borrow that a closure gets ends with the call:
/// ```compile_fail,E0521
/// let (mut writer, _) = evmap_core::Builder::new().build_from([(1, 2)]);
/// let mut kept = None;
/// writer.compute(1, |value| { kept = value; None });
/// assert_eq!(kept, Some(&2));
/// ```
/// ```
/// let (mut writer, _) = evmap_core::Builder::new().build_from([(1, 2)]);
/// let mut kept = None;
/// writer.compute(1, |value| { kept = value.copied(); None });
/// assert_eq!(kept, Some(2));
/// ```
/// ```compile_fail,E0521
/// let (mut writer, _) = evmap_core::multimap::Builder::new().build_from([(1, 2)]);
/// let mut kept = &[][..];
/// writer.update_with(1, |values| { kept = values; [] });
/// assert_eq!(kept, [2]);
/// ```
/// ```
/// let (mut writer, _) = evmap_core::multimap::Builder::new().build_from([(1, 2)]);
/// let mut kept = Vec::new();
/// writer.update_with(1, |values| { kept = values.to_vec(); [] });
/// assert_eq!(kept, [2]);
/// ```
mod lending {}

/// The futures are `Send` where their writer is.
/// ```compile_fail,E0277
/// fn send<T: Send>(_: T) {}
/// let (mut writer, _) = evmap_core::Builder::new().build_from([(1, std::cell::Cell::new(2))]);
/// send(writer.refresh_async());
/// ```
/// ```
/// fn send<T: Send>(_: T) {}
/// let (mut writer, _) = evmap_core::Builder::new().build_from([(1, 2)]);
/// send(writer.refresh_async());
/// ```
/// ```compile_fail,E0277
/// fn send<T: Send>(_: T) {}
/// let (mut writer, _) = evmap_core::Builder::new().build_from([(1, std::cell::Cell::new(2))]);
/// send(writer.catch_up_async());
/// ```
/// ```
/// fn send<T: Send>(_: T) {}
/// let (mut writer, _) = evmap_core::Builder::new().build_from([(1, 2)]);
/// send(writer.catch_up_async());
/// ```
mod futures {}
