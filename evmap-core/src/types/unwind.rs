//! Which types may cross [`catch_unwind`](std::panic::catch_unwind). (See the section of [`types`](super).)

demand!(own_view_of_cells_is_not_unwind_safe, "std::panic::UnwindSafe", "OwnView<'static, u8, Sent>" => "OwnView<'static, u8, u8>");
demand!(own_view_of_a_meta_cell_is_not_unwind_safe, "std::panic::UnwindSafe", "OwnView<'static, u8, u8, u8, Sent>" => "OwnView<'static, u8, u8, u8, u8>");
demand!(entries_of_cells_are_not_unwind_safe, "std::panic::UnwindSafe", "map::Iter<'static, u8, Sent>" => "map::Iter<'static, u8, u8>");
demand!(a_bag_of_cells_is_not_ref_unwind_safe, "std::panic::RefUnwindSafe", "Values<Sent>" => "Values<u8>");
demand!(batch_is_never_unwind_safe, "std::panic::UnwindSafe", "Batch<'static, u8, u8>" => "SharedMap<u8, u8>");

demand!(view_of_cells_is_not_unwind_safe, "std::panic::UnwindSafe", "View<'static, u8, Sent>" => "View<'static, u8, u8>");
demand!(snapshot_of_cells_is_not_unwind_safe, "std::panic::UnwindSafe", "Snapshot<u8, Sent>" => "Snapshot<u8, u8>");
demand!(snapshot_of_cells_is_not_ref_unwind_safe, "std::panic::RefUnwindSafe", "Snapshot<u8, Sent>" => "Snapshot<u8, u8>");
demand!(handle_of_cells_is_not_unwind_safe, "std::panic::UnwindSafe", "ReadHandle<u8, Sent>" => "ReadHandle<u8, u8>");
demand!(shared_reader_of_cells_is_not_unwind_safe, "std::panic::UnwindSafe", "SharedReader<u8, Sent>" => "SharedReader<u8, u8>");
demand!(map_of_cells_is_not_unwind_safe, "std::panic::UnwindSafe", "SharedMap<u8, Sent>" => "SharedMap<u8, u8>");
demand!(map_of_cells_is_not_ref_unwind_safe, "std::panic::RefUnwindSafe", "SharedMap<u8, Sent>" => "SharedMap<u8, u8>");
demand!(changes_of_cells_are_not_unwind_safe, "std::panic::UnwindSafe", "evmap_core::shared_map::Changes<u8, Sent>" => "evmap_core::shared_map::Changes<u8, u8>");
demand!(changes_of_cells_are_not_ref_unwind_safe, "std::panic::RefUnwindSafe", "evmap_core::shared_map::Changes<u8, Sent>" => "evmap_core::shared_map::Changes<u8, u8>");
demand!(writer_of_cells_is_not_unwind_safe, "std::panic::UnwindSafe", "WriteHandle<u8, Sent>" => "WriteHandle<u8, u8>");

/// Readers, views and the shared map may cross, by value and by reference:
/// ```
/// use std::panic::{RefUnwindSafe, UnwindSafe};
/// use evmap_core::{*, table::*};
///
/// fn is_shared<T: UnwindSafe + RefUnwindSafe>() {}
/// fn with<E: Engine>()
/// where
///     E::Table<u8, u8>: UnwindSafe + RefUnwindSafe,
/// {
///     is_shared::<OwnView<'static, u8, u8, u8, (), E>>();
/// }
///
/// with::<Swiss>();
/// with::<Incremental>();
/// with::<RobinHood>();
/// is_shared::<View<'static, u8, u8>>();
/// is_shared::<Snapshot<u8, u8>>();
/// is_shared::<ReadGuard<'static, u8>>();
/// is_shared::<ReadHandle<u8, u8>>();
/// is_shared::<ReadHandleFactory<u8, u8>>();
/// is_shared::<SharedReader<u8, u8>>();
/// is_shared::<SharedMap<u8, u8>>();
/// is_shared::<Builder>();
/// is_shared::<shared_map::Builder<u8, u8>>();
/// ```
mod readers_cross {}
