//! Programs that operations, bags, builders, tables and errors forbid. (See the table of [`types`](super).)

demand!(a_bag_is_sent_if_its_values_are, "Send", "Values<Lent>" => "Values<Sent>");
demand!(a_bag_is_shared_if_its_values_are, "Sync", "Values<Sent>" => "Values<Lent>");
demand!(a_bags_values_are_sent_if_they_may_be, "Send", "multimap::IntoIter<Lent>" => "multimap::IntoIter<Sent>");
demand!(a_bags_values_are_shared_if_they_may_be, "Sync", "multimap::IntoIter<Sent>" => "multimap::IntoIter<Lent>");
demand!(a_hashed_key_is_sent_if_it_is, "Send", "Hashed<Lent>" => "Hashed<Sent>");
demand!(a_hashed_key_is_shared_if_it_is, "Sync", "Hashed<Sent>" => "Hashed<Lent>");
demand!(an_operation_is_sent_with_its_key, "Send", "MapOp<Lent, u8, u8>" => "MapOp<Sent, u8, u8>");
demand!(an_operation_is_shared_with_its_value, "Sync", "MapOp<u8, Sent, u8>" => "MapOp<u8, Lent, u8>");
demand!(an_operation_is_sent_with_its_meta_value, "Send", "MapOp<u8, u8, Lent>" => "MapOp<u8, u8, Sent>");
demand!(a_bags_operation_is_sent_with_its_value, "Send", "MultimapOp<u8, Lent, u8>" => "MultimapOp<u8, Sent, u8>");
demand!(a_bags_operation_is_shared_with_its_value, "Sync", "MultimapOp<u8, Sent, u8>" => "MultimapOp<u8, Lent, u8>");
demand!(an_error_is_sent_with_its_key, "Send", "CopiesDiffer<Lent>" => "CopiesDiffer<Sent>");
demand!(an_error_is_shared_with_its_key, "Sync", "CopiesDiffer<Sent>" => "CopiesDiffer<Lent>");
demand!(a_builder_is_sent_with_its_hasher, "Send", "Builder<Lent, u8, No>" => "Builder<Sent, u8, No>");
demand!(a_builder_is_shared_with_its_meta_value, "Sync", "Builder<u8, Sent, No>" => "Builder<u8, Lent, No>");
demand!(a_bags_builder_is_sent_with_its_meta_value, "Send", "multimap::Builder<u8, Lent, No>" => "multimap::Builder<u8, Sent, No>");

/// `table!(engine)`: its table and its iterator are `Send` and `Sync` as their entries are.
macro_rules! table {
    ($name:ident, $engine:literal) => {
        mod $name {
            demand!(table_is_sent_with_its_entries, "Send",
                concat!("<", $engine, " as Engine>::Table<u8, Lent>") => concat!("<", $engine, " as Engine>::Table<u8, Sent>"));
            demand!(table_is_shared_with_its_entries, "Sync",
                concat!("<", $engine, " as Engine>::Table<u8, Sent>") => concat!("<", $engine, " as Engine>::Table<u8, Lent>"));
            demand!(entries_are_sent_if_they_may_be_shared, "Send",
                concat!("<<", $engine, " as Engine>::Table<u8, Sent> as Table<u8, Sent>>::Iter<'static>")
                    => concat!("<<", $engine, " as Engine>::Table<u8, Lent> as Table<u8, Lent>>::Iter<'static>"));
            demand!(entries_are_shared_if_they_may_be, "Sync",
                concat!("<<", $engine, " as Engine>::Table<u8, Sent> as Table<u8, Sent>>::Iter<'static>")
                    => concat!("<<", $engine, " as Engine>::Table<u8, Lent> as Table<u8, Lent>>::Iter<'static>"));
            covariant!(table_is_covariant,
                concat!("<", $engine, " as Engine>::Table<&'static str, &'static str>") => concat!("<", $engine, " as Engine>::Table<&'s str, &'s str>"));
            covariant!(entries_are_covariant,
                concat!("<<", $engine, " as Engine>::Table<&'static str, u8> as Table<&'static str, u8>>::Iter<'s>")
                    => concat!("<<", $engine, " as Engine>::Table<&'s str, u8> as Table<&'s str, u8>>::Iter<'s>"));
        }
    };
}

demand!(entries_of_a_view_are_sent_if_they_may_be_shared, "Send", "map::Iter<'static, u8, Sent>" => "map::Iter<'static, u8, Lent>");
demand!(keys_of_a_view_are_shared_if_they_may_be, "Sync", "map::Keys<'static, Sent, u8>" => "map::Keys<'static, Lent, u8>");
demand!(values_of_a_view_are_sent_if_they_may_be_shared, "Send", "map::Values<'static, u8, Sent>" => "map::Values<'static, u8, Lent>");

table!(swiss, "Swiss");
table!(incremental, "Incremental");
table!(robin_hood, "RobinHood");
table!(counted, "Counted<Swiss>");

covariant!(hashed_keys_are_covariant, "Hashed<&'static str>" => "Hashed<&'s str>");
covariant!(operations_are_covariant, "MapOp<&'static str, &'static str, &'static str>" => "MapOp<&'s str, &'s str, &'s str>");
covariant!(operations_on_bags_are_covariant_except_in_values, "MultimapOp<&'static str, u8, &'static str>" => "MultimapOp<&'s str, u8, &'s str>");
covariant!(errors_are_covariant, "CopiesDiffer<&'static str>" => "CopiesDiffer<&'s str>");
covariant!(builders_are_covariant, "Builder<&'static str, &'static str>" => "Builder<&'s str, &'s str>");
covariant!(counted_engines_are_covariant, "Counted<&'static str>" => "Counted<&'s str>");
covariant!(bags_builders_are_covariant, "multimap::Builder<&'static str, &'static str>" => "multimap::Builder<&'s str, &'s str>");

invariant!(
    bags_are_invariant,
    "Values<&'s str>",
    "let it = Values::from_iter([\"static\"]);"
);
invariant!(
    operations_on_bags_are_invariant_in_values,
    "MultimapOp<u8, &'s str, u8>",
    "let it = MultimapOp::<u8, &'static str, u8>::Purge;"
);

/// `lent!(name, "expression of `bag`")`: a borrow from a bag ends with its guard.
macro_rules! lent {
    ($name:ident, $lent:literal) => {
        pair!(
            $name: "E0505",
            concat!(
                "let (_writer, reader) = evmap_core::multimap::Builder::new().build_from([(1, 2), (1, 3)]);\n",
                "let bag = reader.get(&1).unwrap();\n",
                "let lent = ", $lent, ";\n"
            ),
            "drop(bag);\nassert_eq!(lent.len(), 2);" => "assert_eq!(lent.len(), 2);\ndrop(bag);",
            ""
        );
    };
}

lent!(a_bag_lends_its_values, "bag.iter()");
lent!(a_bag_lends_itself_as_a_slice, "bag.as_slice()");
lent!(a_bag_lends_itself, "&*bag");

/// An engine is only a type, so it is sent and shared whatever its parameter is.
/// ```
/// use evmap_core::table::Counted;
///
/// fn demand<T: Send + Sync>() {}
/// demand::<Counted<std::rc::Rc<u8>>>();
/// ```
mod engines {}

/// Each error can be sent to other threads and be boxed.
/// ```
/// use evmap_core::{*, shared_map::{NotVisible, WriteError}};
///
/// fn demand<T: std::error::Error + Send + Sync + 'static>() {}
/// demand::<CopiesDiffer<u8>>();
/// demand::<NotVisible>();
/// demand::<Poisoned>();
/// demand::<ReadersBusy>();
/// demand::<SwapError>();
/// demand::<TooManyRetired>();
/// demand::<TryReserveError>();
/// demand::<WriteError>();
/// ```
mod errors {}
