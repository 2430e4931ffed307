//! What the writers' types forbid. (See the table of [`types`](super).)

demand!(plain_is_send_if_shared, "Send", "WriteHandle<Cell<u32>>" => "WriteHandle<u32>");
demand!(plain_is_send_if_sent, "Send", "WriteHandle<MutexGuard<'static, u32>>" => "WriteHandle<u32>");
demand!(plain_is_sync_if_shared, "Sync", "WriteHandle<Cell<u32>>" => "WriteHandle<u32>");
demand!(plain_is_sync_if_sent, "Sync", "WriteHandle<MutexGuard<'static, u32>>" => "WriteHandle<u32>");

demand!(delay_is_send_if_shared, "Send", "DelayWriteHandle<Cell<u32>>" => "DelayWriteHandle<u32>");
demand!(delay_is_send_if_sent, "Send", "DelayWriteHandle<MutexGuard<'static, u32>>" => "DelayWriteHandle<u32>");
demand!(delay_is_sync_if_shared, "Sync", "DelayWriteHandle<Cell<u32>>" => "DelayWriteHandle<u32>");
demand!(delay_is_sync_if_sent, "Sync", "DelayWriteHandle<MutexGuard<'static, u32>>" => "DelayWriteHandle<u32>");

demand!(log_is_send_if_shared, "Send", "OpWriteHandle<Cell<u32>, u8>" => "OpWriteHandle<u32, u8>");
demand!(log_is_send_if_sent, "Send", "OpWriteHandle<MutexGuard<'static, u32>, u8>" => "OpWriteHandle<u32, u8>");
demand!(log_is_sync_if_shared, "Sync", "OpWriteHandle<Cell<u32>, u8>" => "OpWriteHandle<u32, u8>");
demand!(log_is_sync_if_sent, "Sync", "OpWriteHandle<MutexGuard<'static, u32>, u8>" => "OpWriteHandle<u32, u8>");
demand!(log_is_send_if_its_operations_are, "Send", "OpWriteHandle<u32, Rc<u8>>" => "OpWriteHandle<u32, Cell<u8>>");
demand!(log_is_sync_if_its_operations_are, "Sync", "OpWriteHandle<u32, Cell<u8>>" => "OpWriteHandle<u32, MutexGuard<'static, u8>>");

invariant!(plain_is_invariant, "WriteHandle<&'s str>", "writer");
invariant!(
    delay_is_invariant,
    "DelayWriteHandle<&'s str>",
    "DelayWriteHandle::new(writer)"
);
invariant!(
    log_is_invariant,
    "OpWriteHandle<&'s str, u8>",
    "OpWriteHandle::new(DelayWriteHandle::new(writer))"
);

outlives!(plain_ends_before_what_a_drop_sees, "writer");
outlives!(
    delay_ends_before_what_a_drop_sees,
    "DelayWriteHandle::new(writer)"
);
outlives!(
    log_ends_before_what_a_drop_sees,
    "OpWriteHandle::<_, u8>::new(DelayWriteHandle::new(writer))"
);

/// The reason for invariance: a writer of a shorter-lived value could publish it, and readers would see it after its
/// end.
/// ```compile_fail,E0597
/// use left_right::WriteHandle;
///
/// let writer = WriteHandle::cloned("static");
/// let reader = writer.read_handle();
/// {
///     let local = String::from("local");
///     let mut writer = writer;
///     *writer.write_buffer_mut() = &local;
///     writer.swap_buffers();
/// }
/// assert_eq!(*reader.read(), "local");
/// ```
/// ```
/// use left_right::WriteHandle;
///
/// let writer = WriteHandle::cloned("static");
/// let reader = writer.read_handle();
/// {
///     let local = String::from("local");
///     let mut writer = writer;
///     *writer.write_buffer_mut() = local.leak();
///     writer.swap_buffers();
/// }
/// assert_eq!(*reader.read(), "local");
/// ```
mod a_writer_publishes_nothing_that_ends_before_its_readers {}

/// An operation may borrow what ends before the handle was declared, but not what ends before the handle:
/// ```compile_fail,E0597
/// use left_right::{OpWriteHandle, Operation};
///
/// struct Append<'s>(&'s str);
///
/// impl Operation<String> for Append<'_> {
///     fn apply(&mut self, target: &mut String) {
///         target.push_str(self.0);
///     }
/// }
///
/// let mut writer = OpWriteHandle::cloned(String::new());
/// {
///     let local = String::from("local");
///     writer.push(Append(&local));
/// }
/// writer.swap_buffers();
/// ```
/// ```
/// use left_right::{OpWriteHandle, Operation};
///
/// struct Append<'s>(&'s str);
///
/// impl Operation<String> for Append<'_> {
///     fn apply(&mut self, target: &mut String) {
///         target.push_str(self.0);
///     }
/// }
///
/// let mut writer = OpWriteHandle::cloned(String::new());
/// {
///     let local = String::from("local");
///     writer.push(Append(local.leak()));
/// }
/// writer.swap_buffers();
/// ```
/// The log is covariant in its operations:
/// ```
/// use left_right::OpWriteHandle;
///
/// fn shrink<'s>(writer: OpWriteHandle<u32, &'static str>) -> OpWriteHandle<u32, &'s str> {
///     writer
/// }
/// ```
mod operations {}

/// The futures may be sent where their writer may.
/// ```
/// use left_right::{DelayWriteHandle, OpWriteHandle, Operation};
///
/// fn send<T: Send>(_: T) {}
/// fn delay<T: Send + Sync>(writer: &mut DelayWriteHandle<T>) {
///     send(writer.finish_swap_async());
/// }
/// fn log<T: Send + Sync, O: Operation<T> + Send>(writer: &mut OpWriteHandle<T, O>) {
///     send(writer.swap_buffers_async());
///     send(writer.catch_up_async());
/// }
/// ```
/// ```compile_fail,E0277
/// fn send<T: Send>(_: T) {}
/// fn delay<T: Send>(writer: &mut left_right::DelayWriteHandle<T>) {
///     send(writer.finish_swap_async());
/// }
/// ```
/// ```
/// fn send<T: Send>(_: T) {}
/// fn delay<T: Send + Sync>(writer: &mut left_right::DelayWriteHandle<T>) {
///     send(writer.finish_swap_async());
/// }
/// ```
mod futures {}

/// The copy for changing is lent once at a time, and not beside the one that readers see:
/// ```compile_fail,E0502
/// let mut writer = left_right::WriteHandle::cloned(7);
/// let own = writer.write_buffer_mut();
/// let published = writer.read_buffer();
/// *own = 8;
/// assert_eq!(*published, 7);
/// ```
/// ```
/// let mut writer = left_right::WriteHandle::cloned(7);
/// let own = writer.write_buffer_mut();
/// *own = 8;
/// let published = writer.read_buffer();
/// assert_eq!(*published, 7);
/// ```
/// ```compile_fail,E0499
/// let mut writer = left_right::WriteHandle::cloned(7);
/// let own = writer.write_buffer_mut();
/// let again = writer.write_buffer_mut();
/// *own += 1;
/// *again += 1;
/// ```
/// ```
/// let mut writer = left_right::WriteHandle::cloned(7);
/// let own = writer.write_buffer_mut();
/// *own += 1;
/// let again = writer.write_buffer_mut();
/// *again += 1;
/// ```
/// A reference into either copy ends before the next swap:
/// ```compile_fail,E0502
/// let mut writer = left_right::WriteHandle::cloned(7);
/// let published = writer.read_buffer();
/// writer.swap_buffers();
/// assert_eq!(*published, 7);
/// ```
/// ```
/// let mut writer = left_right::WriteHandle::cloned(7);
/// let published = writer.read_buffer();
/// assert_eq!(*published, 7);
/// writer.swap_buffers();
/// ```
/// ```compile_fail,E0499
/// let mut writer = left_right::DelayWriteHandle::cloned(7);
/// let own = writer.finish_swap().write_buffer_mut();
/// writer.start_swap();
/// *own = 8;
/// ```
/// ```
/// let mut writer = left_right::DelayWriteHandle::cloned(7);
/// let own = writer.finish_swap().write_buffer_mut();
/// *own = 8;
/// writer.start_swap();
/// ```
/// ```compile_fail,E0502
/// let mut writer = left_right::DelayWriteHandle::cloned(7);
/// let published = writer.get().read_buffer();
/// writer.start_swap();
/// assert_eq!(*published, 7);
/// ```
/// ```
/// let mut writer = left_right::DelayWriteHandle::cloned(7);
/// let published = writer.get().read_buffer();
/// assert_eq!(*published, 7);
/// writer.start_swap();
/// ```
mod buffers {}

/// A reference that a log lends into its copy, or into itself, ends before the next change:
/// ```compile_fail,E0499
/// # use left_right::*;
/// # struct Set(u32);
/// # impl Operation<u32> for Set {
/// #     fn apply(&mut self, target: &mut u32) { *target = self.0; }
/// # }
/// let mut writer = OpWriteHandle::cloned(7);
/// let own = writer.catch_up();
/// writer.push(Set(8));
/// assert_eq!(*own, 7);
/// ```
/// ```
/// # use left_right::*;
/// # struct Set(u32);
/// # impl Operation<u32> for Set {
/// #     fn apply(&mut self, target: &mut u32) { *target = self.0; }
/// # }
/// let mut writer = OpWriteHandle::cloned(7);
/// let own = writer.catch_up();
/// assert_eq!(*own, 7);
/// writer.push(Set(8));
/// ```
/// ```compile_fail,E0502
/// # use left_right::*;
/// let mut writer = OpWriteHandle::cloned(7);
/// writer.push(8);
/// let pending = writer.pending();
/// writer.push(9);
/// assert_eq!(pending, [8]);
/// ```
/// ```
/// # use left_right::*;
/// let mut writer = OpWriteHandle::cloned(7);
/// writer.push(8);
/// let pending = writer.pending();
/// assert_eq!(pending, [8]);
/// writer.push(9);
/// ```
/// A closure may use what it is lent only during the call:
/// ```compile_fail,E0521
/// # use left_right::*;
/// let mut writer = OpWriteHandle::<u32, u8>::cloned(7);
/// let mut zero = 0;
/// let mut kept = &mut zero;
/// writer.tidy_with(|own| kept = own);
/// *kept += 1;
/// ```
/// ```
/// # use left_right::*;
/// let mut writer = OpWriteHandle::<u32, u8>::cloned(7);
/// let mut zero = 0;
/// let mut kept = &mut zero;
/// writer.tidy_with(|own| *kept = *own);
/// *kept += 1;
/// ```
/// ```compile_fail,E0521
/// # use left_right::*;
/// # struct Set(u32);
/// # impl Operation<u32> for Set {
/// #     fn apply(&mut self, target: &mut u32) { *target = self.0; }
/// # }
/// let mut writer = OpWriteHandle::<u32, Set>::cloned(7);
/// let mut zero = 0;
/// let mut kept = &mut zero;
/// writer.settle_with(|own| kept = own);
/// *kept += 1;
/// ```
/// ```
/// # use left_right::*;
/// # struct Set(u32);
/// # impl Operation<u32> for Set {
/// #     fn apply(&mut self, target: &mut u32) { *target = self.0; }
/// # }
/// let mut writer = OpWriteHandle::<u32, Set>::cloned(7);
/// let mut zero = 0;
/// let mut kept = &mut zero;
/// writer.settle_with(|own| *kept = *own);
/// *kept += 1;
/// ```
/// ```compile_fail,E0521
/// # use left_right::*;
/// # struct Set(u32);
/// # impl Operation<u32> for Set {
/// #     fn apply(&mut self, target: &mut u32) { *target = self.0; }
/// # }
/// let mut writer = OpWriteHandle::cloned(7);
/// let mut zero = 0;
/// let mut kept = &mut zero;
/// writer.apply_now(Set(8), |_, own| kept = own);
/// *kept += 1;
/// ```
/// ```
/// # use left_right::*;
/// # struct Set(u32);
/// # impl Operation<u32> for Set {
/// #     fn apply(&mut self, target: &mut u32) { *target = self.0; }
/// # }
/// let mut writer = OpWriteHandle::cloned(7);
/// let mut zero = 0;
/// let mut kept = &mut zero;
/// writer.apply_now(Set(8), |_, own| *kept = *own);
/// *kept += 1;
/// ```
mod log {}
