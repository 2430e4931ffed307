//! Programs that the readers' types forbid. (See the table of [`types`](super).)

demand!(handle_of_unshareable_keys_is_not_send, "Send", "ReadHandle<Sent, u8>" => "ReadHandle<u32, u8>");
demand!(handle_of_unsendable_keys_is_not_send, "Send", "ReadHandle<Lent, u8>" => "ReadHandle<u32, u8>");
demand!(handle_of_unshareable_values_is_not_send, "Send", "ReadHandle<u8, Sent>" => "ReadHandle<u8, u32>");
demand!(handle_of_unsendable_values_is_not_send, "Send", "ReadHandle<u8, Lent>" => "ReadHandle<u8, u32>");
demand!(handle_of_an_unshareable_hasher_is_not_send, "Send", "ReadHandle<u8, u8, Sent>" => "ReadHandle<u8, u8, u32>");
demand!(handle_of_an_unshareable_meta_value_is_not_send, "Send", "ReadHandle<u8, u8, u8, Sent>" => "ReadHandle<u8, u8, u8, u32>");
demand!(handle_is_never_sync, "Sync", "ReadHandle<u8, u8>" => "SharedReader<u8, u8>");

demand!(factory_of_unshareable_keys_is_not_send, "Send", "ReadHandleFactory<Sent, u8>" => "ReadHandleFactory<u32, u8>");
demand!(factory_of_unsendable_values_is_not_sync, "Sync", "ReadHandleFactory<u8, Lent>" => "ReadHandleFactory<u8, u32>");
demand!(factory_of_an_unshareable_hasher_is_not_sync, "Sync", "ReadHandleFactory<u8, u8, Sent>" => "ReadHandleFactory<u8, u8, u32>");
demand!(factory_of_an_unshareable_meta_value_is_not_sync, "Sync", "ReadHandleFactory<u8, u8, u8, Sent>" => "ReadHandleFactory<u8, u8, u8, u32>");

demand!(shared_of_unshareable_keys_is_not_send, "Send", "SharedReader<Sent, u8>" => "SharedReader<u32, u8>");
demand!(shared_of_unsendable_values_is_not_sync, "Sync", "SharedReader<u8, Lent>" => "SharedReader<u8, u32>");
demand!(shared_of_an_unshareable_hasher_is_not_sync, "Sync", "SharedReader<u8, u8, Sent>" => "SharedReader<u8, u8, u32>");
demand!(shared_of_an_unshareable_meta_value_is_not_sync, "Sync", "SharedReader<u8, u8, u8, Sent>" => "SharedReader<u8, u8, u8, u32>");

demand!(view_is_never_send, "Send", "View<'static, u8, u8>" => "&'static u8");
demand!(view_of_unshareable_keys_is_not_sync, "Sync", "View<'static, Sent, u8>" => "View<'static, u32, u8>");
demand!(view_of_unsendable_keys_is_not_sync, "Sync", "View<'static, Lent, u8>" => "View<'static, u32, u8>");
demand!(view_of_unshareable_values_is_not_sync, "Sync", "View<'static, u8, Sent>" => "View<'static, u8, u32>");
demand!(view_of_unsendable_values_is_not_sync, "Sync", "View<'static, u8, Lent>" => "View<'static, u8, u32>");
demand!(view_of_an_unshareable_hasher_is_not_sync, "Sync", "View<'static, u8, u8, Sent>" => "View<'static, u8, u8, Lent>");
demand!(view_of_an_unshareable_meta_value_is_not_sync, "Sync", "View<'static, u8, u8, u8, Sent>" => "View<'static, u8, u8, u8, Lent>");
demand!(view_of_unshareable_bags_is_not_sync, "Sync", "multimap::View<'static, u8, Sent>" => "multimap::View<'static, u8, u32>");

invariant!(
    handle_is_invariant_in_keys,
    "ReadHandle<&'s str, u8>",
    "let (_, it) = evmap_core::new::<&'static str, u8>();"
);
invariant!(
    handle_is_invariant_in_values,
    "ReadHandle<u8, &'s str>",
    "let (_, it) = evmap_core::new::<u8, &'static str>();"
);
invariant!(
    factory_is_invariant,
    "ReadHandleFactory<u8, &'s str>",
    "let it = evmap_core::new::<u8, &'static str>().1.factory();"
);
invariant!(
    shared_is_invariant,
    "SharedReader<u8, &'s str>",
    "let it = evmap_core::new::<u8, &'static str>().1.shared_reader();"
);
invariant!(
    view_is_invariant_in_keys,
    "View<'_, &'s str, u8>",
    "let (_, reader) = evmap_core::new::<&'static str, u8>();\nlet it = reader.read();"
);
invariant!(
    view_is_invariant_in_values,
    "View<'_, u8, &'s str>",
    "let (_, reader) = evmap_core::new::<u8, &'static str>();\nlet it = reader.read();"
);
covariant!(view_is_covariant_in_its_life, "View<'static, u8, u8>" => "View<'s, u8, u8>");
covariant!(view_is_covariant_in_its_hasher, "View<'static, u8, u8, &'static str>" => "View<'s, u8, u8, &'s str>");
covariant!(view_is_covariant_in_its_meta_value, "View<'static, u8, u8, u8, &'static str>" => "View<'s, u8, u8, u8, &'s str>");

outlives!(handle_ends_before_what_a_drop_sees, "writer.read_handle()");
outlives!(factory_ends_before_what_a_drop_sees, "writer.factory()");
outlives!(
    shared_ends_before_what_a_drop_sees,
    "writer.shared_reader()"
);

/// `lends!(name, "expression of `view`")`: what a view lends ends with it.
macro_rules! lends {
    ($name:ident, $lent:literal) => {
        pair!(
            $name: "E0505",
            concat!(
                "let (writer, reader) = evmap_core::Builder::new().meta(7).build_from([(1, 2)]);\n",
                "let view = reader.read();\n",
                "let lent = ", $lent, ";\n"
            ),
            "drop(view);\ndrop(lent);" => "drop(lent);\ndrop(view);",
            "\ndrop(writer);"
        );
    };
}

lends!(view_lends_a_value, "view.get(&1).unwrap()");
lends!(view_lends_an_entry, "view.get_key_value(&1).unwrap()");
lends!(view_lends_its_entries, "view.iter()");
lends!(
    view_lends_an_entry_of_its_iterator,
    "view.iter().next().unwrap()"
);
lends!(view_lends_its_keys, "view.keys()");
lends!(view_lends_its_values, "view.values()");
lends!(view_lends_its_meta_value, "view.meta()");
lends!(view_is_iterated, "(&view).into_iter()");

/// A view borrows its reader:
/// ```compile_fail,E0505
/// let (_writer, reader) = evmap_core::Builder::new().build_from([(1, 2)]);
/// let view = reader.read();
/// drop(reader);
/// assert_eq!(view.len(), 1);
/// ```
/// ```
/// let (_writer, reader) = evmap_core::Builder::new().build_from([(1, 2)]);
/// let view = reader.read();
/// assert_eq!(view.len(), 1);
/// drop(view);
/// drop(reader);
/// ```
mod view_borrows_its_reader {}

/// A borrow from the view of `with` ends with the call:
/// ```compile_fail,E0521
/// let (_writer, reader) = evmap_core::Builder::new().build_from([(1, 2)]);
/// let mut kept = None;
/// reader.with(|view| kept = view.get(&1));
/// assert_eq!(kept, Some(&2));
/// ```
/// ```
/// let (_writer, reader) = evmap_core::Builder::new().build_from([(1, 2)]);
/// let mut kept = None;
/// reader.with(|view| kept = view.get(&1).copied());
/// assert_eq!(kept, Some(2));
/// ```
mod with_lends_for_the_call {}

/// All type parameters of a view outlive it:
/// ```compile_fail,E0310
/// struct Holds<V>(evmap_core::View<'static, u8, V>);
/// ```
/// ```
/// struct Holds<V: 'static>(evmap_core::View<'static, u8, V>);
/// ```
mod view_outlives_nothing_that_it_shows {}

/// With a custom engine, its tables decide:
/// ```compile_fail,E0277
/// use evmap_core::{View, table::{Engine, Table}};
///
/// fn sync<T: Sync>() {}
/// fn of<E: Engine>() where E::Table<u8, u8>: Sync {
///     sync::<View<'static, u8, u8, u8, (), E>>();
/// }
/// ```
/// ```
/// use evmap_core::{View, table::{Engine, Table}};
///
/// fn sync<T: Sync>() {}
/// fn of<E: Engine>() where E::Table<u8, u8>: Send + Sync {
///     sync::<View<'static, u8, u8, u8, (), E>>();
/// }
/// ```
/// With the three engines of this crate, the entries decide:
/// ```
/// use evmap_core::{View, table::*};
///
/// fn sync<T: Sync>() {}
/// sync::<View<'static, u8, u8, u8, (), Swiss>>();
/// sync::<View<'static, u8, u8, u8, (), Incremental>>();
/// sync::<View<'static, u8, u8, u8, (), RobinHood>>();
/// ```
mod the_engine_of_a_view {}

/// A view may be lent to other threads, but not sent to one:
/// ```compile_fail,E0277
/// let (_writer, reader) = evmap_core::Builder::new().build_from([(1, 2)]);
/// let view = reader.read();
/// std::thread::scope(|scope| {
///     scope.spawn(move || assert_eq!(view.get(&1), Some(&2)));
/// });
/// ```
/// ```
/// let (_writer, reader) = evmap_core::Builder::new().build_from([(1, 2)]);
/// let view = reader.read();
/// std::thread::scope(|scope| {
///     scope.spawn(|| assert_eq!(view.get(&1), Some(&2)));
/// });
/// ```
mod a_view_may_be_lent_to_threads {}

/// Entries may be lent to other threads, although the view is not `Send`:
/// ```
/// let (_writer, reader) = evmap_core::Builder::new().build_from([(1, 2)]);
/// let view = reader.read();
/// let entries = view.iter();
/// std::thread::scope(|scope| {
///     scope.spawn(|| assert_eq!(entries.map(|(_, value)| value).sum::<i32>(), 2));
/// });
/// ```
mod a_views_entries_may_be_lent_to_threads {}
