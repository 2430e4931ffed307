//! What may not be observed after a panic. (See the second table of [`types`](super).)
//!
//! `Cell<u32>` is `UnwindSafe` only, `&'static mut u32` is `RefUnwindSafe` only.

demand!(guard_is_unwind_safe_if_its_data_may_be_seen, "UnwindSafe", "ReadGuard<'static, Cell<u32>>" => "ReadGuard<'static, &'static mut u32>");
demand!(guard_is_ref_unwind_safe_if_its_data_is, "RefUnwindSafe", "ReadGuard<'static, Cell<u32>>" => "ReadGuard<'static, &'static mut u32>");

demand!(handle_is_unwind_safe_if_its_data_may_be_seen, "UnwindSafe", "ReadHandle<Cell<u32>>" => "ReadHandle<&'static mut u32>");
demand!(handle_is_ref_unwind_safe_if_its_data_is, "RefUnwindSafe", "ReadHandle<Cell<u32>>" => "ReadHandle<&'static mut u32>");

demand!(factory_is_unwind_safe_if_its_data_may_be_seen, "UnwindSafe", "ReadHandleFactory<Cell<u32>>" => "ReadHandleFactory<&'static mut u32>");
demand!(factory_is_ref_unwind_safe_if_its_data_is, "RefUnwindSafe", "ReadHandleFactory<Cell<u32>>" => "ReadHandleFactory<&'static mut u32>");

demand!(shared_is_unwind_safe_if_its_data_may_be_seen, "UnwindSafe", "SharedReader<Cell<u32>>" => "SharedReader<&'static mut u32>");
demand!(shared_is_ref_unwind_safe_if_its_data_is, "RefUnwindSafe", "SharedReader<Cell<u32>>" => "SharedReader<&'static mut u32>");

demand!(snapshot_is_unwind_safe_if_its_data_may_be_seen, "UnwindSafe", "Snapshot<Cell<u32>>" => "Snapshot<&'static mut u32>");
demand!(snapshot_is_ref_unwind_safe_if_its_data_is, "RefUnwindSafe", "Snapshot<Cell<u32>>" => "Snapshot<&'static mut u32>");

demand!(plain_is_unwind_safe_if_its_data_may_be_seen, "UnwindSafe", "WriteHandle<Cell<u32>>" => "WriteHandle<u32>");
demand!(plain_is_unwind_safe_if_its_data_is, "UnwindSafe", "WriteHandle<&'static mut u32>" => "WriteHandle<&'static u32>");
demand!(plain_is_ref_unwind_safe_if_its_data_is, "RefUnwindSafe", "WriteHandle<Cell<u32>>" => "WriteHandle<&'static mut u32>");

demand!(delay_is_unwind_safe_if_its_data_may_be_seen, "UnwindSafe", "DelayWriteHandle<Cell<u32>>" => "DelayWriteHandle<u32>");
demand!(delay_is_unwind_safe_if_its_data_is, "UnwindSafe", "DelayWriteHandle<&'static mut u32>" => "DelayWriteHandle<&'static u32>");
demand!(delay_is_ref_unwind_safe_if_its_data_is, "RefUnwindSafe", "DelayWriteHandle<Cell<u32>>" => "DelayWriteHandle<&'static mut u32>");

demand!(log_is_unwind_safe_if_its_data_may_be_seen, "UnwindSafe", "OpWriteHandle<Cell<u32>, u8>" => "OpWriteHandle<u32, u8>");
demand!(log_is_unwind_safe_if_its_data_is, "UnwindSafe", "OpWriteHandle<&'static mut u32, u8>" => "OpWriteHandle<&'static u32, u8>");
demand!(log_is_unwind_safe_if_its_operations_are, "UnwindSafe", "OpWriteHandle<u32, &'static mut u8>" => "OpWriteHandle<u32, Cell<u8>>");
demand!(log_is_ref_unwind_safe_if_its_data_is, "RefUnwindSafe", "OpWriteHandle<Cell<u32>, u8>" => "OpWriteHandle<&'static mut u32, u8>");
demand!(log_is_ref_unwind_safe_if_its_operations_are, "RefUnwindSafe", "OpWriteHandle<u32, Cell<u8>>" => "OpWriteHandle<u32, &'static mut u8>");

/// A guard of a value without a size, too:
/// ```
/// use std::panic::{RefUnwindSafe, UnwindSafe};
/// use left_right::ReadGuard;
///
/// fn demand<T: UnwindSafe + RefUnwindSafe>() {}
/// demand::<ReadGuard<'static, str>>();
/// demand::<ReadGuard<'static, dyn RefUnwindSafe>>();
/// ```
mod guards_of_unsized_values {}

/// A panic that is caught may leave a borrowed writer's copy half changed, so its owner has to say that this is meant:
/// ```compile_fail,E0277
/// let mut writer = left_right::WriteHandle::cloned(7);
/// let caught = std::panic::catch_unwind(|| {
///     *writer.write_buffer_mut() += 1;
/// });
/// assert!(caught.is_ok());
/// ```
/// ```
/// let mut writer = left_right::WriteHandle::cloned(7);
/// let caught = std::panic::catch_unwind(move || {
///     *writer.write_buffer_mut() += 1;
/// });
/// assert!(caught.is_ok());
/// ```
mod a_borrowed_writer {}
